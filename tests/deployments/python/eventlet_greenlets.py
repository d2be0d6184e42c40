"""eventlet: green threads call at once, eventlet.Timeout cancels a call, the client's callbacks run."""

import eventlet

eventlet.monkey_patch()

from _greenlets import ends_calls_early, fails_as_elsewhere, receives_notifications, runs_at_once  # noqa: E402
from omni_mcp_py.testing import DevServer  # noqa: E402


class Library:
    """The functions of eventlet that the checks use."""

    sleep = staticmethod(eventlet.sleep)
    spawn = staticmethod(eventlet.spawn)
    Timeout = eventlet.Timeout

    @staticmethod
    def wait(greenlets):
        """Wait for all, and raise the exception of one."""
        for greenlet in greenlets:
            greenlet.wait()


with DevServer() as server:
    for part in (runs_at_once, ends_calls_early, fails_as_elsewhere, receives_notifications):
        part(Library, server)
