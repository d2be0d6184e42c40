"""Fifty calls at once on one client."""

import asyncio
import os

from omni_mcp_py import AsyncOmniMCPClient
from omni_mcp_py.testing import DevServer


async def main() -> None:
    if "OMNI_API_KEY" in os.environ:
        await calls(AsyncOmniMCPClient())
        return
    with DevServer() as server:
        await calls(AsyncOmniMCPClient(server.api_key, base_url=server.url))
        ledger = server.ledger()
        print(f"executed: {len(ledger['executions'])}")
        print(f"sessions opened: {ledger['sessions_opened']}")


async def calls(client: AsyncOmniMCPClient) -> None:
    async with client:
        series = {"series_id": "UNRATE", "limit": 1}
        fifty = (client.with_metadata.call_tool("fred.series", series) for _ in range(50))
        ended = await asyncio.gather(*fifty, return_exceptions=True)
    results = [result for result in ended if not isinstance(result, BaseException)]
    print(f"calls: 50, results: {len(results)}, errors: {len(ended) - len(results)}")
    print(f"different keys: {len({result.metadata['idempotency_key'] for result in results})}")


if __name__ == "__main__":
    asyncio.run(main())
