"""The Python program of the soak test: makes calls with both clients; those of the async one are counted."""

import asyncio
import json
import sys
import threading
import time

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError

url, key, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
until = time.monotonic() + seconds
count = 0
WARM = 500


def sync_calls():
    """Make calls with a long-lived client, and with short-lived ones."""
    with OmniMCPClient(key, base_url=url) as client:
        number = 0
        while time.monotonic() < until:
            client.call_tool("fred.search", {"q": f"x {number}"}, on_progress=lambda progress: None)
            if number % 10 == 0:
                list(client.iter_tools())
            if number % 50 == 0:
                try:
                    client.call_tool("no.such.tool", {})
                except OmniMCPError:
                    pass
            if number % 200 == 0:
                with OmniMCPClient(key, base_url=url) as other:
                    other.ping()
            number += 1


async def async_calls():
    """Make calls at once, some of which are cancelled."""
    global count
    async with AsyncOmniMCPClient(key, base_url=url) as client:
        number = 0
        while time.monotonic() < until:
            calls = [client.call_tool("fred.search", {"q": f"y {number} {part}"}) for part in range(8)]
            tasks = [asyncio.ensure_future(call) for call in calls]
            if number % 20 == 0:
                await asyncio.sleep(0)
                tasks[0].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if number % 100 == 0:
                async with AsyncOmniMCPClient(key, base_url=url) as other:
                    await other.ping()
            if count < WARM <= count + len(tasks):
                print("warm", flush=True)
            number += 1
            count += len(tasks)


thread = threading.Thread(target=sync_calls)
thread.start()
asyncio.run(async_calls())
thread.join()
print(json.dumps({"calls": count}), flush=True)
# The parent process measures this process, and ends it.
time.sleep(60)
