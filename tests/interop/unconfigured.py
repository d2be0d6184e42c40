"""Common servers, with a client that has only a URL or a command."""

import json
import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common import HERE, PROGRAMS, Program, Replica, check, free_port, nginx_at, wait_until_it_listens

CALLS = 20
INTEROP_PYTHON = str(HERE / ".venv/bin/python")

# Each replica sets a cookie with its name, and a request with that cookie is routed to that replica.
STICKY_BY_COOKIE = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;

    upstream any {{ zone any 64k; server {first}; server {second}; }}
    upstream first {{ server {first}; }}
    upstream second {{ server {second}; }}
    map $cookie_route $replica {{ first first; second second; default any; }}
    map $upstream_addr $route {{ {first} first; {second} second; default ""; }}
    server {{
        listen 127.0.0.1:{port};
        location /mcp {{
            add_header Set-Cookie "route=$route; Path=/; HttpOnly; Max-Age=3600" always;
            proxy_pass http://$replica;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
        }}
    }}
}}
"""


def run(table):
    redirected(table)
    sticky_by_cookie(table)
    banner(table)


def calls(language, client):
    """The lines of a program that lists the tools and calls one, with these options of its client."""
    plan = json.dumps({"client": {"profile": "generic", **client}, "calls": CALLS})
    with Program([*PROGRAMS[language], "calls", plan]) as program:
        return program.end()


def expected(lines):
    check(lines[0].startswith("tools: ") and "echo" in lines[0], f"no tools: {lines}")
    check(lines[1:] == [f"echo: Echo: {call}" for call in range(CALLS)], f"other results: {lines[1:4]}")


def redirected(table):
    with fastmcp() as (address, log):
        for language in PROGRAMS:
            with table.row(f"fastmcp at /mcp/, asked at /mcp, {language}") as shown:
                before = log.read_text().count('"POST /mcp HTTP/1.1" 307')
                expected(calls(language, {"endpoint": f"{address}/mcp"}))
                redirects = log.read_text().count('"POST /mcp HTTP/1.1" 307') - before
                check(redirects == 1, f"{redirects} redirects")
                shown.append(f"{CALLS} calls, 1 redirect")


@contextmanager
def fastmcp():
    port = free_port()
    with tempfile.NamedTemporaryFile("r") as log:
        command = [INTEROP_PYTHON, str(HERE / "fastmcp_server.py"), str(port)]
        environment = {**os.environ, "FASTMCP_CHECK_FOR_UPDATES": "off"}
        process = subprocess.Popen(command, stdout=log.fileno(), stderr=log.fileno(), env=environment)
        try:
            wait_until_it_listens(process, port)
            yield f"http://127.0.0.1:{port}", Path(log.name)
        finally:
            process.kill()
            process.wait()


def sticky_by_cookie(table):
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    for language in PROGRAMS:
        name = f"two replicas behind nginx, sticky by cookie, {language}"
        if nginx is None:
            table.skip(name, "nginx is not installed")
            continue
        with table.row(name) as shown, ExitStack() as stack:
            replicas = [stack.enter_context(Replica("generic")) for _ in range(2)]
            first, second = (replica.address for replica in replicas)
            address = stack.enter_context(nginx_at(nginx, STICKY_BY_COOKIE, first=first, second=second))
            # The tool of the dev server returns its arguments.
            plan = {"client": {"profile": "generic", "endpoint": f"{address}/mcp"}, "calls": CALLS}
            with Program([*PROGRAMS[language], "calls", json.dumps(plan)]) as program:
                lines = program.end()
            check(len(lines) == CALLS + 1, f"{len(lines)} lines: {lines[:3]}")
            ledgers = [replica.ledger() for replica in replicas]
            opened = [ledger["sessions_opened"] for ledger in ledgers]
            ran = [ledger["execution_count"] for ledger in ledgers]
            check(sorted(opened) == [0, 1], f"sessions opened at each replica: {opened}")
            check(sorted(ran) == [0, CALLS], f"calls that ran at each replica: {ran}")
            shown.append(f"{CALLS} of {CALLS} calls, 1 session")


def banner(table):
    """A program that prints text before its first message, as servers do whose libraries print."""
    server = [INTEROP_PYTHON, str(HERE / "echo_server.py"), "stdio"]
    talk = 'echo "[dotenv@17.2.3] injecting env (0) from .env"; echo "Server is running on stdio"; exec "$@"'
    for language in PROGRAMS:
        with table.row(f"mcp (Python SDK) on stdio behind a banner, {language}"):
            expected(calls(language, {"command": "sh", "args": ["-c", talk, "sh", *server]}))
