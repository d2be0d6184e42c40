"""Common parts of the rows."""

import subprocess
import sys
import time

NOT_RUN = 77


def check(holds, what):
    """End the row as failed unless a condition holds."""
    if not holds:
        print(f"does not hold: {what}")
        sys.exit(1)


def equal(given, expected, what):
    """End the row as failed if two values differ."""
    check(given == expected, f"{what}: {given!r} is not {expected!r}")


def not_run(why):
    """End the row as not run."""
    print(why)
    sys.exit(NOT_RUN)


def wait_until(holds, what, seconds=60):
    """Return the result of `holds` as soon as it is true."""
    give_up = time.monotonic() + seconds
    while not (held := holds()):
        check(time.monotonic() < give_up, f"within {seconds} s: {what}")
        time.sleep(0.02)
    return held


def lines_of(command, seconds=120, **how):
    """Run a program, which must end with 0; return what it printed."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds, **how)
    output = f"{ended.stdout}{ended.stderr}"
    check(ended.returncode == 0, f"{command[-1][:60]} ends with 0, not {ended.returncode}\n{output}")
    return ended.stdout.splitlines()
