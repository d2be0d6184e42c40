"""Runs the quickstart of each language against third-party servers, and compares the lines."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

SERVERS = {
    "@modelcontextprotocol/server-everything": (
        ["node", "node_modules/@modelcontextprotocol/server-everything/dist/index.js", "streamableHttp"],
        {"PORT": "{port}"},
    ),
    "mcp (Python SDK)": ([".venv/bin/python", "echo_server.py", "{port}"], {}),
}
QUICKSTARTS = {
    "Rust": [str(TARGET / "debug/examples/01_quickstart")],
    "Python": [sys.executable, str(ROOT / "examples/python/01_quickstart.py")],
    "Node": ["node", str(ROOT / "examples/node/01_quickstart.mjs")],
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(words, environment):
    port = str(free_port())
    command = [word.format(port=port) for word in words]
    variables = {name: value.format(port=port) for name, value in environment.items()}
    server = subprocess.Popen(
        command,
        cwd=HERE,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(server, int(port))
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_until_it_listens(server, port):
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise SystemExit(f"interop: the server ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("interop: the server does not listen")


def main():
    passed, failed = 0, 0
    for name, (words, environment) in SERVERS.items():
        with running(words, environment) as url:
            lines = {}
            for language, command in QUICKSTARTS.items():
                ended = subprocess.run([*command, url], capture_output=True, text=True, timeout=60)
                lines[language] = ended.stdout
                good = ended.returncode == 0 and "echo: Echo: inflation\n" in ended.stdout
                good = good and ended.stdout == lines["Rust"]
                passed, failed = passed + good, failed + (not good)
                print(f"{'ok    ' if good else 'FAILED'} {name}, {language}")
                if not good:
                    print(ended.stdout, ended.stderr)
            print("".join(f"       {line}\n" for line in lines["Rust"].splitlines()))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
