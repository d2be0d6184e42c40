"""multiprocessing and ProcessPoolExecutor, by fork, spawn and forkserver: a client for each worker."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from _common import check, equal
from omni_mcp_py import OmniMCPClient, ToolError
from omni_mcp_py.testing import DevServer

CALLS = 40
FAILS = "idem_fails"


def begin(url, key):
    """Make the client of a worker."""
    global client
    client = OmniMCPClient(key, base_url=url)


def call(number):
    """Make one call in a worker."""
    client.call_tool("fred.search", {"q": f"inflation {number}"}, f"idem_{number}")


def fail(server_key):
    """Make a call that fails in a worker; its error is raised in the parent."""
    raise ToolError("it failed", {"delivery": "executed", "idempotency_key": server_key, "attempts": 2}, {"a": [1]})


def main():
    """Run each method."""
    for method in ("fork", "spawn", "forkserver"):
        with DevServer() as server:
            # A client of the parent process, used before the workers start.
            with OmniMCPClient(server.api_key, base_url=server.url) as own:
                own.ping()
                context = multiprocessing.get_context(method)
                given = (server.url, server.api_key)
                with context.Pool(3, begin, given) as pool:
                    pool.map(call, range(CALLS // 2))
                with ProcessPoolExecutor(3, context, begin, given) as executor:
                    list(executor.map(call, range(CALLS // 2, CALLS)))
                    error = executor.submit(fail, FAILS).exception()
                equal(type(error), ToolError, "the class of an error of a worker")
                facts = (error.delivery, error.idempotency_key, error.attempts, error.data)
                equal(facts, ("executed", FAILS, 2, {"a": [1]}), "its facts")
                own.ping()
            executions = server.ledger()["executions"]
            equal(len(executions), CALLS, f"executions under {method}")
            check(len({run["idempotency_key"] for run in executions}) == CALLS, "each call ran once")


if __name__ == "__main__":
    main()
