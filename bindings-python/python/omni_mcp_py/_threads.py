"""Threads of the operating system, also where gevent or eventlet replace threads by greenlets."""

from __future__ import annotations

import _thread
from typing import TYPE_CHECKING

from omni_mcp_py import _greenlets

if TYPE_CHECKING:
    from collections.abc import Callable


def start(target: Callable[[], object]) -> None:
    """Run `target` on a daemon thread.

    Unlike `threading.Thread.start` this does not wait for the thread to begin: below 3.14 Python kills a thread that
    attaches while the interpreter ends, and the caller is in the middle of native code. A greenlet would block all
    others while it waits in native code.
    """
    start_new_thread = _greenlets.original_start_new_thread() or _thread.start_new_thread
    start_new_thread(target, ())
