"""The facade has the names of the core's tables, and no others."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from pathlib import Path
from typing import Any

import omni_mcp_py
import pytest
from omni_mcp_py import (
    AsyncClientOptions,
    AsyncClientWithMetadata,
    AsyncOmniMCPClient,
    AuthOptions,
    CallOptions,
    ClientOptions,
    ClientWithMetadata,
    Metadata,
    OmniMCPClient,
    OmniMCPError,
    ProfileOptions,
    ProvidedToken,
    WithMetadata,
    _counters,
    _errors,
    _native,
    connect,
    connect_async,
    testing,
)
from omni_mcp_py.registry import (
    AsyncGaiaRegistry,
    AsyncSema4Registry,
    GaiaRegistry,
    RegistryCallOptions,
    RegistryOptions,
    Sema4Registry,
)
from omni_mcp_py.testing import DevServer

TABLES = _native.tables()
METHODS = [row["spelled"] for row in TABLES["methods"]]
# Parameters that are not in a table of options.
OWN_PARAMETERS = {"self", "on_progress", "unknown"}


def argument(param: str) -> str:
    """The name in Python of a parameter."""
    return re.sub("([A-Z])", r"_\1", param).lower()


ARGUMENTS = {row["spelled"]: {argument(param["name"]) for param in row["params"]} for row in TABLES["methods"]}


def spelled(table: str) -> set[str]:
    return {row["spelled"] for row in TABLES[table]}


def fields(made: type) -> set[str]:
    return set(made.__annotations__)


def members(made: type) -> dict[str, Any]:
    """The public members of a class and of its bases, as written there."""
    own = (vars(base) for base in reversed(made.__mro__) if base is not object)
    return {name: value for namespace in own for name, value in namespace.items() if not name.startswith("_")}


def iterates(method: str) -> bool:
    return any(row["spelled"] == method and row["iterates"] for row in TABLES["methods"])


@pytest.mark.parametrize(
    ("made", "options"), [(OmniMCPClient, ClientOptions), (AsyncOmniMCPClient, AsyncClientOptions)]
)
def test_client_options(made: type, options: type) -> None:
    parameters = set(inspect.signature(made).parameters) - {"unknown", "url_or_key"}
    assert parameters == fields(options) | {"api_key"} == spelled("client_options") | spelled("hooks")


@pytest.mark.parametrize("made", [connect, connect_async])
def test_options_of_connect(made: Any) -> None:
    options = set(inspect.signature(OmniMCPClient).parameters) - {"url_or_key"}
    assert set(inspect.signature(made).parameters) == {"record"} | options
    assert made.__doc__.replace("Async", "") == connect.__doc__


@pytest.mark.parametrize(
    ("options", "table"),
    [(AuthOptions, "auth_options"), (ProfileOptions, "profile_options"), (ProvidedToken, "token_options")],
)
def test_options_of_options(options: type, table: str) -> None:
    assert fields(options) == spelled(table)


@pytest.mark.parametrize("method", METHODS)
def test_call_options(method: str) -> None:
    parameters = set(inspect.signature(getattr(OmniMCPClient, method)).parameters)
    (row,) = (row for row in TABLES["methods"] if row["spelled"] == method)
    options = spelled("call_options") if row["options"] else set()
    assert parameters - OWN_PARAMETERS == ARGUMENTS[method] | options
    assert ("unknown" in parameters) == row["options"]
    assert ("on_progress" in parameters) == (row["options"] and not row["iterates"])
    assert fields(CallOptions) == spelled("call_options")


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
def test_methods(made: type) -> None:
    public = members(made)
    properties = {name for name, value in public.items() if isinstance(value, property)}
    assert properties == spelled("properties") | {"with_metadata"}
    assert set(public) - properties == {"with_options", *METHODS}


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
def test_options_of_views(made: type) -> None:
    parameters = set(inspect.signature(made.with_options).parameters)  # type: ignore[attr-defined]
    of_views = {row["spelled"] for row in TABLES["call_options"] if not row["of_one_call"]}
    assert parameters - OWN_PARAMETERS == of_views == spelled("call_options") - {"idempotency_key", "request_id"}


@pytest.mark.parametrize(
    ("made", "accessor"), [(OmniMCPClient, ClientWithMetadata), (AsyncOmniMCPClient, AsyncClientWithMetadata)]
)
def test_methods_with_metadata(made: type, accessor: type) -> None:
    rows = [row for row in TABLES["methods"] if row["result"] and not row["iterates"]]
    assert set(members(accessor)) == {row["spelled"] for row in rows}
    for row in rows:
        plain, whole = (inspect.signature(getattr(owner, row["spelled"])) for owner in (made, accessor))
        assert plain.parameters == whole.parameters
        assert whole.return_annotation == f"omni.WithMetadata[{plain.return_annotation}]"


@pytest.mark.parametrize("row", TABLES["properties"], ids=lambda row: row["name"])
def test_properties(row: dict[str, Any]) -> None:
    for made in (OmniMCPClient, AsyncOmniMCPClient):
        assert getattr(made, row["spelled"]).__doc__.startswith(row["help"])


@pytest.mark.parametrize("row", TABLES["call_options"], ids=lambda row: row["name"])
def test_registry_call_options(row: dict[str, Any]) -> None:
    values = {"boolean": True, "integer": 1, "duration": 1, "strings": {}, "string": "x"}
    with (
        GaiaRegistry("k", base_url="http://127.0.0.1:1", max_attempts=1) as gaia,
        pytest.raises(OmniMCPError) as failed,
    ):
        gaia.list("p", **{row["name"]: values[row["kind"]]})
    refused = None if row["name"] in spelled("registry_call_options") else row["name"]
    assert failed.value.field == refused
    assert fields(RegistryCallOptions) == spelled("registry_call_options")


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
        parameters = set(inspect.signature(made).parameters) - {"unknown"}
        assert parameters == fields(RegistryOptions) | {"api_key"} == spelled("registry_options")
    for row in rows:
        methods = [getattr(made, row["spelled"]) for made in (sync, twin)]
        signatures = [inspect.signature(method) for method in methods]
        assert str(signatures[0]) == str(signatures[1]).replace("AsyncIterator", "Iterator"), row
        assert methods[0].__doc__ == methods[1].__doc__
        # The first verb is an imperative here.
        assert row["help"].partition(" ")[2] in methods[0].__doc__


def plain_signature(function: Any) -> str:
    """A signature in which callbacks may not be awaited."""
    written = str(inspect.signature(function)).replace("Async", "")
    return re.sub(r"Awaitable\[(.*?)\] \| \1\]", r"\1]", written)


@pytest.mark.parametrize("name", ["__init__", "_call", "_items", *METHODS])
def test_sync_and_async_are_the_same(name: str) -> None:
    sync, twin = getattr(OmniMCPClient, name), getattr(AsyncOmniMCPClient, name)
    # The types of options, callbacks and iterators have twins of the same names.
    assert plain_signature(sync) == plain_signature(twin)
    assert sync.__doc__ == (twin.__doc__ and twin.__doc__.replace("Async", ""))
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


def test_an_error_has_every_fact_of_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OmniMCPError) as raised:
        OmniMCPClient(command="")
    crossed = set(vars(raised.value)) - {"_text"}
    assert crossed == set(OmniMCPError.__annotations__) - {"kind"}
    assert _errors.OmniMCPError("x").stderr == []


def test_metadata(client: OmniMCPClient) -> None:
    answer = client.with_metadata.ping()
    assert isinstance(answer, WithMetadata)
    assert answer.result == client.ping()
    assert set(answer.metadata) == set(Metadata.__annotations__)
    with pytest.raises(omni_mcp_py.ConfigError, match="with_metadata: is not an option"):
        client.ping(with_metadata=True)  # type: ignore[call-arg]


def test_what_the_dev_server_counts(server: DevServer) -> None:
    with pytest.raises(ValueError, match="must be one of") as refused:
        server.wait("?")  # type: ignore[arg-type]
    source = ast.parse(Path(testing.__file__).read_text("utf-8"))
    (counts,) = (
        ast.literal_eval(node.value.slice)
        for node in ast.walk(source)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
    )
    listed = str(refused.value).split("must be one of ")[1].removesuffix(", got a string")
    assert sorted(counts) == sorted(listed.split(", "))


def test_counters(client: OmniMCPClient) -> None:
    assert set(client.counters) == fields(_counters.Counters) == {row["name"] for row in TABLES["counters"]}


def test_one_version() -> None:
    assert omni_mcp_py.__version__ == TABLES["version"]


def test_everything_public_is_listed() -> None:
    for name in omni_mcp_py.__all__:
        assert hasattr(omni_mcp_py, name)
    assert sorted(omni_mcp_py.__all__) == omni_mcp_py.__all__
