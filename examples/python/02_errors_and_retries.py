"""What is retried, what is not, and the facts of an error."""

import os

from omni_mcp_py import CallToolResult, ConfigError, OmniMCPClient, OmniMCPError, RateLimitError, WithMetadata
from omni_mcp_py.testing import DevServer, Fault


def main() -> None:
    if "OMNI_API_KEY" in os.environ:
        with OmniMCPClient(backoff_initial=0.001) as client:
            errors(client)
        return
    with DevServer() as server, OmniMCPClient(server.api_key, base_url=server.url, backoff_initial=0.001) as client:
        retries(client, server)
        errors(client)
        print(f"executed: {len(server.ledger()['executions'])}")


def retries(client: OmniMCPClient, server: DevServer) -> None:
    fault_once(server, {"kind": "status", "status": 503})
    print(f"after a 503: {summary(search(client))}")

    fault_once(server, {"kind": "reset", "when": "after_execution"})
    print(f"after a lost connection: {summary(search(client))}")

    fault_once(server, {"kind": "omni_error", "omni_code": "rate_limit_exceeded", "retry_after": 600})
    try:
        search(client)
    except RateLimitError as error:
        print(f"rate limited: {facts(error)}, retry after {error.retry_after or 0:.0f} s")


def errors(client: OmniMCPClient) -> None:
    try:
        client.call_tool("fred.search", {})
    except OmniMCPError as error:
        print(f"wrong arguments: {facts(error)}, service code {error.service_code or 'nothing'}")
    try:
        client.call_tool("fred.nothing", {})
    except OmniMCPError as error:
        print(f"unknown tool: {facts(error)}, service code {error.service_code or 'nothing'}")
    try:
        client.call_tool("fred.search", {"q": "inflation"}, timeout=-1)
    except ConfigError as error:
        print(f"bad option: {error.kind} {error.code}: {error.message}")


def search(client: OmniMCPClient) -> WithMetadata[CallToolResult]:
    return client.with_metadata.call_tool("fred.search", {"q": "inflation"})


def fault_once(server: DevServer, fault: Fault) -> None:
    """Make the dev server cause `fault` at the next `tools/call`."""
    server.clear_script()
    server.script([{"on": {"method": "tools/call"}, "times": 1, "fault": fault}])


def summary(answer: WithMetadata[CallToolResult]) -> str:
    replayed = "true" if answer.metadata["replayed"] else "false"
    return f"{answer.metadata['attempts']} attempts, replayed {replayed}"


def facts(error: OmniMCPError) -> str:
    return f"{error.kind} {error.code} {error.delivery}"


if __name__ == "__main__":
    main()
