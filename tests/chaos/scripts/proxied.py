"""Makes a call to a server on loopback, with proxy variables in the environment."""

import os

from omni_mcp_py import OmniMCPClient

for url in (os.environ["OMNI_MCP_CHAOS_SERVER"], os.environ["OMNI_MCP_CHAOS_SERVER"].replace("127.0.0.1", "localhost")):
    with OmniMCPClient(os.environ["OMNI_MCP_CHAOS_KEY"], endpoint=f"{url}/mcp", profile="generic") as client:
        client.call_tool("echo", {"n": 1})
