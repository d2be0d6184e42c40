"""Common checks for gevent and eventlet."""

import time

from _common import check, equal
from omni_mcp_py import OmniMCPClient, RateLimitError

SLOW = [{"on": {"method": "tools/call"}, "fault": {"kind": "delay", "ms": 400}}]
HANGS = [{"on": {"method": "tools/call"}, "fault": {"kind": "hang"}}]
LIMITED = [{"on": {"method": "tools/call"}, "fault": {"kind": "omni_error", "omni_code": "rate_limit_exceeded"}}]


def begin(server, rules):
    """Clear the ledger, and set faults."""
    server.clear_script()
    server.reset_ledger()
    server.script(rules)


def ticks(library, counted):
    """Count while other greenlets wait."""
    while True:
        counted.append(time.monotonic())
        library.sleep(0.01)


def runs_at_once(library, server):
    """Eight slow calls take as long as one, and other greenlets run meanwhile."""
    begin(server, [])
    counted = []
    library.spawn(ticks, library, counted)
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        client.ping()
        server.script(SLOW)
        began = time.monotonic()
        counted.clear()
        received = []

        def call(number):
            client.call_tool("fred.search", {"q": f"x {number}"}, f"idem_{number}", on_progress=received.append)

        library.wait([library.spawn(call, number) for number in range(8)])
        took = time.monotonic() - began
        check(took < 8 * 0.4, f"the calls run at once, and took {took:.1f} s")
        check(len(counted) >= 5, f"others run meanwhile: {len(counted)} yields")
        server.clear_script()
        # Lists over pages, too.
        check(len(list(client.iter_tools())) > 0, "a list")
    equal(len(server.ledger()["executions"]), 8, "executions")
    equal(server.ledger()["sessions_closed"], 1, "sessions that were closed")


def ends_calls_early(library, server):
    """A timeout of the library ends the call at once, and the server is notified."""
    begin(server, HANGS)
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        began = time.monotonic()
        timeout = library.Timeout(0.3)
        try:
            with timeout:
                client.call_tool("fred.search", {"q": "x"}, "idem_timeout")
        except library.Timeout as raised:
            check(raised is timeout, "the timeout is the library's own")
        else:
            check(False, "the timeout fires")
        check(time.monotonic() - began < 2, "it fires in time")
        while client.counters["cancelled"] < 1:
            check(time.monotonic() - began < 5, "the call is cancelled")
            library.sleep(0.01)
        equal(client.counters["attempts"], 1, "attempts")
        server.clear_script()
        client.call_tool("fred.search", {"q": "x"}, "idem_after")
    equal([run["idempotency_key"] for run in server.ledger()["executions"]], ["idem_after"], "executions")


def fails_as_elsewhere(library, server):
    """Errors are the same."""
    begin(server, LIMITED)
    with OmniMCPClient(server.api_key, base_url=server.url, max_attempts=1) as client:
        try:
            client.call_tool("fred.search", {"q": "x"}, "idem_limited")
        except RateLimitError as error:
            equal((error.delivery, error.idempotency_key), ("rejected", "idem_limited"), "the error")
        else:
            check(False, "the call fails")
    server.clear_script()


def receives_notifications(library, server):
    """Clients with callbacks do not block the hub."""
    begin(server, [])
    received = []
    options = {"on_notification": received.append, "token_provider": lambda: server.api_key}
    with OmniMCPClient(base_url=server.url, **options) as client:
        client.ping()
        began = time.monotonic()
        while not (server.push({"method": "notifications/tools/list_changed", "params": {}}) and received):
            check(time.monotonic() - began < 10, "a notification is received")
            library.sleep(0.02)
        client.call_tool("fred.search", {"q": "x"})
