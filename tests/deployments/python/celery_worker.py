"""Celery: a prefork worker; results and errors are returned completely, by its JSON backend and by pickle."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from _common import check, equal, wait_until
from omni_mcp_py import OmniMCPError, RateLimitError, RequestTimeoutError
from omni_mcp_py.testing import DevServer

LIMITED = {"kind": "omni_error", "omni_code": "rate_limit_exceeded", "retry_after": 600}
HANGS = {"kind": "hang", "when": "after_execution"}


def row(serializer, folder, server):
    """Run a worker, and compare what comes back."""
    given = {"ROW_FOLDER": folder, "ROW_SERIALIZER": serializer, "ROW_KEY": server.api_key, "ROW_URL": server.url}
    os.environ.update(given)
    for name in ("queue", "results"):
        Path(folder, name).mkdir()
    sys.modules.pop("_celery_app", None)
    from _celery_app import search

    command = [sys.executable, "-m", "celery", "-A", "_celery_app", "worker", "-c", "2", "--loglevel", "WARNING"]
    with Path(folder, "log").open("w+") as log:
        worker = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            calls = [search.delay(f"inflation {number}", f"idem_{number}") for number in range(20)]
            results = [call.get(timeout=60, interval=0.05) for call in calls]
            equal(results, [f"inflation {number}" for number in range(20)], "the results")
            server.script([{"on": {"method": "tools/call"}, "fault": LIMITED}])
            limited = error_of(search.delay("x", "idem_limited"))
            server.clear_script()
            server.script([{"on": {"method": "tools/call"}, "fault": HANGS}])
            hung = error_of(search.delay("x", "idem_hangs"))
        except BaseException:
            log.seek(0)
            print(log.read()[-3000:])
            raise
        finally:
            worker.terminate()
        check(wait_until(lambda: worker.poll() is not None, "the worker ends"), "the worker ends")
    equal(type(limited), RateLimitError, "the class of the error of a limit")
    facts = (limited.code, limited.status_code, limited.delivery, limited.retry_after, limited.idempotency_key)
    equal(facts, ("rate_limited", 429, "rejected", 600, "idem_limited"), "its facts")
    equal(limited.data["omni_code"], "rate_limit_exceeded", "its data")
    equal(type(hung), RequestTimeoutError, "the class of the error of a call without an answer")
    facts = (hung.delivery, hung.idempotency_key, hung.retryable)
    equal(facts, ("maybe_executed", "idem_hangs", True), "its facts")
    check(hung.attempts >= 1 and hung.request_id and hung.code and hung.message in str(hung), "its text and code")
    runs = [run["idempotency_key"] for run in server.ledger()["executions"]]
    equal(sorted(runs), sorted({*runs}), "each call ran once")
    equal(len(runs), 21, "executions")


def error_of(result):
    """Return the error that a task ended with."""
    error = result.get(timeout=60, interval=0.05, propagate=False)
    check(isinstance(error, OmniMCPError), f"an error of ours, not {error!r}")
    return error


for serializer in ("json", "pickle"):
    with tempfile.TemporaryDirectory() as folder, DevServer() as server:
        row(serializer, folder, server)
