"""Registries: records as dicts that hide their secrets, and lists that are read page by page."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from omni_mcp_py import ClientClosedError, ConfigError, OmniMCPError, connect, connect_async, looks_like_error
from omni_mcp_py.registry import AsyncSema4Registry, GaiaRegistry, Sema4Registry, ServerRecord
from omni_mcp_py.testing import DevServer

RECORD: dict[str, Any] = {
    "name": "Echo",
    "transport": "stdio",
    "command": "echo",
    "env": {"TOKEN": "secret_1"},
    "colour": {"of": ["the", 12345678901234567890]},
}


@pytest.fixture
def sema4() -> Iterator[DevServer]:
    with DevServer(profile="sema4") as server:
        yield server


def opened(made: Any, server: DevServer) -> Any:
    return made(server.api_key, base_url=server.url, tenant="tenant-1")


def test_a_record_shows_no_secret() -> None:
    record = ServerRecord(RECORD)
    for twin in (record, record.copy(), copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert type(twin) is ServerRecord
        assert twin == RECORD
        for shown in (repr(twin), str(twin), f"{twin}", f"{[twin]}"):
            assert "secret_1" not in shown
            assert "Echo" in shown
    assert json.loads(json.dumps(record)) == RECORD
    assert "secret_1" not in repr(ServerRecord(RECORD, odd=object()))
    assert isinstance(record, dict)


def test_unknown_members_round_trip(sema4: DevServer) -> None:
    with opened(Sema4Registry, sema4) as registry:
        created = registry.create(MappingProxyType(RECORD))
        assert type(created) is ServerRecord
        assert registry.get(created["id"])["colour"] == RECORD["colour"]
        changed = registry.update(created["id"], {**created, "colour": "red"})
        assert changed["colour"] == "red"
        assert type(registry.list_page()["data"][0]) is ServerRecord
        assert registry.delete(created["id"]) is None
        assert list(registry.list()) == []
    with pytest.raises(ClientClosedError):
        registry.get("x")


def test_pages_are_fetched_on_demand(sema4: DevServer) -> None:
    def pages() -> int:
        return sum(request["http_method"] == "GET" for request in sema4.ledger()["requests"])

    with opened(Sema4Registry, sema4) as registry:
        for number in range(3):
            registry.create({**RECORD, "name": f"Echo {number}"})
        servers = registry.list(limit=1)
        assert pages() == 0
        assert next(servers)["name"] == "Echo 0"
        assert pages() == 1
        assert [server["name"] for server in servers] == ["Echo 1", "Echo 2"]
        assert pages() == 3
        with pytest.raises(ConfigError, match="limit"):
            registry.list(limit=0)
        with pytest.raises(ConfigError, match="max_attempts"):
            registry.list(max_attempts=0)

    async def main() -> None:
        async with opened(AsyncSema4Registry, sema4) as registry:
            assert [server["name"] async for server in registry.list(limit=2)] == ["Echo 0", "Echo 1", "Echo 2"]
            async for server in registry.list(limit=1):
                assert type(server) is ServerRecord
                break

    asyncio.run(main())
    assert pages() == 3 + 2 + 1


def test_a_page_that_failed_is_requested_again(sema4: DevServer) -> None:
    with opened(Sema4Registry, sema4) as registry:
        for number in range(2):
            registry.create({**RECORD, "name": f"Echo {number}"})
        sema4.script([{"on": {"http_method": "GET"}, "times": 1, "fault": {"kind": "status", "status": 400}}])
        with pytest.raises(OmniMCPError):
            next(registry.list())
        assert len(list(registry.list())) == 2


@pytest.mark.parametrize("made", [Sema4Registry, AsyncSema4Registry, GaiaRegistry])
def test_a_registry_refuses_callbacks(made: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        made("key", base_url="http://127.0.0.1:1", token_provider=None)
    assert (raised.value.code, raised.value.field) == ("unknown_option", "token_provider")


def test_gaia() -> None:
    with DevServer(profile="gaia") as server, GaiaRegistry(server.api_key, base_url=server.url) as registry:
        server_record = {"projectId": "p", "name": "Echo", "transportType": "http", "url": "https://example.com/mcp"}
        assert registry.create(server_record)["success"] is True
        listed = registry.list("p", max_attempts=1)
        assert [type(record) for record in listed] == [ServerRecord]
        assert registry.request("GET", "/api/mcp/servers?projectId=p")
        assert repr(registry) == f"<GaiaRegistry gaia at {server.url}/api/mcp/servers>"


@pytest.mark.parametrize("wrap", [dict, MappingProxyType, ServerRecord])
def test_from_a_record_to_a_client(wrap: Any) -> None:
    with DevServer(profile="generic") as server:
        record = wrap({"name": "Echo", "transport": "streamable-http", "url": f"{server.url}/mcp"})
        with connect(record, timeout=5) as client:
            assert client.server_info is not None
            assert client.instructions is None or isinstance(client.instructions, str)

        async def main() -> None:
            async with await connect_async(record, timeout=5) as client:
                assert client.server_info is not None

        asyncio.run(main())


def test_a_client_that_cannot_connect_is_closed() -> None:
    record = {"name": "Echo", "transport": "streamable-http"}
    with DevServer(profile="generic", faults=[{"on": {}, "fault": {"kind": "status", "status": 403}}]) as server:
        with pytest.raises(OmniMCPError) as raised:
            connect({**record, "url": f"{server.url}/mcp"})
        assert raised.value.status_code == 403
        with pytest.raises(OmniMCPError):
            asyncio.run(connect_async({**record, "url": f"{server.url}/mcp"}))
        assert server.wait("open_connections", at_most=0)
    for bad in (
        {},
        {**record, "url": "x"},
        {**record, "url": object()},
        {**record, "url": "http://h/", "command": "x"},
    ):
        with pytest.raises(ConfigError):
            connect(bad)


def test_looks_like_error() -> None:
    assert looks_like_error({"content": [{"type": "text", "text": "Error: no such target"}]})
    assert not looks_like_error({"content": [{"type": "text", "text": "fine"}]})
