"""Octomind's hosted server: server information, sticky routing, a lost session, and failures without `isError`."""

from omni_mcp_py import CallToolResult, OmniMCPClient, WithMetadata, looks_like_error, text_of
from omni_mcp_py.testing import DevServer


def main() -> None:
    with DevServer(profile="octomind") as server:
        with OmniMCPClient(server.api_key, profile="octomind", base_url=server.url) as client:
            introduce(client)
            print(f"version: {text_of(get_version(client).result).splitlines()[0]}")
            sent = [request["headers"].get("x-session-id") for request in server.ledger()["requests"]]
            print(f"one x-session-id: {lower(None not in sent and len(set(sent)) == 1)}")

            server.expire_sessions()
            print(f"after a lost session: {get_version(client).metadata['attempts']} attempts")
        print(f"sessions opened: {server.ledger()['sessions_opened']}")

        with OmniMCPClient("bad_key_0001", profile="octomind", base_url=server.url) as client:
            result = client.call_tool("getEnvironments", {"testTargetId": "tt-1"})
            is_error = result.get("isError", False)
            print(f"with a bad key: {lower(is_error)}, looks like an error: {lower(looks_like_error(result))}")


def introduce(client: OmniMCPClient) -> None:
    client.connect()
    info = client.server_info or {"name": "", "version": ""}
    print(f"server: {info['name']} {info['version']}, protocol {client.protocol_version}")
    print(f"capabilities: {', '.join(sorted(client.server_capabilities or {}))}")
    print(f"instructions: {'yes' if client.instructions else 'no'}")
    names = [tool["name"] for tool in client.list_tools()["tools"]]
    print(f"tools: {len(names)}, among them {', '.join(names[:3])}")


def get_version(client: OmniMCPClient) -> WithMetadata[CallToolResult]:
    return client.with_metadata.call_tool("getVersion", {})


def lower(flag: bool) -> str:
    return "true" if flag else "false"


if __name__ == "__main__":
    main()
