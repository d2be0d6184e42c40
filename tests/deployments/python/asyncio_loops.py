"""asyncio, uvloop, anyio on asyncio, nest_asyncio and eager tasks: the async client under each."""

import asyncio
import sys

import anyio
import nest_asyncio
import uvloop
from _common import equal
from omni_mcp_py import AsyncOmniMCPClient
from omni_mcp_py.testing import DevServer

CALLS = 20


async def calls(server):
    """Make calls at once."""
    async with AsyncOmniMCPClient(server.api_key, base_url=server.url) as client:
        await asyncio.gather(*(client.call_tool("fred.search", {"q": f"x {number}"}) for number in range(CALLS)))


async def eagerly(server):
    """Make calls in tasks that begin at once."""
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await calls(server)


async def in_a_nursery(server):
    """Make calls in anyio's task groups."""
    async with AsyncOmniMCPClient(server.api_key, base_url=server.url) as client, anyio.create_task_group() as group:
        for number in range(CALLS):
            group.start_soon(client.call_tool, "fred.search", {"q": f"x {number}"})


async def nested(server):
    """Run a loop within a loop."""
    nest_asyncio.apply()
    asyncio.get_running_loop().run_until_complete(calls(server))


RUNS = {
    "asyncio": lambda server: asyncio.run(calls(server)),
    "uvloop": lambda server: uvloop.run(calls(server)),
    "anyio": lambda server: anyio.run(in_a_nursery, server),
    "anyio on uvloop": lambda server: anyio.run(in_a_nursery, server, backend_options={"use_uvloop": True}),
}
if sys.version_info >= (3, 12):
    RUNS["eager tasks"] = lambda server: asyncio.run(eagerly(server))
# It patches asyncio permanently.
RUNS["nest_asyncio"] = lambda server: asyncio.run(nested(server))

for name, run in RUNS.items():
    with DevServer() as server:
        run(server)
        equal(server.ledger()["execution_count"], CALLS, f"executions under {name}")
