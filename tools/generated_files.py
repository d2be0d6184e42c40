"""Writes or checks generated files, for the generators in the folders here."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(description: str | None, generate: Callable[[], dict[Path, str]]) -> int:
    """Writes the files that differ from what `generate` returns; with --check, names them and fails."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail where a file differs")
    checks = parser.parse_args().check
    files = generate()
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'differs from what `make types` writes' if checks else 'written'}")
        if not checks:
            path.write_text(files[path], encoding="utf-8")
    return 1 if checks and stale else 0
