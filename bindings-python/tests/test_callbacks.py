"""Callbacks: on which thread and loop they run, what they may do, and how their exceptions are handled."""

from __future__ import annotations

import asyncio
import gc
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, AuthenticationError, ConfigError, OmniMCPClient
from omni_mcp_py.testing import DevServer

ECHO: tuple[str, dict[str, Any]] = ("echo", {"message": "x"})
# With the first, calls run on the calling thread; with the second, on a thread of the client.
TRANSPORTS: list[dict[str, Any]] = [{}, {"listen": True}]


def guarded(token: str = "tok_1") -> DevServer:
    return DevServer(profile="generic", auth={"type": "bearer", "token": token})


def options(server: DevServer, **more: Any) -> dict[str, Any]:
    return {"profile": "generic", "endpoint": f"{server.url}/mcp", **more}


def listening(server: DevServer, made: Any, callback: Callable[[Any], Any]) -> Any:
    return made(server.api_key, profile="octomind", base_url=server.url, on_notification=callback)


def push(server: DevServer, *numbers: int) -> None:
    assert server.wait("streams", at_least=1)
    for number in numbers:
        assert server.push({"method": "notifications/test", "params": {"number": number}}) == 1


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
@pytest.mark.parametrize("name", ["on_notification", "token_provider"])
@pytest.mark.parametrize("bad", [5, "x", object()])
def test_a_value_that_cannot_be_called_is_refused(made: Any, name: str, bad: Any) -> None:
    with pytest.raises(ConfigError, match=f"{name}: must be a function") as refused:
        made(**{"profile": "generic", "endpoint": "http://127.0.0.1:1/mcp", name: bad})
    assert refused.value.field == name


def test_a_sync_client_refuses_async_functions(server: DevServer) -> None:
    async def given(*_: Any) -> str:
        return "tok_1"

    for name in ("on_notification", "token_provider"):
        with pytest.raises(ConfigError, match="AsyncOmniMCPClient") as failed:
            OmniMCPClient(**{"profile": "generic", "endpoint": f"{server.url}/mcp", name: given})  # type: ignore[arg-type]
        assert failed.value.field == name


def test_none_is_the_same_as_no_callback(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url, on_notification=None, token_provider=None) as client:
        assert client.ping() == {}


# The sync client's token provider.


@pytest.mark.parametrize("given", ["tok_1", {"token": "tok_1"}, {"token": "tok_1", "expires_in": timedelta(hours=1)}])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_token_is_requested_once(given: Any, transport: dict[str, Any]) -> None:
    asked: list[threading.Thread] = []

    def provide() -> Any:
        asked.append(threading.current_thread())
        return given

    with guarded() as server, OmniMCPClient(**options(server, token_provider=provide, **transport)) as client:
        for _ in range(3):
            client.call_tool(*ECHO)
    assert len(asked) == 1
    # On another thread, so that the call waits for it no longer than its timeout.
    assert asked[0].daemon


