"""Runs a row for each kind of deployment. Usage: run.py [part of a row's name ...]

A row is a program: `python/*.py` runs with the interpreter of this script, `node/*.mjs` with Node. Files whose name
begins with an underscore are shared code. The first line of a row's docstring or comment is its title. A row passes
with exit code 0, is skipped with 77 (its last line states why), and fails otherwise.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WITHIN = 300
NOT_RUN = 77
COMMANDS = {".py": [sys.executable], ".mjs": ["node"]}


def main():
    wanted = sys.argv[1:]
    rows = [row for folder in ("python", "node") for row in sorted((HERE / folder).iterdir()) if is_row(row)]
    passed = failed = skipped = 0
    for row in rows:
        name = f"{row.parent.name}/{row.stem}"
        if wanted and not any(part in name for part in wanted):
            continue
        began = time.monotonic()
        code, output = run(row)
        title, took = f"{name:<24} {title_of(row)}", f"{time.monotonic() - began:.1f} s"
        last = output.strip().splitlines()[-1:] or [""]
        if code == 0:
            passed += 1
            print(f"ok      {title} ({took})", flush=True)
        elif code == NOT_RUN:
            skipped += 1
            print(f"not run {title}: {last[0]}", flush=True)
        else:
            failed += 1
            print(f"FAILED  {title} ({took}; exit code {code})\n{indented(output)}", flush=True)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} not run" if skipped else ""))
    sys.exit(failed > 0)


def is_row(path):
    return path.suffix in COMMANDS and not path.name.startswith("_")


def title_of(row):
    # The first line of a docstring, or of a comment of JavaScript.
    found = re.search(r'(?:"""|// ?|/\*\*? ?)(.+?)(?:"""|\*/)?$', row.read_text(), re.MULTILINE)
    return found.group(1).strip() if found else row.name


def run(row):
    package = str(ROOT / "bindings-python" / "python")
    environment = {**os.environ, "PYTHONPATH": package}
    process = subprocess.Popen(
        [*COMMANDS[row.suffix], str(row)],
        cwd=row.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A row that exceeds its time is ended with all processes that it started.
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=WITHIN)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return process.returncode, f"{output}\nnot done within {WITHIN} s"


def indented(text):
    return "\n".join(f"        {line}" for line in text.strip().splitlines()[-40:])


main()
