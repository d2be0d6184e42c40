"""The interpreter exits cleanly with calls in flight: no crash, no hang, no output on stderr."""

from __future__ import annotations

import subprocess
import sys

import pytest
from omni_mcp_py.testing import DevServer

PRELUDE = """
import asyncio, sys, threading
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
from omni_mcp_py.testing import DevServer
url, key = sys.argv[1:]
def hang(client):
    client.call_tool("fred.search", {"q": "inflation"}, timeout=None)
def arrived():
    print("calling", flush=True)
    sys.stdin.readline()
"""
PROGRAMS = {
    "sync_in_daemon_threads": """
client = OmniMCPClient(key, base_url=url)
client.ping()
for _ in range(4):
    threading.Thread(target=hang, args=(client,), daemon=True).start()
arrived()
""",
    "async_cancelled_by_run": """
async def main():
    client = AsyncOmniMCPClient(key, base_url=url)
    tasks = [asyncio.create_task(client.call_tool("fred.search", {"q": "inflation"}, timeout=None)) for _ in range(4)]
    await asyncio.to_thread(arrived)
asyncio.run(main())
""",
    "async_in_a_daemon_thread": """
async def main():
    client = AsyncOmniMCPClient(key, base_url=url)
    await client.call_tool("fred.search", {"q": "inflation"}, timeout=None)
threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
arrived()
""",
    "async_calls_that_end_while_it_exits": """
async def main():
    client = AsyncOmniMCPClient(key, base_url=url)
    while True:
        await asyncio.gather(*(client.ping() for _ in range(8)))
threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
client = OmniMCPClient(key, base_url=url)
threading.Thread(target=lambda: [client.ping() for _ in iter(int, 1)], daemon=True).start()
threading.Thread(target=hang, args=(client,), daemon=True).start()
arrived()
""",
    "a_loop_that_was_stopped": """
loop = asyncio.new_event_loop()
client = AsyncOmniMCPClient(key, base_url=url)
task = loop.create_task(client.call_tool("fred.search", {"q": "inflation"}, timeout=None))
loop.run_until_complete(asyncio.wait([loop.run_in_executor(None, arrived)]))
task._log_destroy_pending = False
""",
    "a_client_and_a_dev_server_never_closed": """
server = DevServer()
client = OmniMCPClient(server.api_key, base_url=server.url)
client.ping()
other = OmniMCPClient(key, base_url=url)
threading.Thread(target=hang, args=(other,), daemon=True).start()
arrived()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_exit(server: DevServer, name: str) -> None:
    server.script([{"on": {"method": "tools/call"}, "fault": {"kind": "hang"}}])
    child = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + PROGRAMS[name], server.url, server.api_key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "calling\n"
        assert server.wait("requests", method="tools/call", at_least=1)
        _, errors = child.communicate("go\n", timeout=20)
    finally:
        child.kill()
    assert errors == ""
    assert child.returncode == 0
    assert server.wait("open_connections", at_most=0)
