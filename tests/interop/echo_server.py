"""A small MCP server on the Python SDK. Usage: echo_server.py streamable-http|sse PORT, or echo_server.py stdio."""

import sys
from typing import Annotated

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, ListRoots, Resolve, Sample
from mcp_types import CreateMessageResult, ListRootsResult, SamplingMessage, TextContent
from pydantic import BaseModel

server = MCPServer("echo-python", version="1.0.0")


@server.tool()
def echo(message: str) -> str:
    """Return the message."""
    return f"Echo: {message}"


@server.tool()
async def count(steps: int, ctx: Context) -> str:
    """Count, and report each step."""
    for step in range(1, steps + 1):
        await ctx.report_progress(step, steps)
    return f"Counted to {steps}."


class Person(BaseModel):
    name: str
    age: int = 30


def ask_who():
    return Elicit("Who are you?", Person)


def ask_model():
    question = SamplingMessage(role="user", content=TextContent(type="text", text="Capital of France?"))
    return Sample([question], max_tokens=10)


def ask_roots():
    return ListRoots()


@server.tool()
def who(person: Annotated[Person, Resolve(ask_who)]) -> str:
    """Ask who is there."""
    return f"{person.name}, {person.age}"


@server.tool()
def sample(answer: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    """Ask the client's model."""
    return answer.content.text


@server.tool()
def roots(given: Annotated[ListRootsResult, Resolve(ask_roots)]) -> str:
    """Ask for the client's roots."""
    return ", ".join(str(root.uri) for root in given.roots)


@server.resource("test://greeting")
def greeting() -> str:
    """Greet."""
    return "Hello"


@server.prompt()
def greet(name: str) -> str:
    """Ask for a greeting."""
    return f"Greet {name}"


def logging_ends(app):
    """An ASGI app that prints on standard error how each request ended."""

    async def wrapped(scope, receive, send):
        try:
            await app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                print("ended:", scope["method"], scope["path"], file=sys.stderr, flush=True)

    return wrapped


def main():
    transport, *port = sys.argv[1:]
    if transport == "stdio":
        server.run(transport="stdio")
        return
    app = server.sse_app() if transport == "sse" else server.streamable_http_app()
    uvicorn.run(logging_ends(app), host="127.0.0.1", port=int(*port))


if __name__ == "__main__":
    main()
