"""Progress of an async call: callbacks may be plain functions or coroutine functions, and are called in order."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from typing_extensions import Self

    from omni_mcp_py import _native
    from omni_mcp_py.types import Progress

# How long a plain function is called in a row before the loop's other tasks have their turn.
_TURN = 0.01


class Teller:
    """Calls the callback of one call. What an async one gives is awaited by one task, one after the other."""

    def __init__(self, callback: Callable[[Progress], Awaitable[object] | object]) -> None:
        self._callback = callback
        self._queue: _native.ProgressQueue | None = None
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self._given_up = False

    def __call__(self) -> bool:
        """Be one that can be called, as all callbacks are."""
        return self.tell()

    def reads(self, queue: _native.ProgressQueue) -> None:
        """Take the progress from this queue."""
        self._queue = queue

    def tell(self) -> bool:
        """Call the callback with what waits, and say whether more of it waits."""
        if self._task is not None:
            self._more.set()
            return False
        end = time.monotonic() + _TURN
        while self._queue is not None and (told := self._queue.next(self._callback)) is not None:
            if inspect.isawaitable(told[0]):
                self._task = asyncio.create_task(self._await_all(self._queue, told[0]))
                return False
            if time.monotonic() >= end:
                return True
        return False

    async def _await_all(self, queue: _native.ProgressQueue, awaited: Awaitable[object] | None) -> None:
        try:
            while True:
                if awaited is not None:
                    await self._await(awaited)
                    # A coroutine need not have waited for anything.
                    await asyncio.sleep(0)
                self._more.clear()
                told = queue.next(self._callback)
                if told is None:
                    awaited = None
                    await self._more.wait()
                else:
                    awaited = told[0] if inspect.isawaitable(told[0]) else None
        finally:
            queue.close()

    async def _await(self, awaited: Awaitable[object]) -> None:
        try:
            await awaited
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
        if self._task is None:
            return
        # The call does not end before its callback has processed everything, or has taken too long for it.
        self._given_up = True
        if not self._task.cancel() and not self._task.cancelled():
            # It has ended by what means the program, such as `SystemExit`, which went to the loop, too.
            raised = self._task.exception()
            if raised is not None and error is None:
                raise raised
        if isinstance(error, asyncio.CancelledError):
            return
        # It ends now, unless the callback does something about its cancellation.
        await asyncio.sleep(0)
