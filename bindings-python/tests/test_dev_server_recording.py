"""Sessions that the dev server records and plays back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, InvalidRequestError, OmniMCPClient
from omni_mcp_py.testing import DevServer

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-of-the-service-0001"


def use(server: DevServer) -> list[Any]:
    """What an agent does with a server."""
    steps: list[Any] = []
    options: dict[str, Any] = {"auth": {"type": "bearer", "token": KEY}}
    with OmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp", **options) as client:
        listed = [tool["name"] for tool in client.list_tools()["tools"]]
        counted = [client.call_tool("count")["content"][0]["text"] for _ in range(2)]
        slow = client.call_tool("slow", on_progress=steps.append)["content"][0]["text"]
        broken = client.call_tool("broken").get("isError")
    return [listed, counted, slow, [step["message"] for step in steps], broken]


def record(path: Path) -> list[Any]:
    counts = iter(range(10))
    tools: list[Any] = [
        {"name": "count", "handler": lambda _: next(counts)},
        {"name": "slow", "result": "done", "progress": [{"progress": 1, "message": "half"}]},
        {"name": "broken", "error": f"wrong key {KEY}"},
    ]
    auth: Any = {"type": "bearer", "token": KEY}
    with (
        DevServer(profile="generic", tools=tools, auth=auth) as upstream,
        DevServer(record=path, upstream=f"{upstream.url}/mcp") as server,
    ):
        return use(server)


def test_a_session_is_played_back(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    recorded = record(path)
    assert recorded == [["count", "slow", "broken"], ["0", "1"], "done", ["half"], True]
    assert KEY not in path.read_text(encoding="utf-8")
    for _ in range(2):
        with DevServer(replay=path) as server:
            assert use(server) == recorded
            assert [each["tool"] for each in server.ledger()["executions"]] == ["count", "count", "slow", "broken"]


def test_other_requests_are_errors_that_name_them(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    record(path)

    async def call() -> None:
        with DevServer(replay=str(path)) as server:
            async with AsyncOmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp") as client:
                await client.call_tool("count", {"from": 1})

    with pytest.raises(InvalidRequestError) as raised:
        asyncio.run(call())
    unmatched = 'session.json has no response for tools/call count {"from":1}; it has tools/call count {}'
    assert unmatched in str(raised.value)


def test_messages_name_the_option(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^bad dev server options: upstream: is required with record"):
        DevServer(record=tmp_path / "session.json")
    with pytest.raises(
        ValueError, match=r"^bad dev server options: replay: .*absent.json cannot be read: No such file"
    ):
        DevServer(replay=tmp_path / "absent.json")
