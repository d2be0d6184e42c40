"""An async client on an event loop other than asyncio's: nothing is sent, and the error names the alternative."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient, connect_async
from omni_mcp_py.registry import AsyncGaiaRegistry
from omni_mcp_py.testing import DevServer

Work = Callable[[AsyncOmniMCPClient], Coroutine[Any, Any, Any]]


async def read(client: AsyncOmniMCPClient) -> list[Any]:
    return [tool async for tool in client.iter_tools()]


CALLS: dict[str, Work] = {
    "a keyed call": lambda client: client.call_tool("fred.search", {"q": "inflation"}, "idem_1"),
    "a call": lambda client: client.call_tool("fred.search", {"q": "inflation"}),
    "with progress": lambda client: client.call_tool("fred.search", {"q": "x"}, on_progress=print),
    "with metadata": lambda client: client.with_metadata.list_tools(),
    "connect": lambda client: client.connect(),
    "ping": lambda client: client.ping(),
    "a list": read,
    "a request": lambda client: client.request("ping"),
    "a notification": lambda client: client.notify("notifications/roots/list_changed"),
}


def by_hand(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine as a loop of another kind would begin to."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    pytest.fail("the coroutine waits, and nothing could wake it")


async def in_a_callback(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """A loop runs, but no task runs the coroutine: as in trio's guest mode, and with Twisted's fromCoroutine."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()

    def run() -> None:
        try:
            ended.set_result(by_hand(coroutine))
        except BaseException as error:
            ended.set_exception(error)

    loop.call_soon(run)
    return await ended


RUNNERS: dict[str, Callable[[Coroutine[Any, Any, Any]], Any]] = {
    "by hand": by_hand,
    "in a callback": lambda coroutine: asyncio.run(in_a_callback(coroutine)),
}


@pytest.mark.parametrize("functions", [False, True], ids=["plain", "with functions"])
@pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_without_a_task_nothing_is_sent(server: DevServer, call: Work, run: Any, functions: bool) -> None:
    options: Any = {"on_notification": print, "token_provider": lambda: "token"} if functions else {}
    key = None if functions else server.api_key
    client = AsyncOmniMCPClient(key, base_url=server.url, **options)
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"asyncio task.*trio.*OmniMCPClient in a thread") as raised:
            run(call(client))
        assert (raised.value.code, raised.value.delivery, raised.value.retryable) == (
            "no_event_loop",
            "not_sent",
            False,
        )
        assert isinstance(raised.value, ValueError)
    run(client.close())
    assert (client.state, server.ledger()["request_count"]) == ("closed", 0)


def test_the_same_client_works_under_asyncio_afterwards(server: DevServer) -> None:
    client = AsyncOmniMCPClient(server.api_key, base_url=server.url)
    with pytest.raises(ConfigError):
        by_hand(client.call_tool("fred.search", {"q": "inflation"}, "idem_1"))

    async def work() -> None:
        await client.call_tool("fred.search", {"q": "inflation"}, "idem_1")
        await client.close()

    asyncio.run(work())
    assert len(server.ledger()["executions"]) == 1


def test_connecting_clients_and_registries(server: DevServer) -> None:
    record = {"name": "x", "url": f"{server.url}/mcp", "transport": "streamable_http"}
    with pytest.raises(ConfigError):
        by_hand(connect_async(record, server.api_key))
    registry = AsyncGaiaRegistry(server.api_key, base_url=server.url)
    with pytest.raises(ConfigError, match="asyncio"):
        by_hand(registry.list("p"))
    by_hand(registry.close())
    assert server.ledger()["request_count"] == 0


def test_close_without_a_task_ends_the_session(server: DevServer) -> None:
    client = AsyncOmniMCPClient(server.api_key, base_url=server.url)
    asyncio.run(client_pings(client))
    by_hand(client.close())
    assert client.state == "closed"
    assert server.wait("sessions_closed", at_least=1)
    by_hand(client.close())


async def client_pings(client: AsyncOmniMCPClient) -> None:
    await client.ping()


def test_a_sync_client_needs_no_loop(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        assert asyncio.run(asyncio.to_thread(client.ping)) == {}
