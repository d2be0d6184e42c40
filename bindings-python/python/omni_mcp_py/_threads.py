"""Threads of the operating system, also where gevent or eventlet put greenlets in the place of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omni_mcp_py import _greenlets

if TYPE_CHECKING:
    from collections.abc import Callable


def start(name: str, target: Callable[[], object]) -> None:
    """Run `target` on a thread that does not hold the program."""
    start_new_thread = _greenlets.original_start_new_thread()
    if start_new_thread is not None:
        # A greenlet would hold up all others while it waits in native code.
        start_new_thread(target, ())
        return
    import threading

    threading.Thread(target=target, name=name, daemon=True).start()
