"""Memory, descriptors and threads of a Python and a Node program that make calls for a while. Usage: soak.py [seconds]

Each program makes calls, lists, failures and given-up calls with clients that stay, and makes and closes others. It
fails where more is held at the end than a fifth above what was held after its first 500 calls, and more than 8 MiB, 8
descriptors or 2 threads above.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = str(HERE.parent.parent / "bindings-python" / "python")
sys.path.insert(0, PACKAGE)

from omni_mcp_py.testing import DevServer  # noqa: E402

# Node's engine enlarges its young generation with the load, to 32 MiB and more, which would hide what the client holds.
PROGRAMS = {
    "Python": [sys.executable, "python/_soak.py"],
    "Node": ["node", "--max-semi-space-size=2", "node/_soak.mjs"],
}
MIB = 1024 * 1024
# Allowed growth until the end.
MORE = {"rss": 8 * MIB, "descriptors": 8, "threads": 2}


def held_by(pid):
    """Return the resources of a process."""
    proc = Path("/proc", str(pid))
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    return {
        "rss": int(status["VmRSS"].split()[0]) * 1024,
        "descriptors": len(list((proc / "fd").iterdir())),
        "threads": int(status["Threads"]),
    }


def soak(language, seconds):
    """Run one program; print its row and return whether its resources have not grown."""
    command = PROGRAMS[language]
    if not (HERE / command[-1]).exists():
        print(f"not run {language}: there is no {command[-1]}")
        return True
    with DevServer(ledger="counts") as server:
        command = [*command, server.url, server.api_key, str(seconds)]
        environment = {**os.environ, "PYTHONPATH": PACKAGE}
        process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline() != "warm\n":
            print(f"FAILED  {language}: it ended with {process.wait()}")
            return False
        first = held_by(process.pid)
        # It sleeps after its report, so that it can be measured.
        report = json.loads(process.stdout.readline())
        last = held_by(process.pid)
        process.kill()
        process.communicate()
    holds = all(last[name] <= max(first[name] * 1.2, first[name] + more) for name, more in MORE.items())
    print(
        f"{'ok     ' if holds else 'FAILED '} {language}: {report['calls']} calls in {seconds} s; "
        f"RSS {first['rss'] / MIB:.1f} → {last['rss'] / MIB:.1f} MiB, "
        f"descriptors {first['descriptors']} → {last['descriptors']}, threads {first['threads']} → {last['threads']}",
        flush=True,
    )
    return holds


def main():
    """Run each program."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    outcomes = [soak(language, seconds) for language in PROGRAMS]
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    sys.exit(not all(outcomes))


main()
