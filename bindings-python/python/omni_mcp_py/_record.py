"""Records of servers, as a registry has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from omni_mcp_py import _native


def plain(record: Any) -> Any:
    """Return a mapping as a dict; anything else as it is, for the core to refuse it by name."""
    return dict(record) if isinstance(record, Mapping) else record


class ServerRecord(dict[str, Any]):
    """A server's record: a dict with the members that the registry has, known or not. Its repr leaves secrets out."""

    def copy(self) -> ServerRecord:
        """Return a shallow copy, whose repr leaves secrets out as well."""
        return ServerRecord(self)

    def __repr__(self) -> str:
        try:
            shown = repr(_native.shown_record(self))
        except ValueError:
            # What no registry could have sent is somewhere in it.
            shown = f"with the members {', '.join(map(str, self))}"
        return f"{type(self).__name__}({shown})"


class ServerPage(TypedDict):
    """One page of servers, and the token of the next."""

    data: list[ServerRecord]
    next: str | None
    has_more: bool


def page_of(page: ServerPage) -> ServerPage:
    """Return a page whose records are `ServerRecord`s."""
    return {**page, "data": [ServerRecord(record) for record in page["data"]]}
