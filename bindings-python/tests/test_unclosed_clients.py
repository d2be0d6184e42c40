"""A client that is dropped without close: a warning, and its session is still deleted."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import warnings
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ClientClosedError, OmniMCPClient
from omni_mcp_py.registry import GaiaRegistry
from omni_mcp_py.testing import DevServer


async def ping(client: AsyncOmniMCPClient) -> None:
    await client.ping()


def dropped(made: Any, server: DevServer, use: Any, **options: Any) -> list[tuple[type[Warning], str]]:
    # Clients of earlier tests warn before, and not here.
    gc.collect()
    with warnings.catch_warnings(record=True) as reported:
        warnings.simplefilter("always")
        client = made(server.api_key, base_url=server.url, **options)
        use(client)
        del client
        gc.collect()
    # Without the source of a warning, which would keep the client alive.
    return [(warning.category, str(warning.message)) for warning in reported]


USES: dict[str, tuple[Any, Any]] = {
    "sync": (OmniMCPClient, lambda client: client.ping()),
    "async": (AsyncOmniMCPClient, lambda client: asyncio.run(ping(client))),
}


@pytest.mark.parametrize(("made", "use"), USES.values(), ids=USES)
def test_a_dropped_client_warns_and_ends_its_session(server: DevServer, made: Any, use: Any) -> None:
    reported = dropped(made, server, use)
    assert [category for category, _ in reported] == [ResourceWarning]
    assert f"<{made.__name__} omni at {server.url}" in reported[0][1]
    assert "close()" in reported[0][1]
    assert server.wait("sessions_closed", at_least=1)


@pytest.mark.parametrize(("made", "use"), USES.values(), ids=USES)
def test_a_dropped_client_with_callbacks(server: DevServer, made: Any, use: Any) -> None:
    reported = dropped(made, server, use, on_notification=print, on_state=lambda change: None)
    assert [category for category, _ in reported] == [ResourceWarning]
    assert server.wait("sessions_closed", at_least=1)


def test_no_warning_for_clients_that_are_not_connected_or_closed(server: DevServer) -> None:
    assert dropped(OmniMCPClient, server, lambda client: None) == []
    assert dropped(AsyncOmniMCPClient, server, lambda client: None) == []
    assert dropped(OmniMCPClient, server, lambda client: (client.ping(), client.close())) == []
    assert dropped(GaiaRegistry, server, lambda client: None) == []
    assert server.ledger()["sessions_closed"] == 1
    with pytest.raises(ValueError, match="api_key"):
        OmniMCPClient("")
    gc.collect()


def test_an_unreachable_server_does_not_delay_the_drop(server: DevServer) -> None:
    assert len(dropped(OmniMCPClient, server, lambda client: (client.ping(), server.close()))) == 1


PROGRAM = """
import asyncio, sys
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
url, key = sys.argv[1:]
client = OmniMCPClient(key, base_url=url)
client.ping()
other = AsyncOmniMCPClient(key, base_url=url)
async def ping():
    await other.ping()
asyncio.run(ping())
"""


def test_the_end_of_a_program_that_closes_nothing(server: DevServer) -> None:
    for options, warned in (([], 0), (["-W", "always::ResourceWarning"], 2)):
        command = [sys.executable, *options, "-c", PROGRAM, server.url, server.api_key]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        assert (ended.returncode, ended.stdout) == (0, "")
        assert ended.stderr.count("was dropped without close()") == warned, ended.stderr
        assert "Exception" not in ended.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
def test_counters_and_state_after_a_fork(server: DevServer, made: Any) -> None:
    client = made(server.api_key, base_url=server.url)
    _, use = USES["sync" if made is OmniMCPClient else "async"]
    use(client)
    assert (client.state, client.counters["calls"]) == ("ready", 1)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        output = "failed"
        try:
            warnings.simplefilter("error")
            output = f"{client.state} {client.counters['calls']} {client.counters['sessions']}"
            try:
                output += f" {client.server_info}"
            except ClientClosedError as error:
                output += f" {error.code}"
            del client
            gc.collect()
        except BaseException as error:
            output = repr(error)
        finally:
            os.write(writing, output.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as output:
        assert output.read() == "closed 1 1 client_forked"
    os.waitpid(pid, 0)
    # The client of the parent continues.
    assert client.state == "ready"
    assert server.ledger()["sessions_closed"] == 0
    use(client)
    if made is OmniMCPClient:
        client.close()
    else:
        asyncio.run(close(client))


async def close(client: AsyncOmniMCPClient) -> None:
    await client.close()