def test_threads_share_one_token() -> None:
    asked: list[int] = []

    def provide() -> str:
        asked.append(threading.get_ident())
        return "tok_1"

    with guarded() as server, OmniMCPClient(**options(server, token_provider=provide, **TRANSPORTS[0])) as client:
        threads = [threading.Thread(target=client.call_tool, args=ECHO) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.ledger()["execution_count"] == 16
    assert len(asked) == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_exception_of_a_provider_is_the_cause(transport: dict[str, Any]) -> None:
    raised = LookupError("no vault")

    def provide() -> str:
        raise raised

    with guarded() as server, OmniMCPClient(**options(server, token_provider=provide, **transport)) as client:
        with pytest.raises(AuthenticationError, match="no vault") as failed:
            client.call_tool(*ECHO)
        assert (failed.value.code, failed.value.delivery) == ("token_unavailable", "not_sent")
        assert failed.value.__cause__ is raised


@pytest.mark.parametrize("bad", [5, None, ["tok_1"], {"expires_in": 5}, {"token": object()}, ""])
def test_an_invalid_token_is_refused(bad: Any) -> None:
    with guarded() as server, OmniMCPClient(**options(server, token_provider=lambda: bad)) as client:
        with pytest.raises(AuthenticationError) as failed:
            client.call_tool(*ECHO)
        assert failed.value.code == "token_unavailable"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_provider_that_calls_its_own_client_gets_an_error(transport: dict[str, Any]) -> None:
    with guarded() as server:
        client: OmniMCPClient = OmniMCPClient(**options(server, token_provider=lambda: str(client.ping()), **transport))
        with pytest.raises(AuthenticationError, match="cannot call the client") as failed:
            client.call_tool(*ECHO)
        assert isinstance(failed.value.__cause__, RuntimeError)
        client.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_provider_may_use_another_client(transport: dict[str, Any]) -> None:
    with guarded() as server, OmniMCPClient(**options(server, token_provider=lambda: "tok_1", **transport)) as other:

        def provide() -> str:
            assert other.ping() == {}
            return "tok_1"

        with OmniMCPClient(**options(server, token_provider=provide, **transport)) as client:
            assert client.ping() == {}


def test_an_interrupt_in_a_provider_ends_the_call() -> None:
    given: list[Any] = [KeyboardInterrupt(), "tok_1"]

    def provide() -> str:
        next_one = given.pop(0)
        if isinstance(next_one, BaseException):
            raise next_one
        return str(next_one)

    with guarded() as server, OmniMCPClient(**options(server, token_provider=provide, **TRANSPORTS[0])) as client:
        with pytest.raises(KeyboardInterrupt):
            client.ping()
        assert client.ping() == {}


CTRL_C = """
import signal, sys, threading
from omni_mcp_py import OmniMCPClient
signal.signal(signal.SIGINT, signal.default_int_handler)
is_first = True
def provide():
    global is_first
    if is_first:
        is_first = False
        print("asked", flush=True)
        threading.Event().wait()
    return "tok_1"
options = {"transport": "streamable_http"} if sys.argv[2] == "own" else {}
client = OmniMCPClient(profile="generic", endpoint=sys.argv[1], token_provider=provide, **options)
try:
    client.ping()
except KeyboardInterrupt:
    print("interrupted", flush=True)
if options:
    client.ping()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("where", ["own", "background"])
def test_ctrl_c_in_a_provider(where: str) -> None:
    with guarded() as server:
        child = subprocess.Popen(
            [sys.executable, "-c", CTRL_C, f"{server.url}/mcp", where],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "asked\n"
            child.send_signal(signal.SIGINT)
            out, errors = child.communicate(timeout=20)
        finally:
            child.kill()
    assert (out, errors, child.returncode) == ("interrupted\n", "", 0)


# The sync client's notifications.


def test_notifications_are_received_in_order_on_one_daemon_thread() -> None:
    received: queue.Queue[Any] = queue.Queue()

    def callback(notification: Any) -> None:
        # The client may be used meanwhile, even by its own callback.
        received.put((threading.current_thread(), notification, client.ping()))

    with DevServer(profile="octomind") as server, listening(server, OmniMCPClient, callback) as client:
        client.connect()
        push(server, *range(20))
        reported = [received.get(timeout=5) for _ in range(20)]
    assert [notification["params"]["number"] for _, notification, _ in reported] == list(range(20))
    assert {notification["method"] for _, notification, _ in reported} == {"notifications/test"}
    threads = {thread for thread, _, _ in reported}
    assert len(threads) == 1
    assert threads.pop().daemon


def test_an_exception_of_a_callback_is_reported_and_the_client_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: queue.Queue[Any] = queue.Queue()
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.put(args.exc_type))

    def callback(_: Any) -> None:
        raise KeyError("x")

    with DevServer(profile="octomind") as server, listening(server, OmniMCPClient, callback) as client:
        client.connect()
        push(server, 1, 2)
        assert [reported.get(timeout=5) for _ in range(2)] == [KeyError, KeyError]
        assert client.ping() == {}


def test_a_callback_may_close_its_client() -> None:
    closed = threading.Event()

    def callback(_: Any) -> None:
        client.close()
        closed.set()

    with DevServer(profile="octomind") as server:
        client = listening(server, OmniMCPClient, callback)
        client.connect()
        push(server, 1)
        assert closed.wait(10)
        assert server.wait("open_connections", at_most=0)


def test_an_unreferenced_client_known_to_its_callback_is_freed() -> None:
    class Owner:
        def __init__(self, server: DevServer) -> None:
            self.client = listening(server, OmniMCPClient, self.receive)

        def receive(self, _: Any) -> None:
            pass

    with DevServer(profile="octomind") as server:
        owner = Owner(server)
        owner.client.connect()
        assert server.wait("streams", at_least=1)
        gone = weakref.ref(owner)
        del owner
        gc.collect()
        assert gone() is None
        assert server.wait("open_connections", at_most=0)
    assert server.wait("open_connections", at_most=0)


# The async client.


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_callbacks_of_an_async_client_run_on_its_loop(is_coroutine: bool) -> None:
    where: list[Any] = []

    def provide() -> str:
        where.append(asyncio.get_running_loop())
        return "tok_1"

    async def provide_later() -> str:
        await asyncio.sleep(0)
        return provide()

    async def main(server: DevServer) -> None:
        given = provide_later if is_coroutine else provide
        async with AsyncOmniMCPClient(**options(server, token_provider=given)) as client:
            await asyncio.gather(*(client.call_tool(*ECHO) for _ in range(20)))
        assert where == [asyncio.get_running_loop()]

    with guarded() as server:
        asyncio.run(main(server))
        assert server.ledger()["execution_count"] == 20


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_an_async_client_receives_notifications_in_order_on_its_loop(is_coroutine: bool) -> None:
    received: list[int] = []

    async def main(server: DevServer) -> None:
        loop, all_received = asyncio.get_running_loop(), asyncio.Event()

        def callback(notification: Any) -> None:
            assert asyncio.get_running_loop() is loop
            received.append(notification["params"]["number"])
            if len(received) == 20:
                all_received.set()

        async def slow_callback(notification: Any) -> None:
            assert await client.ping() == {}
            callback(notification)

        client = listening(server, AsyncOmniMCPClient, slow_callback if is_coroutine else callback)
        async with client:
            await client.connect()
            await asyncio.to_thread(push, server, *range(20))
            await asyncio.wait_for(all_received.wait(), 10)

    with DevServer(profile="octomind") as server:
        asyncio.run(main(server))
    assert received == list(range(20))


def test_exceptions_of_async_callbacks() -> None:
    raised = LookupError("no vault")
    reported: list[Any] = []

    async def provide() -> str:
        raise raised

    async def callback(_: Any) -> None:
        raise KeyError("x")

    async def main(guarded_server: DevServer, server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(guarded_server, token_provider=provide)) as client:
            with pytest.raises(AuthenticationError, match="no vault") as failed:
                await client.ping()
            assert failed.value.__cause__ is raised
        is_notified = asyncio.Event()

        def report(_: Any, context: Any) -> None:
            reported.append(type(context["exception"]))
            is_notified.set()

        asyncio.get_running_loop().set_exception_handler(report)
        async with listening(server, AsyncOmniMCPClient, callback) as client:
            await client.connect()
            await asyncio.to_thread(push, server, 1)
            await asyncio.wait_for(is_notified.wait(), 10)
            assert await client.ping() == {}

    with guarded() as first, DevServer(profile="octomind") as second:
        asyncio.run(main(first, second))
    assert reported == [KeyError]


def test_an_async_provider_that_calls_its_own_client_gets_an_error() -> None:
    async def main(server: DevServer) -> None:
        async def provide() -> str:
            return str(await client.ping())

        async with AsyncOmniMCPClient(**options(server, token_provider=provide)) as client:
            with pytest.raises(AuthenticationError, match="cannot call the client"):
                await client.call_tool(*ECHO)

    with guarded() as server:
        asyncio.run(main(server))


def test_callbacks_run_on_the_loop_in_use() -> None:
    asked: list[Any] = []

    def provide() -> dict[str, Any]:
        asked.append(asyncio.get_running_loop())
        return {"token": "tok_1", "expires_in": 1e-6}

    with guarded() as server:
        client = AsyncOmniMCPClient(**options(server, token_provider=provide))
        for _ in range(2):
            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(client.ping()) == {}
            assert asked[-1] is loop
            # The second one is used while the first is neither running nor closed.
        asyncio.run(client.close())
        for loop in set(asked):
            loop.close()
