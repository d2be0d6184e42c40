"""Examples for type checkers: mypy checks them, and test_typing.py runs mypy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

from omni_mcp_py import (
    AsyncOmniMCPClient,
    AuthOptions,
    CallOptions,
    CallToolResult,
    ClientOptions,
    CompleteResult,
    CreateMessageRequestParams,
    CreateMessageResult,
    DiscoverResult,
    ElicitRequestParams,
    ElicitResult,
    ErrorCode,
    ErrorKind,
    GetPromptResult,
    Implementation,
    InitializeResult,
    ListResourcesResult,
    ListToolsResult,
    Notification,
    OmniMCPError,
    ProfileOptions,
    Progress,
    Prompt,
    RateLimitError,
    ReadResourceResult,
    ResourceTemplate,
    Root,
    Tool,
    WithMetadata,
    connect,
    connect_async,
    looks_like_error,
    text_of,
)
from omni_mcp_py import OmniMCPClient as Client
from omni_mcp_py.registry import AsyncSema4Registry, GaiaRegistry, Sema4Registry, ServerRecord
from typing_extensions import assert_type


def sync(key: str, url: str) -> None:
    shared: ClientOptions = {"base_url": url, "timeout": timedelta(seconds=5), "total_timeout": None}
    with Client(key, **shared) as client:
        assert_type(client, Client)
        assert_type(client.initialize(), InitializeResult)
        assert_type(client.list_tools(), ListToolsResult)
        assert_type(client.list_tools()["tools"], list[Tool])
        assert_type(client.call_tool("fred.search", {"q": "inflation"}, "idem_1"), CallToolResult)
        answer = client.with_metadata.call_tool("fred.search", {"q": "inflation"}, on_progress=show_progress)
        assert_type(answer, WithMetadata[CallToolResult])
        assert_type(answer.metadata["attempts"], int)
        assert_type(answer.metadata["idempotency_key"], str | None)
        quick: CallOptions = {"timeout": 2.5, "max_attempts": 1}
        assert_type(client.call_tool("fred.search", {"q": "inflation"}, **quick), CallToolResult)
        assert_type(client.with_metadata.request("ping"), WithMetadata[Any])
        client.notify("notifications/initialized", {})
        assert_type(client.discover(), DiscoverResult)
        assert_type(client.iter_tools(fresh=True), Iterator[Tool])
        assert_type(client.with_metadata.list_resources().metadata["cached"], bool)
        assert_type(client.list_resources_page("x"), ListResourcesResult)
        assert_type(next(client.iter_resource_templates()), ResourceTemplate)
        assert_type(client.read_resource("file:///x"), ReadResourceResult)
        assert_type(client.subscribe_resource("file:///x"), dict[str, Any])
        assert_type(client.get_prompt("x", {"y": "z"}), GetPromptResult)
        assert_type(
            client.complete({"type": "ref/prompt", "name": "x"}, {"name": "y", "value": "z"}, {"arguments": {}}),
            CompleteResult,
        )
        client.set_logging_level("warning")
        assert_type(text_of(client.call_tool("x")), str)
        wanted = bool(key)
        client.call_tool("x", fresh=wanted, validate_output=wanted)
        _result, _metadata = client.with_metadata.ping()

        client.set_logging_level("loud")  # type: ignore[arg-type]
        client.get_prompt("x", {"y": 1})  # type: ignore[dict-item]
        client.with_metadata.iter_tools()  # type: ignore[attr-defined]
        client.ping(timeout="soon")  # type: ignore[arg-type]
        client.ping(no_such=1)  # type: ignore[call-arg]
        client.call_tool("fred.search", arguments=3)  # type: ignore[arg-type]
    unknown: dict[str, Any] = {"timeout": 1}
    Client(key, strict=bool(url), **unknown)
    Client(key, base_uri=url)  # type: ignore[call-arg]


async def asynchronous(key: str, url: str) -> None:
    async with AsyncOmniMCPClient(key, base_url=url) as client:
        assert_type(client, AsyncOmniMCPClient)
        assert_type(await client.call_tool("fred.search", {"q": "inflation"}), CallToolResult)
        answer = await client.with_metadata.list_tools(on_progress=show_progress_later)
        assert_type(answer, WithMetadata[ListToolsResult])
        assert_type(client.iter_prompts(), AsyncIterator[Prompt])
        assert_type(await client.read_resource("file:///x"), ReadResourceResult)
        await client.ping(timeout="soon")  # type: ignore[arg-type]


def from_records(key: str, url: str, record: ServerRecord) -> None:
    auth: AuthOptions = {"type": "oauth2", "client_id": "x", "client_secret": "y"}
    profile: ProfileOptions = {"extends": "generic", "path": "/mcp", "versions": ["2025-11-25"]}
    with Client(profile=profile, auth=auth, base_url=url, on_notification=reported, listen=True) as client:
        client.connect()
        assert_type(client.server_info, Implementation | None)
        assert_type(client.instructions, str | None)
        assert_type(looks_like_error(client.call_tool("x")), bool)
    Client(token_provider=lambda: {"token": "x", "expires_in": timedelta(minutes=5)})
    Client(token_provider=lambda: "x", command="x", args=["y"])
    Client(token_provider=provide)  # type: ignore[arg-type]
    Client(profile="nothing")  # type: ignore[arg-type]
    AsyncOmniMCPClient(token_provider=provide, on_notification=reported)
    Client(on_elicitation=fill_in, on_sampling=sample, on_roots=list[Root])
    Client(on_elicitation=fill_in_later)  # type: ignore[arg-type]
    AsyncOmniMCPClient(on_elicitation=fill_in_later, on_sampling=sample, on_roots=list[Root])
    assert_type(connect(record, key, timeout=5), Client)
    with Sema4Registry(key, base_url=url, tenant="t") as registry:
        assert_type(registry.list(limit=5, timeout=1), Iterator[ServerRecord])
        assert_type(registry.create({"name": "x"}), ServerRecord)
        assert_type(registry.list_page()["next"], str | None)
        assert_type(registry.get("x")["name"], Any)
    GaiaRegistry(key, token_provider=provide)  # type: ignore[call-arg]


async def from_records_later(record: ServerRecord, registry: AsyncSema4Registry) -> None:
    assert_type(await connect_async(record, token_provider=provide), AsyncOmniMCPClient)
    assert_type([server async for server in registry.list()], list[ServerRecord])


async def provide() -> str:
    return "x"


def texts(result: CallToolResult) -> list[str]:
    return [item["text"] for item in result["content"] if item["type"] == "text"]


def fill_in(params: ElicitRequestParams) -> ElicitResult:
    return {"action": "accept", "content": {"name": params["message"]}}


async def fill_in_later(params: ElicitRequestParams) -> ElicitResult:
    return fill_in(params)


def sample(params: CreateMessageRequestParams) -> CreateMessageResult:
    return {"role": "assistant", "model": "m", "content": {"type": "text", "text": str(params["maxTokens"])}}


def reported(notification: Notification) -> None:
    assert_type(notification["method"], str)


def show_progress(progress: Progress) -> None:
    assert_type(progress["progress"], float)


async def show_progress_later(progress: Progress) -> None:
    show_progress(progress)


def errors(client: Client) -> None:
    try:
        client.ping()
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.required_scopes, tuple[str, ...])


def any_error(error: OmniMCPError) -> None:
    assert_type(error.kind, ErrorKind)
    assert_type(error.code, ErrorCode | None)
    if error.kind == "timeuot":  # type: ignore[comparison-overlap]
        raise error
