"""20,000 progress notifications in each of 20 calls, and a callback that never ends.

Usage: progress.py ENDPOINT [RUNS].

The server is one with `{"profile": "generic", "answer": "sse", "progress": 20000, "ledger": "counts"}`.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
import warnings
from typing import Any

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient

SENT = 20_000
options: dict[str, Any] = {"profile": "generic", "endpoint": sys.argv[1]}
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 20


def memory() -> float:
    """Peak memory in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(how: str, delivered: list[int], base: float, begun: float) -> None:
    seconds = (time.monotonic() - begun) / len(delivered)
    print(f"Python {how}: {delivered}; peak {memory():.1f} MiB, {base:.1f} before; {seconds:.2f} s a call", flush=True)


def sync() -> None:
    delivered, begun, base = list[int](), time.monotonic(), memory()
    with OmniMCPClient(**options) as client:
        for _ in range(runs):
            received = 0

            def count_progress(_: Any) -> None:
                nonlocal received
                received += 1

            client.call_tool("echo", {"n": 1}, on_progress=count_progress)
            delivered.append(received)
    report("sync", delivered, base, begun)


async def on_a_loop(is_coroutine: bool) -> None:
    delivered, begun, base = list[int](), time.monotonic(), memory()
    async with AsyncOmniMCPClient(**options) as client:
        for _ in range(runs):
            received = 0

            def count_progress(_: Any) -> None:
                nonlocal received
                received += 1

            async def count_later(_: Any) -> None:
                nonlocal received
                await asyncio.sleep(0)
                received += 1

            await client.call_tool("echo", {"n": 1}, on_progress=count_later if is_coroutine else count_progress)
            delivered.append(received)
    report("async, a coroutine function" if is_coroutine else "async, a plain function", delivered, base, begun)


async def never_ending() -> None:
    async def never(_: Any) -> None:
        await asyncio.Event().wait()

    begun, base = time.monotonic(), memory()
    async with AsyncOmniMCPClient(**options, timeout=5) as client:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = await client.call_tool("echo", {"n": 1}, on_progress=never)
        shown = [str(warning.message) for warning in caught]
    print(
        f"Python async, without end: {result['structuredContent']}, {shown}; peak {memory():.1f} MiB, {base:.1f} before"
    )
    print(f"  after {time.monotonic() - begun:.1f} s")


sync()
asyncio.run(on_a_loop(False))
asyncio.run(on_a_loop(True))
asyncio.run(never_ending())
