"""Known weaknesses, licences and sources of all that the packages are made of. What could not be asked is said so."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 600
REQUIREMENTS = (
    "bindings-python/requirements-dev.txt",
    "bench/requirements.txt",
    "tests/dist/requirements.txt",
    "tests/interop/requirements.txt",
    "tests/deployments/requirements.txt",
)
LOCKED = ("bindings-node", "tests/interop", "tests/conformance")


class Outcome(NamedTuple):
    """What came of one question: True is well, False is not, None was not answered."""

    well: bool | None
    why: str


def run(command: list[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str] | None:
    """Run a command; nothing where it is not there."""
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=WITHIN, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None


def last(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it says nothing"


def fetched() -> str | None:
    """Fetch the crates, whose licences stand in them; why that cannot be done."""
    # Where all of them are there already, nobody is asked for them.
    for command in (["cargo", "fetch", "--locked", "--offline"], ["cargo", "fetch", "--locked"]):
        ended = run(command)
        if ended is not None and ended.returncode == 0:
            return None
    return "cargo is not there, or too slow" if ended is None else last(ended.stderr)


def crates(deny: str, what: list[str], *, offline: bool, missing: str | None) -> Outcome:
    """Ask cargo-deny, of crates that have been fetched."""
    if missing is not None:
        return Outcome(None, f"the crates cannot be fetched: {missing}")
    ended = run([deny, *(["--offline"] if offline else []), "--locked", "check", "--hide-inclusion-graph", *what])
    if ended is None:
        return Outcome(None, "cargo-deny is not installed: cargo install --locked cargo-deny")
    if ended.returncode == 0:
        return Outcome(True, last(ended.stdout or ended.stderr))
    said = ended.stdout + ended.stderr
    if "fetch" in said and "advisory database" in said:
        return Outcome(None, "the database of advisories cannot be fetched")
    sys.stderr.write(said)
    return Outcome(False, last(said))


def python(pip_audit: str, requirements: str) -> Outcome:
    """Ask pip-audit, which passes over what it finds nothing of: that is no answer."""
    ended = run([pip_audit, "--disable-pip", "--no-deps", "--progress-spinner=off", "-f", "json", "-r", requirements])
    if ended is None:
        return Outcome(None, "pip-audit is not installed: pip install pip-audit")
    try:
        asked = json.loads(ended.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return Outcome(None, last(ended.stderr))
    weak = [package["name"] for package in asked if package.get("vulns")]
    skipped = [package["name"] for package in asked if "skip_reason" in package]
    if weak:
        sys.stderr.write(ended.stdout)
        return Outcome(False, ", ".join(weak))
    if skipped:
        return Outcome(None, f"nothing could be learnt of {len(skipped)} of {len(asked)} packages")
    return Outcome(True, f"{len(asked)} packages")


def node(folder: str) -> Outcome:
    """Ask npm."""
    ended = run(["npm", "audit", "--package-lock-only", "--json"], ROOT / folder)
    if ended is None:
        return Outcome(None, "npm is not there")
    try:
        found = json.loads(ended.stdout)["metadata"]["vulnerabilities"]["total"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return Outcome(None, "the registry does not answer")
    if found:
        sys.stderr.write(ended.stdout)
    return Outcome(not found, f"{found} found")


def main() -> int:
    """Ask all; the exit code is 1 where something is not well, or with --all where something was not answered."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--all", action="store_true", help="what cannot be asked is a failure")
    reader.add_argument("--cargo-deny", default="cargo-deny", help="the program")
    reader.add_argument("--pip-audit", default="pip-audit", help="the program")
    given = reader.parse_args()
    unfetched = fetched()
    of_all = ["licenses", "bans", "sources"]
    parts = {
        "crates: licences, bans, sources": crates(given.cargo_deny, of_all, offline=True, missing=unfetched),
        "crates: advisories": crates(given.cargo_deny, ["advisories"], offline=False, missing=unfetched),
        **{f"Python: {file}": python(given.pip_audit, file) for file in REQUIREMENTS},
        **{f"Node: {folder}": node(folder) for folder in LOCKED},
    }
    words = {True: "ok", False: "FAILED", None: "NOT RUN"}
    for name, (well, why) in parts.items():
        print(f"{words[well]:8} {name}: {why}")
    failed = [name for name, part in parts.items() if part.well is False]
    missing = [name for name, part in parts.items() if part.well is None]
    print(f"{len(parts) - len(failed) - len(missing)} ok, {len(failed)} failed, {len(missing)} not run")
    return int(bool(failed) or (given.all and bool(missing)))


if __name__ == "__main__":
    sys.exit(main())
