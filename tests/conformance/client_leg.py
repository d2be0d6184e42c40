"""The clients of each language against the servers of the suite."""

import shlex
import sys
import tempfile
from pathlib import Path

import suite
from outcome import faults

DRIVERS = {
    "Rust": [str(suite.BUILT / "omni-mcp-conformance")],
    "Python": [sys.executable, str(suite.HERE / "client.py")],
    "Node": ["node", str(suite.HERE / "client.mjs")],
}
# Longer than the driver's own timeout: the suite ends only the shell.
TIMEOUT_MS = "60000"


def run(table, language):
    for revision in suite.REVISIONS:
        table.head(f"{language}, {revision}")
        names, outside = suite.scenarios("client", revision)
        found = run_set(language, revision)
        for name in names + outside:
            if not is_auth(name):
                judge(table, language, revision, name, found.get(name), alone=name in outside)
        auth = [name for name in names if is_auth(name)]
        table.auth(len(auth), [name for name in auth if not faults(name, found.get(name))])


def judge(table, language, revision, name, result, alone):
    result = run_alone(language, revision, name) if alone else result
    because, note = faults(name, result), ""
    if because:
        # All scenarios of a set run at once, and some measure time: a failed one is run again alone.
        print(f"again   {name}, alone: {because[0]}", flush=True)
        result = run_alone(language, revision, name)
        because, note = faults(name, result), ", at the second attempt"
    table.row(name, result, because, note)


def run_set(language, revision):
    with tempfile.TemporaryDirectory() as folder:
        suite.start(*arguments(language, folder), "--requirements", revision)
        return suite.results(Path(folder))


def run_alone(language, revision, name, shown=False):
    with tempfile.TemporaryDirectory() as folder:
        one = ["--scenario", name, "--spec-version", revision, "--force"]
        suite.start(*arguments(language, folder), *one, shown=shown)
        return suite.results(Path(folder)).get(name)


def arguments(language, folder):
    driver = shlex.join([str(suite.HERE / "exit_code.sh"), *DRIVERS[language]])
    return ["client", "--command", driver, "-o", folder, "--timeout", TIMEOUT_MS]


def is_auth(name):
    return name.startswith("auth/")
