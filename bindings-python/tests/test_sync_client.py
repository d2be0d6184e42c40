"""The sync client: threads, connections, Ctrl-C, values."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ConfigError, OmniMCPClient, ProtocolError, RequestTimeoutError
from omni_mcp_py.testing import DevServer

HANG = [{"on": {"method": "tools/call"}, "fault": {"kind": "hang"}}]


def echoing() -> DevServer:
    return DevServer(profile="generic")


def of(server: DevServer, **options: Any) -> OmniMCPClient:
    return OmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp", **options)


@pytest.mark.parametrize("answer", ["json", "sse"])
def test_calls_share_one_connection(answer: str) -> None:
    with DevServer(answer=answer) as server, OmniMCPClient(server.api_key, base_url=server.url) as client:
        for _ in range(20):
            client.call_tool("fred.search", {"q": "inflation", "limit": 1})
        assert server.ledger()["connections"] == 1


def test_threads_share_one_client(server: DevServer, client: OmniMCPClient) -> None:
    def call(number: int) -> Any:
        return client.call_tool("fred.search", {"q": "inflation", "limit": 1 + number % 5})

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(call, range(200)))
    assert [result["structuredContent"]["count"] for result in results] == [1 + number % 5 for number in range(200)]
    ledger = server.ledger()
    assert (ledger["execution_count"], ledger["sessions_opened"]) == (200, 1)
    assert ledger["connections"] < 100


def test_a_waiting_call_does_not_hold_the_interpreter(server: DevServer, client: OmniMCPClient) -> None:
    client.initialize()
    server.script(HANG)
    waiting = threading.Thread(target=hang, args=(client,))
    waiting.start()
    # Both need the interpreter, and a second call of the same client, while the first one waits.
    assert server.wait("requests", method="tools/call", at_least=1)
    assert client.ping() == {}
    waiting.join()


def hang(client: OmniMCPClient) -> None:
    with pytest.raises(RequestTimeoutError):
        client.call_tool("fred.search", {"q": "inflation"}, timeout=0.5, max_attempts=1)


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
            body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": result}).encode()
            self.send_response(200 if "id" in asked else 202)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body) if "id" in asked else 0))
            self.end_headers()
            self.wfile.write(body if "id" in asked else b"")
            # Without a response, as a server does after its idle timeout.
            self.close_connection = asked["method"] == "ping"

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            closed.set()

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        endpoint = f"http://127.0.0.1:{server.server_port}/mcp"
        with OmniMCPClient(profile="generic", endpoint=endpoint, max_attempts=1) as client:
            for _ in range(5):
                client.ping()
                assert closed.wait(5)
                closed.clear()
        server.shutdown()


def test_a_call_that_timed_out_closes_its_connection_at_once(server: DevServer, client: OmniMCPClient) -> None:
    server.script(HANG)
    with pytest.raises(RequestTimeoutError) as raised:
        client.call_tool("fred.search", {"q": "inflation"}, timeout=timedelta(milliseconds=50), max_attempts=1)
    assert raised.value.delivery == "maybe_executed"
    assert server.wait("disconnects", at_least=1)


def test_closing_closes_the_connections(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        client.ping()
        assert server.ledger()["open_connections"] == 1
    assert server.wait("open_connections", at_most=0)
    client.close()


def test_a_forgotten_client_closes_its_connections(server: DevServer) -> None:
    client = OmniMCPClient(server.api_key, base_url=server.url)
    client.ping()
    del client
    gc.collect()
    assert server.wait("open_connections", at_most=0)


def test_progress_is_received_on_the_calling_thread() -> None:
    received: list[Any] = []
    with DevServer(progress=3, progress_interval_ms=20) as server:
        client = OmniMCPClient(server.api_key, base_url=server.url)

        def callback(progress: Any) -> None:
            # The client may be used meanwhile, even by its own callback.
            received.append((threading.get_ident(), progress["progress"], client.ping()))

        client.call_tool("fred.search", {"q": "inflation"}, on_progress=callback)
    assert received == [(threading.get_ident(), number, {}) for number in (1, 2, 3)]


def test_an_exception_of_a_callback_is_reported_and_the_call_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.append((args.exc_type, args.object)))

    def callback(_: Any) -> None:
        raise KeyError("x")

    with DevServer(progress=2) as server:
        client = OmniMCPClient(server.api_key, base_url=server.url)
        assert client.call_tool("fred.search", {"q": "inflation"}, on_progress=callback)["structuredContent"]
    assert reported == [(KeyError, callback)] * 2


class Text(str):
    __slots__ = ()


class Number(int):
    def __repr__(self) -> str:
        return "not a number"


VALUES: list[Any] = [
    {},
    [],
    (),
    None,
    True,
    0,
    -1,
    2**53 + 1,
    2**64,
    -(2**200),
    Number(2**70),
    0.1,
    1e300,
    5e-324,
    -0.0,
    1e16,
    "",
    '\u2028 \U0001f600 \x00 \x1f \x7f " \\ / \n\r\t',
    Text("subclass"),
    {"": {"__proto__": [1, (2, {"x": ()})]}},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_sent_unchanged(value: Any) -> None:
    with echoing() as server, of(server) as client:
        client.request("tools/call", {"name": "echo", "arguments": {"value": value}})
        body = next(r["body"] for r in server.ledger()["requests"] if r["rpc_method"] == "tools/call")
        sent = body["params"]["arguments"]["value"]
        if isinstance(value, int) and abs(value) >= 2**64:
            # The ledger itself keeps no larger integers exact.
            assert sent == pytest.approx(value)
        else:
            assert json.dumps(sent) == json.dumps(json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    "text",
    [
        "123456789012345678901234567890",
        "-1.5e-7",
        '"\\ud83d\\ude00"',
        '"\\ud800"',
        "[" * 150 + "]" * 150,
        '{"a":{"a":1}}',
    ],
)
def test_results_are_exact(text: str) -> None:
    body = '{"jsonrpc":"2.0","id":$ID,"result":{"value":' + text + "}}"
    with DevServer() as server, OmniMCPClient(server.api_key, base_url=server.url, max_depth=151) as client:
        server.script([{"on": {"method": "tools/call"}, "fault": {"kind": "raw_body", "body": body}}])
        assert client.request("tools/call", {"name": "fred.search"})["value"] == json.loads(text)


def test_options_may_be_timedeltas(server: DevServer) -> None:
    with pytest.raises(ConfigError, match="timeout"):
        OmniMCPClient(server.api_key, base_url=server.url, timeout=timedelta(0))
    OmniMCPClient(server.api_key, base_url=server.url, timeout=timedelta(minutes=1)).ping()


def test_unknown_options_are_config_errors(server: DevServer, client: OmniMCPClient) -> None:
    with pytest.raises(ConfigError) as raised:
        OmniMCPClient(server.api_key, base_uri=server.url)  # type: ignore[call-arg]
    assert (raised.value.code, raised.value.field) == ("unknown_option", "base_uri")
    with pytest.raises(ConfigError, match="retries"):
        client.ping(retries=3)  # type: ignore[call-overload]
    with pytest.raises(ConfigError) as raised:
        client.ping(headers={"x": object()})  # type: ignore[dict-item]
    assert raised.value.field == "headers"


def test_not_given_is_not_none(server: DevServer) -> None:
    OmniMCPClient(server.api_key, base_url=server.url, timeout=None, total_timeout=None, retry_budget=None).ping()
    with pytest.raises(ConfigError, match="max_attempts"):
        OmniMCPClient(server.api_key, base_url=server.url, max_attempts=0)


CTRL_C = """
import signal, sys, time
from omni_mcp_py import OmniMCPClient
# It may be ignored if the tests were started in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
client = OmniMCPClient(sys.argv[2], base_url=sys.argv[1])
client.initialize()
for _ in range(3):
    try:
        client.call_tool("fred.search", {"q": "inflation"}, timeout=None)
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
        # The socket is closed already; the client stays usable.
        assert sys.stdin.readline() == "seen\\n"
        client.ping()
