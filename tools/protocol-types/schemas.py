"""The definitions of the revisions, as the published schema.json files have them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

# Oldest first: descriptions are the newest's.
REVISIONS = ("2025-11-25", "2026-07-28")

Schema = dict[str, Any]


def folder() -> Path | None:
    """The folder that the environment variable MCP_SCHEMAS names, where it has the revisions."""
    named = os.environ.get("MCP_SCHEMAS", "")
    path = Path(named)
    if not named or not all((path / revision / "schema.json").is_file() for revision in REVISIONS):
        return None
    return path


def definitions(path: Path) -> list[dict[str, Schema]]:
    """The definitions of each revision."""
    return [_read(path / revision / "schema.json") for revision in REVISIONS]


def _read(path: Path) -> dict[str, Schema]:
    found: dict[str, Schema] = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    return found


def referred(schema: Schema) -> str | None:
    """The name of the definition that `schema` refers to."""
    reference = schema.get("$ref")
    return None if reference is None else str(reference).rsplit("/", 1)[-1]
