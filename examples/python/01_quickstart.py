"""Open a server, list its tools, call one with an idempotency key, read the result, and make the same call again."""

import os
import sys
import uuid

from omni_mcp_py import CallToolResult, OmniMCPClient, WithMetadata, text_of
from omni_mcp_py.testing import DevServer


def main() -> None:
    if len(sys.argv) > 1:
        any_server(sys.argv[1])
    elif "OMNI_API_KEY" in os.environ:
        with OmniMCPClient() as client:
            quickstart(client, f"idem_{uuid.uuid4()}")
    else:
        with DevServer() as server:
            with OmniMCPClient(server.api_key, base_url=server.url) as client:
                quickstart(client, "idem_quickstart_0001")
            print(f"executed: {len(server.ledger()['executions'])}")


def quickstart(client: OmniMCPClient, key: str) -> None:
    introduce(client)
    first = search(client, key)
    found = first.result.get("structuredContent") or {}
    series = found["results"][0]
    print(f"first series: {series['series_id']} - {series['title']}")
    print(f"idempotency key: {key}")
    second = search(client, key)
    print(f"replayed: {lower(first.metadata['replayed'])}, then {lower(second.metadata['replayed'])}")


def search(client: OmniMCPClient, key: str) -> WithMetadata[CallToolResult]:
    return client.with_metadata.call_tool("fred.search", {"q": "inflation", "limit": 5}, key)


def any_server(endpoint: str) -> None:
    """Any MCP server that has a tool `echo`."""
    with OmniMCPClient(profile="generic", endpoint=endpoint) as client:
        introduce(client)
        result = client.call_tool("echo", {"message": "inflation"})
        print(f"echo: {text_of(result)}")


def introduce(client: OmniMCPClient) -> None:
    welcome = client.initialize()
    print(f"server: {welcome['serverInfo']['name']} {welcome['serverInfo']['version']}")
    print(f"protocol: {welcome['protocolVersion']}")
    print(f"tools: {', '.join(tool['name'] for tool in client.list_tools()['tools'])}")


def lower(flag: bool) -> str:
    return "true" if flag else "false"


if __name__ == "__main__":
    main()
