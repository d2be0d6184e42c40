"""Known vulnerabilities, licences and sources of all dependencies. Reports the checks that could not run."""

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
    """The outcome of one check: whether it passed, or None if it could not run; and the reason."""

    passed: bool | None
    reason: str


def run(command: list[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str] | None:
    """Run a command; None if it is not installed or exceeds the timeout."""
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=WITHIN, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None


def last(text: str) -> str:
    """The last line that is not empty."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "no output"


def fetched() -> str | None:
    """Fetch the crates, which contain their licences. Returns the reason if that fails."""
    # Without network access if all crates are present.
    for command in (["cargo", "fetch", "--locked", "--offline"], ["cargo", "fetch", "--locked"]):
        ended = run(command)
        if ended is not None and ended.returncode == 0:
            return None
    return "cargo is not installed, or too slow" if ended is None else last(ended.stderr)


def crates(deny: str, what: list[str], *, offline: bool, missing: str | None) -> Outcome:
    """Check the fetched crates by cargo-deny."""
    if missing is not None:
        return Outcome(None, f"the crates cannot be fetched: {missing}")
    ended = run([deny, *(["--offline"] if offline else []), "--locked", "check", "--hide-inclusion-graph", *what])
    if ended is None:
        return Outcome(None, "cargo-deny is not installed: cargo install --locked cargo-deny")
    if ended.returncode == 0:
        return Outcome(True, last(ended.stdout or ended.stderr))
    output = ended.stdout + ended.stderr
    if "fetch" in output and "advisory database" in output:
        return Outcome(None, "the database of advisories cannot be fetched")
    sys.stderr.write(output)
    return Outcome(False, last(output))


def python(pip_audit: str, requirements: str) -> Outcome:
    """Check by pip-audit. Packages that it skips are not checked."""
    ended = run([pip_audit, "--disable-pip", "--no-deps", "--progress-spinner=off", "-f", "json", "-r", requirements])
    if ended is None:
        return Outcome(None, "pip-audit is not installed: pip install pip-audit")
    try:
        checked = json.loads(ended.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return Outcome(None, last(ended.stderr))
    vulnerable = [package["name"] for package in checked if package.get("vulns")]
    skipped = [package["name"] for package in checked if "skip_reason" in package]
    if vulnerable:
        sys.stderr.write(ended.stdout)
        return Outcome(False, ", ".join(vulnerable))
    if skipped:
        return Outcome(None, f"{len(skipped)} of {len(checked)} packages were skipped")
    return Outcome(True, f"{len(checked)} packages")


def node(folder: str) -> Outcome:
    """Check by npm."""
    ended = run(["npm", "audit", "--package-lock-only", "--json"], ROOT / folder)
    if ended is None:
        return Outcome(None, "npm is not installed")
    try:
        found = json.loads(ended.stdout)["metadata"]["vulnerabilities"]["total"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return Outcome(None, "the registry does not respond")
    if found:
        sys.stderr.write(ended.stdout)
    return Outcome(not found, f"{found} found")


def main() -> int:
    """Run all checks. The exit code is 1 if one fails, or with --all if one could not run."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--all", action="store_true", help="a check that cannot run is a failure")
    reader.add_argument("--cargo-deny", default="cargo-deny", help="the program")
    reader.add_argument("--pip-audit", default="pip-audit", help="the program")
    given = reader.parse_args()
    unfetched = fetched()
    subjects = ["licenses", "bans", "sources"]
    parts = {
        "crates: licences, bans, sources": crates(given.cargo_deny, subjects, offline=True, missing=unfetched),
        "crates: advisories": crates(given.cargo_deny, ["advisories"], offline=False, missing=unfetched),
        **{f"Python: {file}": python(given.pip_audit, file) for file in REQUIREMENTS},
        **{f"Node: {folder}": node(folder) for folder in LOCKED},
    }
    texts = {True: "ok", False: "FAILED", None: "NOT RUN"}
    for name, (passed, reason) in parts.items():
        print(f"{texts[passed]:8} {name}: {reason}")
    failed = [name for name, part in parts.items() if part.passed is False]
    missing = [name for name, part in parts.items() if part.passed is None]
    print(f"{len(parts) - len(failed) - len(missing)} ok, {len(failed)} failed, {len(missing)} not run")
    return int(bool(failed) or (given.all and bool(missing)))


if __name__ == "__main__":
    sys.exit(main())
