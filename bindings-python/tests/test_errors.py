"""The exceptions: their attributes, pickling, and what they never show."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import datetime as dt
import decimal
import json
import pathlib
import pickle
import sys
import traceback
import uuid
from collections.abc import Callable
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


def facts(error: OmniMCPError) -> dict[str, Any]:
    """Every field of an error, in the shapes of JSON."""
    found = {name: getattr(error, name) for name in OmniMCPError.__annotations__ if name != "kind"}
    return {**found, "required_scopes": list(error.required_scopes)}


# Every field, each with a value that differs from its default.
FULL: dict[str, Any] = {
    "code": "tool_failed",
    "message": "what happened",
    "status_code": 200,
    "rpc_code": -32000,
    "service_code": "tool_failed",
    "request_id": "req_1",
    "retryable": True,
    "retry_after": 1.5,
    "attempts": 3,
    "idempotency_key": "idem_1",
    "delivery": "executed",
    "required_scopes": ("a", "b"),
    "server": "https://a.example",
    "method": "tools/call",
    "tool": "fred.search",
    "field": "q",
    "exit_code": -9,
    "os_error": 24,
    "stderr": ["a line"],
    "data": {"n": 2**70, "list": [None, {}]},
}


def test_the_attributes_of_an_error(server: DevServer) -> None:
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
    assert (error.server, error.method, error.tool) == (server.url, "tools/call", "fred.search")
    assert str(error).startswith(f"tools/call fred.search at {server.url}: {error.message} (")
    assert "\n" not in str(error)
    assert error.args == (str(error), {name: fact for name, fact in facts(error).items() if name != "data"}, error.data)
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


def by_json(error: OmniMCPError) -> OmniMCPError:
    """As Celery's JSON backend does."""
    made = getattr(sys.modules[type(error).__module__], type(error).__qualname__)
    again: OmniMCPError = made(*json.loads(json.dumps(error.args)))
    return again


CARRIERS: dict[str, Callable[[OmniMCPError], OmniMCPError]] = {
    "args": lambda error: type(error)(*error.args),
    "args as JSON": by_json,
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
    "the oldest pickle": lambda error: pickle.loads(pickle.dumps(error, 0)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "args twice": lambda error: by_json(by_json(error)),
}


@pytest.mark.parametrize("carried", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("made", [OmniMCPError, *_errors.CLASSES.values()], ids=lambda made: made.__name__)
def test_every_field_of_every_class_is_carried(made: type[OmniMCPError], carried: Any) -> None:
    error = made("a summary", **FULL)
    twin = carried(error)
    assert type(twin) is made
    assert facts(twin) == facts(error) == {**FULL, "required_scopes": ["a", "b"]}
    assert (str(twin), twin.args, twin.kind) == (str(error), error.args, made.kind)
    assert twin.required_scopes == ("a", "b")


@pytest.mark.parametrize("made", [OmniMCPError, *_errors.CLASSES.values()], ids=lambda made: made.__name__)
def test_an_error_without_facts_has_the_defaults(made: type[OmniMCPError]) -> None:
    for error in (made(), made("text"), made("text", None), pickle.loads(pickle.dumps(made("text")))):
        assert (error.delivery, error.retryable, error.attempts, error.idempotency_key) == (
            "maybe_executed",
            False,
            0,
            None,
        )
        assert error.required_scopes == ()
        assert error.stderr == []
    assert getattr(made, "errno", None) is None or made("text", {"attempts": 1}).errno is None
    # Of a class that was made without the constructor, as that of a proxy.
    assert made.__new__(made).delivery == "maybe_executed"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("text", "{'delivery': 'not_sent'"), {"delivery": "maybe_executed"}),
        (("text", ["not_sent"]), {"delivery": "maybe_executed"}),
        (("text", {"delivery": "of the future", "attempts": 2}), {"delivery": "maybe_executed", "attempts": 2}),
        (("text", {"delivery": None}), {"delivery": "maybe_executed"}),
        (("text", {"delivery": ["not_sent"]}), {"delivery": "maybe_executed"}),
        (("text", {"of_the_future": 1, "delivery": "rejected"}), {"delivery": "rejected"}),
        (("text", {"required_scopes": None, "stderr": None}), {"required_scopes": [], "stderr": []}),
        (("text", {"required_scopes": ("a",), "stderr": ("b",)}), {"required_scopes": ["a"], "stderr": ["b"]}),
        (("text", {"required_scopes": "a"}), {"required_scopes": []}),
        (("text", {"delivery": "executed"}, "<object at 0x1>"), {"delivery": "executed", "data": "<object at 0x1>"}),
        ((404,), {"message": "404"}),
    ],
)
def test_incomplete_or_foreign_facts_are_accepted(given: Any, expected: dict[str, Any]) -> None:
    error = _errors.ServerError(*given)
    assert {name: facts(error)[name] for name in expected} == expected
    assert str(error) == str(given[0])


