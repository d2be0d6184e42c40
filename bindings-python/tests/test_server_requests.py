"""Callbacks for requests of the server: where they run, what they may do, and how their exceptions are handled."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from typing import Any

import pytest
from ask_tool import (
    ADA,
    ERAS,
    FORM,
    MESSAGES,
    PLACES,
    REQUESTS,
    ROOTS,
    SAMPLED,
    answer_of,
    as_async,
    ask_tool,
    elicit,
    elicit_async,
    options,
    serving,
)
from case_client import program
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, InvalidRequestError, OmniMCPClient, OmniMCPError
from omni_mcp_py.testing import DevServer

# Warnings of a tool that is left out, and of callbacks that fail.
pytestmark = pytest.mark.filterwarnings("ignore:the (tool|callback for) :RuntimeWarning")


@pytest.mark.parametrize("made", [OmniMCPClient, AsyncOmniMCPClient])
@pytest.mark.parametrize("name", ["on_sampling", "on_elicitation", "on_roots"])
def test_a_value_that_cannot_be_called_is_refused(made: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: must be a function"):
        made(profile="generic", endpoint="http://127.0.0.1:1/mcp", **{name: "x"})


@pytest.mark.parametrize("name", ["on_sampling", "on_elicitation", "on_roots"])
def test_the_sync_client_refuses_async_callbacks(name: str) -> None:
    with pytest.raises(ConfigError, match="AsyncOmniMCPClient"):
        OmniMCPClient(profile="generic", endpoint="http://127.0.0.1:1/mcp", **{name: as_async(dict)})  # type: ignore[arg-type]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("name", "method", "params", "given", "got"), REQUESTS)
def test_a_callback_responds(
    name: str, method: str, params: Any, given: Any, got: Any, era: str, place: dict[str, Any]
) -> None:
    asked: list[Any] = []

    def answer(*arguments: Any) -> Any:
        asked.append((threading.current_thread(), arguments))
        return given

    with serving(era) as server, OmniMCPClient(**options(server, **{name: answer}, **place)) as client:
        assert answer_of(client.call_tool(**ask_tool(method, params))) == got
    [(thread, arguments)] = asked
    assert arguments == (() if params is None else (params,))
    assert thread.daemon if not place else thread is threading.current_thread()


@pytest.mark.parametrize("is_coroutine", [False, True])
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("name", "method", "params", "given", "got"), REQUESTS)
def test_an_async_clients_callback_runs_on_its_loop(
    name: str, method: str, params: Any, given: Any, got: Any, era: str, is_coroutine: bool
) -> None:
    asked: list[Any] = []

    def answer(*arguments: Any) -> Any:
        asked.append((asyncio.get_running_loop(), arguments))
        return given

    async def main(server: DevServer) -> None:
        function = as_async(answer) if is_coroutine else answer
        async with AsyncOmniMCPClient(**options(server, **{name: function})) as client:
            assert answer_of(await client.call_tool(**ask_tool(method, params))) == got
        assert asked == [(asyncio.get_running_loop(), () if params is None else (params,))]

    with serving(era) as server:
        asyncio.run(main(server))


# The exceptions. A legacy server is informed only that there is no result.


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "method", "params", "given", "got"), REQUESTS)
def test_an_exception_of_a_callback_is_the_cause(
    name: str, method: str, params: Any, given: Any, got: Any, place: dict[str, Any]
) -> None:
    raised = LookupError("no user")

    def answer(*_: Any) -> Any:
        raise raised

    with serving("modern") as server, OmniMCPClient(**options(server, **{name: answer}, **place)) as client:
        with pytest.raises(InvalidRequestError, match="no user") as failed:
            client.call_tool(**ask_tool(method, params))
        assert (failed.value.code, failed.value.delivery) == ("input_failed", "rejected")
        assert failed.value.__cause__ is raised


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_an_exception_of_an_async_clients_callback_is_the_cause(is_coroutine: bool) -> None:
    raised = LookupError("no user")

    def answer(_: Any) -> Any:
        raise raised

    async def main(server: DevServer) -> None:
        function = as_async(answer) if is_coroutine else answer
        async with AsyncOmniMCPClient(**options(server, on_elicitation=function)) as client:
            with pytest.raises(InvalidRequestError, match="no user") as failed:
                await elicit_async(client)
            assert failed.value.__cause__ is raised

    with serving("modern") as server:
        asyncio.run(main(server))


def test_each_call_has_its_own_cause() -> None:
    async def answer(params: Any) -> Any:
        await asyncio.sleep(0.01)
        raise LookupError(params["message"])

    async def ask(client: AsyncOmniMCPClient, number: int) -> None:
        with pytest.raises(InvalidRequestError) as failed:
            await client.call_tool(**ask_tool("elicitation/create", {**FORM, "message": f"number {number}"}))
        assert str(failed.value.__cause__) == f"number {number}"
        assert f"number {number}" in str(failed.value)

    async def main(server: DevServer) -> None:
        async with AsyncOmniMCPClient(**options(server, on_elicitation=answer)) as client:
            await asyncio.gather(*(ask(client, number) for number in range(10)))

    with serving("modern") as server:
        asyncio.run(main(server))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("era", ERAS)
def test_the_server_does_not_receive_the_exception(era: str, place: dict[str, Any]) -> None:
    def answer(_: Any) -> Any:
        raise LookupError("a secret reason")

    with serving(era) as server, OmniMCPClient(**options(server, on_elicitation=answer, **place)) as client:
        try:
            reported = str(elicit(client))
        except OmniMCPError:
            reported = ""
        assert "secret" not in reported
        assert "secret" not in str(server.ledger())
        assert client.list_tools()["tools"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (None, "action"),
        (5, "action"),
        ("accept", "action"),
        (float("nan"), "on_elicitation"),
        ({"action": "accept", "content": {"name": float("nan")}}, "on_elicitation"),
        ({"action": "accept", "content": {"name": object()}}, "on_elicitation"),
        ({"action": "accept", "content": {}}, "name"),
        ({"action": "maybe"}, "action"),
    ],
)
def test_an_invalid_result_is_refused(bad: Any, why: str, place: dict[str, Any]) -> None:
    with serving("modern") as server, OmniMCPClient(**options(server, on_elicitation=lambda _: bad, **place)) as client:
        with pytest.raises(InvalidRequestError, match=why) as failed:
            elicit(client)
        assert failed.value.code == "input_failed"
        assert isinstance(failed.value.__cause__, ConfigError) == (why == "on_elicitation")


def test_a_list_may_be_a_tuple() -> None:
    with serving("modern") as server, OmniMCPClient(**options(server, on_roots=lambda: tuple(ROOTS))) as client:  # type: ignore[arg-type,return-value]
        assert answer_of(client.call_tool(**ask_tool("roots/list"))) == {"roots": ROOTS}


# Callbacks that call their client.


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("era", ERAS)
def test_a_callback_may_call_its_client(era: str, place: dict[str, Any]) -> None:
    def answer(_: Any) -> Any:
        # This leads to a request to another callback, which makes calls, too.
        result = client.call_tool(**ask_tool("sampling/createMessage", MESSAGES))
        return {"action": "accept", "content": {"name": answer_of(result)["model"]}}

    def sample(_: Any) -> Any:
        return {**SAMPLED, "model": str(len(list(client.iter_tools())))}

    with serving(era) as server:
        given = options(server, on_elicitation=answer, on_sampling=sample, **place)
        client: OmniMCPClient = OmniMCPClient(**given)
        with client:
            count = len(client.list_tools()["tools"])
            assert elicit(client)["content"] == {"name": str(count)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("era", ERAS)
def test_a_callback_may_cause_its_own_request(era: str, place: dict[str, Any]) -> None:
    left = [3]

    def answer(_: Any) -> Any:
        left[0] -= 1
        return elicit(client) if left[0] else ADA

    with serving(era) as server:
        client: OmniMCPClient = OmniMCPClient(**options(server, on_elicitation=answer, **place))
        with client:
            assert elicit(client) == ADA
    assert left == [0]


@pytest.mark.parametrize("is_coroutine", [False, True])
@pytest.mark.parametrize("era", ERAS)
def test_an_async_clients_callback_may_call_it(era: str, is_coroutine: bool) -> None:
    async def answer(_: Any) -> Any:
        result = await client.call_tool(**ask_tool("sampling/createMessage", MESSAGES))
        tools = [tool async for tool in client.iter_tools()]
        assert tools
        return {"action": "accept", "content": {"name": answer_of(result)["model"]}}

    async def main(server: DevServer) -> None:
        nonlocal client
        sample = as_async(lambda _: SAMPLED) if is_coroutine else lambda _: SAMPLED
        client = AsyncOmniMCPClient(**options(server, on_elicitation=answer, on_sampling=sample))
        async with client:
            assert (await elicit_async(client))["content"] == {"name": "m"}

    client: Any = None
    with serving(era) as server:
        asyncio.run(main(server))


@pytest.mark.parametrize("era", ERAS)
def test_callbacks_of_a_stdio_client(era: str) -> None:
    process: dict[str, Any] = {"command": program(), "args": ["--stdio", "--era", era, "--everything"]}

    def answer(_: Any) -> Any:
        return {"action": "accept", "content": {"name": str(client.list_tools()["tools"] != [])}}

    async def main() -> Any:
        async def answer_later(_: Any) -> Any:
            assert await twin.list_tools()
            return ADA

        twin = AsyncOmniMCPClient(profile="generic", on_elicitation=answer_later, **process)
        async with twin:
            return await elicit_async(twin)

    client: OmniMCPClient = OmniMCPClient(profile="generic", on_elicitation=answer, **process)
    with client:
        assert elicit(client)["content"] == {"name": "True"}
    assert asyncio.run(main()) == ADA


def test_a_request_on_the_get_stream() -> None:
    question = ask_tool("elicitation/create", FORM, over="get")

    async def main(server: DevServer) -> Any:
        async with AsyncOmniMCPClient(**options(server, on_elicitation=as_async(lambda _: ADA))) as client:
            return answer_of(await client.call_tool(**question))

    with serving("legacy") as server:
        with OmniMCPClient(**options(server, on_elicitation=lambda _: ADA)) as client:
            assert answer_of(client.call_tool(**question)) == ADA
        assert asyncio.run(main(server)) == ADA


@pytest.mark.parametrize("place", PLACES)
def test_a_call_of_a_callback_may_need_a_token(place: dict[str, Any]) -> None:
    tokens: list[int] = []

    def provide() -> Any:
        tokens.append(1)
        return {"token": "tok_1", "expires_in": 1e-6}

    def answer(_: Any) -> Any:
        before = len(tokens)
        assert client.list_tools()
        assert len(tokens) > before
        return ADA

    with serving("modern", auth={"type": "bearer", "token": "tok_1"}) as server:
        given = options(server, on_elicitation=answer, token_provider=provide, **place)
        client: OmniMCPClient = OmniMCPClient(**given)
        with client:
            assert elicit(client) == ADA


@pytest.mark.parametrize("place", PLACES)
def test_a_token_provider_may_not_call_its_client(place: dict[str, Any]) -> None:
    with serving("modern", auth={"type": "bearer", "token": "tok_1"}) as server:
        given = options(server, on_elicitation=lambda _: ADA, token_provider=lambda: str(client.ping()), **place)
        client: OmniMCPClient = OmniMCPClient(**given)
        with client, pytest.raises(OmniMCPError, match="cannot call the client"):
            elicit(client)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("era", ERAS)
def test_concurrent_requests_on_many_threads(era: str, place: dict[str, Any]) -> None:
    # All wait for each other: no question may wait for the answer to another one.
    together = threading.Barrier(6)

    def answer(params: Any) -> Any:
        if not place:
            together.wait(10)
        return {"action": "accept", "content": {"name": params["message"]}}

    results: dict[int, Any] = {}

    def ask(client: OmniMCPClient, number: int) -> None:
        params = {**FORM, "message": str(number)}
        results[number] = answer_of(client.call_tool(**ask_tool("elicitation/create", params)))

    with serving(era) as server, OmniMCPClient(**options(server, on_elicitation=answer, **place)) as client:
        client.connect()
        threads = [threading.Thread(target=ask, args=(client, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {number: answer["content"]["name"] for number, answer in results.items()} == {n: str(n) for n in range(6)}


def test_a_thread_whose_call_was_cancelled_serves_requests_of_other_calls() -> None:
    # It runs the client's runtime until the cancellation is sent, which takes some time here.
    held = {"on": {"method": "notifications/cancelled"}, "fault": {"kind": "hang"}}
    hangs = {"on": {"tool": "echo"}, "fault": {"kind": "hang"}}

    def give_up(client: OmniMCPClient) -> None:
        with pytest.raises(OmniMCPError, match="no response"):
            client.call_tool("echo", {"n": 1}, timeout=0.05, max_attempts=1)

    with serving("legacy", faults=[held, hangs]) as server:
        functions = {"on_elicitation": lambda _: ADA, "listen": False}
        with OmniMCPClient(**options(server, **functions)) as client:
            client.connect()
            thread = threading.Thread(target=give_up, args=(client,))
            thread.start()
            assert server.wait("requests", method="notifications/cancelled", at_least=1)
            assert answer_of(client.call_tool(**ask_tool("elicitation/create", FORM))) == ADA
            thread.join()


# Interrupts, and freed clients.


CTRL_C = """
import signal, sys, threading
from omni_mcp_py import OmniMCPClient
signal.signal(signal.SIGINT, signal.default_int_handler)
def answer(params):
    print("asked", flush=True)
    threading.Event().wait()
