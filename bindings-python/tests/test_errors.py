"""The exceptions: what they carry, how they travel, and what they never show."""

from __future__ import annotations

import asyncio
import copy
import pickle
import traceback
from typing import Any

import omni_mcp_py
import pytest
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient, OmniMCPError, RateLimitError, _errors
from omni_mcp_py.testing import DevServer

LIMITED = {"kind": "omni_error", "omni_code": "rate_limit_exceeded", "retry_after": 600}


def rate_limited(server: DevServer) -> RateLimitError:
    server.script([{"on": {"method": "tools/call"}, "fault": LIMITED}])
    client = OmniMCPClient(server.api_key, base_url=server.url)
    with pytest.raises(RateLimitError) as raised:
        client.call_tool("fred.search", {"q": "inflation"}, "idem_mine", request_id="req_mine")
    return raised.value


def test_an_error_tells_everything(server: DevServer) -> None:
    error = rate_limited(server)
    assert error.kind == "rate_limit"
    assert error.code == "rate_limited"
    assert error.status_code == 429
    assert error.rpc_code == -32002
    assert error.service_code == error.omni_code == "rate_limit_exceeded"
    assert error.request_id == "req_mine"
    assert error.retryable is True
    assert error.retry_after == 600
    assert error.attempts == 1
    assert error.idempotency_key == "idem_mine"
    assert error.delivery == "rejected"
    assert error.required_scopes == ()
    assert error.field is None
    assert error.data["omni_code"] == "rate_limit_exceeded"
    assert error.message in str(error)
    assert "\n" not in str(error)
    assert error.args == (str(error),)
    assert repr(error) == f"RateLimitError({str(error)!r})"
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_errors_are_copied_and_pickled_whole(server: DevServer, again: Any) -> None:
    error = rate_limited(server)
    error.own = "a user's note"  # type: ignore[attr-defined]
    twin = again(error)
    assert type(twin) is RateLimitError
    assert twin is not error
    assert vars(twin) == vars(error)
    assert (str(twin), twin.args) == (str(error), error.args)


@pytest.mark.parametrize("made", _errors.CLASSES.values(), ids=lambda made: made.__name__)
def test_every_class_can_be_made_and_pickled(made: type[OmniMCPError]) -> None:
    error = pickle.loads(pickle.dumps(made("what happened", status_code=418)))
    assert type(error) is made
    assert (str(error), error.message, error.status_code, error.attempts) == ("what happened", "what happened", 418, 0)
    with pytest.raises(TypeError):
        made("x", no_such="attribute")


def test_builtin_bases_catch_ours(server: DevServer) -> None:
    with pytest.raises(ValueError, match="api_key"):
        OmniMCPClient()
    client = OmniMCPClient(server.api_key, base_url=server.url, max_attempts=1)
    server.script([{"on": {"method": "ping"}, "fault": {"kind": "hang"}}])
    with pytest.raises(TimeoutError):
        client.ping(timeout=0.05)
    server.close()
    with pytest.raises(ConnectionError):
        client.ping()


def test_a_missing_key_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="OMNI_API_KEY") as raised:
        OmniMCPClient()
    assert (raised.value.field, raised.value.code) == ("api_key", "missing_option")


def test_an_unknown_kind_is_still_an_error() -> None:
    assert type(_errors.from_native({"kind": "of the future", "text": "x", "attempts": 1})) is OmniMCPError


CANARIES = ("canary-token", "canary-header", "canary-query", "canary-argument", "canary-callheader")
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 500, "body": "you sent canary-token and canary-header"},
    {"kind": "status", "status": 302, "headers": {"location": "http://canary-token.test/?canary-token"}},
    {"kind": "rpc_error", "code": -32603, "message": "canary-token", "data": {"echo": "canary-header"}, "status": 500},
    {"kind": "malformed_json"},
    {"kind": "status", "status": 200, "body": "what is this? canary-token"},
    {"kind": "wrong_id"},
    {"kind": "reset"},
    {"kind": "hang"},
    {"kind": "truncate", "bytes": 20},
]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["kind"] + str(fault.get("status", "")))
def test_errors_never_show_secrets(fault: dict[str, Any], is_async: bool) -> None:
    with DevServer(profile="generic") as server:
        server.script([{"on": {"method": "tools/call"}, "fault": fault}])
        options: Any = {
            "api_key": "canary-token",
            "profile": "generic",
            "endpoint": f"{server.url}/mcp?key=canary-query",
            "headers": {"x-secret": "canary-header"},
            "timeout": 0.1,
            "max_attempts": 1,
        }
        call: Any = {"headers": {"x-own": "canary-callheader"}}
        made: Any = AsyncOmniMCPClient if is_async else OmniMCPClient
        client = made(**options)
        try:
            ended = client.call_tool("echo", {"q": "canary-argument"}, **call)
            if is_async:
                asyncio.run(await_it(ended))
        except OmniMCPError as error:
            shown = [str(error), repr(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
        else:
            pytest.fail("the call succeeded")
        shown += [repr(client), str(client), repr(client._native), repr(server)]
        # This file's own source lines stand in the traceback.
        text = "\n".join(shown).replace('{"q": "canary-argument"}', "")
        assert [canary for canary in CANARIES if canary in text] == []


async def await_it(ended: Any) -> Any:
    return await ended


def test_a_refused_option_does_not_show_its_value() -> None:
    options: Any
    for options in ({"api_key": ["canary"]}, {"headers": {"x": b"canary"}}, {"base_url": "canary://x?canary"}):
        with pytest.raises(ConfigError) as raised:
            OmniMCPClient(**{"api_key": "k", **options})
        assert "canary" not in f"{raised.value} {raised.value!r} {vars(raised.value)}"


def test_errors_stand_in_the_package() -> None:
    assert all(getattr(omni_mcp_py, made.__name__) is made for made in _errors.CLASSES.values())
