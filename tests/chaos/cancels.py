"""The same program as scenarios/cancels/rust.rs, in Python. Usage: cancels.py sync|async TASK, where the task is JSON.

Async calls are cancelled as tasks. Sync ones end by a deadline, and some of them by an exception that a signal raises.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import sys
import threading
import time
from typing import Any

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError, RequestTimeoutError

WORKERS = 16
FRESH_EVERY = 20
# Change of the time until cancellation: shorter after a call that ended, longer after one that did not, so that
# cancellations are spread over the whole call, however fast the machine is. In seconds.
SOONER, LATER, FIRST, MOST = 0.6, 1.3, 0.02, 0.2
# A waiting call checks for signals at intervals, so there are fewer of these.
SIGNAL_EVERY = 25
SETTLES_WITHIN = 10

task: dict[str, Any] = json.loads(sys.argv[2])
counts = {"cancelled": 0, "finished": 0, "failed": 0}
counting = threading.Lock()
numbers = itertools.count()


def http_options() -> dict[str, Any]:
    return {"profile": "generic", "transport": "streamable_http", "endpoint": task["endpoint"]}


def stdio_options() -> dict[str, Any]:
    return {"profile": "generic", "command": task["command"], "args": task["args"]}


def count(what: str) -> None:
    with counting:
        counts[what] += 1


def failed(error: BaseException) -> None:
    print(f"cancels: {type(error).__name__}: {error}", file=sys.stderr)
    count("failed")


def call(chance: random.Random) -> tuple[str, dict[str, Any]]:
    return "slow", {"n": next(numbers), "ms": chance.randrange(5)}


def held() -> dict[str, int]:
    return {"threads": len(os.listdir("/proc/self/task")), "files": len(os.listdir("/proc/self/fd"))}


def resident_kib() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def report(what: dict[str, int]) -> None:
    print(json.dumps(what), flush=True)


def left_of(before: dict[str, int]) -> dict[str, int]:
    until = time.monotonic() + SETTLES_WITHIN
    while any(more > before[what] for what, more in held().items()) and time.monotonic() < until:
        time.sleep(0.001)
    return {what: more - before[what] for what, more in held().items()}


def next_span(span: float, was_cancelled: bool) -> float:
    return min(span * (LATER if was_cancelled else SOONER), MOST)


class Enough(Exception):
    """Raised by the signal handler."""


def enough(*_: object) -> None:
    raise Enough


def sync() -> None:
    http, stdio = OmniMCPClient(**http_options()), OmniMCPClient(**stdio_options())
    http.ping()
    stdio.ping()
    before = held()
    until = 0

    def cancel_calls(client: OmniMCPClient, worker: int) -> None:
        chance, span = random.Random(task["seed"] << 8 | worker), FIRST
        for number in itertools.count(1):
            if counts["cancelled"] >= until:
                return
            is_cancelled = False
            used = OmniMCPClient(**http_options()) if client is http and number % FRESH_EVERY == 0 else client
            try:
                used.call_tool(*call(chance), total_timeout=chance.uniform(0.0001, span))
                count("finished")
            except RequestTimeoutError:
                is_cancelled = True
                count("cancelled")
            except OmniMCPError as error:
                failed(error)
            span = next_span(span, is_cancelled)
            if used is not client:
                used.close()

    def interrupted(client: OmniMCPClient, times: int) -> None:
        chance = random.Random(task["seed"])
        for _ in range(times):
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0001, 0.006))
                client.call_tool("slow", {"n": next(numbers), "ms": 300})
                count("failed")
            except Enough:
                count("cancelled")

    def at_once(client: OmniMCPClient) -> None:
        threads = [threading.Thread(target=cancel_calls, args=(client, worker)) for worker in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    signal.signal(signal.SIGALRM, enough)
    until = task["cancels"] // 2
    at_once(http)
    half = resident_kib()
    interrupted(http, task["cancels"] // SIGNAL_EVERY)
    until = task["cancels"]
    at_once(http)
    interrupted(stdio, task["stdio_cancels"] // SIGNAL_EVERY)
    until += task["stdio_cancels"]
    at_once(stdio)
    for client in (http, stdio):
        client.call_tool("echo", {"next": True})
    report({**counts, "grown_kib": resident_kib() - half})
    sys.stdin.readline()
    http.close()
    stdio.close()
    report(left_of(before))


async def asynchronous() -> None:
    http, stdio = AsyncOmniMCPClient(**http_options()), AsyncOmniMCPClient(**stdio_options())
    await http.ping()
    await stdio.ping()
    before = held()
    until = 0

    async def moment(chance: random.Random, span: float) -> None:
        for _ in range(chance.randrange(30)):
            await asyncio.sleep(0)
        if chance.random() < 0.7:
            await asyncio.sleep(chance.uniform(0, span))

    async def cancel_calls(client: AsyncOmniMCPClient, worker: int) -> None:
        chance, span = random.Random(task["seed"] << 8 | worker), FIRST
        for number in itertools.count(1):
            if counts["cancelled"] >= until:
                return
            used = AsyncOmniMCPClient(**http_options()) if client is http and number % FRESH_EVERY == 0 else client
            calling = asyncio.create_task(used.call_tool(*call(chance)))
            await moment(chance, span)
            calling.cancel()
            try:
                await calling
                count("finished")
            except asyncio.CancelledError:
                count("cancelled")
            except OmniMCPError as error:
                failed(error)
            span = next_span(span, calling.cancelled())
            if used is not client:
                await used.close()

    async def at_once(client: AsyncOmniMCPClient) -> None:
        await asyncio.gather(*(cancel_calls(client, worker) for worker in range(WORKERS)))

    until = task["cancels"] // 2
    await at_once(http)
    half = resident_kib()
    until = task["cancels"]
    await at_once(http)
    until += task["stdio_cancels"]
    await at_once(stdio)
    for client in (http, stdio):
        await client.call_tool("echo", {"next": True})
    report({**counts, "grown_kib": resident_kib() - half})
    sys.stdin.readline()
    await http.close()
    await stdio.close()
    report({**left_of(before), "tasks": len(asyncio.all_tasks()) - 1})


if sys.argv[1] == "sync":
    sync()
else:
    asyncio.run(asynchronous())
