"""Third-party servers over every transport: a client from the handshake to the resources that remain after close."""

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import BUILT, HERE, PROGRAMS, ROOT, Program, check, free_port, wait_until, wait_until_it_listens

LEGACY, MODERN = "2025-11-25", "2026-07-28"
# Writes its process id to a file, and becomes the server.
WRITE_PID = ["-c", 'echo $$ > "$0" && exec "$@"']


@dataclass
class Server:
    name: str
    command: list
    # The argument for each transport, and the text that the server logs when a client has left.
    http: tuple
    sse: tuple
    stdio: str
    # A tool that reports progress.
    long: dict
    # Tools that send requests to the client.
    asking: list
    prompt: dict
    # The newest revision that it supports.
    newest: str


SERVERS = [
    Server(
        "@modelcontextprotocol/server-everything",
        ["node", str(HERE / "node_modules/@modelcontextprotocol/server-everything/dist/index.js")],
        http=("streamableHttp", "Transport closed for session"),
        sse=("sse", "Client Disconnected"),
        stdio="stdio",
        long={"name": "trigger-long-running-operation", "arguments": {"duration": 0.2, "steps": 4}},
        asking=[
            {"name": "trigger-elicitation-request", "arguments": {}},
            {"name": "trigger-sampling-request", "arguments": {"prompt": "Capital of France?"}},
            {"name": "get-roots-list", "arguments": {}},
        ],
        prompt={"name": "args-prompt", "arguments": {"city": "Oslo"}},
        newest=LEGACY,
    ),
    Server(
        "mcp (Python SDK)",
        [str(HERE / ".venv/bin/python"), str(HERE / "echo_server.py")],
        http=("streamable-http", "ended: DELETE /mcp"),
        sse=("sse", "ended: GET /sse"),
        stdio="stdio",
        long={"name": "count", "arguments": {"steps": 4}},
        asking=[{"name": name, "arguments": {}} for name in ("who", "sample", "roots")],
        prompt={"name": "greet", "arguments": {"name": "Ann"}},
        newest=MODERN,
    ),
]
QUICKSTARTS = {
    "Rust": [str(BUILT / "examples/01_quickstart")],
    "Python": [PROGRAMS["Python"][0], str(ROOT / "examples/python/01_quickstart.py")],
    "Node": ["node", str(ROOT / "examples/node/01_quickstart.mjs")],
    "Node, bundled by webpack": ["node", str(HERE / "bundled.mjs")],
}


def run(table):
    for server in SERVERS:
        argument, farewell = server.http
        with listening(server, argument) as (address, log):
            endpoint = f"{address}/mcp"
            over(table, server, "streamable HTTP", {"endpoint": endpoint}, log, farewell)
            if server.newest == MODERN:
                options = {"endpoint": endpoint, "protocol_version": LEGACY}
                over(table, server, "streamable HTTP", options, log, farewell, era=LEGACY)
            quickstarts(table, server, f"{address}/mcp")
        argument, farewell = server.sse
        with listening(server, argument) as (address, log):
            endpoint = f"{address}/sse"
            over(table, server, "HTTP+SSE", {"endpoint": endpoint, "transport": "sse"}, log, farewell)
            over(table, server, "HTTP+SSE, found by falling back", {"endpoint": endpoint}, log, farewell)
        over_stdio(table, server)


@contextmanager
def listening(server, argument):
    """Starts the server on a free port; yields its address and its log file."""
    port = free_port()
    with tempfile.NamedTemporaryFile("r") as log:
        process = subprocess.Popen(
            [*server.command, argument, str(port)],
            cwd=HERE,
            env={**os.environ, "PORT": str(port)},
            stdout=log.fileno(),
            stderr=log.fileno(),
        )
        try:
            wait_until_it_listens(process, port)
            yield f"http://127.0.0.1:{port}", Path(log.name)
        finally:
            process.kill()
            process.wait()


def over(table, server, transport, options, log, farewell, era=None):
    era = era or (LEGACY if transport.startswith("HTTP+SSE") else server.newest)

    def has_left(_):
        if era == MODERN:
            # There is no session to end.
            return
        wait_until(lambda: log.read_bytes().count(farewell.encode()) > before, f"the server writes {farewell!r}", 10)

    expected = None
    for language in PROGRAMS:
        before = log.read_bytes().count(farewell.encode())
        expected = probe(table, server, transport, language, options, has_left, expected, era)


def over_stdio(table, server):
    def has_left(program):
        pid = int(pid_file.read_text())
        check(not alive(pid), "the server's process is still there")
        check(not children(program.pid), "the program still has a child process")

    with tempfile.TemporaryDirectory() as folder:
        pid_file = Path(folder, "pid")
        arguments = [*WRITE_PID, str(pid_file), *server.command, server.stdio]
        expected = None
        for language in PROGRAMS:
            pid_file.unlink(missing_ok=True)
            options = {"command": "sh", "args": arguments, "cwd": str(HERE)}
            expected = probe(table, server, "stdio", language, options, has_left, expected, server.newest)


def probe(table, server, transport, language, options, has_left, expected, era):
    """Run one client; return the lines that the next one must print."""
    plan = {"client": {"profile": "generic", **options}, "long": server.long}
    plan |= {"asking": server.asking, "prompt": server.prompt}
    plan = json.dumps(plan)
    with table.row(f"{server.name}, {transport}, {era}, {language}") as shown:
        with Program([*PROGRAMS[language], "probe", plan]) as program:
            lines = program.lines_to("closed")
            has_left(program)
            program.end()
        if expected is None:
            shown.extend(lines)
        check(lines[0].startswith("server: "), f"no server: {lines}")
        check(lines[1] == f"protocol: {era}" or transport.startswith("HTTP+SSE"), f"not of {era}: {lines}")
        check(any(line.startswith("asked: ") and "Ann" in line for line in lines), f"no request was received: {lines}")
        check(any(line.startswith("asked: ") and "Paris" in line for line in lines), f"no model was asked: {lines}")
        check(any(line.startswith("asked: ") and "file:///work" in line for line in lines), f"no roots: {lines}")
        check("echo: Echo: inflation" in lines, f"no echo: {lines}")
        check("progress: 1 of 4, 2 of 4, 3 of 4, 4 of 4" in lines, f"not all progress: {lines}")
        check(expected is None or lines == expected, f"other lines than {expected}: {lines}")
        return lines
    return expected


def quickstarts(table, server, endpoint):
    expected = None
    for language, command in QUICKSTARTS.items():
        with table.row(f"{server.name}, the quickstart, {language}"):
            ended = subprocess.run([*command, endpoint], capture_output=True, text=True, timeout=60)
            check(ended.returncode == 0 and "echo: Echo: inflation\n" in ended.stdout, ended.stdout + ended.stderr)
            check(expected is None or ended.stdout == expected, f"other lines than {expected}: {ended.stdout}")
            expected = ended.stdout


def alive(group):
    """Whether a process of a process group is left; the server leads its own group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def children(parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        # The name of the program is in brackets, and may contain any characters.
        if int(text.rpartition(")")[2].split()[1]) == parent:
            found.append(int(stat.parent.name))
    return found
