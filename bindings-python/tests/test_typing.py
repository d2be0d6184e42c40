"""The type checkers' view: the examples, and the stubs against the module as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", ["mypy", "mypy.stubtest omni_mcp_py --allowlist stubtest-allowlist.txt"])
def test_types(command: str) -> None:
    pytest.importorskip("mypy")
    ran = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
