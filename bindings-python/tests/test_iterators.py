"""Lists that are read item by item: unfinished iterators, and their options."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ask_tool import options
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient, OmniMCPError
from omni_mcp_py.testing import DevServer

# Warnings of a tool that is left out are not errors here.
pytestmark = pytest.mark.filterwarnings("ignore:the (tool|callback for) :RuntimeWarning")


def test_an_unfinished_iterator_does_not_block() -> None:
    with DevServer(profile="generic", extra_tools=20, tools_page_size=5) as server:
        with OmniMCPClient(**options(server)) as client:
            first = next(client.iter_tools())
            left = client.iter_tools()
            assert next(left) == first
        assert sum(request["rpc_method"] == "tools/list" for request in server.ledger()["requests"]) == 2
        # The rest of its page is there.
        assert len([*zip(range(4), left, strict=False)]) == 4
        with pytest.raises(OmniMCPError, match="closed"):
            next(left)


LEFT_OUT = "the tool mirrored_wrongly was left out"


def test_an_iterator_issues_the_warnings_of_its_pages() -> None:
    with (
        DevServer(profile="generic", era="modern", everything=True) as server,
        OmniMCPClient(**options(server)) as client,
        pytest.warns(RuntimeWarning, match=LEFT_OUT),
    ):
        assert [*client.iter_tools()]


def test_an_async_iterator_issues_the_warnings_of_its_pages() -> None:
    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server)) as client:
            assert [tool async for tool in client.iter_tools()]

    with (
        DevServer(profile="generic", era="modern", everything=True) as server,
        pytest.warns(RuntimeWarning, match=LEFT_OUT),
    ):
        asyncio.run(main(server))


def test_an_unfinished_async_iterator_does_not_block() -> None:
    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server)) as client:
            async for tool in client.iter_tools():
                assert tool["name"]
                break
            left = client.iter_tools()
            await anext(left)

    with DevServer(profile="generic", extra_tools=20, tools_page_size=5) as server:
        asyncio.run(main(server))
        assert sum(request["rpc_method"] == "tools/list" for request in server.ledger()["requests"]) == 2


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
def test_an_iterators_options_are_checked_at_once(made: Any) -> None:
    client = made(profile="generic", endpoint="http://127.0.0.1:1/mcp")
    for bad in ({"no_such": 1}, {"on_progress": print}):
        with pytest.raises(ConfigError):
            client.iter_tools(**bad)


def test_an_iterator_has_no_metadata(client: OmniMCPClient) -> None:
    assert not hasattr(client.with_metadata, "iter_tools")
    assert list(client.iter_tools()) == client.list_tools()["tools"]
