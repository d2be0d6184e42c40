"""A server that is a child process ends with its client, and at the latest with the interpreter."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from omni_mcp_py import ClientClosedError, OmniMCPClient
from test_fork import in_child

# A server that holds a connection as long as it lives.
SERVER = """
import json, socket, sys
alive = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
info = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked and asked["method"] != "tools/call":
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": info}), flush=True)
# One that does not end with its input.
if "stubborn" in sys.argv:
    alive.recv(1)
"""
PROGRAM = """
import asyncio, sys, threading
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError, connect
options = {"profile": "generic", "command": sys.executable, "args": sys.argv[1:]}
def hang(client):
    try:
        client.call_tool("x", timeout=None)
    except OmniMCPError:
        # The end closes the client; the thread may still receive events.
        pass
"""
EXITS = {
    "never_closed": "client = OmniMCPClient(**options); client.ping()",
    "with_a_callback": "client = OmniMCPClient(**options, on_notification=print); client.ping()",
    "by_an_exception": "client = OmniMCPClient(**options); client.ping(); sys.exit(0)",
    "in_a_call": """
client = OmniMCPClient(**options)
client.ping()
threading.Thread(target=hang, args=(client,), daemon=True).start()
""",
    "async_never_closed": """
client = AsyncOmniMCPClient(**options)
asyncio.run(client.ping())
""",
    "closed_at_exit": """
import atexit
client = OmniMCPClient(**options)
atexit.register(client.close)
client.ping()
""",
    "closed_after_the_end_began": """
import atexit
atexit.register(lambda: client.close())
client = OmniMCPClient(**options)
client.ping()
""",
    "used_at_the_end": """
import atexit
client = OmniMCPClient(**options)
client.ping()
atexit.register(client.ping)
""",
    "forgotten_just_before": "OmniMCPClient(**options).ping()",
    "a_record": """
record = {"name": "x", "transport": "stdio", "command": options["command"], "args": options["args"]}
client = connect(record)
""",
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture
def arguments(listener: socket.socket, tmp_path: Path) -> list[str]:
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return [str(path), str(listener.getsockname()[1])]


def ends(alive: socket.socket) -> bool:
    """Whether the child process that holds the other end does."""
    alive.settimeout(10)
    with alive:
        return alive.recv(1) == b""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "obedient") for name in EXITS),
        *((name, "stubborn") for name in ("never_closed", "async_never_closed", "forgotten_just_before")),
    ],
)
def test_exit(listener: socket.socket, arguments: list[str], name: str, kind: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", PROGRAM + EXITS[name], *arguments, kind],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (child.stderr, child.returncode) == ("", 0)
    assert ends(listener.accept()[0])


def test_a_child_ends_with_its_client(listener: socket.socket, arguments: list[str]) -> None:
    with OmniMCPClient(profile="generic", command=sys.executable, args=arguments) as client:
        client.connect()
        info = client.server_info
        assert info is not None
        assert info["name"] == "x"
        alive = listener.accept()[0]
    assert ends(alive)
    client = OmniMCPClient(profile="generic", command=sys.executable, args=arguments)
    client.ping()
    alive = listener.accept()[0]
    del client
    assert ends(alive)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_client_does_not_cross_a_fork(listener: socket.socket, arguments: list[str]) -> None:
    with OmniMCPClient(profile="generic", command=sys.executable, args=arguments) as client:
        client.ping()
        alive = listener.accept()[0]

        def child() -> None:
            with pytest.raises(ClientClosedError) as raised:
                client.ping()
            assert raised.value.code == "client_forked"
            with pytest.raises(ClientClosedError):
                _ = client.server_info
            client.close()
            with OmniMCPClient(profile="generic", command=sys.executable, args=arguments) as new:
                new.ping()
            assert ends(listener.accept()[0])

        in_child(child)
        client.ping()
    assert ends(alive)
