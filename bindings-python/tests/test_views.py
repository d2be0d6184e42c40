"""Views of a client, beyond the shared vectors: subclasses, lifetimes, and what closing does."""

from __future__ import annotations

import asyncio
import gc
import warnings

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, text_of
from omni_mcp_py.testing import DevServer


class Tagged(OmniMCPClient):
    """A subclass with a member of its own."""

    def __init__(self, server: DevServer, tag: str) -> None:
        super().__init__(server.api_key, base_url=server.url)
        self.tag = tag


def test_a_view_has_the_members_of_a_subclass(server: DevServer) -> None:
    with Tagged(server, "a") as client:
        view = client.with_options(timeout=5)
        assert isinstance(view, Tagged)
        assert view.tag == "a"
        assert view is not client
        assert repr(view) == repr(client)


def test_the_end_of_a_view_is_not_that_of_its_client(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        with client.with_options(timeout=5) as view:
            view.ping()
        client.ping()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del view
            gc.collect()
        assert not caught
        assert client.state == "ready"


def test_a_view_keeps_its_client(server: DevServer) -> None:
    view = OmniMCPClient(server.api_key, base_url=server.url).with_options(timeout=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        view.ping()
        gc.collect()
        assert text_of(view.call_tool("fred.search", {"q": "inflation"}))
    client = view._client  # type: ignore[attr-defined]
    client.close()
    assert view.state == "closed"


def test_metadata_of_a_view(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        view = client.with_options(headers={"x-tenant": "acme"})
        result, metadata = view.with_metadata.call_tool("fred.search", {"q": "inflation"})
        assert metadata["attempts"] == 1
        assert text_of(result)
    assert server.ledger()["requests"][-2]["headers"]["x-tenant"] == "acme"


def test_callbacks_of_an_async_client_run_for_its_views(server: DevServer) -> None:
    async def main() -> None:
        received: list[object] = []
        async with AsyncOmniMCPClient(
            server.api_key, base_url=server.url, on_request=lambda info: received.append(info["method"])
        ) as client:
            async with client.with_options(timeout=5) as view:
                await asyncio.gather(view.ping(), view.list_tools())
            assert {"initialize", "ping", "tools/list"} <= set(received)
            await client.ping()

    asyncio.run(main())
