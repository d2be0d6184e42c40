"""Forks of a process with calls in flight: the child gets a clear error or a working new client, never hangs, and
its exit does not end the parent's sessions and processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, ClientClosedError, OmniMCPClient
from omni_mcp_py.testing import DevServer
from test_fork import in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

SEARCH: tuple[str, dict[str, Any]] = ("fred.search", {"q": "inflation", "limit": 1})


def in_child_of_a_thread(work: Callable[[], None]) -> None:
    """Fork on another thread than the main one."""
    failed: list[BaseException] = []

    def fork() -> None:
        try:
            in_child(work)
        except BaseException as error:
            failed.append(error)

    forking = threading.Thread(target=fork)
    forking.start()
    forking.join()
    if failed:
        raise failed[0]


@contextmanager
def busy(sync: OmniMCPClient, asynchronous: AsyncOmniMCPClient) -> Iterator[None]:
    """Calls both clients all the time, by threads and by an event loop on another thread."""
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            sync.call_tool(*SEARCH)

    async def call_async() -> None:
        while not over.is_set():
            await asyncio.gather(*(asynchronous.call_tool(*SEARCH) for _ in range(4)))

    threads = [threading.Thread(target=call) for _ in range(3)]
    threads.append(threading.Thread(target=lambda: asyncio.run(call_async())))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_while_threads_and_loops_call(server: DevServer) -> None:
    key, url = server.api_key, server.url
    sync, asynchronous = OmniMCPClient(key, base_url=url), AsyncOmniMCPClient(key, base_url=url)

    async def child_async() -> None:
        for _ in range(2):
            with pytest.raises(ClientClosedError) as raised:
                await asynchronous.call_tool(*SEARCH)
            assert raised.value.code == "client_forked"
        async with AsyncOmniMCPClient(key, base_url=url) as new:
            results = await asyncio.gather(*(new.call_tool(*SEARCH) for _ in range(4)))
            assert all(result["structuredContent"] for result in results)

    def child() -> None:
        for _ in range(2):
            with pytest.raises(ClientClosedError):
                sync.call_tool(*SEARCH)
        with OmniMCPClient(key, base_url=url) as new:
            assert new.call_tool(*SEARCH)["structuredContent"]
        asyncio.run(child_async())

    with busy(sync, asynchronous):
        for number in range(8):
            (in_child, in_child_of_a_thread)[number % 2](child)
    assert sync.ping() == {}
    assert asyncio.run(asynchronous.ping()) == {}


def test_a_list_that_was_begun_before(server: DevServer) -> None:
    server.script([])
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        tools = client.iter_tools()
        assert next(tools)["name"]
        fresh = client.iter_tools()

        def child() -> None:
            with pytest.raises(ClientClosedError):
                next(fresh)

        in_child(child)
        assert [tool["name"] for tool in tools]


def test_a_client_with_callbacks() -> None:
    def provide() -> str:
        return "tok_1"

    with DevServer(profile="generic", auth={"type": "bearer", "token": "tok_1"}) as server:
        options: dict[str, Any] = {"profile": "generic", "endpoint": f"{server.url}/mcp", "token_provider": provide}
        received: dict[str, Any] = {**options, "on_notification": print}
        sync, asynchronous = OmniMCPClient(**received), AsyncOmniMCPClient(**received)
        sync.ping()
        asyncio.run(asynchronous.ping())

        def child() -> None:
            with pytest.raises(ClientClosedError):
                sync.ping()
            with pytest.raises(ClientClosedError):
                asyncio.run(asynchronous.ping())
            with OmniMCPClient(**received) as new:
                assert new.ping() == {}

            async def main() -> None:
                async with AsyncOmniMCPClient(**received) as new:
                    assert await new.ping() == {}

            asyncio.run(main())

        in_child(child)
        assert sync.ping() == {}
        sync.close()


def test_multiprocessing_starts_processes_anew(server: DevServer) -> None:
    with OmniMCPClient(server.api_key, base_url=server.url) as client:
        client.ping()
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            pings = [pool.submit(ping, server.api_key, server.url) for _ in range(4)]
            assert [ping.result() for ping in pings] == [{}] * 4
        assert client.ping() == {}


def ping(key: str, url: str) -> object:
    with OmniMCPClient(key, base_url=url) as client:
        return client.ping()


PRELOADED: list[OmniMCPClient] = []


def use_preloaded(key: str, url: str) -> str:
    try:
        PRELOADED[0].ping()
    except ClientClosedError:
        # A worker makes another one, under the same name.
        PRELOADED[0] = OmniMCPClient(key, base_url=url)
    PRELOADED[0].ping()
    return "works"


@pytest.mark.parametrize("is_used_before", [False, True])
def test_a_client_that_was_made_before_the_workers(server: DevServer, is_used_before: bool) -> None:
    PRELOADED[:] = [OmniMCPClient(server.api_key, base_url=server.url)]
    if is_used_before:
        PRELOADED[0].ping()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            uses = [pool.submit(use_preloaded, server.api_key, server.url) for _ in range(6)]
            assert [use.result() for use in uses] == ["works"] * 6
    assert PRELOADED.pop().ping() == {}


# Children that end as programs do, with all that an interpreter does at its end.
ENDS = """
import asyncio, os, sys, threading
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
from omni_mcp_py.testing import DevServer
command, how = sys.argv[1:]
everything = {"profile": "generic", "era": "legacy", "everything": True}
server = DevServer(**everything)
endpoint = {"profile": "generic", "endpoint": server.url + "/mcp"}
plain = OmniMCPClient(**endpoint)
listening = OmniMCPClient(**endpoint, on_notification=lambda _: None)
process = OmniMCPClient(profile="generic", command=command, args=["--stdio"])
later = AsyncOmniMCPClient(**endpoint)
clients = [plain, listening, process]
for client in clients:
    client.ping()
answers = []
async def main():
    await later.ping()
    slow = [later.call_tool("slow", {"ms": 500, "n": n}) for n in range(3)]
    answers.extend(await asyncio.gather(*slow))
    await later.ping()
    await later.close()
# In flight while the children are made.
calling = threading.Thread(target=lambda: asyncio.run(main()))
calling.start()
assert server.wait("running", at_least=3)
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        if how == "forgets":
            clients.clear()
            del plain, listening, process, client, later
        elif how == "uses_its_own":
            with OmniMCPClient(profile="generic", command=command, args=["--stdio"]) as own:
                own.ping()
            left_open = OmniMCPClient(profile="generic", command=command, args=["--stdio"])
            left_open.ping()
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
calling.join()
assert len(answers) == 3
assert not [request for request in server.ledger()["requests"] if request["http_method"] == "DELETE"][1:]
for client in clients:
    client.ping()
assert server.ledger()["sessions_opened"] == 3
for client in clients:
    client.close()
server.close()
print("ended", flush=True)
"""


@pytest.mark.parametrize("how", ["exits", "forgets", "uses_its_own"])
def test_the_end_of_a_child_does_not_affect_the_parent(how: str) -> None:
    from case_client import program

    child = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", ENDS, program(), how],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (child.stdout, child.stderr, child.returncode) == ("ended\n", "", 0)
