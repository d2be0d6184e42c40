"""Tools of the dev server whose results a function returns."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
from omni_mcp_py.testing import DevServer, ToolContext


def client_of(server: DevServer) -> OmniMCPClient:
    return OmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp")


def weather(arguments: dict[str, Any]) -> object:
    """The weather of a city."""
    if arguments["city"] != "Bern":
        raise LookupError("no such city")
    return {"temperature": 12.5}


async def slow_echo(arguments: dict[str, Any]) -> object:
    await asyncio.sleep(0)
    return arguments["text"]


def test_functions_by_name() -> None:
    with DevServer(profile="generic", tools={"weather": weather, "echo": slow_echo}) as server:
        with client_of(server) as client:
            listed = client.list_tools()["tools"]
            assert listed[0] == {
                "name": "weather",
                "description": "The weather of a city.",
                "inputSchema": {"type": "object"},
            }
            assert client.call_tool("weather", {"city": "Bern"})["structuredContent"] == {"temperature": 12.5}
            failed = client.call_tool("weather", {"city": "Ur"})
            assert failed["isError"]
            assert failed["content"] == [{"type": "text", "text": "no such city"}]
            assert client.call_tool("echo", {"text": "é"})["content"] == [{"type": "text", "text": "é"}]
        assert [(each["tool"], each["arguments"]) for each in server.ledger()["executions"]] == [
            ("weather", {"city": "Bern"}),
            ("weather", {"city": "Ur"}),
            ("echo", {"text": "é"}),
        ]


def test_functions_beside_data() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools: list[Any] = [
        {"name": "fixed", "result": "data"},
        {
            "name": "weather",
            "description": "Own text.",
            "inputSchema": schema,
            "handler": lambda arguments: [arguments],
        },
    ]
    with (
        DevServer(profile="omni", tools=tools) as server,
        OmniMCPClient(api_key=server.api_key, base_url=server.url) as client,
    ):
        assert client.list_tools()["tools"][1] == {
            "name": "weather",
            "description": "Own text.",
            "inputSchema": schema,
        }
        assert client.call_tool("fixed")["content"][0]["text"] == "data"
        assert client.call_tool("weather", {"city": "Bern"})["content"][0]["text"] == '[{"city":"Bern"}]'


def test_a_context_reports_progress() -> None:
    def steps(_: dict[str, Any], context: ToolContext) -> str:
        context.progress(1, 2, "half")
        context.progress(2)
        return context.tool

    with DevServer(profile="generic", tools={"steps": steps}) as server, client_of(server) as client:
        seen: list[Any] = []
        assert client.call_tool("steps", on_progress=seen.append)["content"][0]["text"] == "steps"
        assert [(step["progress"], step.get("total"), step.get("message")) for step in seen] == [
            (1, 2, "half"),
            (2, None, None),
        ]
        assert client.call_tool("steps")["content"][0]["text"] == "steps"


def test_calls_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(_: dict[str, Any]) -> str:
        both.wait()
        return "met"

    async def meet_async(_: dict[str, Any]) -> str:
        return await asyncio.to_thread(meet, _)

    with (
        DevServer(profile="generic", tools={"meet": meet, "async": meet_async}) as server,
        client_of(server) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        for name in ("meet", "async"):
            results = list(threads.map(client.call_tool, [name, name]))
            assert [result["content"][0]["text"] for result in results] == ["met", "met"]


def test_an_async_client_calls_functions() -> None:
    async def call() -> Any:
        with DevServer(profile="generic", tools={"echo": slow_echo}) as server:
            async with AsyncOmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp") as client:
                return await client.call_tool("echo", {"text": "a"})

    assert asyncio.run(call())["content"][0]["text"] == "a"


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda _: {1, 2}, "the value is a set; allowed are dict, list"),
        (lambda _: {}["absent"], "absent"),
        (lambda: None, "takes 0 positional arguments but 1 was given"),
        (lambda _: exec("raise KeyboardInterrupt"), "KeyboardInterrupt"),
    ],
)
def test_failures_are_results(function: Any, text: str) -> None:
    with DevServer(profile="generic", tools={"fails": function}) as server, client_of(server) as client:
        failed = client.call_tool("fails")
        assert failed["isError"]
        assert text in failed["content"][0]["text"]


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([{"name": "a", "handler": 3}], "tools[0].handler: must be a function, got 3"),
        ({"a": "b"}, "tools[0].handler: must be a function, got a string"),
        ([{"name": "a", "handler": print, "result": 1}], "tools[0].handler: give no result, results or error with it"),
        ("a", "tools: must be a list, each an object, got a string"),
    ],
)
def test_messages_name_the_tool(tools: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r"^bad dev server options: ") as raised:
        DevServer(tools=tools)
    assert str(raised.value) == f"bad dev server options: {message}"


def test_closing_the_server_does_not_wait_for_functions() -> None:
    begun, release = threading.Event(), threading.Event()

    def blocks(_: dict[str, Any]) -> None:
        begun.set()
        release.wait(10)

    server = DevServer(profile="generic", tools={"blocks": blocks})
    with client_of(server) as client, ThreadPoolExecutor(1) as threads:
        call = threads.submit(client.call_tool, "blocks", timeout=5, max_attempts=1)
        assert begun.wait(10)
        server.close()
        assert call.exception() is not None
        release.set()
