"""Calls of the sync clients under gevent and eventlet: on a thread of the hub's pool, while other greenlets run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from omni_mcp_py import _native

if TYPE_CHECKING:
    from collections.abc import Callable

# Neither is imported, only looked up at each call: a program may be patched after this module is imported.
_loaded: Any = sys.modules


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function that blocks. It is cancelled where the waiting greenlet is ended, as by `gevent.Timeout`."""
    if "gevent.monkey" in _loaded and _is_patched_by_gevent():
        return _run(_in_pool_of_gevent, function, arguments)
    if "eventlet.patcher" in _loaded and _is_patched_by_eventlet():
        return _run(_in_pool_of_eventlet, function, arguments)
    return function(*arguments)


def original_start_new_thread() -> Any:
    """Return the function that starts a thread where `threading` makes greenlets; None elsewhere."""
    if "gevent.monkey" in _loaded and _is_patched_by_gevent():
        return _loaded["gevent.monkey"].get_original("_thread", "start_new_thread")
    if "eventlet.patcher" in _loaded and _is_patched_by_eventlet():
        return _loaded["eventlet.patcher"].original("_thread").start_new_thread
    return None


def _is_patched_by_gevent() -> bool:
    is_patched = _loaded["gevent.monkey"].is_module_patched
    return bool(is_patched("socket") or is_patched("threading"))


def _is_patched_by_eventlet() -> bool:
    is_patched = _loaded["eventlet.patcher"].is_monkey_patched
    return bool(is_patched("socket") or is_patched("thread"))


def _run(in_pool: Callable[..., Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    cancel = _native.CancelFlag()

    def outcome() -> tuple[Any, BaseException | None]:
        # Returned and not raised: a pool may report exceptions.
        try:
            return function(*arguments, cancel), None
        except BaseException as error:
            return None, error

    try:
        result, error = in_pool(outcome)
    except BaseException:
        cancel.set()
        raise
    if error is not None:
        try:
            raise error
        finally:
            # The traceback leads to this frame.
            del error
    return result


def _in_pool_of_gevent(function: Callable[[], Any]) -> Any:
    return _loaded["gevent.hub"].get_hub().threadpool.spawn(function).get()


def _in_pool_of_eventlet(function: Callable[[], Any]) -> Any:
    from importlib import import_module

    return import_module("eventlet.tpool").execute(function)
