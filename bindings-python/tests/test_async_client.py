"""The async client: cancellation, concurrent calls, event loops, progress."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, RequestTimeoutError
from omni_mcp_py.testing import DevServer

HANG = [{"on": {"method": "tools/call"}, "fault": {"kind": "hang"}}]
SEARCH: tuple[str, dict[str, Any]] = ("fred.search", {"q": "inflation", "limit": 1})


def of(server: DevServer, **options: Any) -> AsyncOmniMCPClient:
    return AsyncOmniMCPClient(server.api_key, base_url=server.url, **options)


async def until(server: DevServer, *what: Any, **bounds: Any) -> None:
    assert await asyncio.to_thread(server.wait, *what, **bounds)


def test_cancelling_closes_the_socket(server: DevServer) -> None:
    server.script(HANG)

    async def main() -> None:
        client = of(server)
        task = asyncio.create_task(client.call_tool(*SEARCH))
        await until(server, "requests", method="tools/call", at_least=1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        await until(server, "disconnects", at_least=1)
        # Other calls continue.
        assert await client.ping() == {}

    asyncio.run(main())


def test_wait_for_cancels(server: DevServer) -> None:
    server.script(HANG)

    async def main() -> None:
        client = of(server)
        await client.initialize()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.call_tool(*SEARCH), 0.05)
        await until(server, "disconnects", at_least=1)

    asyncio.run(main())


def test_our_own_timeout_is_not_a_cancellation(server: DevServer) -> None:
    server.script(HANG)

    async def main() -> None:
        with pytest.raises(RequestTimeoutError):
            await of(server).call_tool(*SEARCH, timeout=0.05, max_attempts=1)

    asyncio.run(main())


def test_many_at_once(server: DevServer) -> None:
    async def main() -> None:
        async with of(server) as client:
            results = await asyncio.gather(*(client.call_tool(*SEARCH) for _ in range(64)))
        assert all(result["structuredContent"]["count"] == 1 for result in results)

    asyncio.run(main())
    ledger = server.ledger()
    assert (ledger["execution_count"], ledger["sessions_opened"]) == (64, 1)
    assert server.wait("open_connections", at_most=0)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup is of 3.11")
def test_task_group(server: DevServer) -> None:
    hang_on_series = [{"on": {"tool": "fred.series"}, "fault": {"kind": "hang"}}]
    server.script(hang_on_series)

    async def main() -> None:
        client = of(server)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.call_tool(*SEARCH)) for _ in range(3)]
        assert all(task.result()["structuredContent"] for task in tasks)

        async def fail() -> None:
            await until(server, "requests", tool="fred.series", at_least=1)
            raise KeyError("x")

        with pytest.raises(ExceptionGroup) as raised:  # noqa: F821, PT012
            async with asyncio.TaskGroup() as group:
                group.create_task(client.call_tool("fred.series", {"series_id": "GDP"}))
                group.create_task(fail())
        assert [type(error) for error in raised.value.exceptions] == [KeyError]
        await until(server, "disconnects", at_least=1)

    asyncio.run(main())


@pytest.mark.parametrize("answer", ["json", "sse"])
def test_calls_share_one_connection(answer: str) -> None:
    async def main(server: DevServer) -> None:
        async with of(server) as client:
            for _ in range(20):
                await client.call_tool(*SEARCH)

    with DevServer(answer=answer) as server:
        asyncio.run(main(server))
        assert server.ledger()["connections"] == 1


def test_one_client_in_two_event_loops(server: DevServer) -> None:
    client = of(server)
    ended: list[int] = []

    async def main() -> None:
        results = await asyncio.gather(*(client.call_tool(*SEARCH) for _ in range(20)))
        ended.append(len(results))

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(main())
    assert ended == [20, 20, 20]
    assert server.ledger()["sessions_opened"] == 1


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_progress_is_received_in_order_on_the_event_loop(is_coroutine: bool) -> None:
    received: list[Any] = []

    def callback(progress: Any) -> None:
        asyncio.get_running_loop()
        received.append((threading.get_ident(), progress["progress"]))

    async def slow_callback(progress: Any) -> None:
        for _ in range(5 - int(progress["progress"])):
            await asyncio.sleep(0)
        callback(progress)

    async def main(server: DevServer) -> None:
        async with of(server) as client:
            await client.call_tool(*SEARCH, on_progress=slow_callback if is_coroutine else callback)

    with DevServer(progress=4) as server:
        asyncio.run(main(server))
    assert received == [(threading.get_ident(), number) for number in (1, 2, 3, 4)]


def test_an_exception_of_a_callback_is_reported_and_the_call_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.append(args.exc_type))

    def callback(_: Any) -> None:
        raise KeyError("x")

    async def async_callback(_: Any) -> None:
        raise IndexError("x")

    async def main(server: DevServer) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(type(context["exception"])))
        async with of(server) as client:
            assert await client.call_tool(*SEARCH, on_progress=callback)
            assert await client.call_tool(*SEARCH, on_progress=async_callback)

    with DevServer(progress=2) as server:
        asyncio.run(main(server))
    assert reported == [KeyError, KeyError, IndexError, IndexError]


def test_a_callback_that_never_ends_does_not_delay_a_cancellation() -> None:
    async def never(_: Any) -> None:
        await asyncio.Event().wait()

    ended = threading.Event()

    def callback(record: Any) -> None:
        if record["message"] == "call succeeded":
            ended.set()

    async def main(server: DevServer) -> None:
        async with of(server, on_log=callback, log_level="debug") as client:
            call = asyncio.create_task(client.call_tool(*SEARCH, on_progress=never))
            # The call itself has ended, and waits for its callback only.
            await asyncio.to_thread(ended.wait, 10)
            for _ in range(100):
                await asyncio.sleep(0)
            assert not call.done()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(call, 5)

    with DevServer(progress=3) as server:
        asyncio.run(main(server))


def test_a_coroutine_that_is_never_awaited_sends_nothing(server: DevServer) -> None:
    async def main() -> None:
        of(server).ping().close()

    asyncio.run(main())
    assert server.ledger()["request_count"] == 0
