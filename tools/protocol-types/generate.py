"""Makes the types of the protocol for all languages out of the published schemas; with --check, compares.

The environment variable MCP_SCHEMAS names the folder that has `<revision>/schema.json`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import python
import rust
import schemas
import typescript
from merging import Merger
from model import Model

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Writes the files, or says which ones are not as they would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail where a file differs")
    checks = parser.parse_args().check
    folder = schemas.folder()
    if folder is None:
        print("not run: MCP_SCHEMAS names no folder of schemas")
        return 0
    files = made(folder)
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'differs from what `make types` writes' if checks else 'written'}")
        if not checks:
            path.write_text(files[path], encoding="utf-8")
    return 1 if checks and stale else 0


def made(folder: Path) -> dict[Path, str]:
    """The text of each file."""
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
    sys.exit(main())
