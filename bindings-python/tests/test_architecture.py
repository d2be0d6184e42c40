"""The imports of the native module's source files go down: from `client` to `convert`, and in no circle."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src"
# Each folder imports from those after it only.
FOLDERS = ["client", "callbacks", "runtime", "convert"]


def imports() -> dict[str, set[str]]:
    """The files that each file imports from, by their paths as modules."""
    texts = {
        "::".join(path.relative_to(SOURCES).with_suffix("").parts): path.read_text("utf-8")
        for path in SOURCES.rglob("*.rs")
        if path.name not in ("lib.rs", "mod.rs")
    }
    # Longest first: `client::open_client` is not `client::open`.
    names = "|".join(sorted(texts, key=len, reverse=True))
    used = {name: set(re.findall(rf"crate::({names})\b", text)) for name, text in texts.items()}
    return {name: others - {name} for name, others in used.items()}


def test_no_file_is_in_a_circle() -> None:
    # Raises CycleError with the files of a circle.
    order = list(TopologicalSorter(imports()).static_order())
    assert len(order) > 15


def test_folders_import_downwards() -> None:
    for name, others in imports().items():
        folder = name.partition("::")[0]
        if folder not in FOLDERS:
            continue
        allowed = FOLDERS[FOLDERS.index(folder) :]
        for other in others:
            assert other.partition("::")[0] in allowed, f"{name} imports {other}"


def test_every_import_is_seen() -> None:
    """No file imports from a folder as a whole, or several files in one statement."""
    for path in SOURCES.rglob("*.rs"):
        assert not re.search(rf"use crate::(?:\{{|(?:{'|'.join(FOLDERS)})(?:::\{{|;))", path.read_text("utf-8")), path
