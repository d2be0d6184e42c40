"""Tests of the agent, without a network: with tools of its own, with faults, and with a recorded session."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent import describe
from omni_mcp_py import OmniMCPClient
from omni_mcp_py.testing import DevServer, ToolContext

SESSION = Path(__file__).parents[1] / "session.json"


def search(arguments: dict[str, Any]) -> Any:
    if arguments["q"] == "broken":
        raise RuntimeError("the index is being rebuilt")
    known = {"prices": [{"series_id": "CPI", "title": "Consumer prices"}]}
    return {"results": known.get(arguments["q"], [])}


def series(arguments: dict[str, Any], context: ToolContext) -> Any:
    context.progress(1, 1, f"read {arguments['series_id']}")
    return {"observations": [{"date": "2026-01-01", "value": 1.5}]}


TOOLS: dict[str, Callable[..., Any]] = {"fred.search": search, "fred.series": series}


def client_of(server: DevServer) -> OmniMCPClient:
    return OmniMCPClient(server.api_key, base_url=server.url, backoff_initial=0.001)


def test_tools_of_its_own() -> None:
    with DevServer(tools=TOOLS) as server, client_of(server) as client:
        assert describe(client, "prices") == "Consumer prices: 1.5 (2026-01-01)"
        assert describe(client, "weather") == "nothing about weather"
        assert describe(client, "broken") == "the search failed: the index is being rebuilt"
        calls = [(each["tool"], each["arguments"]) for each in server.ledger()["executions"]]
        assert calls[1] == ("fred.series", {"series_id": "CPI", "limit": 1})


def test_a_lost_response_is_not_executed_twice() -> None:
    with DevServer(tools=TOOLS) as server, client_of(server) as client:
        server.script(
            {"on": {"tool": "fred.search"}, "nth": [1], "fault": {"kind": "reset", "when": "after_execution"}}
        )
        assert describe(client, "prices") == "Consumer prices: 1.5 (2026-01-01)"
        ledger = server.ledger()
        assert [each["tool"] for each in ledger["executions"]] == ["fred.search", "fred.series"]
        assert [each["replayed"] for each in ledger["requests"] if each["tool"] == "fred.search"] == [False, True]


def test_an_outage_is_described() -> None:
    with DevServer(tools=TOOLS) as server, client_of(server) as client:
        server.script({"on": {"method": "tools/call"}, "fault": {"kind": "status", "status": 503}})
        assert describe(client, "prices") == "not available (server_unavailable)"
        assert server.ledger()["executions"] == []


def test_a_recorded_session() -> None:
    # RECORD_FROM=https://… records the session again.
    upstream = os.environ.get("RECORD_FROM")
    recording = DevServer(record=SESSION, upstream=upstream) if upstream else DevServer(replay=SESSION)
    key = os.environ.get("OMNI_API_KEY", "omni_test_any_key")
    with recording as server, OmniMCPClient(key, base_url=server.url) as client:
        prices = "Consumer Price Index for All Urban Consumers: All Items in U.S. City Average: 236.2 (2015-01-01)"
        assert describe(client, "inflation") == prices
        assert describe(client, "unicorns") == "nothing about unicorns"
