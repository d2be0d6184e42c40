"""Common parts of the interop tests: programs of each language, timeouts, and the table."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"

# The output of all others must equal that of the first.
PROGRAMS = {
    "Rust": [str(BUILT / "omni-mcp-interop")],
    "Python": [sys.executable, str(HERE / "client.py"), "sync"],
    "Python async": [sys.executable, str(HERE / "client.py"), "async"],
    "Node": ["node", str(HERE / "client.mjs")],
}


class Failed(Exception):
    """A check did not hold."""


def check(holds, what):
    if not holds:
        raise Failed(what)


class Table:
    """The outcomes; each is printed at once."""

    def __init__(self):
        self.passed, self.failed, self.not_run = 0, 0, 0

    @contextmanager
    def row(self, name):
        """Passes if the block ends, fails if it raises. Lines added to the yielded list follow the row."""
        lines = []
        try:
            yield lines
        except (Failed, OSError, ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as failure:
            self.failed += 1
            print(f"FAILED  {name}\n        {type(failure).__name__}: {failure}")
        else:
            self.passed += 1
            print(f"ok      {name}")
        for line in lines:
            print(f"        {line}")
        sys.stdout.flush()

    def skip(self, name, why):
        self.not_run += 1
        print(f"not run {name}: {why}", flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(holds, what, seconds=30):
    """Return the result of `holds` as soon as it is true."""
    give_up = time.monotonic() + seconds
    while not (held := holds()):
        check(time.monotonic() < give_up, f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return held


def wait_until_it_listens(process, port):
    def connects():
        check(process.poll() is None, f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    wait_until(connects, "the server listens", 60)


class Program:
    """A running program that prints lines, and waits for a line of input between its parts."""

    def __init__(self, command, seconds=120):
        # A file, because a pipe would have to be read while the program writes.
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self._deadline = threading.Timer(seconds, self._process.kill)
        self._deadline.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._deadline.cancel()
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    @property
    def pid(self):
        return self._process.pid

    def lines_to(self, last):
        """Return its lines up to this one."""
        lines = []
        for line in self._process.stdout:
            if line == f"{last}\n":
                return lines
            lines.append(line.rstrip("\n"))
        code = self._process.wait()
        self._errors.seek(0)
        raise Failed(f"it ended with {code} before it printed {last!r}\n{''.join(lines)}{self._errors.read()}")

    def go_on(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self):
        """Close its input and wait for its end; return the remaining lines."""
        rest, _ = self._process.communicate(timeout=60)
        self._errors.seek(0)
        check(self._process.returncode == 0, f"it ended with {self._process.returncode}\n{self._errors.read()}")
        return rest.splitlines()


class Replica:
    """A dev server with this profile, in a separate process."""

    def __init__(self, profile):
        self._profile = profile

    def __enter__(self):
        command = [
            BUILT / "omni-mcp-devserver",
            "--profile",
            self._profile,
            "--port",
            "0",
            "--json",
            "--until-stdin-ends",
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self._process.stdout.readline())["url"]
        self.address = self.url.removeprefix("http://")
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        self._process.kill()
        self._process.communicate()

    def control(self, route, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/__dev/{route}", data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def ledger(self):
        return self.control("ledger")

    def hanging(self):
        ledger = self.ledger()
        hanging = sum(request["fault"] == "hang" for request in ledger["requests"])
        return {"requests": hanging, "executions": ledger["execution_count"]}

    def is_quiet(self):
        ledger = self.ledger()
        return ledger["sessions_opened"] == ledger["sessions_closed"] and ledger["streams"] == 0


@contextmanager
def nginx_at(nginx, config, **values):
    """Run nginx as the current user, with all of its files in a temporary folder; yield its address."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "error.log")
        path = Path(folder, "nginx.conf")
        path.write_text(config.format(folder=folder, port=port, **values))
        process = subprocess.Popen(
            [nginx, "-p", folder, "-c", path, "-e", log], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_until_it_listens(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)
