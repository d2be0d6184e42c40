"""Runs every case of tests/vectors/*.json, with either client; what a case means stands in the README there."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import saw
from matching import mismatch
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError, WithMetadata
from omni_mcp_py.testing import DevServer

FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
CASES = [case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text("utf-8"))]
ERROR_NAMES = set(vars(OmniMCPError)["__annotations__"]) - {"status_code"}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], is_async: bool) -> None:
    if "python" not in case.get("languages", ["python"]):
        pytest.skip(case["why"])
    with DevServer(**case.get("server", {})) as server:
        made = AsyncOmniMCPClient if is_async else OmniMCPClient
        if "open_error" in case:
            with pytest.raises(OmniMCPError) as raised:
                made(**client_options(case, server))
            assert mismatch(case["open_error"], as_dict(raised.value)) is None, raised.value
        elif is_async:
            asyncio.run(take_steps_async(case, server))
        else:
            take_steps(case, server)
        saw.check(case.get("saw", {}), server.ledger())


def take_steps(case: dict[str, Any], server: DevServer) -> None:
    client = OmniMCPClient(**client_options(case, server))
    for step in case["steps"]:
        if "together" in step:
            with ThreadPoolExecutor(len(step["together"])) as pool:
                list(pool.map(lambda step: call(step, client), step["together"]))
        elif "server" in step:
            tell_server(step["server"], server)
        else:
            call(step, client)


def call(step: dict[str, Any], client: OmniMCPClient) -> None:
    heard: list[Any] = []
    try:
        outcome = getattr(client, step["call"])(**arguments(step, heard))
    except OmniMCPError as error:
        outcome = error
    check(step, outcome, heard)


async def take_steps_async(case: dict[str, Any], server: DevServer) -> None:
    client = AsyncOmniMCPClient(**client_options(case, server))
    for step in case["steps"]:
        if "together" in step:
            await asyncio.gather(*(call_async(step, client) for step in step["together"]))
        elif "server" in step:
            tell_server(step["server"], server)
        else:
            await call_async(step, client)


async def call_async(step: dict[str, Any], client: AsyncOmniMCPClient) -> None:
    heard: list[Any] = []
    try:
        outcome = await getattr(client, step["call"])(**arguments(step, heard))
    except OmniMCPError as error:
        outcome = error
    check(step, outcome, heard)


def tell_server(what: Any, server: DevServer) -> None:
    if what == "expire_sessions":
        server.expire_sessions()
    else:
        server.script(what["script"])


def client_options(case: dict[str, Any], server: DevServer) -> dict[str, Any]:
    base = {"api_key": "$KEY", "base_url": "$URL", "backoff_initial": 0.001, "backoff_max": 0.002}
    options = {**base, **case.get("client", {})}
    text = json.dumps({name: value for name, value in options.items() if value != {"$unset": True}})
    return json.loads(text.replace("$URL", server.url).replace("$KEY", server.api_key))


def arguments(step: dict[str, Any], heard: list[Any]) -> dict[str, Any]:
    options = dict(step.get("options", {}))
    if "metadata" in step:
        options["with_metadata"] = True
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
