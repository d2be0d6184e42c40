"""A client holds canaries as secrets; no text that Python writes of an error shows them."""

from __future__ import annotations

import asyncio
import copy
import functools
import io
import logging
import os
import pickle
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError, registry
from omni_mcp_py.testing import DevServer

KEY = "omni_test_canary_key_1"
HEADER = "canary-header-2"
QUERY = "canary-query-3"
ARGUMENT = "canary-argument-4"
SECRET = "canary:secret 5"
PASSWORD = "canary-password-6"
ENV = "canary-env-7"
ALL = (KEY, HEADER, QUERY, ARGUMENT, SECRET, PASSWORD, ENV, "canary%3Asecret+5")

ALL_SECRETS = f"no {KEY}, {HEADER}, {QUERY}, {SECRET}, canary%3Asecret+5, {PASSWORD}"
HOSTILE = "a\x1b[31mb\x07c\x9b2Jd\r\ne\u202ef\u2066g\u200bh\u2028i\u00adj\U000e0041k"
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 401, "body": ALL_SECRETS},
    {
        "kind": "status",
        "status": 400,
        "body": {"error": {"code": ALL_SECRETS, "message": ALL_SECRETS, "request_id": KEY}},
    },
    {
        "kind": "status",
        "status": 403,
        "headers": {"Omni-Required-Scopes": ALL_SECRETS, "X-Request-Id": KEY},
        "body": ALL_SECRETS,
    },
    {"kind": "status", "status": 500, "body": {"message": ALL_SECRETS}},
    {"kind": "redirect", "status": 307, "location": f"http://127.0.0.1:9/?{KEY}"},
    {"kind": "rpc_error", "code": -32000, "message": ALL_SECRETS, "data": {ALL_SECRETS: [ALL_SECRETS]}},
    {"kind": "raw_body", "content_type": "text/html", "body": f"<b>{ALL_SECRETS}"},
    {"kind": "raw_body", "content_type": f"text/{KEY}", "body": ALL_SECRETS},
    {"kind": "raw_body", "content_type": "text/event-stream", "body": f"data: {ALL_SECRETS}\n\n"},
    {"kind": "malformed_json"},
    {"kind": "reset"},
]


def written(error: OmniMCPError) -> Iterator[str]:
    """All texts that show an error."""
    yield str(error)
    yield repr(error)
    yield repr(error.args)
    yield repr(vars(error))
    yield "".join(traceback.format_exception(error))
    yield "".join(traceback.TracebackException.from_exception(error, compact=True).format())
    shown = io.StringIO()
    traceback.print_exception(error, file=shown)
    yield shown.getvalue()
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.dumps(error, protocol).decode("latin-1")
    yield repr(vars(copy.deepcopy(error)))


def assert_hidden(what: str, texts: Iterator[str] | list[str]) -> None:
    for text in texts:
        for canary in ALL:
            assert canary not in text, f"{what} shows {canary}: {text}"


def failure(call: Callable[[], Any]) -> OmniMCPError:
    with pytest.raises(OmniMCPError) as raised:
        call()
    return raised.value


def options(server: DevServer) -> dict[str, Any]:
    return {
        "endpoint": f"{server.url}/mcp?token={QUERY}",
        "profile": "generic",
        "headers": {"x-team": HEADER},
        "max_attempts": 1,
    }


def credentials_of(server: DevServer) -> dict[str, dict[str, Any]]:
    oauth = {"type": "oauth2", "client_id": "c", "client_secret": SECRET, "token_url": f"{server.url}/oauth/token"}
    return {
        "key": {"api_key": KEY},
        "basic": {"auth": {"type": "basic", "username": "u", "password": PASSWORD}},
        "header": {"auth": {"type": "header", "name": "x-key", "value": KEY}},
        "oauth2": {"auth": oauth},
    }


# A client redacts only the secrets that it holds: those of its credentials.
OWN = {"key": (KEY,), "basic": (PASSWORD,), "header": (KEY,), "oauth2": (SECRET, "canary%3Asecret+5")}


