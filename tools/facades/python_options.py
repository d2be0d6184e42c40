"""The modules of option types and of counters: `_options.py` and `_counters.py`."""

from __future__ import annotations

from collections.abc import Sequence

from python_clients import tables_types
from python_text import (
    Flavor,
    attribute,
    callback_type,
    docstring,
    literal,
    option_doc,
    option_type,
    options_doc,
    quoted,
)
from tables import Callback, Option, Tables


def options(tables: Tables) -> str:
    """The options of clients, calls and registries."""
    keyed = tables.keyed_options
    of_registries = tables.registry_call_options
    unkeyed = [row for row in tables.call_options if row.name not in keyed and row not in of_registries]
    classes = [
        _typed_dict(
            "AuthOptions",
            "TypedDict",
            "The credentials of a client. `type` decides which others apply.",
            tables.auth_options,
        ),
        _typed_dict(
            "ProfileOptions", "TypedDict", "The rules of a service that has no profile here.", tables.profile_options
        ),
        _typed_dict(
            "ProvidedToken",
            "TypedDict",
            "A token with its lifetime, as a token provider may return it.",
            tables.token_options,
        ),
        _typed_dict(
            "ServerOptions",
            "TypedDict",
            "The options of a client besides its key and its callbacks.",
            [row for row in tables.constructor_options if isinstance(row, Option)],
        ),
        _callbacks(tables, Flavor(False)),
        _callbacks(tables, Flavor(True)),
        _typed_dict("RegistryCallOptions", "TypedDict", "The options of one call of a registry.", of_registries),
        _typed_dict(
            "UnkeyedCallOptions",
            "RegistryCallOptions",
            "The options of one call besides its idempotency key.",
            unkeyed,
            [row for row in tables.call_options if row.name not in keyed],
        ),
        _call_options(tables, keyed),
        _typed_dict(
            "RegistryOptions",
            "TypedDict",
            "The options of a client of a registry besides its key.",
            tables.registry_constructor_options,
        ),
    ]
    return _head(tables) + "\n\n".join(classes)


def counters(tables: Tables) -> str:
    """The counters of a client."""
    members = "".join(attribute(row.name, "int", row.help) for row in tables.counters)
    return f'''\
"""The counters of a client."""

from __future__ import annotations

from typing import TypedDict


class Counters(TypedDict):
    """The activity of a client so far."""

{members}'''


def _head(tables: Tables) -> str:
    (profile,) = (row for row in tables.client_options if row.kind == "profile")
    return f'''\
"""The options of clients, calls and registries."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Union

from omni_mcp_py._types import LogRecord, Notification, RequestInfo, ResponseInfo, StateChange
from omni_mcp_py.types import {", ".join(sorted({*tables_types(tables), "Progress"}))}

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    try:
        # Before 3.12, pydantic reads no other; where it is, this is.
        from typing_extensions import TypedDict
    except ImportError:
        from typing import TypedDict

Seconds = Union[float, timedelta]
ProfileName = {literal(profile.choices)}
OnProgress = Callable[[Progress], object]
AsyncOnProgress = Callable[[Progress], Union[Awaitable[object], object]]


class NoOptions(TypedDict):
    """No options: type checkers refuse other keywords, and at run time the core does."""


'''


def names(tables: Tables) -> str:
    """The module of the names of call options."""
    listed = ", ".join(quoted(row.name) for row in tables.call_options)
    return f'"""The names of the options of a call."""\n\nCALL_OPTIONS = frozenset({{{listed},}})\n'


def _typed_dict(name: str, base: str, doc: str, rows: list[Option], listed: list[Option] | None = None) -> str:
    members = "".join(attribute(row.name, option_type(row), option_doc(row)) for row in rows)
    return f"class {name}({base}, total=False):\n{_listing(doc, listed or rows)}\n{members}"


def _listing(doc: str, rows: Sequence[Option | Callback]) -> str:
    """A docstring with all options, for `help()`, which does not show what is below the members."""
    return docstring([doc], 4, {"Attributes": options_doc(rows)})


def _callbacks(tables: Tables, flavor: Flavor) -> str:
    doc = "The options of a client besides its key."
    if flavor.is_async:
        doc = "The options of an async client besides its key. Callbacks may be coroutine functions."
    members = "".join(attribute(row.name, callback_type(row, flavor), row.help) for row in tables.callbacks)
    listing = _listing(doc, tables.constructor_options)
    return f"class {flavor.prefix}ClientOptions(ServerOptions, total=False):\n{listing}\n{members}"


def _call_options(tables: Tables, keyed: list[str]) -> str:
    rows = [row for row in tables.call_options if row.name in keyed]
    members = "".join(attribute(row.name, f"{option_type(row)} | None", option_doc(row)) for row in rows)
    listing = _listing("The options of one call.", tables.call_options)
    return f"class CallOptions(UnkeyedCallOptions, total=False):\n{listing}\n{members}"
