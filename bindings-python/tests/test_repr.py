"""What `repr` shows: the server and the state, and no secrets."""

from __future__ import annotations

import asyncio
import os

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient
from omni_mcp_py.registry import GaiaRegistry
from omni_mcp_py.testing import DevServer


def test_a_client_shows_its_server_and_state() -> None:
    with DevServer(profile="generic") as server:
        client = OmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp")
        assert repr(client) == f"<OmniMCPClient generic at {server.url}/mcp, not connected>"
        client.ping()
        assert repr(client) == f"<OmniMCPClient generic at {server.url}/mcp, connected>"
        client.close()
        assert repr(client) == f"<OmniMCPClient generic at {server.url}/mcp, closed>"


def test_an_async_client_and_a_registry(server: DevServer) -> None:
    client = AsyncOmniMCPClient(server.api_key, base_url=server.url)
    assert repr(client).startswith(f"<AsyncOmniMCPClient omni at {server.url}/")
    asyncio.run(client.close())
    assert repr(client).endswith(", closed>")
    with GaiaRegistry("k", base_url=server.url) as registry:
        assert repr(registry) == f"<GaiaRegistry gaia at {server.url}/api/mcp/servers>"
    assert repr(registry) == f"<GaiaRegistry gaia at {server.url}/api/mcp/servers, closed>"


def test_a_dev_server() -> None:
    with DevServer(profile="octomind") as server:
        assert repr(server) == f"<DevServer octomind at {server.url}, running>"
    assert repr(server) == f"<DevServer octomind at {server.url}, closed>"


def test_no_secret_is_shown() -> None:
    secret = "s3cr3t_value_1"
    client = OmniMCPClient(
        secret, profile="generic", endpoint=f"https://example.com/mcp?token={secret}", headers={"x-key": secret}
    )
    assert secret not in repr(client)
    client.close()
    assert secret not in repr(client)
    program = OmniMCPClient(profile="generic", command="my-server", args=[f"--key={secret}"], env={"KEY": secret})
    assert repr(program) == '<OmniMCPClient generic at "my-server", not connected>'


def test_a_client_that_was_not_made() -> None:
    client = OmniMCPClient.__new__(OmniMCPClient)
    assert repr(client) == "<OmniMCPClient>"
    with pytest.raises(ConfigError):
        client.__init__(timeout=-1)  # type: ignore[misc]
    assert repr(client) == "<OmniMCPClient>"
    server = DevServer.__new__(DevServer)
    assert repr(server) == "<DevServer>"
    with pytest.raises(ValueError, match="port"):
        server.__init__(port=-1)  # type: ignore[misc]
    assert repr(server) == "<DevServer>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_after_a_fork(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        child = os.fork()
        if child == 0:
            os._exit(0 if repr(client).endswith(", closed>") else 1)
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dev_server_after_a_fork(server: DevServer) -> None:
    shown = f"<DevServer omni at {server.url}, running>"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if repr(server) == shown else 1
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
