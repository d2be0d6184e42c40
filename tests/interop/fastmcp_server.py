"""A FastMCP server at `/mcp/`, so that `/mcp` redirects to it. Usage: fastmcp_server.py PORT."""

import sys

import uvicorn
from fastmcp import FastMCP

server = FastMCP("echo-fastmcp", version="1.0.0")


@server.tool
def echo(message: str) -> str:
    """Return the message."""
    return f"Echo: {message}"


if __name__ == "__main__":
    uvicorn.run(server.http_app(path="/mcp/"), host="127.0.0.1", port=int(sys.argv[1]))
