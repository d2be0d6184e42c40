"""The caller's functions of an async client, which run on its event loop."""

from __future__ import annotations

import asyncio
import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from omni_mcp_py import _native

if TYPE_CHECKING:
    from collections.abc import Coroutine

_answering: ContextVar[LoopHooks | None] = ContextVar("omni_mcp_answering", default=None)


class LoopHooks:
    """Reads the letters of one client on the event loop that it was first used on."""

    def __init__(self, letters: _native.Letters) -> None:
        self._letters = letters
        self._loop: asyncio.AbstractEventLoop | None = None
        self._telling: asyncio.Task[None] | None = None
        # A loop holds its tasks weakly.
        self._tasks: set[asyncio.Task[None]] = set()
        letters.read_by(self)

    def attach(self) -> None:
        """Take the loop of a call for one's own, where there is none yet, or none that runs any more."""
        if _answering.get() is self:
            self._letters.refuse()
        if self._loop is None or not self._loop.is_running():
            _native.check_task()
            self._loop = asyncio.get_running_loop()
            self._telling = None
            self._read()

    def wake(self) -> None:
        """Have the letters read, from whichever thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._read)

    def _read(self) -> None:
        while (asking := self._letters.next_question()) is not None:
            self._start(self._answer(asking))
        if self._letters.on_notification and (self._telling is None or self._telling.done()):
            self._telling = self._start(self._tell())

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, asking: _native.Asking) -> None:
        # No call waits for what a server asks, so that its functions may make some. Whoever woke this may be answering
        # for another client.
        _answering.set(self if asking.holds_calls else None)
        try:
            given = asking.function(*asking.arguments)
            if inspect.isawaitable(given):
                given = await given
        except Exception as error:
            asking.fail(error)
        else:
            asking.answer(given)

    async def _tell(self) -> None:
        _answering.set(None)
        callback = self._letters.on_notification
        while callback is not None and (notification := self._letters.next_notification()) is not None:
            try:
                told = callback(notification)
                if inspect.isawaitable(told):
                    await told
            except Exception as error:
                context = {"message": "a notification callback failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
            # However many there are, others have their turn.
            await asyncio.sleep(0)
