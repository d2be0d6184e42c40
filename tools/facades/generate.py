"""Generates the facades of the bindings from the core's tables; with --check, compares. Run by `make types`."""

from __future__ import annotations

import sys
from pathlib import Path

import generated_files
import python
import tables
import typescript


def files() -> dict[Path, str]:
    """The text of each file."""
    return python.files(tables.load(camel=False)) | typescript.files(tables.load(camel=True))


if __name__ == "__main__":
    sys.exit(generated_files.main(__doc__, files))
