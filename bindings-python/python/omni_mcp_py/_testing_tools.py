"""Tools of the dev server whose results a function returns."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from omni_mcp_py import _native, _threads

if TYPE_CHECKING:
    from collections.abc import Coroutine

_Function = Callable[..., Any]


class ToolContext:
    """The call that a tool's function handles: its second parameter, if it has one without default."""

    def __init__(self, call: _native.ToolCall) -> None:
        self._call = call

    @property
    def tool(self) -> str:
        """The name of the tool."""
        return self._call.tool

    def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Send a progress notification, if the caller asked for progress."""
        self._call.progress(progress, total, message)


def split(options: Mapping[str, Any]) -> tuple[Mapping[str, object], dict[int, _Function]]:
    """Separate the functions, by the index of their tool, from the options that are JSON."""
    tools = options.get("tools")
    if isinstance(tools, Mapping):
        tools = [{"name": name, "handler": function} for name, function in tools.items()]
    if not isinstance(tools, (list, tuple)):
        return options, {}
    functions: dict[int, _Function] = {}
    plain: list[object] = []
    for index, tool in enumerate(tools):
        if isinstance(tool, Mapping) and callable(tool.get("handler")):
            function = functions[index] = tool["handler"]
            own = {name: value for name, value in tool.items() if name != "handler"}
            plain.append(_described(function) | own)
        else:
            plain.append(tool)
    return {**options, "tools": plain}, functions


def serve(calls: _native.ToolCalls, functions: dict[int, _Function]) -> None:
    """Run the functions on threads of their own until the server is closed."""
    _threads.start(partial(_serve, calls, functions))


def _serve(calls: _native.ToolCalls, functions: dict[int, _Function]) -> None:
    loop = _Loop()
    while (call := calls.next()) is not None:
        _threads.start(partial(_run, call, functions[call.index], loop))
    loop.stop()


def _run(call: _native.ToolCall, function: _Function, loop: _Loop) -> None:
    try:
        arguments = (call.arguments, ToolContext(call)) if _takes_context(function) else (call.arguments,)
        result = function(*arguments)
        call.finish(loop.run(_awaited(result)) if inspect.isawaitable(result) else result)
    except BaseException as error:
        call.fail(str(error) or type(error).__name__)


async def _awaited(result: Any) -> object:
    return await result


def _described(function: _Function) -> dict[str, object]:
    text = inspect.getdoc(function) if inspect.isroutine(function) else None
    return {"description": text} if text else {}


def _takes_context(function: _Function) -> bool:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 and positional[1].default is inspect.Parameter.empty


class _Loop:
    """An event loop for the async functions of one server, on a thread that starts with the first of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] | None = None

    def run(self, coroutine: Coroutine[Any, Any, object]) -> object:
        with self._lock:
            if self._loop is None:
                self._loop = concurrent.futures.Future()
                _threads.start(partial(asyncio.run, self._until_stopped(self._loop)))
        loop, _ = self._loop.result()
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    @staticmethod
    async def _until_stopped(
        started: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]],
    ) -> None:
        stopped = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), stopped))
        await stopped.wait()

    def stop(self) -> None:
        if self._loop is not None:
            loop, stopped = self._loop.result()
            loop.call_soon_threadsafe(stopped.set)
