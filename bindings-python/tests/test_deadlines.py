"""Deadlines: a process that is stopped, and a server that does not respond."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from omni_mcp_py import OmniMCPClient, RequestTimeoutError
from omni_mcp_py.testing import DevServer

CALLS = {
    "sync": """
client = OmniMCPClient(key, base_url=url, timeout=1, max_attempts=1)
client.ping()
print("ready", flush=True)
print(client.call_tool("fred.search", {"q": "inflation"})["structuredContent"]["query"])
""",
    "async": """
async def main():
    async with AsyncOmniMCPClient(key, base_url=url, timeout=1, max_attempts=1) as client:
        await client.ping()
        print("ready", flush=True)
        print((await client.call_tool("fred.search", {"q": "inflation"}))["structuredContent"]["query"])
asyncio.run(main())
""",
}
PRELUDE = """
import asyncio, sys
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
url, key = sys.argv[1:]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
@pytest.mark.parametrize("kind", CALLS)
def test_an_answer_that_came_while_the_process_was_stopped_is_a_result(kind: str) -> None:
    late = {"on": {"method": "tools/call"}, "fault": {"kind": "delay", "ms": 300}}
    with DevServer(faults=[late]) as server:
        argv = [sys.executable, "-c", PRELUDE + CALLS[kind], server.url, server.api_key]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert server.wait("requests", method="tools/call", at_least=1, timeout=20)
            os.kill(process.pid, signal.SIGSTOP)
            # Until the answer has come, and the timeout passed.
            assert server.wait("answers", method="tools/call", at_least=1, timeout=20)
            stopped = time.monotonic()
            while time.monotonic() < stopped + 1.2:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGCONT)
            reported, errors = process.communicate(timeout=30)
    assert (reported.split(), errors) == (["ready", "inflation"], "")


def test_a_timeout_does_not_wait_for_its_notification() -> None:
    silent = [
        {"on": {"method": method}, "fault": {"kind": "hang"}} for method in ("tools/call", "notifications/cancelled")
    ]
    with DevServer(profile="generic", faults=silent) as server:
        client = OmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp", max_attempts=1)
        client.ping()
        begun = time.monotonic()
        with pytest.raises(RequestTimeoutError, match=r"no response within 0.3 s \(option timeout\)"):
            client.call_tool("echo", {"n": 1}, timeout=0.3)
        assert time.monotonic() - begun < 0.7
        # The server still gets the notification.
        assert server.wait("requests", method="notifications/cancelled", at_least=1)
        client.close()
