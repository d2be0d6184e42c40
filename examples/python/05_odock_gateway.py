"""Odock's gateway: a bare call without a handshake, the gateway's rules and the client's own, and its errors."""

from collections.abc import Sequence

from omni_mcp_py import OmniMCPClient, OmniMCPError, text_of
from omni_mcp_py.testing import DevServer, Fault


def main() -> None:
    with DevServer(profile="odock") as server:
        with gateway(server) as client, gateway(server, ["write"]) as careful:
            found = client.call_tool("search", {"query": "latest internal deployment notes"})
            print(f"search: {text_of(found)}")
            handshakes = [request for request in server.ledger()["requests"] if request["rpc_method"] == "initialize"]
            print(f"handshakes: {len(handshakes)}")

            print(f"refused by the gateway: {summary(failure(client, 'delete'))}")
            print(f"refused by the client: {summary(failure(careful, 'write'))}")

            fault_once(server, {"kind": "service_error", "code": "rate_limit_exceeded", "retry_after": 600})
            limited = failure(client, "search")
            print(f"rate limited: {facts(limited)}, retry after {limited.retry_after or 0:.0f} s")
            fault_once(server, {"kind": "service_error", "code": "budget_exceeded"})
            print(f"budget spent: {summary(failure(client, 'search'))}")
        print(f"executed: {len(server.ledger()['executions'])}")


def gateway(server: DevServer, blocked_tools: Sequence[str] = ()) -> OmniMCPClient:
    return OmniMCPClient(
        server.api_key, profile="odock", slug="search-tools", base_url=server.url, blocked_tools=blocked_tools
    )


def failure(client: OmniMCPClient, tool: str) -> OmniMCPError:
    try:
        client.call_tool(tool, {})
    except OmniMCPError as error:
        return error
    raise SystemExit("the call should have failed")


def fault_once(server: DevServer, fault: Fault) -> None:
    """Make the dev server cause `fault` at the next `tools/call`."""
    server.script([{"on": {"method": "tools/call"}, "times": 1, "fault": fault}])


def summary(error: OmniMCPError) -> str:
    return f"{facts(error)}, service code {error.service_code or 'nothing'}"


def facts(error: OmniMCPError) -> str:
    return f"{error.kind} {error.code} {error.delivery}"


if __name__ == "__main__":
    main()
