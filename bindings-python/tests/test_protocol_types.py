"""The protocol's types: the published example documents, validated by pydantic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omni_mcp_py import types

EXAMPLES = Path(os.environ.get("MCP_SCHEMAS", "")) / "2026-07-28" / "examples"


def parts(name: str, document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The types by which a document of the folder `name` is read, each with the part that is read."""
    if name.endswith("Response"):
        yield name.removesuffix("Response"), document["result"]
    elif name.endswith("Error"):
        error = document.get("error", document)
        yield "ErrorObject", error
        if hasattr(types, f"{name}Data"):
            yield f"{name}Data", error["data"]
    elif hasattr(types, name):
        yield name, document
    elif name.startswith("List"):
        yield "PaginatedRequestParams", document["params"]
    else:
        yield "RequestParams" if name == "DiscoverRequest" else f"{name}Params", document["params"]


@pytest.mark.skipif(not os.environ.get("MCP_SCHEMAS") or not EXAMPLES.is_dir(), reason="MCP_SCHEMAS names no examples")
def test_published_examples() -> None:
    pydantic = pytest.importorskip("pydantic")
    read = 0
    for path in sorted(EXAMPLES.glob("*/*.json")):
        for name, part in parts(path.parent.name, json.loads(path.read_text(encoding="utf-8"))):
            adapter = pydantic.TypeAdapter(getattr(types, name))
            known = adapter.validate_python(part, strict=True)
            assert known == adapter.validate_json(json.dumps(part)), path
            envelope = {key: part[key] for key in ("jsonrpc", "id") if key in part.keys() - known.keys()}
            # Pydantic leaves out members that the type does not name.
            assert {**envelope, **known} == part, path
            read += 1
    assert read > 0


def test_members_of_one_era_are_not_required() -> None:
    assert set(types.__all__) <= set(vars(types))
    assert types.Tool.__required_keys__ == {"name", "inputSchema"}
    assert "resultType" in types.CallToolResult.__optional_keys__


def test_the_package_alone_imports_no_types() -> None:
    command = "import sys, omni_mcp_py; assert 'omni_mcp_py.types' not in sys.modules; omni_mcp_py.Tool"
    subprocess.run([sys.executable, "-c", command], check=True)
