"""Generates the facades of the bindings from the core's tables; with --check, compares. Needs `make python`."""

from __future__ import annotations

import argparse
import sys

import python
import tables
import typescript


def main() -> int:
    """Writes the files, or names those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail where a file differs")
    checks = parser.parse_args().check
    files = python.files(tables.load(camel=False)) | typescript.files(tables.load(camel=True))
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(tables.ROOT)} {'differs from what `make types` writes' if checks else 'written'}")
        if not checks:
            path.write_text(files[path], encoding="utf-8")
    return 1 if checks and stale else 0


if __name__ == "__main__":
    sys.exit(main())
