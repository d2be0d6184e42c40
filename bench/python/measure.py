"""Common parts of the Python programs: arguments, and the measurement of their process."""

import json
import resource
import sys
import time

WARM_UP = 200


def arguments():
    url, key, calls = sys.argv[1:4]
    return url, key, int(calls)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Measured:
    def __init__(self):
        self.cpu = cpu()
        self.wall = time.perf_counter()

    def end(self, calls):
        figures = {
            "cpu_us": round((cpu() - self.cpu) / calls * 1e6, 2),
            "wall_us": round((time.perf_counter() - self.wall) / calls * 1e6, 2),
        }
        print(json.dumps(figures))
