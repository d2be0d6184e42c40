"""Names are written in the core's tables; here it is checked that this face has all of them, and no others."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
import typing
from itertools import pairwise
from pathlib import Path
from typing import Any

import omni_mcp_py
import pytest
from omni_mcp_py import (
    AsyncClientOptions,
    AsyncOmniMCPClient,
    AuthOptions,
    CallOptions,
    ClientOptions,
    Metadata,
    OmniMCPClient,
    OmniMCPError,
    ProfileOptions,
    ProvidedToken,
    WithMetadata,
    _errors,
    _native,
    _options,
    _types,
    connect,
    connect_async,
    testing,
)
from omni_mcp_py.registry import (
    AsyncGaiaRegistry,
    AsyncSema4Registry,
    GaiaRegistry,
    RegistryOptions,
    Sema4Registry,
)
from omni_mcp_py.testing import DevServer

TABLES = _native.tables()
METHODS = [row["spelled"] for row in TABLES["methods"]]
# What is no row of a table of options, and has a parameter of its own.
OWN_PARAMETERS = {"self", "on_progress", "options"}
ARGUMENTS = {
    "list_tools_page": {"cursor"},
    "call_tool": {"name", "arguments"},
    "list_resources_page": {"cursor"},
    "list_resource_templates_page": {"cursor"},
    "read_resource": {"uri"},
    "subscribe_resource": {"uri"},
    "unsubscribe_resource": {"uri"},
    "list_prompts_page": {"cursor"},
    "get_prompt": {"name", "arguments"},
    "complete": {"ref", "argument", "context"},
    "set_logging_level": {"level"},
    "request": {"method", "params"},
    "notify": {"method", "params"},
}


def spelled(table: str) -> set[str]:
    return {row["spelled"] for row in TABLES[table]}


def fields(made: type) -> set[str]:
    return set(made.__annotations__)


def members(made: type) -> dict[str, Any]:
    """What a class has of its own and of its bases, as it is written there."""
    own = (vars(base) for base in reversed(made.__mro__) if base is not object)
    return {name: value for namespace in own for name, value in namespace.items() if not name.startswith("_")}


def iterates(method: str) -> bool:
    return any(row["spelled"] == method and row["iterates"] for row in TABLES["methods"])


@pytest.mark.parametrize(
    ("made", "options"), [(OmniMCPClient, ClientOptions), (AsyncOmniMCPClient, AsyncClientOptions)]
)
def test_client_options(made: type, options: type) -> None:
    parameters = inspect.signature(made).parameters
    named = fields(options) | set(parameters) - {"options"}
    assert named == spelled("client_options") | spelled("hooks")


@pytest.mark.parametrize("made", [connect, connect_async])
def test_options_of_connect(made: Any) -> None:
    assert set(inspect.signature(made).parameters) == {"record", "api_key", "options"}
    assert made.__doc__ == connect.__doc__


@pytest.mark.parametrize(
    ("options", "table"),
    [(AuthOptions, "auth_options"), (ProfileOptions, "profile_options"), (ProvidedToken, "token_options")],
)
def test_options_of_options(options: type, table: str) -> None:
    assert fields(options) == spelled(table)


def test_options_are_explained_as_in_the_tables() -> None:
    source = ast.parse(Path(_options.__file__).read_text("utf-8"))
    tables = {
        "AuthOptions": ["auth_options"],
        "ProfileOptions": ["profile_options"],
        "ProvidedToken": ["token_options"],
        "ServerOptions": ["client_options"],
        "ClientOptions": ["hooks"],
        "AsyncClientOptions": ["hooks"],
        "UnkeyedCallOptions": ["call_options"],
        "CallOptions": ["call_options"],
        "RegistryOptions": ["registry_options"],
    }
    classes = [node for node in source.body if isinstance(node, ast.ClassDef)]
    assert {node.name for node in classes} == set(tables)
    for made in classes:
        rows = {row["spelled"]: row for table in tables[made.name] for row in TABLES[table]}
        for member, said in pairwise(made.body):
            if isinstance(member, ast.AnnAssign):
                row = rows[member.target.id]  # type: ignore[union-attr]
                words = " ".join(said.value.value.split())  # type: ignore[attr-defined]
                for text in (row["help"].partition(": ")[0], row.get("default", "")):
                    assert (text if text != "required" else "Required.") in words, (made.name, row["name"])


@pytest.mark.parametrize("method", METHODS)
def test_call_options(method: str) -> None:
    parameters = inspect.signature(getattr(OmniMCPClient, method)).parameters
    named = set(parameters) - OWN_PARAMETERS - ARGUMENTS.get(method, set())
    if method == "close":
        assert not named
    elif method in ("notify", "connect") or iterates(method):
        # There is no result that could have metadata.
        assert named | fields(CallOptions) == spelled("call_options") - {"with_metadata"}
        assert iterates(method) == ("on_progress" not in parameters and "options" in parameters)
    else:
        assert named | fields(CallOptions) == spelled("call_options")
        assert "on_progress" in parameters


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
def test_methods(made: type) -> None:
    public = members(made)
    properties = {name for name, value in public.items() if isinstance(value, property)}
    assert properties == spelled("properties")
    assert set(public) - properties == set(METHODS)


def test_the_arguments_are_those_of_methods() -> None:
    assert set(ARGUMENTS) < set(METHODS)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="overloads are not kept")
@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("connect", "notify", "close")])
def test_what_a_type_checker_sees(made: type, method: str) -> None:
    written = typing.get_overloads(getattr(made, method))
    if iterates(method):
        assert not written
        return
    plain, with_metadata = (inspect.signature(overload) for overload in written)
    whole = inspect.signature(getattr(made, method))
    assert with_metadata.return_annotation == f"WithMetadata[{plain.return_annotation}]"
    for seen in (plain, with_metadata):
        assert list(seen.parameters) == list(whole.parameters)


@pytest.mark.parametrize("row", TABLES["properties"], ids=lambda row: row["name"])
def test_properties(row: dict[str, Any]) -> None:
    for made in (OmniMCPClient, AsyncOmniMCPClient):
        assert getattr(made, row["spelled"]).__doc__.startswith(row["help"])


REGISTRIES = {
    "gaia": (GaiaRegistry, AsyncGaiaRegistry),
    "sema4": (Sema4Registry, AsyncSema4Registry),
}


@pytest.mark.parametrize("kind", REGISTRIES)
def test_registries(kind: str) -> None:
    assert {row["registry"] for row in TABLES["registry_methods"]} == set(REGISTRIES)
    rows = [row for row in TABLES["registry_methods"] if row["registry"] == kind]
    sync, twin = REGISTRIES[kind]
    for made in (sync, twin):
        assert {name for name in dir(made) if not name.startswith("_")} == {row["spelled"] for row in rows}
        parameters = set(inspect.signature(made).parameters) - {"options"}
        assert parameters | fields(RegistryOptions) == spelled("registry_options")
    for row in rows:
        methods = [getattr(made, row["spelled"]) for made in (sync, twin)]
        signatures = [inspect.signature(method) for method in methods]
        assert str(signatures[0]) == str(signatures[1]).replace("AsyncIterator", "Iterator"), row
        assert methods[0].__doc__ == methods[1].__doc__
        # Its first word may be another: here it is told what to do.
        assert row["help"].partition(" ")[2] in methods[0].__doc__


@pytest.mark.parametrize("name", ["__init__", "_call", "_items", *METHODS])
def test_sync_and_async_are_the_same(name: str) -> None:
    sync, twin = getattr(OmniMCPClient, name), getattr(AsyncOmniMCPClient, name)
    # The types of options, callbacks and iterators have twins of the same names.
    assert str(inspect.signature(sync)) == str(inspect.signature(twin)).replace("Async", "")
    assert sync.__doc__ == twin.__doc__
    assert not inspect.iscoroutinefunction(sync)
    assert inspect.iscoroutinefunction(twin) == (name not in ("__init__", "_items") and not iterates(name))


def test_the_bases_are_twins() -> None:
    def bases(made: type) -> list[str]:
        return [base.__name__.removeprefix("Async") for base in made.__mro__]

    assert bases(OmniMCPClient) == bases(AsyncOmniMCPClient)


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


def test_an_error_has_everything_that_crosses(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OmniMCPError) as raised:
        OmniMCPClient(command="")
    crossed = set(vars(raised.value)) - {"_text"}
    assert crossed == set(OmniMCPError.__annotations__) - {"kind"}
    assert _errors.OmniMCPError("x").stderr == []


def test_metadata(client: OmniMCPClient) -> None:
    answer = client.ping(with_metadata=True)
    assert isinstance(answer, WithMetadata)
    assert set(answer.metadata) == set(Metadata.__annotations__)


def test_what_the_dev_server_counts(server: DevServer) -> None:
    with pytest.raises(ValueError, match="unknown variant") as refused:
        server.wait("?")  # type: ignore[arg-type]
    source = ast.parse(Path(testing.__file__).read_text("utf-8"))
    (counts,) = (
        ast.literal_eval(node.value.slice)
        for node in ast.walk(source)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
    )
    assert sorted(counts) == sorted(re.findall(r"`(\w+)`", str(refused.value)))


def test_counters_are_explained_as_in_the_table() -> None:
    source = ast.parse(Path(_types.__file__).read_text("utf-8"))
    (made,) = (node for node in source.body if isinstance(node, ast.ClassDef) and node.name == "Counters")
    explained = {
        member.target.id: said.value.value  # type: ignore[union-attr, attr-defined]
        for member, said in pairwise(made.body)
        if isinstance(member, ast.AnnAssign)
    }
    assert explained == {row["name"]: row["help"].strip() for row in TABLES["counters"]}


def test_one_version() -> None:
    assert omni_mcp_py.__version__ == TABLES["version"]


def test_everything_public_is_listed() -> None:
    for name in omni_mcp_py.__all__:
        assert hasattr(omni_mcp_py, name)
    assert sorted(omni_mcp_py.__all__) == omni_mcp_py.__all__
