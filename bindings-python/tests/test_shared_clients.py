"""Clients shared by threads, loops and task groups: closed during calls, ended by deadlines, usable afterwards."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from case_client import program
from omni_mcp_py import AsyncOmniMCPClient, ClientClosedError, OmniMCPClient, OmniMCPError, RequestTimeoutError
from omni_mcp_py.testing import DevServer

SLOW: tuple[str, dict[str, Any]] = ("slow", {"ms": 60_000})
ECHO: tuple[str, dict[str, Any]] = ("echo", {"n": 1})
# HTTP with a session, and a process: both receive a notification of a cancelled call.
KINDS = ["http", "serial", "listening", "sse", "stdio"]


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer(profile="generic", era="legacy") as server:
        yield server


@pytest.fixture
def sse_server() -> Iterator[DevServer]:
    with DevServer(profile="generic", transport="sse") as server:
        yield server


def options(server: DevServer, sse_server: DevServer, kind: str) -> dict[str, Any]:
    return {
        "http": {"profile": "generic", "endpoint": f"{server.url}/mcp"},
        "serial": {"profile": "generic", "endpoint": f"{server.url}/mcp", "force_serial_tool_calls": True},
        "listening": {"profile": "generic", "endpoint": f"{server.url}/mcp", "listen": True},
        "sse": {"profile": "generic", "endpoint": f"{sse_server.url}/sse", "transport": "sse"},
        "stdio": {"profile": "generic", "command": program(), "args": ["--stdio"]},
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_closing_a_client_during_calls_of_threads(server: DevServer, sse_server: DevServer, kind: str) -> None:
    client = OmniMCPClient(**options(server, sse_server, kind))
    begun = threading.Semaphore(0)

    def call(_: int) -> Exception | None:
        try:
            while True:
                client.call_tool(*ECHO)
                begun.release()
        except OmniMCPError as error:
            return error

    with ThreadPoolExecutor(9) as pool:
        calls = [pool.submit(call, number) for number in range(8)]
        for _ in range(24):
            assert begun.acquire(timeout=20)
        closing = [pool.submit(client.close) for _ in range(3)]
        errors = [calling.result(timeout=20) for calling in calls]
        assert [close.result(timeout=20) for close in closing] == [None] * 3
    # Calls in flight end with a result or an error; all later calls are refused.
    assert {type(error) for error in errors} <= {ClientClosedError}, errors
    assert server.wait("open_connections", at_most=0)
    assert sse_server.wait("open_connections", at_most=0)


@pytest.mark.parametrize("kind", KINDS)
def test_one_async_client_on_two_loops_at_once_and_on_a_third(
    server: DevServer, sse_server: DevServer, kind: str
) -> None:
    client = AsyncOmniMCPClient(**options(server, sse_server, kind))
    answers: list[Any] = []

    async def main() -> None:
        aborted = [asyncio.create_task(client.call_tool(*SLOW)) for _ in range(0 if kind == "serial" else 3)]
        answers.extend(await asyncio.gather(*(client.call_tool(*ECHO) for _ in range(10))))
        for task in aborted:
            task.cancel()
        ended = await asyncio.gather(*aborted, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended)

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(main())
    asyncio.run(main())
    assert len(answers) == 40
    asyncio.run(client.close())


async def until(server: DevServer, *what: Any, **bounds: Any) -> None:
    assert await asyncio.to_thread(server.wait, *what, **bounds)


def sent_to(server: DevServer) -> int:
    """The number of slow calls so far."""
    return sum(request["tool"] == "slow" for request in server.ledger()["requests"])


def is_notified(server: DevServer) -> bool:
    """Whether the server was notified of each cancelled call."""
    requests = server.ledger()["requests"]
    reported = {r["body"]["params"]["requestId"] for r in requests if r["rpc_method"] == "notifications/cancelled"}
    cut = {r["rpc_id"] for r in requests if r["rpc_method"] == "tools/call" and r["disconnected"]}
    return cut <= reported


@pytest.mark.parametrize("ended_by", ["wait_for", "timeout", "cancel", "group"])
@pytest.mark.parametrize("is_serial", [False, True])
def test_calls_ended_from_outside(server: DevServer, ended_by: str, is_serial: bool) -> None:
    if ended_by in {"timeout", "group"} and sys.version_info < (3, 11):
        pytest.skip("since Python 3.11")

    async def slow(client: AsyncOmniMCPClient) -> None:
        await client.call_tool(*SLOW, timeout=None)

    async def end(client: AsyncOmniMCPClient) -> None:
        if ended_by == "wait_for":
            with pytest.raises(asyncio.TimeoutError) as raised:
                await asyncio.wait_for(slow(client), 0.1)
            assert not isinstance(raised.value, RequestTimeoutError)
        elif ended_by == "timeout":
            with pytest.raises(TimeoutError) as raised:
                async with asyncio.timeout(0.1):
                    await slow(client)
            assert not isinstance(raised.value, RequestTimeoutError)
        elif ended_by == "cancel":
            sent = sent_to(server)
            task = asyncio.create_task(slow(client))
            await until(server, "requests", tool="slow", at_least=sent + 1)
            task.cancel("enough")
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            sent = sent_to(server)

            async def fail() -> None:
                await until(server, "requests", tool="slow", at_least=sent + 1)
                raise LookupError("x")

            with pytest.raises(ExceptionGroup) as group:  # noqa: F821, PT012
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(3):
                        tasks.create_task(slow(client))
                    tasks.create_task(fail())
            assert [type(error) for error in group.value.exceptions] == [LookupError]

    async def main() -> None:
        options: dict[str, Any] = {"profile": "generic", "endpoint": f"{server.url}/mcp"}
        async with AsyncOmniMCPClient(**options, force_serial_tool_calls=is_serial) as client:
            await client.connect()
            for _ in range(3):
                await end(client)
                assert (await client.call_tool(*ECHO))["content"]
            assert len(asyncio.all_tasks()) == 1
            sent = sent_to(server)
            await until(server, "disconnects", tool="slow", at_least=sent)
            await until(server, "requests", method="notifications/cancelled", at_least=sent)
            assert is_notified(server)

    asyncio.run(main())
    assert server.wait("open_connections", at_most=0)


def test_a_cancelled_opening_is_continued_by_the_next_call(server: DevServer) -> None:
    server.script([{"on": {"method": "initialize"}, "times": 1, "fault": {"kind": "hang"}}])

    async def main() -> None:
        async with AsyncOmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp") as client:
            first = asyncio.create_task(client.call_tool(*ECHO))
            await until(server, "requests", method="initialize", at_least=1)
            others = [asyncio.create_task(client.call_tool(*ECHO)) for _ in range(8)]
            await asyncio.sleep(0)
            first.cancel()
            assert all(result["content"] for result in await asyncio.gather(*others))

    asyncio.run(main())
    assert server.ledger()["sessions_opened"] == 1
