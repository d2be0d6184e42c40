"""Every case of tests/vectors, with either client; the README there describes the format of a case."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cases
import ledger
import pytest
from case_client import CaseClient
from matching import mismatch
from omni_mcp_py import OmniMCPError, WithMetadata
from omni_mcp_py.testing import DevServer

FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
CASES = cases.read(FOLDER)
ERROR_NAMES = set(OmniMCPError.__annotations__) - {"status_code"}


# Warnings of tools that are left out, callbacks that fail and servers that deviate: cases check the metadata instead.
@pytest.mark.filterwarnings("ignore:the (tool|callback for|request|server) :RuntimeWarning")
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], is_async: bool) -> None:
    if "python" not in case.get("languages", ["python"]):
        pytest.skip(case["why"])
    with DevServer(**case.get("server", {})) as server:
        case_client = CaseClient(case, server)
        if is_async:
            asyncio.run(run_async(case, case_client))
        else:
            run(case, case_client)


def run(case: dict[str, Any], case_client: CaseClient) -> None:
    try:
        client = case_client.open()
    except OmniMCPError as error:
        check_opening(case, error, case_client)
        return
    assert "open_error" not in case, "the client could be made"
    with client:
        for step in case_client.filled_in(case["steps"]):
            if "concurrent" in step:
                with ThreadPoolExecutor(len(step["concurrent"])) as pool:
                    list(pool.map(lambda step: call(step, client), step["concurrent"]))
            elif "call" in step:
                for _ in range(step.get("times", 1)):
                    call(step, client)
            else:
                other_step(step, case_client, client)
        ledger.check(case.get("ledger", {}), case_client.server.ledger())


def call(step: dict[str, Any], client: Any) -> None:
    received: list[Any] = []
    try:
        outcome = getattr(caller(step, client), step["call"])(**arguments(step, received))
        if hasattr(outcome, "__next__"):
            outcome = list(outcome)
    except OmniMCPError as error:
        outcome = error
    check(step, outcome, received)


async def run_async(case: dict[str, Any], case_client: CaseClient) -> None:
    try:
        client = await case_client.open_async()
    except OmniMCPError as error:
        check_opening(case, error, case_client)
        return
    assert "open_error" not in case, "the client could be made"
    async with client:
        for step in case_client.filled_in(case["steps"]):
            if "concurrent" in step:
                await asyncio.gather(*(call_async(step, client) for step in step["concurrent"]))
            elif "call" in step:
                for _ in range(step.get("times", 1)):
                    await call_async(step, client)
            else:
                # The event loop stays free for callbacks of the client.
                await asyncio.to_thread(other_step, step, case_client, client)
        ledger.check(case.get("ledger", {}), case_client.server.ledger())


async def call_async(step: dict[str, Any], client: Any) -> None:
    received: list[Any] = []
    try:
        outcome = getattr(caller(step, client), step["call"])(**arguments(step, received))
        outcome = [item async for item in outcome] if hasattr(outcome, "__anext__") else await outcome
    except OmniMCPError as error:
        outcome = error
    check(step, outcome, received)


def check_opening(case: dict[str, Any], error: OmniMCPError, case_client: CaseClient) -> None:
    assert "open_error" in case, f"the client could not be made: {error!r}"
    why = mismatch(case_client.filled_in(case["open_error"]), as_dict(error))
    assert why is None, f"{why}: {error!r}"
    ledger.check(case.get("ledger", {}), case_client.server.ledger())


def other_step(step: dict[str, Any], case_client: CaseClient, client: Any) -> None:
    """Take a step that is not a call."""
    if "property" in step:
        why = mismatch(step["value"], getattr(client, step["property"]))
        assert why is None, f"{step['property']}: {why}"
    elif "notifications" in step:
        expected = step["notifications"]
        why = mismatch(expected, case_client.notifications(len(expected)))
        assert why is None, f"notifications: {why}"
    elif "callback_events" in step:
        why = mismatch(step["callback_events"], case_client.events)
        assert why is None, f"callback_events: {why}"
    elif "server_requests" in step:
        why = mismatch(step["server_requests"], case_client.server_requests)
        assert why is None, f"server_requests: {why}"
    else:
        control(step["server"], case_client.server)


def control(what: Any, server: DevServer) -> None:
    match what:
        case "expire_sessions" | "move_sessions" | "drop_streams" | "revoke_tokens" | "restart":
            getattr(server, what)()
        case {"script": rules}:
            server.script(rules)
        case {"push": message}:
            server.push(message)
        case {"wait": condition}:
            assert server.wait(**condition), f"condition not met: {condition}"
        case _:
            raise AssertionError(f"the runner knows no control {what}")


def caller(step: dict[str, Any], client: Any) -> Any:
    """The client or a view of it, or its accessor for calls with metadata."""
    for options in step.get("with_options", []):
        client = client.with_options(**options)
    return client.with_metadata if "metadata" in step else client


def arguments(step: dict[str, Any], received: list[Any]) -> dict[str, Any]:
    options = dict(step.get("options", {}))
    if "progress" in step:
        options["on_progress"] = received.append
    return {**special(step.get("args", {})), **options}


def special(value: Any) -> Any:  # noqa: PLR0911
    """Values that JSON cannot hold."""
    if isinstance(value, list):
        return [special(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("$value"):
        case None:
            return {name: special(member) for name, member in value.items()}
        case "nan":
            return float("nan")
        case "infinity":
            return float("inf")
        case "lone_surrogate":
            return "\ud800"
        case "not_json":
            return object()
        case "cyclic":
            cyclic: dict[str, Any] = {}
            cyclic["itself"] = cyclic
            return cyclic
        case "deep":
            deep: Any = 1
            for _ in range(200):
                deep = [deep]
            return deep
    raise AssertionError(f"the runner knows no value {value}")


def check(step: dict[str, Any], outcome: Any, received: list[Any]) -> None:
    if "progress" in step:
        assert mismatch(step["progress"], received) is None, received
    if isinstance(outcome, OmniMCPError):
        assert "error" in step, f"{step['call']} failed: {outcome!r}"
        why = mismatch(step["error"], as_dict(outcome))
        assert why is None, f"{why}: {outcome!r}"
        return
    assert "error" not in step, f"an error was expected, the result is {outcome!r}"
    if isinstance(outcome, WithMetadata):
        why = mismatch(step.get("metadata", {}), outcome.metadata)
        assert why is None, f"metadata: {why}"
        outcome = outcome.result
    if "result" in step:
        why = mismatch(step["result"], outcome)
        assert why is None, f"result: {why}"


def as_dict(error: OmniMCPError) -> dict[str, Any]:
    known = {name: getattr(error, name) for name in ERROR_NAMES}
    return {**known, "status": error.status_code, "text": str(error), "class": type(error).__name__}