def test_later_changes_are_carried_too() -> None:
    error = _errors.ToolError("text", **FULL)
    error.attempts = 7
    error.data = None
    if sys.version_info >= (3, 11):
        error.add_note("a note")
    assert (by_json(error).attempts, by_json(error).data) == (7, None)
    assert copy.copy(error).attempts == 7
    # Programs that put a prefix before the message.
    error.args = (f"step 3: {error.args[0]}", *error.args[1:])
    assert (str(error), error.idempotency_key, error.delivery) == ("step 3: text", "idem_1", "executed")
    error.args = ("alone",)
    assert (str(error), error.idempotency_key) == ("alone", "idem_1")


class OwnError(_errors.ToolError):
    """A subclass of a program, with another constructor."""

    def __init__(self, step: int, *, cause: OmniMCPError) -> None:
        super().__init__(*cause.args)
        self.step = step


def test_a_subclass_with_another_constructor_is_pickled_whole() -> None:
    error = OwnError(3, cause=_errors.ToolError("text", **FULL))
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), twin.step, facts(twin)) == (OwnError, 3, facts(error))


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


def test_a_missing_key_names_the_options() -> None:
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


def test_errors_belong_to_the_package() -> None:
    assert all(getattr(omni_mcp_py, made.__name__) is made for made in _errors.CLASSES.values())


@dataclasses.dataclass
class Query:
    text: str = ""


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), "a datetime.datetime"),
        (decimal.Decimal(1), "a decimal.Decimal"),
        (pathlib.PurePosixPath("x"), "a pathlib"),
        (uuid.UUID(int=1), "a uuid.UUID"),
        (Query(), f"a {Query.__module__}.Query"),
        ({1}, "a set"),
        (b"x", "a bytes"),
        (print, "a builtin_function_or_method"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_cannot_hold_is_located(server: DevServer, value: object, name: str) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client, pytest.raises(ConfigError) as raised:
        client.call_tool("fred.search", {"filters": [None, {"since": (value,)}]})
    assert str(raised.value).startswith(f"arguments.filters[1].since[0] is {name}")
    assert str(raised.value).endswith("; allowed are dict, list, tuple, str, int, float, bool and None")
    assert (raised.value.field, raised.value.delivery) == ("arguments", "not_sent")


def test_a_key_that_is_no_string_is_located(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        for arguments, message in [
            ({1: 2}, "arguments.1: keys must be strings, got int"),
            ({"a": {None: 2}}, "arguments.a.None: keys must be strings, got NoneType"),
        ]:
            with pytest.raises(ConfigError) as raised:
                client.call_tool("fred.search", arguments)  # type: ignore[arg-type]
            assert str(raised.value) == message
        with pytest.raises(ConfigError, match="the form is call_tool\\(name, arguments\\)"):
            client.call_tool({"name": "fred.search", "arguments": {}})  # type: ignore[arg-type]
