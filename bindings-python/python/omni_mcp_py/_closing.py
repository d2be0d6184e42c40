"""Base classes of clients: context managers, and the warning of a client that was not closed."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self


class _Shown:
    def __repr__(self) -> str:
        # A constructor that failed made no native client.
        native = getattr(self, "_native", None)
        description = "" if native is None else f" {native.property('description')}"
        return f"<{type(self).__name__}{description}>"


class Dropped:
    """Warns when it is dropped while connected. The native client then ends its session in the background."""

    def __del__(self, warn: Callable[..., None] = warnings.warn) -> None:
        # A constructor that failed made no native client. `__dict__` is not read: creating it here would keep
        # its values for another round of the garbage collector.
        native = getattr(self, "_native", None)
        if native is not None and native.is_connected():
            warn(f"{self!r} was dropped without close()", ResourceWarning, stacklevel=2, source=self)


class Closing(_Shown):
    """Closed at the end of a `with` block."""

    def close(self) -> None:
        """Refuse further use."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClosing(_Shown):
    """Closed at the end of an `async with` block."""

    async def close(self) -> None:
        """Refuse further use."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