@pytest.mark.parametrize("credentials", ["key", "basic", "header", "oauth2"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}")
def test_no_error_shows_a_secret(credentials: str, fault: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "omni_mcp_py")
    text = " ".join((*OWN[credentials], HEADER, QUERY))
    with DevServer(profile="generic", oauth={}) as server:
        server.script([{"fault": replaced(fault, text)}])
        with OmniMCPClient(**options(server), **credentials_of(server)[credentials]) as client:
            assert_hidden("the client", [repr(client), str(client), repr(vars(client))])
            assert_hidden("an error", written(failure(lambda: client.call_tool("echo", {"q": ARGUMENT}))))

        async def call() -> None:
            async with AsyncOmniMCPClient(**options(server), **credentials_of(server)[credentials]) as client:
                assert_hidden("the client", [repr(client), str(client), repr(vars(client))])
                await client.call_tool("echo", {"q": ARGUMENT})

        assert_hidden("an async error", written(failure(lambda: asyncio.run(call()))))
    assert "call failed" in caplog.text
    assert_hidden("the log", [caplog.text, *(repr(vars(record)) for record in caplog.records)])


def replaced(fault: Any, text: str) -> Any:
    if isinstance(fault, str):
        return fault.replace(ALL_SECRETS, text).replace(KEY, text.split(" ", maxsplit=1)[0])
    if isinstance(fault, dict):
        return {replaced(name, text): replaced(value, text) for name, value in fault.items()}
    return [replaced(item, text) for item in fault] if isinstance(fault, list) else fault


def test_no_refused_option_shows_a_secret() -> None:
    for given in (
        {"api_key": f"{KEY}\n"},
        {"api_key": KEY, "auth": {"type": "bearer", "token": KEY}},
        {"api_key": KEY, "base_url": KEY},
        {"api_key": KEY, "base_url": f"https://user:{PASSWORD}@example.com"},
        {"api_key": KEY, "headers": {"authorization": HEADER}},
        {"api_key": KEY, "headers": {"x-a": f"{HEADER}\r\n"}},
        {"api_key": KEY, "headers": HEADER},
        {"api_key": KEY, "proxy": f"ftp://user:{PASSWORD}@example.com"},
        {"api_key": KEY, "timeout": PASSWORD},
        {"api_key": [KEY]},
        {"auth": {"type": "oauth2", "client_id": "c", "client_secret": SECRET, "token_url": SECRET}},
        {"command": "x", "env": {"A=B": ENV}},
    ):
        assert_hidden(f"the refusal of {sorted(given)}", written(failure(functools.partial(OmniMCPClient, **given))))


def test_no_program_and_no_registry_shows_a_secret() -> None:
    script = ["-c", 'echo "$TOKEN" >&2; exit 3']
    with OmniMCPClient(command="sh", args=script, env={"TOKEN": ENV}) as client:
        error = failure(client.ping)
        assert error.stderr
        assert_hidden("a program", [repr(client), *written(error)])
    with DevServer(profile="sema4") as server:
        body = {"detail": f"{KEY} {ENV}"}
        server.script([{"fault": {"kind": "status", "status": 422, "body": body}}])
        record = {"name": "n", "url": "https://e.example", "headers": {"x-key": ENV}}
        with registry.Sema4Registry(KEY, base_url=server.url, tenant="acme") as sema4:
            assert_hidden("a registry", [repr(sema4), *written(failure(lambda: sema4.create(record)))])


def test_an_error_that_ends_the_program_shows_no_secret() -> None:
    """The text of an error that is not caught."""
    program = """
import sys
from omni_mcp_py import OmniMCPClient
url, key, header = sys.argv[1:]
OmniMCPClient(key, endpoint=url, profile="generic", headers={"x-team": header}, max_attempts=1).ping()
"""
    with DevServer(profile="generic") as server:
        server.script([{"fault": {"kind": "status", "status": 400, "body": f"{KEY} {HEADER} {QUERY} {HOSTILE}"}}])
        command = [sys.executable, "-c", program, f"{server.url}/mcp?token={QUERY}", KEY, HEADER]
        ended = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "PYTHONUTF8": "1"})
    output = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == 1
    assert "[redacted]" in output
    assert_hidden("the end of a program", [output])
    assert harmless(output.replace(os.linesep, "")), output


def harmless(text: str) -> bool:
    return all(character.isprintable() for character in text)


def test_text_of_servers_has_no_control_characters() -> None:
    faults: list[dict[str, Any]] = [
        {"kind": "status", "status": 400, "body": HOSTILE},
        {
            "kind": "status",
            "status": 400,
            "body": {"error": {"code": HOSTILE, "message": HOSTILE, "request_id": HOSTILE}},
        },
        {
            "kind": "rpc_error",
            "code": -32000,
            "message": HOSTILE,
            "data": {"omni_code": HOSTILE, "request_id": HOSTILE},
        },
        {"kind": "raw_body", "content_type": "text/html", "body": HOSTILE},
    ]
    with DevServer(profile="generic") as server, OmniMCPClient(**options(server)) as client:
        client.ping()
        for fault in faults:
            server.clear_script()
            server.script([{"fault": fault}])
            error = failure(lambda: client.call_tool("echo", {}))
            texts = [
                str(error),
                repr(error),
                error.message,
                error.service_code,
                error.request_id,
                *error.required_scopes,
            ]
            for text in texts:
                assert text is None or harmless(text), repr(text)


def test_a_warning_has_no_control_characters_and_shows_no_secret() -> None:
    def fails(_: Any) -> Any:
        raise ValueError(f"{HOSTILE} {KEY}")

    with (
        DevServer(profile="generic", everything=True) as server,
        OmniMCPClient(**options(server), api_key=KEY, on_elicitation=fails) as client,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        params = {"message": "m", "requestedSchema": {"type": "object", "properties": {}}}
        client.call_tool("ask", {"method": "elicitation/create", "params": params, "over": "post"})
    assert caught
    for warning in caught:
        text = str(warning.message)
        assert harmless(text), text
        assert_hidden("a warning", [text])
