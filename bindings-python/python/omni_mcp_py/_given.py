"""Options that were left out, and those that were given."""

from __future__ import annotations

from collections.abc import Mapping
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
# The parameters of constructors and of `connect` that are not options themselves.
_NOT_OPTIONS = frozenset({"self", "url_or_key", "record", "unknown"})


def call_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a call, of the arguments of its method, and the unknown ones, which the core refuses."""
    options = {name: value for name, value in values.items() if value is not UNSET and name in CALL_OPTIONS}
    if unknown := values.get("unknown"):
        options.update(unknown)
    if options.get("idempotency_key", UNSET) is None:
        del options["idempotency_key"]
    return options


def client_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a client, of the arguments of its constructor, and the unknown ones."""
    options = {name: value for name, value in values.items() if value is not UNSET and name not in _NOT_OPTIONS}
    options.update(values["unknown"])
    if options.get("api_key", UNSET) is None:
        del options["api_key"]
    return options
