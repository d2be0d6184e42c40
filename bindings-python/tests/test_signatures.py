"""Signatures at run time: the options that `help()` and completion show, and hints that frameworks evaluate."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
import typing
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import omni_mcp_py
import pytest
from omni_mcp_py import OmniMCPClient, _native, registry, testing, text_of

TABLES = _native.tables()
# They are made by the package.
INTERNAL = {
    "ClientWithMetadata.__init__",
    "AsyncClientWithMetadata.__init__",
    "WithMetadata.__init__",
    "ToolContext.__init__",
}


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    """All public functions of a module, and those of its classes."""
    for name in module.__all__:
        public = getattr(module, name)
        if isinstance(public, FunctionType):
            yield public
        elif inspect.isclass(public):
            for member, value in inspect.getmembers(public):
                function = value.fget if isinstance(value, property) else value
                if isinstance(function, FunctionType) and (member == "__init__" or not member.startswith("_")):
                    yield function


FUNCTIONS = {
    f"{function.__module__}.{function.__qualname__}": function
    for module in (omni_mcp_py, registry, testing)
    for function in functions_of(module)
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_hints_can_be_evaluated(function: FunctionType) -> None:
    hints = typing.get_type_hints(function)
    signature = inspect.signature(function, eval_str=True)
    assert {name for name in signature.parameters if name != "self"} <= set(hints)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_pydantic_reads_signatures(function: FunctionType) -> None:
    pydantic = pytest.importorskip("pydantic")
    if function.__qualname__ not in INTERNAL:
        pydantic.validate_call(function)


def test_a_validated_call(client: OmniMCPClient) -> None:
    pydantic = pytest.importorskip("pydantic")
    call = pydantic.validate_call(client.call_tool)
    assert '"query":"x"' in text_of(call("fred.search", {"q": "x"}, timeout=5))
    with pytest.raises(pydantic.ValidationError, match="timeout"):
        call("fred.search", {"q": "x"}, timeout="soon")


@pytest.mark.parametrize("name", [name for name in omni_mcp_py.__all__ if name.endswith("Options")])
def test_hints_of_options(name: str) -> None:
    options = getattr(omni_mcp_py, name)
    assert typing.get_type_hints(options).keys() == typing.get_type_hints(options, include_extras=True).keys()
    pydantic = pytest.importorskip("pydantic")
    pydantic.TypeAdapter(options)


@pytest.mark.parametrize(
    ("shown", "tables"),
    [
        (OmniMCPClient, ["client_options", "hooks"]),
        (OmniMCPClient.call_tool, ["call_options"]),
        (omni_mcp_py.connect_async, ["client_options", "hooks"]),
        (omni_mcp_py.ClientOptions, ["client_options", "hooks"]),
        (omni_mcp_py.CallOptions, ["call_options"]),
        (registry.Sema4Registry, ["registry_options"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_help_describes_each_option(shown: Any, tables: list[str]) -> None:
    text = " ".join(pydoc.render_doc(shown, renderer=pydoc.plaintext).replace(" | ", " ").split())
    for row in (row for table in tables for row in TABLES[table] if row["name"] != "api_key"):
        assert f"{row['name']}: {' '.join(row['help'].split())}" in text, row["name"]


def test_an_option_that_is_left_out_is_not_sent(client: OmniMCPClient) -> None:
    default = inspect.signature(client.ping).parameters["timeout"].default
    assert repr(default) == "<unset>"
    assert client.ping(timeout=default) == {}
    with pytest.raises(omni_mcp_py.ConfigError) as refused:
        client.ping(timeuot=1)  # type: ignore[call-arg]
    assert refused.value.field == "timeuot"


def test_the_package_alone_imports_no_options_and_no_async_client() -> None:
    command = "import sys, omni_mcp_py; print(*sorted(name for name in sys.modules if name.startswith('omni_mcp_py.')))"
    ended = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True)
    later = {"_options", "_async_client", "_counters", "registry", "testing", "types"}
    assert later & {name.removeprefix("omni_mcp_py.") for name in ended.stdout.split()} == set()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([], ""),
        ([{"type": "text", "text": "a"}], "a"),
        ([{"type": "text", "text": "a"}, {"type": "image", "data": "", "mimeType": "image/png"},
          {"type": "text", "text": "b"}], "a\nb"),
    ],
)  # fmt: skip
def test_text_of(content: list[Any], text: str) -> None:
    assert text_of({"content": content}) == text


def test_a_result_with_metadata_unpacks(client: OmniMCPClient) -> None:
    answer = client.with_metadata.ping()
    result, metadata = answer
    assert (result, metadata) == (answer.result, answer.metadata)
