"""Progress and server requests that arrive too fast for callbacks are dropped and counted; results never are."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
from omni_mcp_py.testing import DevServer

ECHO: tuple[str, dict[str, Any]] = ("echo", {"n": 1})
SENT, QUEUED = 200, 4
ASKED, ANSWERED = 12, 2


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end


def slow(server: DevServer) -> dict[str, Any]:
    # It listens, so that its calls continue while a callback blocks the calling thread. Progress is dropped if none is
    # processed within the timeout.
    limits = {"max_queued_notifications": QUEUED, "listen": True, "timeout": 0.5}
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", **limits}


class SlowCallback:
    """Blocks its thread from the first progress on, until nearly all other progress has been dropped."""

    def __init__(self, client: Any) -> None:
        self.client, self.received = client, list[float]()

    def __call__(self, progress: Any) -> None:
        self.received.append(progress["progress"])
        # One was taken from the queue; others may have been dropped before.
        until(lambda: self.client.counters["dropped"] >= SENT - QUEUED - 1)

    def check(self, result: Any) -> None:
        assert result["structuredContent"] == ECHO[1]
        assert QUEUED <= len(self.received) <= QUEUED + 1
        assert self.received == sorted(self.received)
        assert self.client.counters["dropped"] == SENT - len(self.received)


def warns() -> Any:
    return pytest.warns(RuntimeWarning, match=r"^19[56] progress notifications were dropped")


@pytest.fixture
def server() -> Any:
    with DevServer(profile="generic", era="legacy", answer="sse", progress=SENT) as server:
        yield server


def test_a_slow_consumer_of_progress(server: DevServer) -> None:
    with OmniMCPClient(**slow(server)) as client:
        callback = SlowCallback(client)
        with warns():
            callback.check(client.call_tool(*ECHO, on_progress=callback))
        assert client.call_tool(*ECHO)["structuredContent"] == ECHO[1]


def test_a_slow_consumer_of_progress_on_a_loop(server: DevServer) -> None:
    async def main() -> None:
        async with AsyncOmniMCPClient(**slow(server)) as client:
            callback = SlowCallback(client)
            with warns():
                callback.check(await client.call_tool(*ECHO, on_progress=callback))

    asyncio.run(main())


def test_calls_on_the_callers_thread_lose_no_progress(server: DevServer) -> None:
    received: list[Any] = []

    def callback(progress: Any) -> None:
        received.append(progress["progress"])
        server.wait("answers", at_least=1, method="tools/call")

    with OmniMCPClient(**{**slow(server), "listen": False}) as client:
        result = client.call_tool(*ECHO, on_progress=callback)
        assert result["structuredContent"] == ECHO[1]
        assert received == list(range(1, SENT + 1))
        assert client.counters["dropped"] == 0


def flooded(server: DevServer) -> None:
    assert server.wait("streams", at_least=1)
    for number in range(ASKED):
        assert server.push({"id": f"asked_{number}", "method": "roots/list"}) == 1


def asked(server: DevServer, **more: Any) -> dict[str, Any]:
    limits = {"max_server_requests": ANSWERED, "listen": True}
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", **limits, **more}


def answers(server: DevServer) -> int:
    bodies = (request["body"] for request in server.ledger()["requests"])
    return sum(isinstance(body, dict) and str(body.get("id")).startswith("asked_") for body in bodies)


def test_a_flood_of_a_servers_requests(server: DevServer) -> None:
    go_on = threading.Event()

    def roots() -> list[Any]:
        assert go_on.wait(20)
        return []

    with OmniMCPClient(**asked(server, on_roots=roots)) as client:
        client.ping()
        flooded(server)
        until(lambda: client.counters["unanswered"] == ASKED - ANSWERED)
        # The calls succeed.
        assert client.call_tool(*ECHO)["structuredContent"] == ECHO[1]
        assert answers(server) == 0
        go_on.set()
        until(lambda: answers(server) == ANSWERED)
        assert client.counters["unanswered"] == ASKED - ANSWERED
        assert client.counters["failures"] == 0


def test_a_flood_of_a_servers_requests_on_a_loop(server: DevServer) -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def roots() -> list[Any]:
            await go_on.wait()
            return []

        async with AsyncOmniMCPClient(**asked(server, on_roots=roots)) as client:
            await client.ping()
            await asyncio.to_thread(flooded, server)
            until(lambda: client.counters["unanswered"] == ASKED - ANSWERED)
            assert (await client.call_tool(*ECHO))["structuredContent"] == ECHO[1]
            go_on.set()
            await asyncio.to_thread(until, lambda: answers(server) == ANSWERED)
            assert client.counters["unanswered"] == ASKED - ANSWERED

    asyncio.run(main())
