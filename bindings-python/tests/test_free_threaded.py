"""Builds for a Python without a global lock: the module declares that it needs none, and its classes need none."""

from __future__ import annotations

import gc
import re
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

import pytest
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, OmniMCPError, _native
from omni_mcp_py.testing import DevServer

SOURCES = Path(__file__).parents[1] / "src"


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has the lock")
def test_the_lock_stays_off() -> None:
    assert not sys._is_gil_enabled()


def test_the_module_declares_it_and_no_class_is_bound_to_a_thread() -> None:
    sources = {path.relative_to(SOURCES).as_posix(): path.read_text() for path in SOURCES.rglob("*.rs")}
    assert "#[pymodule(gil_used = false)]" in sources["lib.rs"]
    classes = [declared for text in sources.values() for declared in re.findall(r"#\[pyclass\(([^)]*)\)\]", text)]
    assert len(classes) >= 8
    # Without `frozen` a class is borrowed at run time, which fails where two threads use it at once.
    assert all("frozen" in declared and "unsendable" not in declared for declared in classes)
    assert "#[pyclass]" not in "".join(sources.values())


@pytest.fixture
def server() -> Any:
    with DevServer(profile="generic", era="legacy") as server:
        yield server


def at_once(*works: Any) -> None:
    """Do each on a thread, beginning together."""
    ready, failed = threading.Barrier(len(works)), []

    def do(work: Any) -> None:
        ready.wait()
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_every_object_is_thread_safe(server: DevServer) -> None:
    """All classes of the module, used by many threads at once, with frequent switches between them."""
    options: dict[str, Any] = {"profile": "generic", "endpoint": f"{server.url}/mcp"}
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            client = OmniMCPClient(**options, on_notification=lambda _: None, token_provider=lambda: "tok_1")
            unused = AsyncOmniMCPClient(**options, on_notification=lambda _: None)
            pages = client._native.pages("iter_tools", {}, {})

            def call(client: Any = client) -> None:
                try:
                    client.call_tool("echo", {"n": 1}, on_progress=lambda _: None)
                except OmniMCPError as error:
                    assert error.kind == "closed"  # noqa: PT017

            def look(client: Any = client, unused: Any = unused) -> None:
                for one in (client, unused):
                    try:
                        one.server_info, one.protocol_version, repr(one)
                    except OmniMCPError as error:
                        assert error.kind == "closed"  # noqa: PT017
                _native.tables()

            def take_page(client: Any = client, pages: Any = pages) -> None:
                try:
                    while client._native.next_page(pages) is not None:
                        pass
                except OmniMCPError as error:
                    assert error.kind == "closed"  # noqa: PT017

            at_once(call, call, look, take_page, take_page, server.ledger, gc.collect, client.close, client.close)
    finally:
        sys.setswitchinterval(before)
