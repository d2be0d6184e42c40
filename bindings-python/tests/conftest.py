from __future__ import annotations

from collections.abc import Iterator

import pytest
from omni_mcp_py import OmniMCPClient
from omni_mcp_py.testing import DevServer


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OMNI_API_KEY",
        "OMNI_CLIENT_API_BASE_URL",
        "GAIA_API_KEY",
        "GAIA_BASE_URL",
        "SEMA4_API_KEY",
        "SEMA4_BASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer() as server:
        yield server


@pytest.fixture
def client(server: DevServer) -> Iterator[OmniMCPClient]:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        yield client
