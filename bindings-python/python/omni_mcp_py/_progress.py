"""Progress of an async call: callbacks may be plain functions or coroutine functions, and are heard in order."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from typing_extensions import Self

    from omni_mcp_py.types import Progress


class Teller:
    """Tells the callback of one call, and waits at its end until the callback has heard all."""

    def __init__(self, callback: Callable[[Progress], Awaitable[object] | object]) -> None:
        self._callback = callback
        self._last: asyncio.Task[None] | None = None
        self._given_up = False

    def __call__(self, progress: Progress) -> None:
        """Tell the callback. What a plain function raises goes to the caller, who reports it."""
        told = self._callback(progress)
        if inspect.isawaitable(told):
            self._last = asyncio.create_task(self._after(self._last, told))

    async def _after(self, before: asyncio.Task[None] | None, told: Awaitable[object]) -> None:
        if before is not None:
            try:
                await before
            except asyncio.CancelledError:
                if inspect.iscoroutine(told):
                    # Python warns of a coroutine that nobody awaited.
                    told.close()
                raise
        try:
            await told
        except (Exception, asyncio.CancelledError) as error:
            if self._given_up:
                raise
            context = {"message": "a progress callback failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._last is None:
            return
        if isinstance(error, asyncio.CancelledError):
            self._give_up(self._last)
            return
        try:
            # Not the task itself: who is cancelled while waiting for it would cancel it instead, and go on.
            await asyncio.wait([self._last])
        except asyncio.CancelledError:
            self._give_up(self._last)
            raise
        self._last.result()

    def _give_up(self, last: asyncio.Task[None]) -> None:
        self._given_up = True
        last.cancel()
