"""Sequential small calls with this client, blocking."""

from measure import WARM_UP, Measured, arguments
from omni_mcp_py import OmniMCPClient


def run(client, calls):
    for _ in range(calls):
        result = client.call_tool("fred.search", {"q": "inflation", "limit": 1})
        assert result["structuredContent"]


url, key, calls = arguments()
with OmniMCPClient(api_key=key, base_url=url) as client:
    run(client, WARM_UP)
    measured = Measured()
    run(client, calls)
    measured.end(calls)
