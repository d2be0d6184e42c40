"""A small MCP server on the Python SDK. Usage: echo_server.py PORT."""

import sys

from mcp.server import MCPServer

server = MCPServer("echo-python")


@server.tool()
def echo(message: str) -> str:
    """Return the message."""
    return f"Echo: {message}"


if __name__ == "__main__":
    server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
