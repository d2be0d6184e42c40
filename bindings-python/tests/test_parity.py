"""Names are written in the core's tables; here it is checked that this face has all of them, and no others."""

from __future__ import annotations

import builtins
import inspect
from typing import Any

import omni_mcp_py
import pytest
from omni_mcp_py import (
    AsyncOmniMCPClient,
    CallOptions,
    ClientOptions,
    Metadata,
    OmniMCPClient,
    OmniMCPError,
    WithMetadata,
    _native,
)

TABLES = _native.tables()
METHODS = [row["spelled"] for row in TABLES["methods"]]
# What is no row of a table of options, and has a parameter of its own.
OWN_PARAMETERS = {"self", "on_progress", "options"}
ARGUMENTS = {
    "list_tools_page": {"cursor"},
    "call_tool": {"name", "arguments"},
    "request": {"method", "params"},
    "notify": {"method", "params"},
}


def spelled(table: str) -> set[str]:
    return {row["spelled"] for row in TABLES[table]}


def fields(made: type) -> set[str]:
    return {name for base in (made, *getattr(made, "__orig_bases__", ())) for name in base.__annotations__}


def test_client_options() -> None:
    parameters = inspect.signature(OmniMCPClient).parameters
    assert fields(ClientOptions) | set(parameters) - {"options"} == spelled("client_options")


@pytest.mark.parametrize("method", METHODS)
def test_call_options(method: str) -> None:
    parameters = inspect.signature(getattr(OmniMCPClient, method)).parameters
    named = set(parameters) - OWN_PARAMETERS - ARGUMENTS.get(method, set())
    if method == "close":
        assert not named
    elif method == "notify":
        # There is no result that could have metadata.
        assert named | fields(CallOptions) == spelled("call_options") - {"with_metadata"}
    else:
        assert named | fields(CallOptions) == spelled("call_options")
        assert "on_progress" in parameters


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
def test_methods(made: type) -> None:
    assert {name for name in vars(made) if not name.startswith("_")} == set(METHODS)


@pytest.mark.parametrize("name", ["__init__", "_call", *METHODS])
def test_sync_and_async_are_the_same(name: str) -> None:
    sync, twin = getattr(OmniMCPClient, name), getattr(AsyncOmniMCPClient, name)
    assert inspect.signature(sync) == inspect.signature(twin)
    assert sync.__doc__ == twin.__doc__
    if name != "__init__":
        assert inspect.iscoroutinefunction(twin)
        assert not inspect.iscoroutinefunction(sync)


@pytest.mark.parametrize("row", TABLES["kinds"], ids=lambda row: row["kind"])
def test_kinds(row: dict[str, Any]) -> None:
    made = getattr(omni_mcp_py, row["class"])
    base = row["python_base"] and getattr(builtins, row["python_base"])
    assert made.__bases__ == ((OmniMCPError, base) if base else (OmniMCPError,))
    assert made.kind == row["kind"]


def test_there_are_no_other_errors() -> None:
    made = {made.__name__ for made in OmniMCPError.__subclasses__()}
    assert made == {row["class"] for row in TABLES["kinds"]}
    assert made < set(omni_mcp_py.__all__)


def test_metadata(client: OmniMCPClient) -> None:
    answer = client.ping(with_metadata=True)
    assert isinstance(answer, WithMetadata)
    assert set(answer.metadata) == set(Metadata.__annotations__)


def test_one_version() -> None:
    assert omni_mcp_py.__version__ == TABLES["version"]


def test_everything_public_is_listed() -> None:
    for name in omni_mcp_py.__all__:
        assert hasattr(omni_mcp_py, name)
    assert sorted(omni_mcp_py.__all__) == omni_mcp_py.__all__
