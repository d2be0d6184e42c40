"""Records of servers in registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from omni_mcp_py import _native


def plain(record: Any) -> Any:
    """Return a mapping as a dict. Other values are returned as they are, and the core refuses them."""
    return dict(record) if isinstance(record, Mapping) else record


class ServerRecord(dict[str, Any]):
    """A server's record: a dict with all members that the registry has. Its repr leaves secrets out."""

    def copy(self) -> ServerRecord:
        """Return a shallow copy, whose repr leaves secrets out as well."""
        return ServerRecord(self)

    def __repr__(self) -> str:
        try:
            shown = repr(_native.shown_record(self))
        except ValueError:
            # It has a value that is not JSON.
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
