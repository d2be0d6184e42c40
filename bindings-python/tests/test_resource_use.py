"""Resources of a client: file descriptors, and files that are read when it is made."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from omni_mcp_py import OmniMCPClient, OmniMCPError
from omni_mcp_py.testing import DevServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CLIENTS = 40
OPEN = Path("/proc/self/fd")
# The server runs in another process, so that only the clients' descriptors are counted.
SERVER = """
import sys
from omni_mcp_py.testing import DevServer
with DevServer(**eval(sys.argv[1])) as server:
    print(server.url, server.api_key, flush=True)
    print((server.ca or "").replace("\\n", "|"), flush=True)
    sys.stdin.read()
"""


class Elsewhere:
    """A dev server in another process."""

    def __init__(self, **options: object) -> None:
        command = [sys.executable, "-c", SERVER, repr(options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url, self.key = self.process.stdout.readline().split()
        self.ca = self.process.stdout.readline().strip().replace("|", "\n") or None

    def client(self, **options: object) -> OmniMCPClient:
        return OmniMCPClient(self.key, base_url=self.url, ca_certs=self.ca, **options)  # type: ignore[arg-type]

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def descriptors() -> int:
    gc.collect()
    return len(list(OPEN.iterdir()))


def sockets() -> int:
    def leads_to(descriptor: Path) -> str:
        try:
            return str(descriptor.readlink())
        except FileNotFoundError:
            return ""

    gc.collect()
    return sum(leads_to(descriptor).startswith("socket:") for descriptor in list(OPEN.iterdir()))


def of_this_thread(work: Callable[[], object]) -> None:
    work()


def of_another_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("run", [of_this_thread, of_another_thread])
@pytest.mark.parametrize("options", [{}, {"tls": {}}])
def test_descriptors_of_connected_clients(run: Callable[..., None], options: dict[str, object]) -> None:
    with Elsewhere(**options) as server:
        server.client().close()
        before = descriptors()
        clients = [server.client() for _ in range(CLIENTS)]
        assert descriptors() == before, "a client that made no call has none"
        for client in clients:
            run(client.ping)
        assert descriptors() - before <= 2 * CLIENTS
        for client in clients:
            client.close()
        assert descriptors() - before <= 4, "descriptors are left open"


@pytest.mark.parametrize("options", [{}, {"tls": {}}])
def test_sockets_of_a_closed_or_dropped_client_are_closed_at_once(options: dict[str, object]) -> None:
    with Elsewhere(**options) as server:
        # Starts what ends the sessions of clients that are dropped.
        server.client().ping()
        other = server.client()
        other.ping()
        before = sockets()
        closed, dropped = server.client(), [server.client()]
        closed.ping()
        dropped[0].ping()
        assert sockets() == before + 2
        closed.close()
        assert sockets() == before + 1
        dropped.clear()
        for _ in range(200):
            # Behind the drop its session is ended on another runtime.
            if sockets() <= before:
                break
            other.ping()
        assert sockets() <= before
        other.close()


def test_clients_of_many_threads() -> None:
    with Elsewhere() as server:
        clients = [server.client() for _ in range(CLIENTS)]
        before, meet = descriptors(), threading.Barrier(CLIENTS)

        def use(client: OmniMCPClient) -> None:
            meet.wait()
            for _ in range(5):
                client.ping()

        threads = [threading.Thread(target=use, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert descriptors() - before <= 2 * CLIENTS
        # Each is used by another thread now, while their runtimes' first threads are gone.
        again = [threading.Thread(target=client.ping) for client in clients]
        for thread in again:
            thread.start()
        for thread in again:
            thread.join()
        for client in clients:
            client.close()


def test_a_callback_may_wait_for_a_call_of_another_client(server: DevServer) -> None:
    other = OmniMCPClient(server.api_key, base_url=server.url)
    lock, reported = threading.Lock(), threading.Event()

    def on_state(_: object) -> None:
        reported.set()
        with lock:
            pass

    def call_other() -> None:
        with lock:
            begun.set()
            assert reported.wait(10)
            other.ping()

    other.ping()
    begun = threading.Event()
    thread = threading.Thread(target=call_other)
    with OmniMCPClient(server.api_key, base_url=server.url, on_state=on_state) as client:
        thread.start()
        assert begun.wait(10)
        client.ping()
        thread.join(10)
        assert not thread.is_alive()
    other.close()


def test_clients_share_no_connection_that_the_server_closed() -> None:
    with Elsewhere() as server:
        clients = [server.client(max_attempts=1) for _ in range(100)]
        for client in clients:
            client.ping()
        port = server.url.rsplit(":", 1)[1].split("/")[0]
        assert port.isdigit()
    for client in clients:
        with pytest.raises(OmniMCPError) as raised:
            client.ping()
        assert raised.value.code == "connect_failed", "the connection that ended is not used again"


def test_errors_of_options_are_raised_by_the_constructor() -> None:
    for field, value in (
        ("ca_certs", "/no/such/file"),
        ("client_cert", "/no/such/file"),
        ("min_tls_version", "1.1"),
        ("proxy", "ftp://127.0.0.1:1"),
        ("proxy", "http://"),
        ("timeout", -1),
    ):
        with pytest.raises(OmniMCPError) as raised:
            OmniMCPClient("k", base_url="https://127.0.0.1:1", **{field: value})  # type: ignore[arg-type]
        assert raised.value.field == field


NO_DESCRIPTORS = """
import os, resource, sys
from omni_mcp_py import OmniMCPClient, OmniMCPError
url, key = sys.argv[1:]
waiting = OmniMCPClient(key, base_url=url, max_attempts=1)
unused = OmniMCPClient(key, base_url=url)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
try:
    waiting.ping()
except OmniMCPError as error:
    assert (error.code, error.delivery, error.retryable) == ("connect_failed", "not_sent", True), error
    assert "Too many open files" in str(error), error
else:
    sys.exit("it had some")
unused.close()
for descriptor in taken:
    os.close(descriptor)
assert waiting.ping() == {}
waiting.close()
"""


def test_without_descriptors() -> None:
    with Elsewhere() as server:
        subprocess.run([sys.executable, "-c", NO_DESCRIPTORS, server.url, server.key], check=True, timeout=60)


CERTIFICATES = """
import os, sys, threading
from omni_mcp_py import OmniMCPClient
url, pipe, certificate = sys.argv[1:]
os.mkfifo(pipe)
os.environ["SSL_CERT_FILE"] = pipe
os.environ.pop("SSL_CERT_DIR", None)
made = threading.Event()

def make():
    for _ in range(20):
        OmniMCPClient("k", base_url=url)
    made.set()

making = threading.Thread(target=make, daemon=True)
making.start()
reads = 0
while not made.wait(0.01):
    try:
        # Opens only where a client waits to read.
        descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        continue
    os.write(descriptor, certificate.encode())
    os.close(descriptor)
    reads += 1
print(reads)
"""


@pytest.mark.parametrize(("scheme", "least", "most"), [("http", 0, 0), ("https", 1, 3)])
def test_certificates_are_read_once_and_for_https_only(scheme: str, least: int, most: int, tmp_path: Path) -> None:
    with DevServer(tls={}) as server:
        certificate = server.ca or ""
    # In the place of the system's certificates a pipe shows who opens it.
    command = [sys.executable, "-c", CERTIFICATES, f"{scheme}://127.0.0.1:9/mcp", str(tmp_path / "pipe"), certificate]
    ran = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    assert least <= int(ran.stdout) <= most
