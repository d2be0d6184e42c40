"""Concurrent calls on threads and on an event loop: one tool at a time where a record sets it, and one token."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
from omni_mcp_py.testing import DevServer

SLOW = ("slow", {"ms": 5})


def at_once(calls: int, is_async: bool, what: tuple[str, dict[str, Any]], **options: Any) -> None:
    """Make so many calls on a fresh client."""

    async def main() -> None:
        async with AsyncOmniMCPClient(**options) as client:
            await asyncio.gather(*(client.call_tool(*what) for _ in range(calls)))

    if is_async:
        asyncio.run(main())
        return
    with OmniMCPClient(**options) as client, ThreadPoolExecutor(calls) as pool:
        list(pool.map(lambda _: client.call_tool(*what), range(calls)))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("transport", [{}, {"transport": "streamable_http"}], ids=["any", "http"])
@pytest.mark.parametrize("is_serial", [False, True])
def test_one_tool_at_a_time(is_async: bool, transport: dict[str, str], is_serial: bool) -> None:
    with DevServer(profile="generic") as server:
        options = {"profile": "generic", "endpoint": f"{server.url}/mcp", **transport}
        at_once(50, is_async, SLOW, force_serial_tool_calls=is_serial, **options)
        ledger = server.ledger()
    assert ledger["execution_count"] == 50
    assert (ledger["max_concurrent_executions"] == 1) == is_serial


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_one_token_for_all(is_async: bool) -> None:
    with DevServer(profile="generic", oauth={}) as server:
        auth = {
            "type": "oauth2",
            "token_url": f"{server.url}/oauth/token",
            "client_id": "client_devserver",
            "client_secret": "secret_devserver_0001",
        }
        at_once(200, is_async, ("echo", {}), profile="generic", endpoint=f"{server.url}/mcp", auth=auth)
        ledger = server.ledger()
    assert ledger["execution_count"] == 200
    assert sum(request["path"] == "/oauth/token" for request in ledger["requests"]) == 1
