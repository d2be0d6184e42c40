"""`on_log`, `on_state`, `on_request`, `on_response` and the logger: called during calls, without effect on them."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient
from omni_mcp_py.testing import DevServer

ECHO: tuple[str, dict[str, Any]] = ("echo", {"message": "x"})
NAMES = ["on_log", "on_state", "on_request", "on_response"]
# With the first, calls run on the calling thread; with the second, on a thread of the client.
PLACES: list[dict[str, Any]] = [{}, {"listen": True}]


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer(profile="generic") as server:
        yield server


def options(server: DevServer, **more: Any) -> dict[str, Any]:
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", **more}


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
@pytest.mark.parametrize("name", NAMES)
def test_an_async_function_is_refused(server: DevServer, made: Any, name: str) -> None:
    async def callback(_: Any) -> None: ...

    class AsyncCallback:
        async def __call__(self, _: Any) -> None: ...

    for function in (callback, AsyncCallback()):
        with pytest.raises(ConfigError, match=f"{name}: must not be an async function") as refused:
            made(**options(server, **{name: function}))
        assert (refused.value.code, refused.value.field) == ("invalid_option", name)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_call_in_a_callback_is_refused(server: DevServer, place: dict[str, Any], name: str) -> None:
    refused: list[str] = []

    def callback(_: Any) -> None:
        if client.state == "closed":
            return
        for call in (client.ping, client.close, other.ping):
            with pytest.raises(RuntimeError, match="during a call, and cannot make one") as failed:
                call()
            refused.append(str(failed.value))

    with OmniMCPClient(**options(server)) as other:
        client: OmniMCPClient = OmniMCPClient(**options(server, **place, **{name: callback}))
        assert client.ping() == {}
        client.close()
    assert len(refused) >= 6


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_an_exception_is_reported_and_calls_continue(
    server: DevServer, monkeypatch: pytest.MonkeyPatch, place: dict[str, Any], name: str
) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.append((args.exc_type, args.object)))

    def callback(_: Any) -> None:
        raise KeyError("x")

    async def main() -> None:
        async with AsyncOmniMCPClient(**options(server, **place, **{name: callback})) as client:
            assert await client.ping() == {}

    with OmniMCPClient(**options(server, **place, **{name: callback})) as client:
        assert client.ping() == {}
    by_one = len(reported)
    asyncio.run(main())
    assert by_one >= 2
    assert len(reported) >= 2 * by_one
    assert set(reported) == {(KeyError, callback)}


class Deadline(BaseException):
    """The exception of a signal handler."""


@pytest.mark.parametrize("raised", [SystemExit(3), KeyboardInterrupt(), Deadline()], ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_exceptions_for_the_program_are_raised_by_the_call(server: DevServer, name: str, raised: BaseException) -> None:
    todo = [raised]

    def callback(_: Any) -> None:
        if todo:
            raise todo.pop()

    with OmniMCPClient(**options(server, **{name: callback})) as client:
        with pytest.raises(type(raised)) as ended:
            client.call_tool(*ECHO)
        assert ended.value is raised
        assert client.call_tool(*ECHO)["structuredContent"] == ECHO[1]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal")
@pytest.mark.parametrize("name", [*NAMES, "logging"])
def test_a_signal_in_a_callback_ends_the_call(server: DevServer, name: str) -> None:
    def end(*_: Any) -> None:
        raise Deadline

    def callback(_: Any) -> None:
        if signal.getsignal(signal.SIGUSR1) is end:
            signal.raise_signal(signal.SIGUSR1)
            pytest.fail("the handler has raised")

    class Handler(logging.Handler):
        emit = staticmethod(callback)  # type: ignore[assignment]

    logger, handler = logging.getLogger("omni_mcp_py"), Handler()
    given = {} if name == "logging" else {name: callback}
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    before = signal.signal(signal.SIGUSR1, end)
    try:
        with OmniMCPClient(**options(server, **given)) as client:  # type: ignore[arg-type]
            with pytest.raises(Deadline):
                client.call_tool(*ECHO)
            signal.signal(signal.SIGUSR1, before)
            assert client.call_tool(*ECHO)["structuredContent"] == ECHO[1]
    finally:
        signal.signal(signal.SIGUSR1, before)
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


SIGTERM = """
import logging, signal, sys
from omni_mcp_py import OmniMCPClient
class Handler(logging.Handler):
    def emit(self, record):
        signal.raise_signal(signal.SIGTERM)
        print("and on")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
logging.basicConfig(level=logging.INFO, handlers=[Handler()])
OmniMCPClient(profile="generic", endpoint=sys.argv[1]).ping()
print("it went on")
"""


def test_a_handler_that_exits_while_a_record_is_written_ends_the_program(server: DevServer) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SIGTERM, f"{server.url}/mcp"], capture_output=True, text=True, timeout=20
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (5, "", "")
    assert server.wait("open_connections", at_most=0)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("omni_mcp_py")
    yield logger
    logger.setLevel(logging.NOTSET)


def levels(caplog: pytest.LogCaptureFixture) -> set[str]:
    seen = {record.levelname for record in caplog.records if record.name == "omni_mcp_py"}
    caplog.clear()
    return seen


@pytest.mark.parametrize("given", [{}, {"log_level": None}, {"on_log": None}])
def test_the_level_of_the_logger_is_followed(
    server: DevServer, caplog: pytest.LogCaptureFixture, logger: logging.Logger, given: dict[str, Any]
) -> None:
    logger.setLevel(logging.DEBUG)
    with OmniMCPClient(**options(server, **given)) as client:
        client.ping()
        assert levels(caplog) == {"DEBUG", "INFO"}
        logger.setLevel(logging.WARNING)
        client.ping()
        assert levels(caplog) == set()
        logger.setLevel(logging.DEBUG)
        client.call_tool(*ECHO)
        (attempt, call) = (record for record in caplog.records if record.name == "omni_mcp_py")
        assert attempt.getMessage().startswith("attempt succeeded attempt=1 ")
        assert call.omni_mcp["tool"] == "echo"  # type: ignore[attr-defined]
        levels(caplog)
        logger.setLevel(logging.CRITICAL)
    assert levels(caplog) == set()


def test_the_level_of_the_logger_is_followed_by_an_async_client(
    server: DevServer, caplog: pytest.LogCaptureFixture, logger: logging.Logger
) -> None:
    async def main() -> None:
        async with AsyncOmniMCPClient(**options(server, log_level=None)) as client:
            await client.ping()
            assert levels(caplog) == {"DEBUG", "INFO"}
            logger.setLevel(logging.WARNING)
            await client.ping()
            assert levels(caplog) == set()

    logger.setLevel(logging.DEBUG)
    asyncio.run(main())


def test_a_given_level_stays(server: DevServer, caplog: pytest.LogCaptureFixture, logger: logging.Logger) -> None:
    received: list[str] = []
    logger.setLevel(logging.DEBUG)
    with OmniMCPClient(**options(server, log_level="info")) as client:
        client.ping()
    assert levels(caplog) == {"INFO"}
    logger.setLevel(logging.ERROR)
    with OmniMCPClient(**options(server, on_log=lambda record: received.append(record["level"]))) as client:
        client.ping()
    assert set(received) == {"info"}
