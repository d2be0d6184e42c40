"""gevent: greenlets call at once, gevent.Timeout cancels a call, the client's callbacks run."""

from gevent import monkey

monkey.patch_all()

import time  # noqa: E402

import gevent  # noqa: E402
from _common import check, equal  # noqa: E402
from _greenlets import ends_calls_early, fails_as_elsewhere, receives_notifications, runs_at_once  # noqa: E402
from omni_mcp_py.testing import DevServer  # noqa: E402


class Library:
    """The functions of gevent that the checks use."""

    sleep = staticmethod(gevent.sleep)
    spawn = staticmethod(gevent.spawn)
    Timeout = gevent.Timeout

    @staticmethod
    def wait(greenlets):
        """Wait for all, and raise the exception of one."""
        gevent.joinall(greenlets, raise_error=True)


def is_ended_by_kill(server):
    """A greenlet that is killed ends its call."""
    from omni_mcp_py import OmniMCPClient

    server.reset_ledger()
    server.script([{"on": {"method": "tools/call"}, "fault": {"kind": "hang"}}])
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        greenlet = gevent.spawn(client.call_tool, "fred.search", {"q": "x"}, "idem_killed")
        while not any(request["rpc_method"] == "tools/call" for request in server.ledger()["requests"]):
            gevent.sleep(0.01)
        began = time.monotonic()
        greenlet.kill()
        check(time.monotonic() - began < 1, "the kill does not wait for the call")
        while client.counters["cancelled"] < 1:
            check(time.monotonic() - began < 5, "the call is cancelled")
            gevent.sleep(0.01)
        equal(client.counters["attempts"], 1, "attempts")
    server.clear_script()


with DevServer() as server:
    for part in (runs_at_once, ends_calls_early, fails_as_elsewhere, receives_notifications):
        part(Library, server)
    is_ended_by_kill(server)
