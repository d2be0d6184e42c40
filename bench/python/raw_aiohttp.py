"""The same POSTs with aiohttp alone, parsed with json."""

import asyncio
import json
import os

import aiohttp
from measure import WARM_UP, Measured, arguments


async def run(session, url, key, first, calls):
    for number in range(first, first + calls):
        params = {"name": "fred.search", "arguments": {"q": "inflation", "limit": 1}}
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Idempotency-Key": f"raw-{os.getpid()}-{number}",
        }
        async with session.post(f"{url}/mcp", data=body, headers=headers) as response:
            answer = json.loads(await response.read())
            assert answer["result"]["structuredContent"]


async def main():
    url, key, calls = arguments()
    async with aiohttp.ClientSession() as session:
        await run(session, url, key, 0, WARM_UP)
        measured = Measured()
        await run(session, url, key, WARM_UP, calls)
        measured.end(calls)


asyncio.run(main())
