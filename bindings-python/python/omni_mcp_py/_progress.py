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

# How long a plain function is called in a row before the loop's other tasks run.
_DELIVER_WITHIN = 0.01


class ProgressCallback:
    """Calls the callback of one call. Awaitables of an async callback are awaited by one task, one after the other."""

    def __init__(self, callback: Callable[[Progress], Awaitable[object] | object]) -> None:
        self._callback = callback
        self._queue: _native.ProgressQueue | None = None
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self._is_over = False

    def __call__(self) -> bool:
        """Deliver: the native client requires that callbacks can be called."""
        return self.deliver()

    def set_queue(self, queue: _native.ProgressQueue) -> None:
        """Set the queue of the progress."""
        self._queue = queue

    def deliver(self) -> bool:
        """Call the callback with the progress so far. Return whether there is more."""
        if self._task is not None:
            self._more.set()
            return False
        end = time.monotonic() + _DELIVER_WITHIN
        while self._queue is not None and (called := self._queue.next(self._callback)) is not None:
            if inspect.isawaitable(called[0]):
                self._task = asyncio.create_task(self._await_all(self._queue, called[0]))
                return False
            if time.monotonic() >= end:
                return True
        return False

    async def _await_all(self, queue: _native.ProgressQueue, awaited: Awaitable[object] | None) -> None:
        try:
            while True:
                if awaited is not None:
                    await self._await(awaited)
                    # A coroutine need not have suspended.
                    await asyncio.sleep(0)
                self._more.clear()
                called = queue.next(self._callback)
                if called is None:
                    awaited = None
                    await self._more.wait()
                else:
                    awaited = called[0] if inspect.isawaitable(called[0]) else None
        finally:
            queue.close()

    async def _await(self, awaited: Awaitable[object]) -> None:
        try:
            await awaited
        except (Exception, asyncio.CancelledError) as error:
            if self._is_over:
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
        self._is_over = True
        if not self._task.cancel() and not self._task.cancelled():
            # It ended by an exception for the program, such as `SystemExit`, which the loop received, too.
            raised = self._task.exception()
            if raised is not None and error is None:
                raise raised
        if isinstance(error, asyncio.CancelledError):
            return
        # It ends now, unless the callback does something about its cancellation.
        await asyncio.sleep(0)