client = OmniMCPClient(profile="generic", endpoint=sys.argv[1], on_elicitation=answer, listen=sys.argv[2] == "True")
arguments = {"method": "elicitation/create", "params": {"message": "Who?", "requestedSchema": {
    "type": "object", "properties": {}}}}
try:
    client.call_tool("ask", arguments)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(len(client.list_tools()["tools"]) > 0, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize("era", ERAS)
def test_ctrl_c_in_a_callback(era: str, listens: bool) -> None:
    with serving(era) as server:
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore:the tool:RuntimeWarning", "-c", CTRL_C, f"{server.url}/mcp", str(listens)],
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
    assert (out, errors, child.returncode) == ("interrupted\nTrue\n", "", 0)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("era", ERAS)
def test_an_unreferenced_client_known_to_its_callbacks_is_freed(era: str, place: dict[str, Any]) -> None:
    class Owner:
        def __init__(self, server: DevServer) -> None:
            self.client: OmniMCPClient = OmniMCPClient(**options(server, on_elicitation=self.answer, **place))

        def answer(self, _: Any) -> Any:
            return ADA

    with serving(era) as server:
        owner = Owner(server)
        assert elicit(owner.client) == ADA
        gone = weakref.ref(owner)
        del owner
        until = time.monotonic() + 5
        # The thread that answered ends a moment later.
        while gone() is not None and time.monotonic() < until:
            gc.collect()
            time.sleep(0.01)
        assert gone() is None
        assert server.wait("open_connections", at_most=0)


def test_an_unreferenced_async_client_is_freed() -> None:
    class Owner:
        def __init__(self, server: DevServer) -> None:
            self.client = AsyncOmniMCPClient(**options(server, on_elicitation=self.answer))

        async def answer(self, _: Any) -> Any:
            return ADA

    async def main(server: DevServer) -> Any:
        owner = Owner(server)
        assert await elicit_async(owner.client) == ADA
        return weakref.ref(owner)

    with serving("legacy") as server:
        gone = asyncio.run(main(server))
        gc.collect()
        assert gone() is None
        assert server.wait("open_connections", at_most=0)


# Calls that are cancelled.


def test_a_timeout_sends_cancelled() -> None:
    late = {"on": {"method": "tools/call"}, "fault": {"kind": "delay", "ms": 1000}}
    with DevServer(profile="generic", faults=[late]) as server:
        client = OmniMCPClient(**options(server, max_attempts=1))
        with pytest.raises(TimeoutError):
            client.call_tool("echo", {"message": "x"}, timeout=0.2)
        # Nothing drives the client any more.
        assert server.wait("requests", method="notifications/cancelled", at_least=1, timeout=1)
        client.close()


def test_a_cancelled_task_sends_cancelled() -> None:
    async def main(server: DevServer) -> None:
        is_asked = asyncio.Event()

        async def answer(_: Any) -> Any:
            is_asked.set()
            await asyncio.sleep(60)

        async with AsyncOmniMCPClient(**options(server, on_elicitation=answer)) as client:
            call = asyncio.ensure_future(elicit_async(client))
            await is_asked.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            reported = asyncio.to_thread(server.wait, "requests", method="notifications/cancelled", at_least=1)
            assert await reported

    with serving("legacy") as server:
        asyncio.run(main(server))


def test_an_interrupt_sends_cancelled() -> None:
    def answer(_: Any) -> Any:
        raise KeyboardInterrupt

    with serving("legacy") as server:
        client = OmniMCPClient(**options(server, on_elicitation=answer, listen=False))
        with pytest.raises(KeyboardInterrupt):
            elicit(client)
        assert server.wait("requests", method="notifications/cancelled", at_least=1, timeout=5)
        assert client.list_tools()
        client.close()
