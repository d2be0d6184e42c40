"""Generates the types of the protocol for all languages from the published schemas; with --check, compares.

Run by `make types`. The environment variable MCP_SCHEMAS names the folder that has `<revision>/schema.json`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import generated_files
import python
import rust
import schemas
import typescript
from generated_files import ROOT
from merging import Merger
from model import Model


def files() -> dict[Path, str]:
    """The text of each file; none without the schemas."""
    folder = schemas.folder()
    if folder is None:
        print("not run: MCP_SCHEMAS names no folder of schemas")
        return {}
    merger = Merger()
    for revision in schemas.definitions(folder):
        merger.add(revision)
    model = Model(merger.definitions)
    python_binding = ROOT / "bindings-python"
    return {
        ROOT / "core/src/protocol/schema.rs": rust.emitted(model, ROOT / "rustfmt.toml"),
        python_binding / "python/omni_mcp_py/types.py": python.emitted(model, python_binding / "pyproject.toml"),
        ROOT / "bindings-node/ts/protocol.ts": typescript.emitted(model),
    }


if __name__ == "__main__":
    sys.exit(generated_files.main(__doc__, files))
