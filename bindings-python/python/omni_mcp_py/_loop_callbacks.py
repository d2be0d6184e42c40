"""The callbacks of an async client, which run on its event loop."""

from __future__ import annotations

import asyncio
import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from omni_mcp_py import _native

if TYPE_CHECKING:
    from collections.abc import Coroutine

_providing_token: ContextVar[LoopCallbacks | None] = ContextVar("omni_mcp_providing_token", default=None)


class LoopCallbacks:
    """Reads the inbox of one client on the event loop that the client was first used on."""

    def __init__(self, inbox: _native.Inbox) -> None:
        self._inbox = inbox
        self._loop: asyncio.AbstractEventLoop | None = None
        self._notifying: asyncio.Task[None] | None = None
        # A loop holds its tasks weakly.
        self._tasks: set[asyncio.Task[None]] = set()
        inbox.set_reader(self)

    def attach(self) -> None:
        """Use the loop of a call, where there is none yet, or none that still runs."""
        if _providing_token.get() is self:
            self._inbox.refuse_call()
        if self._loop is None or not self._loop.is_running():
            _native.check_task()
            self._loop = asyncio.get_running_loop()
            self._notifying = None
            self._read()

    def wake(self) -> None:
        """Read the inbox soon; called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._read)

    def _read(self) -> None:
        while (question := self._inbox.next_question()) is not None:
            self._start(self._answer(question))
        if self._inbox.on_notification and (self._notifying is None or self._notifying.done()):
            self._notifying = self._start(self._notify())

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, question: _native.InboxQuestion) -> None:
        # Calls wait for a token only, so other callbacks may make calls. The task that woke this may answer for another
        # client.
        _providing_token.set(self if question.blocks_calls else None)
        try:
            value = question.function(*question.arguments)
            if inspect.isawaitable(value):
                value = await value
        except Exception as error:
            question.fail(error)
        else:
            question.answer(value)

    async def _notify(self) -> None:
        _providing_token.set(None)
        callback = self._inbox.on_notification
        while callback is not None and (notification := self._inbox.next_notification()) is not None:
            try:
                returned = callback(notification)
                if inspect.isawaitable(returned):
                    await returned
            except Exception as error:
                context = {"message": "a notification callback failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
            # Lets other tasks run between notifications.
            await asyncio.sleep(0)
