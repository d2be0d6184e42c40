"""Progress callbacks: no progress is lost, no callback delays its call, and memory is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, AuthenticationError, OmniMCPClient, OmniMCPError, RequestTimeoutError
from omni_mcp_py.testing import DevServer

ECHO: tuple[str, dict[str, Any]] = ("echo", {"n": 1})
# Many times what may wait.
MANY = 20_000
# With the second, the client runs on another thread, also between calls.
PLACES: list[dict[str, Any]] = [{"transport": "streamable_http"}, {"listen": True}]


def serving(progress: int, **more: Any) -> DevServer:
    return DevServer(**{"profile": "generic", "answer": "sse", "progress": progress, "ledger": "counts", **more})


def options(server: DevServer, **more: Any) -> dict[str, Any]:
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", **more}


@pytest.mark.parametrize(
    ("place", "era", "number"), [(PLACES[0], "legacy", MANY), (PLACES[0], "modern", 2000), (PLACES[1], "legacy", 3000)]
)
def test_all_progress_is_delivered(place: dict[str, Any], era: str, number: int) -> None:
    received: list[int] = []
    with serving(number, era=era) as server, OmniMCPClient(**options(server, **place)) as client:
        result = client.call_tool(*ECHO, on_progress=lambda progress: received.append(progress["progress"]))
        assert result["structuredContent"] == ECHO[1]
        assert client.counters["dropped"] == 0
    assert received == list(range(1, number + 1))


@pytest.mark.parametrize(
    ("is_coroutine", "queued", "number"),
    [(False, 1024, MANY), (True, 1024, MANY), (False, 16, 2000), (True, 16, 2000), (False, 1, 200), (True, 1, 200)],
)
def test_all_progress_is_delivered_on_a_loop(is_coroutine: bool, queued: int, number: int) -> None:
    received: list[int] = []
    most_tasks = 0
    # The other tasks of the loop run meanwhile.
    rounds = 0

    def callback(progress: Any) -> None:
        received.append(progress["progress"])

    async def late_callback(progress: Any) -> None:
        nonlocal most_tasks
        most_tasks = max(most_tasks, len(asyncio.all_tasks()))
        await asyncio.sleep(0)
        callback(progress)

    async def main(server: DevServer) -> None:
        nonlocal rounds
        async with AsyncOmniMCPClient(**options(server, max_queued_notifications=queued)) as client:
            call = asyncio.create_task(client.call_tool(*ECHO, on_progress=late_callback if is_coroutine else callback))
            while not call.done():
                rounds += 1
                await asyncio.sleep(0)
            assert (await call)["structuredContent"] == ECHO[1]
            assert client.counters["dropped"] == 0

    with serving(number) as server:
        asyncio.run(main(server))
    assert received == list(range(1, number + 1))
    # This one, that of the call, and one for the callback.
    assert most_tasks <= 3
    assert rounds > 3


def test_each_call_has_its_own_callback() -> None:
    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server, max_queued_notifications=4)) as client:

            async def call() -> list[int]:
                received: list[int] = []

                async def callback(progress: Any) -> None:
                    await asyncio.sleep(0)
                    received.append(progress["progress"])

                await client.call_tool(*ECHO, on_progress=callback)
                return received

            assert await asyncio.gather(*(call() for _ in range(20))) == [list(range(1, 101))] * 20

    with serving(100) as server:
        asyncio.run(main(server))


def test_a_slow_callback_causes_no_idle_timeout() -> None:
    received: list[int] = []

    def callback(progress: Any) -> None:
        received.append(progress["progress"])
        if len(received) in (1, 3):
            time.sleep(0.6)

    with (
        serving(8) as server,
        OmniMCPClient(**options(server, timeout=0.4, max_queued_notifications=2, max_attempts=1)) as client,
    ):
        assert client.call_tool(*ECHO, on_progress=callback)["structuredContent"] == ECHO[1]
        assert client.counters["dropped"] == 0
    assert received == list(range(1, 9))


def test_a_callback_that_never_ends_does_not_delay_the_result() -> None:
    ended: list[str] = []

    async def never(_: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server, timeout=0.3, max_queued_notifications=16)) as client:
            begun = time.monotonic()
            with pytest.warns(RuntimeWarning, match=r"^2000 progress notifications were dropped: on_progress"):
                result = await client.call_tool(*ECHO, on_progress=never)
            assert result["structuredContent"] == ECHO[1]
            assert time.monotonic() - begun < 5
            assert client.counters["dropped"] == 2000
            assert ended == ["cancelled"]
            assert len(asyncio.all_tasks()) == 1
            assert await client.ping() == {}

    with serving(2000) as server:
        asyncio.run(main(server))


def test_a_callback_that_ignores_its_cancellation_does_not_delay_the_result() -> None:
    let_go = asyncio.Event()

    async def stubborn(_: Any) -> None:
        while not let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await let_go.wait()

    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server, timeout=0.2)) as client:
            with pytest.warns(RuntimeWarning, match="^3 progress notifications were dropped"):
                result = await client.call_tool(*ECHO, on_progress=stubborn)
            assert result["structuredContent"] == ECHO[1]
            let_go.set()

    with serving(3) as server:
        asyncio.run(main(server))


@pytest.mark.parametrize("place", PLACES)
def test_a_slow_callback_does_not_exceed_the_total_timeout(place: dict[str, Any]) -> None:
    received: list[int] = []

    def callback(progress: Any) -> None:
        received.append(progress["progress"])
        time.sleep(0.02)

    limits: dict[str, Any] = {"total_timeout": 2, "max_queued_notifications": 16}
    with serving(500) as server, OmniMCPClient(**options(server, **limits, **place)) as client:
        begun = time.monotonic()
        with pytest.warns(RuntimeWarning, match="progress notifications were dropped"):
            result = client.call_tool(*ECHO, on_progress=callback)
        assert result["structuredContent"] == ECHO[1]
        assert time.monotonic() - begun < 2.5
        assert client.counters["dropped"] == 500 - len(received)
    assert received == sorted(received)
    assert len(received) > 16


def test_a_slow_async_callback_does_not_exceed_the_total_timeout() -> None:
    received: list[int] = []

    async def callback(progress: Any) -> None:
        await asyncio.sleep(0.02)
        received.append(progress["progress"])

    async def main(server: DevServer) -> None:
        limits: dict[str, Any] = {"total_timeout": 2, "max_queued_notifications": 16}
        async with AsyncOmniMCPClient(**options(server, **limits)) as client:
            begun = time.monotonic()
            with pytest.warns(RuntimeWarning, match="progress notifications were dropped"):
                result = await client.call_tool(*ECHO, on_progress=callback)
            assert result["structuredContent"] == ECHO[1]
            assert time.monotonic() - begun < 2.5
            assert client.counters["dropped"] == 500 - len(received)

    with serving(500) as server:
        asyncio.run(main(server))
    assert len(received) > 16


def test_progress_before_an_error_is_delivered() -> None:
    fault = {"kind": "stream_cut", "after_events": 5}
    rules = [{"on": {"method": "tools/call"}, "fault": fault}]
    received: list[int] = []

    async def callback(progress: Any) -> None:
        await asyncio.sleep(0)
        received.append(progress["progress"])

    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server, max_attempts=1)) as client:
            with pytest.raises(OmniMCPError):
                await client.call_tool(*ECHO, on_progress=callback)

    with serving(50, faults=rules) as server:
        asyncio.run(main(server))
    assert received == [1, 2, 3, 4, 5]


def test_an_exit_raised_in_an_async_callback_ends_the_call() -> None:
    async def leave(_: Any) -> None:
        raise SystemExit(3)

    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server)) as client:
            await client.call_tool(*ECHO, on_progress=leave)

    with serving(100) as server, pytest.raises(SystemExit):
        asyncio.run(main(server))


# Token providers, which calls wait for.


def provided(server: DevServer, provide: Callable[[], Any], **more: Any) -> dict[str, Any]:
    return options(server, token_provider=provide, timeout=0.3, **more)


@pytest.mark.parametrize("place", PLACES)
def test_a_token_provider_that_blocks_delays_its_call_until_the_timeout_only(place: dict[str, Any]) -> None:
    let_go = threading.Event()

    def provide() -> str:
        assert let_go.wait(20)
        return "tok_1"

    auth = {"type": "bearer", "token": "tok_1"}
    with (
        DevServer(profile="generic", auth=auth) as server,
        OmniMCPClient(**provided(server, provide, **place)) as client,
    ):
        begun = time.monotonic()
        with pytest.raises(RequestTimeoutError) as failed:
            client.call_tool(*ECHO)
        assert time.monotonic() - begun < 2
        assert failed.value.delivery == "not_sent"
        assert server.ledger()["execution_count"] == 0
        let_go.set()
        assert client.call_tool(*ECHO)["structuredContent"] == ECHO[1]
        assert server.ledger()["execution_count"] == 1


def test_a_token_provider_sees_the_context_of_the_call() -> None:
    from contextvars import ContextVar

    tenant: ContextVar[str] = ContextVar("tenant")
    auth = {"type": "bearer", "token": "tok_1"}
    with (
        DevServer(profile="generic", auth=auth) as server,
        OmniMCPClient(**provided(server, lambda: tenant.get(), transport="streamable_http")) as client,
    ):
        with pytest.raises(AuthenticationError):
            client.ping()
        tenant.set("tok_1")
        assert client.ping() == {}
