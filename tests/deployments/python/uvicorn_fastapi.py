"""FastAPI on uvicorn, 2 workers, one client each: lost sessions, a restart of the server, a clean end."""

import concurrent.futures
import http.client
import os
import signal
import socket
import subprocess
import sys

from _common import check, equal, wait_until
from omni_mcp_py.testing import DevServer

CALLS = 60


def get(port, path):
    """Make a request of the application; return its status."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0


def main():
    """Run the application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with DevServer() as server:
        environment = {**os.environ, "ROW_KEY": server.api_key, "ROW_URL": server.url}
        command = [sys.executable, "-m", "uvicorn", "_fastapi_app:app", "--workers", "2", "--port", str(port)]
        application = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
        try:
            wait_until(lambda: get(port, "/ready") == 200, "the application answers")
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                calls = [pool.submit(get, port, f"/search/{number}") for number in range(CALLS)]
                server.expire_sessions()
                equal({call.result() for call in calls}, {200}, "statuses")
            server.restart()
            wait_until(lambda: get(port, "/search/after") == 200, "calls after a restart of the server")
        finally:
            application.send_signal(signal.SIGTERM)
        check(wait_until(lambda: application.poll() is not None, "the application ends", 20), "the application ends")
        equal(application.returncode, -signal.SIGTERM if application.returncode < 0 else 0, "its exit code")
        runs = [run["idempotency_key"] for run in server.ledger()["executions"]]
        equal(len(runs), len({*runs}), "no call ran twice")
        equal(sorted(key for key in runs if key != "idem_after"), sorted(f"idem_{n}" for n in range(CALLS)), "all ran")


main()
