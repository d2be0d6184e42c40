"""Calls of the dev server's tool `ask`, which sends a request of the server to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
from omni_mcp_py.testing import DevServer

FORM = {
    "message": "Who?",
    "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
}
ADA = {"action": "accept", "content": {"name": "Ada"}}
MESSAGES = {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 5}
SAMPLED = {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Hi"}}
ROOTS = [{"uri": "file:///a", "name": "a"}]
# Callback, method, params of the server, result of the callback, and the response that the server receives.
REQUESTS: list[tuple[str, str, dict[str, Any] | None, Any, Any]] = [
    ("on_elicitation", "elicitation/create", FORM, ADA, ADA),
    ("on_sampling", "sampling/createMessage", MESSAGES, SAMPLED, SAMPLED),
    ("on_roots", "roots/list", None, ROOTS, {"roots": ROOTS}),
]
ERAS = ["legacy", "modern"]
# Calls run on a thread of the client with the first options, and on the calling thread with the second.
PLACES: list[dict[str, Any]] = [{}, {"listen": False}]


def serving(era: str, **more: Any) -> DevServer:
    # A legacy server sends its requests on the event stream of the call.
    return DevServer(profile="generic", era=era, everything=True, answer="sse" if era == "legacy" else "json", **more)


def options(server: DevServer, **more: Any) -> dict[str, Any]:
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", **more}


def ask_tool(method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    params_of_it = {} if params is None else {"params": params}
    return {"name": "ask", "arguments": {"method": method, **params_of_it, **more}}


def answer_of(result: Any) -> Any:
    return result["structuredContent"]["answer"]


def elicit(client: OmniMCPClient) -> Any:
    return answer_of(client.call_tool(**ask_tool("elicitation/create", FORM)))


async def elicit_async(client: AsyncOmniMCPClient) -> Any:
    return answer_of(await client.call_tool(**ask_tool("elicitation/create", FORM)))


def as_async(function: Callable[..., Any]) -> Callable[..., Any]:
    async def function_later(*given: Any) -> Any:
        await asyncio.sleep(0)
        return function(*given)

    return function_later
