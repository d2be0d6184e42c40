"""A panic in the core is an error of its call only. Debug builds have a method that panics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from case_client import program
from omni_mcp_py import AsyncOmniMCPClient, InternalError, OmniMCPClient, _native
from omni_mcp_py.testing import DevServer

WHEN = ["preparing", "running"]
SEARCH: tuple[str, dict[str, Any]] = ("echo", {"n": 1})


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer(profile="generic", era="legacy") as server:
        yield server


def options(server: DevServer, kind: str) -> dict[str, Any]:
    if kind == "stdio":
        return {"profile": "generic", "command": program(), "args": ["--stdio"]}
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", "listen": kind == "listening"}


def native(client: Any) -> Any:
    return client._native


@pytest.mark.parametrize("kind", ["plain", "listening", "stdio"])
@pytest.mark.parametrize("when", WHEN)
def test_sync(server: DevServer, kind: str, when: str) -> None:
    with OmniMCPClient(**options(server, kind)) as client:
        for _ in range(3):
            with pytest.raises(InternalError, match="please report it") as raised:
                native(client).call("panic", {"when": when}, {}, None)
            assert raised.value.code == "panicked"
            assert raised.value.delivery == ("not_sent" if when == "preparing" else "maybe_executed")
            assert client.call_tool(*SEARCH)["content"]


@pytest.mark.parametrize("kind", ["plain", "listening", "stdio"])
@pytest.mark.parametrize("when", WHEN)
def test_async(server: DevServer, kind: str, when: str) -> None:
    async def main() -> None:
        async with AsyncOmniMCPClient(**options(server, kind)) as client:
            others = [asyncio.create_task(client.call_tool("slow", {"ms": 20, "n": n})) for n in range(4)]
            for _ in range(3):
                with pytest.raises(InternalError, match="please report it"):
                    await native(client).call("panic", {"when": when}, {}, None)
                assert (await client.call_tool(*SEARCH))["content"]
            assert all(result["content"] for result in await asyncio.gather(*others))

    asyncio.run(main())


def test_stderr_shows_the_place_of_the_panic_and_no_params(
    server: DevServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with OmniMCPClient(**options(server, "plain")) as client, pytest.raises(InternalError):
        native(client).call("panic", {"when": "running", "secret": "s3cret"}, {}, None)
    errors = capfd.readouterr().err
    assert "panicked at" in errors
    assert "s3cret" not in errors


def test_a_lock_held_during_a_panic_can_be_used(server: DevServer) -> None:
    with OmniMCPClient(**options(server, "plain")) as client:
        for when in WHEN * 20:
            with pytest.raises(InternalError):
                native(client).call("panic", {"when": when}, {}, None)
        assert client.call_tool(*SEARCH)["content"]


def test_only_debug_builds_have_it() -> None:
    # It is in no table, and so in no facade.
    assert "panic" not in [method["name"] for method in _native.tables()["methods"]]
