"""trio: the async client raises an error that names alternatives and sends nothing; OmniMCPClient works in threads."""

import trio
from _common import check, equal
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient
from omni_mcp_py.testing import DevServer


async def refused(client, number):
    """Make a call that is refused."""
    try:
        await client.call_tool("fred.search", {"q": "inflation"}, f"idem_{number}")
    except ConfigError as error:
        equal((error.code, error.delivery), ("no_event_loop", "not_sent"), "the error under trio")
        check("asyncio" in str(error) and "trio.to_thread" in str(error), f"message: {error}")
    else:
        check(False, "the call is refused")


async def in_threads(client):
    """Make calls as the error recommends."""

    def call(number):
        return client.call_tool("fred.search", {"q": "inflation"}, f"idem_thread_{number}")

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(trio.to_thread.run_sync, call, number)


async def main(server):
    """Run both."""
    async with AsyncOmniMCPClient(server.api_key, base_url=server.url) as client:
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(refused, client, number)
    equal(server.ledger()["request_count"], 0, "requests of the async client")
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        await in_threads(client)
    runs = [run["idempotency_key"] for run in server.ledger()["executions"]]
    equal(sorted(runs), sorted(f"idem_thread_{number}" for number in range(20)), "each call in a thread ran once")


with DevServer() as server:
    trio.run(main, server)
