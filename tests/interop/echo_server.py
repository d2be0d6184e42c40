"""A small MCP server on the Python SDK. Usage: echo_server.py streamable-http|sse PORT, or echo_server.py stdio."""

import sys

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context

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


def telling_ends(app):
    """An ASGI app that says on standard error how each request ended."""

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
    uvicorn.run(telling_ends(app), host="127.0.0.1", port=int(*port))


if __name__ == "__main__":
    main()