print("usable", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_a_waiting_call_and_its_connection(server: DevServer) -> None:
    server.script(HANG)
    child = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, server.url, server.api_key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        delays = []
        for number in (1, 2, 3):
            assert server.wait("requests", method="tools/call", at_least=number)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            delays.append(float(child.stdout.readline()) - sent)
            assert server.wait("disconnects", at_least=number)
            child.stdin.write("seen\n")
            child.stdin.flush()
        assert child.stdout.readline() == "usable\n"
        # The calls would never end by themselves; of three, one is not held up by the machine.
        assert min(delays) < 0.2
    assert child.returncode == 0


@pytest.mark.parametrize("bad", [5, "x", object()])
def test_a_progress_callback_must_be_callable(server: DevServer, bad: Any) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client, pytest.raises(ConfigError) as refused:
        client.ping(on_progress=bad)
    assert refused.value.field == "on_progress"

    async def refuse() -> None:
        async with AsyncOmniMCPClient(server.api_key, base_url=server.url) as client:
            await client.ping(on_progress=bad)

    with pytest.raises(ConfigError, match="on_progress: must be a function"):
        asyncio.run(refuse())


def test_an_interrupt_in_a_callback_ends_the_call() -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with DevServer(progress=2) as server, OmniMCPClient(server.api_key, base_url=server.url) as client:
        with pytest.raises(KeyboardInterrupt):
            client.call_tool("fred.search", {"q": "inflation"}, on_progress=interrupted)
        assert client.ping() == {}


def test_a_tool_that_is_left_out_causes_a_warning() -> None:
    with DevServer(profile="generic", era="modern", everything=True) as server:
        options: Any = {"profile": "generic", "endpoint": f"{server.url}/mcp"}
        with (
            OmniMCPClient(**options) as client,
            pytest.warns(RuntimeWarning, match="the tool mirrored_wrongly was left out"),
        ):
            client.list_tools()


def test_an_async_progress_callback_is_refused(server: DevServer) -> None:
    async def callback(_: Any) -> None: ...

    class AsyncCallback:
        async def __call__(self, _: Any) -> None: ...

    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        for refused in (callback, AsyncCallback()):
            with pytest.raises(ConfigError, match="on_progress: must not be an async function"):
                client.call_tool("echo", {}, on_progress=refused)


def test_a_function_under_a_mistyped_name_is_named() -> None:
    options: Any = {"onElicitation": print}
    with pytest.raises(ConfigError, match="onElicitation: is not an option; did you mean on_elicitation\\?"):
        OmniMCPClient("k", **options)
    with pytest.raises(ConfigError, match="on_progres: is not an option; did you mean on_progress\\?"):
        OmniMCPClient("k").ping(on_progres=print)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="profile: must be the name of a profile"):
        OmniMCPClient("k", profile=print)  # type: ignore[arg-type]


def test_the_error_of_an_answer_that_python_cannot_hold():
    answer = '{"jsonrpc": "2.0", "id": $ID, "result": {"content": [], "structuredContent": {"n": %s}}}' % ("9" * 5000)
    fault = {"kind": "raw_body", "content_type": "application/json", "body": answer}
    with (
        DevServer(faults=[{"on": {"method": "tools/call"}, "fault": fault}]) as server,
        OmniMCPClient(api_key=server.api_key, base_url=server.url) as client,
        pytest.raises(ProtocolError) as raised,
    ):
        client.call_tool("fred.search", {"q": "x"}, idempotency_key="a-key")
    error = raised.value
    assert (error.code, error.delivery, error.attempts, error.status_code) == ("invalid_answer", "executed", 1, 200)
    assert error.idempotency_key == "a-key"
    assert error.request_id
