"""eventlet: green threads call at once, eventlet.Timeout gives a call up, the client's functions run."""

import eventlet

eventlet.monkey_patch()

from _greenlets import ends_calls_early, fails_as_elsewhere, hears_notifications, runs_at_once  # noqa: E402
from omni_mcp_py.testing import DevServer  # noqa: E402


class Library:
    """What the checks need of eventlet."""

    sleep = staticmethod(eventlet.sleep)
    spawn = staticmethod(eventlet.spawn)
    Timeout = eventlet.Timeout

    @staticmethod
    def wait(greenlets):
        """Wait for all, and raise what one raised."""
        for greenlet in greenlets:
            greenlet.wait()


with DevServer() as server:
    for part in (runs_at_once, ends_calls_early, fails_as_elsewhere, hears_notifications):
        part(Library, server)
