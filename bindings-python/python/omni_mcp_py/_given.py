"""Options that were left out, and those that were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from omni_mcp_py._option_names import CALL_OPTIONS

if TYPE_CHECKING:
    # A default that every type of options allows.
    UNSET: Any
else:

    class _Unset:
        """The default of an option that was left out. `None` is a value, such as no limit."""

        def __repr__(self) -> str:
            return "<unset>"

        def __reduce__(self) -> str:
            return "UNSET"

    UNSET = _Unset()

NOTHING: Mapping[str, Any] = {}


def given(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the options `names` that have a value, and the unknown ones, which the core refuses with a message."""
    options = {name: values[name] for name in names if values[name] is not UNSET}
    if values["unknown"]:
        options.update(values["unknown"])
    return options


def call_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a call, of the arguments of its method; without arguments there are none."""
    if not values:
        return {}
    options = given(values, [name for name in CALL_OPTIONS if name in values])
    if options.get("idempotency_key", UNSET) is None:
        del options["idempotency_key"]
    return options


def client_options(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the options of a constructor, with the key if there is one."""
    options = given(values, names)
    if values["api_key"] is not None:
        options["api_key"] = values["api_key"]
    return options
