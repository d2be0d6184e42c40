"""The core's tables, read from the Python binding's native module."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, fields
from importlib.machinery import ExtensionFileLoader
from typing import Any, TypeVar

from generated_files import ROOT

PACKAGE = ROOT / "bindings-python" / "python" / "omni_mcp_py"

Row = TypeVar("Row")


@dataclass(frozen=True)
class Option:
    """One option; `kind` is the type of its values."""

    name: str
    spelled: str
    kind: str
    nullable: bool
    choices: list[str]
    default: str
    help: str
    # Whether only a single call can have it, and no view of a client.
    of_one_call: bool = False


@dataclass(frozen=True)
class Param:
    """One parameter of a method."""

    name: str
    type: str
    required: bool
    help: str


@dataclass(frozen=True)
class Result:
    """The result of a method; of an iterator, one item."""

    type: str
    help: str


@dataclass(frozen=True)
class Method:
    """One method, of a client or of a registry."""

    name: str
    spelled: str
    pages: str | None
    iterates: bool
    params: list[Param]
    result: Result | None
    options: bool
    help: str
    registry: str | None = None


@dataclass(frozen=True)
class Property:
    """One property of a client; `member` is None where it is known before the first response."""

    name: str
    spelled: str
    member: str | None
    type: str
    help: str


@dataclass(frozen=True)
class Callback:
    """One callback of a client."""

    name: str
    spelled: str
    param: str | None
    result: str | None
    at_once: bool
    help: str


@dataclass(frozen=True)
class Counter:
    """One counter of a client."""

    name: str
    help: str


@dataclass(frozen=True)
class Kind:
    """One kind of errors."""

    kind: str
    class_name: str
    python_base: str | None
    help: str


@dataclass(frozen=True)
class Tables:
    """All tables that facades are generated from."""

    client_options: list[Option]
    call_options: list[Option]
    profile_options: list[Option]
    auth_options: list[Option]
    token_options: list[Option]
    registry_options: list[Option]
    registry_call_options: list[Option]
    callbacks: list[Callback]
    methods: list[Method]
    properties: list[Property]
    registry_methods: list[Method]
    counters: list[Counter]
    kinds: list[Kind]
    codes: list[str]

    @property
    def keyed_options(self) -> list[str]:
        """The names of call options that are parameters of a method."""
        params = {param.name for method in self.methods for param in method.params}
        return [option.name for option in self.call_options if option.name in params]

    @property
    def constructor_options(self) -> list[Option | Callback]:
        """The options of a client besides its key, which is a parameter of its own."""
        return [*(row for row in self.client_options if row.name != "api_key"), *self.callbacks]

    @property
    def registry_constructor_options(self) -> list[Option]:
        """The options of a client of a registry besides its key."""
        return [row for row in self.registry_options if row.name != "api_key"]

    @property
    def view_options(self) -> list[Option]:
        """The options of the calls of a view."""
        return [option for option in self.call_options if not option.of_one_call]

    @property
    def registries(self) -> list[str]:
        """The kinds of registries, in order."""
        return list(dict.fromkeys(method.registry for method in self.registry_methods if method.registry))


def load(*, camel: bool) -> Tables:
    """Reads the tables, in Python's spelling or in that of Node."""
    raw = _native().tables(camel)
    options = {name: [_row(Option, row) for row in raw[name]] for name in raw if name.endswith("_options")}
    return Tables(
        **options,
        callbacks=[_row(Callback, row) for row in raw["hooks"]],
        methods=[_method(row) for row in raw["methods"]],
        properties=[_row(Property, row) for row in raw["properties"]],
        registry_methods=[_method(row) for row in raw["registry_methods"]],
        counters=[_row(Counter, {**row, "help": row["help"].strip()}) for row in raw["counters"]],
        kinds=[_row(Kind, {**row, "class_name": row["class"]}) for row in raw["kinds"]],
        codes=[row["code"] for row in raw["codes"]],
    )


def _method(row: dict[str, Any]) -> Method:
    result = row["result"] and _row(Result, row["result"])
    params = [_row(Param, param) for param in row["params"]]
    return _row(Method, {"pages": None, **row, "params": params, "result": result})


def _row(made: type[Row], row: dict[str, Any]) -> Row:
    names = {field.name for field in fields(made)}  # type: ignore[arg-type]
    return made(**{name: value for name, value in row.items() if name in names})


def _native() -> Any:
    # Loaded without its package, whose files may be the ones to be generated.
    (path,) = (path for pattern in ("_native*.so", "_native*.pyd") for path in PACKAGE.glob(pattern))
    loader = ExtensionFileLoader("omni_mcp_py._native", str(path))
    spec = importlib.util.spec_from_file_location("omni_mcp_py._native", path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
