"""What a type checker says of code that uses the package. Checked by mypy, and run by test_typing.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from omni_mcp_py import (
    AsyncOmniMCPClient,
    CallOptions,
    CallToolResult,
    ClientOptions,
    InitializeResult,
    ListToolsResult,
    Progress,
    RateLimitError,
    Tool,
    WithMetadata,
)
from omni_mcp_py import OmniMCPClient as Client
from typing_extensions import assert_type


def sync(key: str, url: str) -> None:
    shared: ClientOptions = {"base_url": url, "timeout": timedelta(seconds=5), "total_timeout": None}
    with Client(key, **shared) as client:
        assert_type(client, Client)
        assert_type(client.initialize(), InitializeResult)
        assert_type(client.list_tools(), ListToolsResult)
        assert_type(client.list_tools()["tools"], list[Tool])
        assert_type(client.call_tool("fred.search", {"q": "inflation"}, "idem_1"), CallToolResult)
        answer = client.call_tool("fred.search", {"q": "inflation"}, with_metadata=True, on_progress=hear)
        assert_type(answer, WithMetadata[CallToolResult])
        assert_type(answer.metadata["attempts"], int)
        assert_type(answer.metadata["idempotency_key"], str | None)
        quick: CallOptions = {"timeout": 2.5, "max_attempts": 1}
        assert_type(client.call_tool("fred.search", {"q": "inflation"}, **quick), CallToolResult)
        assert_type(client.request("ping", with_metadata=True), WithMetadata[Any])
        client.notify("notifications/initialized", {})

        client.ping(timeout="soon")  # type: ignore[call-overload]
        client.ping(no_such=1)  # type: ignore[call-overload]
        client.call_tool("fred.search", arguments=3)  # type: ignore[call-overload]
    Client(key, base_uri=url)  # type: ignore[call-arg]


async def asynchronous(key: str, url: str) -> None:
    async with AsyncOmniMCPClient(key, base_url=url) as client:
        assert_type(client, AsyncOmniMCPClient)
        assert_type(await client.call_tool("fred.search", {"q": "inflation"}), CallToolResult)
        answer = await client.list_tools(with_metadata=True, on_progress=hear_async)
        assert_type(answer, WithMetadata[ListToolsResult])
        await client.ping(timeout="soon")  # type: ignore[call-overload]


def hear(progress: Progress) -> None:
    assert_type(progress["progress"], float)


async def hear_async(progress: Progress) -> None:
    hear(progress)


def errors(client: Client) -> None:
    try:
        client.ping()
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.required_scopes, tuple[str, ...])
