"""A program can end during calls and callbacks: as Python itself would end it, and without delay."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from omni_mcp_py.testing import DevServer

PRELUDE = """
import asyncio, os, signal, sys, threading, time
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
signal.signal(signal.SIGINT, signal.default_int_handler)
endpoint = {"profile": "generic", "endpoint": sys.argv[1]}
def hang(client, **options):
    client.call_tool("slow", {"ms": 60_000}, timeout=None, **options)
def reported(*_):
    # One write: with print, the lines of two threads can mix.
    os.write(1, b"reported\\n")
taken = threading.Lock()
taken.acquire()
blocked = []
def block(*_):
    reported()
    # No switch between threads in between: a thread that reads `blocked` knows that this one waits.
    blocked.append(None); taken.acquire()
def ends_behind(functions):
    sys.stdin.readline()
    while len(blocked) < functions:
        time.sleep(0)
def in_a_thread(work, *given):
    threading.Thread(target=work, args=given, daemon=True).start()
"""
# The program, its exit code, and the last line on stderr.
ENDINGS: dict[str, tuple[str, int, str]] = {
    "exit_in_a_progress_callback": (
        """
client = OmniMCPClient(**endpoint)
def callback(_):
    reported()
    sys.exit(3)
client.call_tool("echo", {}, on_progress=callback)
""",
        3,
        "",
    ),
    "exit_in_a_provider": (
        """
def provide():
    reported()
    sys.exit(3)
OmniMCPClient(**endpoint, token_provider=provide).ping()
""",
        3,
        "",
    ),
    "exit_in_an_async_progress_callback": (
        """
def callback(_):
    reported()
    sys.exit(3)
async def main():
    await AsyncOmniMCPClient(**endpoint).call_tool("echo", {}, on_progress=callback)
asyncio.run(main())
""",
        3,
        "",
    ),
    "os_exit_in_a_callback": (
        """
client = OmniMCPClient(**endpoint)
in_a_thread(hang, client)
def callback(_):
    reported()
    os._exit(4)
client.call_tool("echo", {}, on_progress=callback)
""",
        4,
        "",
    ),
    "an_exception_while_others_call": (
        """
client = OmniMCPClient(**endpoint)
for _ in range(3):
    in_a_thread(hang, client)
reported()
raise LookupError("the program's own")
""",
        1,
        "LookupError: the program's own",
    ),
    "while_callbacks_run": (
        """
def callback(_):
    block()
client = OmniMCPClient(**endpoint, on_notification=callback, listen=True)
client.ping()
in_a_thread(lambda: client.call_tool("echo", {}, on_progress=callback))
ends_behind(1)
""",
        0,
        "",
    ),
    "while_a_provider_runs": (
        """
def provide():
    block()
for options in ({}, {"transport": "streamable_http"}):
    client = OmniMCPClient(**endpoint, **options, token_provider=provide)
    in_a_thread(client.ping)
ends_behind(2)
""",
        0,
        "",
    ),
    "while_on_log_runs": (
        """
def callback(_):
    block()
in_a_thread(OmniMCPClient(**endpoint, on_log=callback, listen=True).ping)
ends_behind(1)
""",
        0,
        "",
    ),
    "while_on_state_runs": (
        """
def callback(_):
    block()
in_a_thread(OmniMCPClient(**endpoint, on_state=callback).ping)
ends_behind(1)
""",
        0,
        "",
    ),
    "while_on_state_of_an_async_client_runs": (
        """
def callback(_):
    block()
async def main():
    calls = [asyncio.create_task(AsyncOmniMCPClient(**endpoint, on_state=callback).ping())]
    await asyncio.to_thread(ends_behind, 1)
asyncio.run(main())
""",
        0,
        "",
    ),
    "while_a_record_is_written": (
        """
import logging
class Handler(logging.Handler):
    def createLock(self):
        # For which the end of logging itself would wait.
        self.lock = None
    def emit(self, record):
        block()
logging.basicConfig(level=logging.INFO, handlers=[Handler()])
in_a_thread(OmniMCPClient(**endpoint).ping)
ends_behind(1)
""",
        0,
        "",
    ),
    "exit_in_on_log": (
        """
def callback(_):
    reported()
    sys.exit(3)
OmniMCPClient(**endpoint, on_log=callback).ping()
""",
        3,
        "",
    ),
    "while_async_functions_run": (
        """
async def provide():
    reported()
    await asyncio.Event().wait()
async def main():
    client = AsyncOmniMCPClient(**endpoint, token_provider=provide)
    calls = [asyncio.create_task(client.ping()) for _ in range(4)]
    await asyncio.to_thread(sys.stdin.readline)
asyncio.run(main())
""",
        0,
        "",
    ),
    "a_task_that_fails_while_others_call": (
        """
async def main():
    client = AsyncOmniMCPClient(**endpoint)
    calls = [asyncio.create_task(client.call_tool("slow", {"ms": 60_000}, timeout=None)) for _ in range(4)]
    await client.ping()
    reported()
    raise LookupError("the program's own")
asyncio.run(main())
""",
        1,
        "LookupError: the program's own",
    ),
}


@contextlib.contextmanager
def start(server: DevServer, program: str) -> Iterator[subprocess.Popen[str]]:
    """The program, once it has reported. It is killed at the end if it still runs."""
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + program, f"{server.url}/mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "reported\n"
            yield child
        finally:
            child.kill()


@pytest.fixture
def server() -> Any:
    with DevServer(profile="generic", era="legacy", progress=1) as server:
        yield server


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_program_ends(server: DevServer, ending: str) -> None:
    program, code, last_line = ENDINGS[ending]
    with start(server, program) as child:
        _, stderr = child.communicate("go\n", timeout=20)
    last = stderr.splitlines()[-1] if stderr else ""
    assert (child.returncode, last) == (code, last_line), stderr
    assert server.wait("open_connections", at_most=0)


INTERRUPTED = {
    "sync": """
client = OmniMCPClient(**endpoint)
client.ping()
reported()
hang(client)
""",
    "sync_that_listens": """
client = OmniMCPClient(**endpoint, on_notification=print, listen=True)
client.ping()
reported()
hang(client)
""",
    "async": """
async def main():
    client = AsyncOmniMCPClient(**endpoint)
    await client.ping()
    reported()
    await asyncio.gather(*(client.call_tool("slow", {"ms": 60_000}, timeout=None) for _ in range(3)))
asyncio.run(main())
""",
    "in_a_callback": """
def callback(_):
    reported()
    threading.Event().wait()
OmniMCPClient(**endpoint).call_tool("echo", {}, on_progress=callback)
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("name", INTERRUPTED)
def test_ctrl_c_ends_the_program(server: DevServer, name: str) -> None:
    with start(server, INTERRUPTED[name]) as child:
        if name != "in_a_callback":
            assert server.wait("running", at_least=1)
        child.send_signal(signal.SIGINT)
        _, stderr = child.communicate(timeout=20)
    assert stderr.splitlines()[-1] == "KeyboardInterrupt"
    assert child.returncode == -signal.SIGINT
    assert server.wait("open_connections", at_most=0)
