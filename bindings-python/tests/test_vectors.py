"""Runs every case of tests/vectors/*.json, with either client; what a case means stands in the README there."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import saw
from cases import in_all_ways
from matching import mismatch
from omni_mcp_py import OmniMCPError, WithMetadata
from omni_mcp_py.testing import DevServer
from subject import Subject

FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
WRITTEN = [case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text("utf-8"))]
CASES = [case for written in WRITTEN for case in in_all_ways(written)]
ERROR_NAMES = set(OmniMCPError.__annotations__) - {"status_code"}


# Of tools that are left out, functions that fail and servers that deviate: the cases that are about it look into the
# metadata.
@pytest.mark.filterwarnings("ignore:the (tool|function for|server) :RuntimeWarning")
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], is_async: bool) -> None:
    if "python" not in case.get("languages", ["python"]):
        pytest.skip(case["why"])
    with DevServer(**case.get("server", {})) as server:
        subject = Subject(case, server)
        if is_async:
            asyncio.run(run_async(case, subject))
        else:
            run(case, subject)


def run(case: dict[str, Any], subject: Subject) -> None:
    try:
        client = subject.open()
    except OmniMCPError as error:
        check_opening(case, error, subject)
        return
    assert "open_error" not in case, "the client could be made"
    with client:
        for step in case["steps"]:
            if "together" in step:
                with ThreadPoolExecutor(len(step["together"])) as pool:
                    list(pool.map(lambda step: call(step, client), step["together"]))
            elif "call" in step:
                for _ in range(step.get("times", 1)):
                    call(step, client)
            else:
                look(step, subject, client)
        saw.check(case.get("saw", {}), subject.server.ledger())


def call(step: dict[str, Any], client: Any) -> None:
    heard: list[Any] = []
    try:
        outcome = getattr(caller(step, client), step["call"])(**arguments(step, heard))
        if hasattr(outcome, "__next__"):
            outcome = list(outcome)
    except OmniMCPError as error:
        outcome = error
    check(step, outcome, heard)


async def run_async(case: dict[str, Any], subject: Subject) -> None:
    try:
        client = await subject.open_async()
    except OmniMCPError as error:
        check_opening(case, error, subject)
        return
    assert "open_error" not in case, "the client could be made"
    async with client:
        for step in case["steps"]:
            if "together" in step:
                await asyncio.gather(*(call_async(step, client) for step in step["together"]))
            elif "call" in step:
                for _ in range(step.get("times", 1)):
                    await call_async(step, client)
            else:
                # The event loop stays free for what the client hears meanwhile.
                await asyncio.to_thread(look, step, subject, client)
        saw.check(case.get("saw", {}), subject.server.ledger())


async def call_async(step: dict[str, Any], client: Any) -> None:
    heard: list[Any] = []
    try:
        outcome = getattr(caller(step, client), step["call"])(**arguments(step, heard))
        outcome = [item async for item in outcome] if hasattr(outcome, "__anext__") else await outcome
    except OmniMCPError as error:
        outcome = error
    check(step, outcome, heard)


def check_opening(case: dict[str, Any], error: OmniMCPError, subject: Subject) -> None:
    assert "open_error" in case, f"the client could not be made: {error!r}"
    why = mismatch(case["open_error"], as_dict(error))
    assert why is None, f"{why}: {error!r}"
    saw.check(case.get("saw", {}), subject.server.ledger())


def look(step: dict[str, Any], subject: Subject, client: Any) -> None:
    """Take a step that is no call."""
    if "property" in step:
        why = mismatch(step["value"], getattr(client, step["property"]))
        assert why is None, f"{step['property']}: {why}"
    elif "notifications" in step:
        expected = step["notifications"]
        why = mismatch(expected, subject.notifications(len(expected)))
        assert why is None, f"notifications: {why}"
    elif "told" in step:
        why = mismatch(step["told"], subject.told)
        assert why is None, f"told: {why}"
    elif "asked" in step:
        why = mismatch(step["asked"], subject.asked)
        assert why is None, f"asked: {why}"
    else:
        tell_server(step["server"], subject.server)


def tell_server(what: Any, server: DevServer) -> None:
    match what:
        case "expire_sessions" | "move_sessions" | "drop_streams" | "revoke_tokens" | "restart":
            getattr(server, what)()
        case {"script": rules}:
            server.script(rules)
        case {"push": message}:
            server.push(message)
        case {"wait": condition}:
            assert server.wait(**condition), f"the server waited in vain for {condition}"
        case _:
            raise AssertionError(f"the runner knows no control {what}")


def caller(step: dict[str, Any], client: Any) -> Any:
    """The client, or its accessor for metadata."""
    wants = "metadata" in step or step.get("options", {}).get("with_metadata", False)
    return client.with_metadata if wants else client


def arguments(step: dict[str, Any], heard: list[Any]) -> dict[str, Any]:
    options = {name: value for name, value in step.get("options", {}).items() if name != "with_metadata"}
    if "progress" in step:
        options["on_progress"] = heard.append
    return {**special(step.get("args", {})), **options}


def special(value: Any) -> Any:  # noqa: PLR0911
    """Values that JSON has no form for."""
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


def check(step: dict[str, Any], outcome: Any, heard: list[Any]) -> None:
    if "progress" in step:
        assert mismatch(step["progress"], heard) is None, heard
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
    return {**known, "status": error.status_code, "class": type(error).__name__}
