"""Sequential small calls with this client, under asyncio."""

import asyncio

from measure import WARM_UP, Measured, arguments
from omni_mcp_py import AsyncOmniMCPClient


async def run(client, calls):
    for _ in range(calls):
        result = await client.call_tool("fred.search", {"q": "inflation", "limit": 1})
        assert result["structuredContent"]


async def main():
    url, key, calls = arguments()
    async with AsyncOmniMCPClient(api_key=key, base_url=url) as client:
        await run(client, WARM_UP)
        measured = Measured()
        await run(client, calls)
        measured.end(calls)


asyncio.run(main())
