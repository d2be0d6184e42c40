"""A client does not cross a fork; a new one in the child works, and the parent's continues."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ClientClosedError, OmniMCPClient
from omni_mcp_py.testing import DevServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def in_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked child, which must end by itself and well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    killer = threading.Timer(20, os.kill, (pid, 9))
    killer.start()
    _, status = os.waitpid(pid, 0)
    killer.cancel()
    assert os.waitstatus_to_exitcode(status) == 0


def test_sync(server: DevServer) -> None:
    client = OmniMCPClient(server.api_key, base_url=server.url)
    client.ping()
    key, url = server.api_key, server.url

    def child() -> None:
        with pytest.raises(ClientClosedError) as raised:
            client.ping()
        assert raised.value.code == "client_forked"
        client.close()
        with OmniMCPClient(key, base_url=url) as new:
            assert new.ping() == {}
        client.__init__(key, base_url=url)  # type: ignore[misc]
        assert client.ping() == {}

    in_child(child)
    assert client.ping() == {}


def test_sync_while_another_thread_waits(server: DevServer) -> None:
    client = OmniMCPClient(server.api_key, base_url=server.url)
    client.ping()
    server.script([{"on": {"method": "tools/call"}, "times": 1, "fault": {"kind": "delay", "ms": 300}}])
    results: list[object] = []
    waiting = threading.Thread(target=lambda: results.append(client.call_tool("fred.search", {"q": "inflation"})))
    waiting.start()
    assert server.wait("requests", method="tools/call", at_least=1)
    key, url = server.api_key, server.url

    def child() -> None:
        with pytest.raises(ClientClosedError):
            client.ping()
        assert OmniMCPClient(key, base_url=url).ping() == {}

    in_child(child)
    waiting.join()
    assert len(results) == 1


def test_async(server: DevServer) -> None:
    client = AsyncOmniMCPClient(server.api_key, base_url=server.url)
    key, url = server.api_key, server.url

    async def use(client: AsyncOmniMCPClient) -> None:
        assert await client.ping() == {}

    async def old_and_new() -> None:
        with pytest.raises(ClientClosedError) as raised:
            await client.ping()
        assert raised.value.code == "client_forked"
        await client.close()
        async with AsyncOmniMCPClient(key, base_url=url) as new:
            await use(new)

    asyncio.run(use(client))
    in_child(lambda: asyncio.run(old_and_new()))
    asyncio.run(use(client))


def test_a_dev_server_of_the_parent(server: DevServer) -> None:
    def child() -> None:
        with pytest.raises(RuntimeError, match="fork"):
            server.ledger()
        server.close()
        with DevServer() as own, OmniMCPClient(own.api_key, base_url=own.url) as client:
            assert client.ping() == {}

    in_child(child)
    assert server.ledger()["request_count"] == 0


def test_dropped_in_the_child(server: DevServer) -> None:
    clients = [OmniMCPClient(server.api_key, base_url=server.url)]
    clients[0].ping()
    in_child(clients.clear)
    assert clients[0].ping() == {}
    assert server.ledger()["disconnects"] == 0


if sys.platform == "linux":

    def test_multiprocessing(server: DevServer) -> None:
        import multiprocessing

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.starmap(ping_once, [(server.api_key, server.url)] * 8) == [{}] * 8


def ping_once(key: str, url: str) -> object:
    with OmniMCPClient(key, base_url=url) as client:
        return client.ping()


def test_children_generate_different_keys(server: DevServer) -> None:
    key, url = server.api_key, server.url
    with OmniMCPClient(key, base_url=url) as parent:
        parent.call_tool("fred.search", {"q": "inflation"})

        def child() -> None:
            with OmniMCPClient(key, base_url=url) as client:
                client.call_tool("fred.search", {"q": "inflation"})

        for _ in range(3):
            in_child(child)
        parent.call_tool("fred.search", {"q": "inflation"})
    ledger = server.ledger()
    assert len(ledger["executions"]) == 5
    assert len({execution["idempotency_key"] for execution in ledger["executions"]}) == 5
