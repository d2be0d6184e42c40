"""Sticky routing: nginx in front of three replicas of a service, one of which is killed while calls run on it."""

import json
import os
import shutil
from collections import Counter
from contextlib import ExitStack

from common import PROGRAMS, Program, Replica, check, nginx_at, wait_until

NAME = "sticky routing by nginx"
# Clients, and calls of each: the full number in one language, fewer in the others.
MEASURES = {"Rust": (20, 50), "Python": (5, 20), "Python async": (5, 20), "Node": (5, 20)}
LISTENING = {"Rust", "Python", "Python async", "Node"}
TOOL = "createTestTarget"

CONFIG = """
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

    upstream replicas {{
        # The workers share their knowledge of a dead replica.
        zone replicas 128k;
        hash $http_x_session_id consistent;
        {servers}
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port};
        location /mcp {{
            proxy_pass http://replicas;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
            proxy_read_timeout 1h;
            # Another replica receives a request only if no connection could be made. One that was sent may have run: a
            # POST is never sent again, because non_idempotent is not set.
            proxy_next_upstream error;
        }}
    }}
}}
"""


def run(table):
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    for language, (clients, calls) in MEASURES.items():
        name = f"{NAME}: {clients} clients, {clients * calls} calls, {language}"
        if nginx is None:
            table.skip(name, "nginx is not installed")
            continue
        with table.row(name) as shown:
            one_run(shown, nginx, language, clients, calls)


def one_run(shown, nginx, language, clients, calls):
    with ExitStack() as stack:
        replicas = [stack.enter_context(Replica("octomind")) for _ in range(3)]
        servers = "\n        ".join(f"server {replica.address} max_fails=1 fail_timeout=10s;" for replica in replicas)
        address = stack.enter_context(nginx_at(nginx, CONFIG, servers=servers))
        options = {"profile": "octomind", "api_key": "omni_test_interop", "endpoint": f"{address}/mcp"}
        plan = json.dumps({"client": options, "clients": clients, "calls": calls})
        program = stack.enter_context(Program([*PROGRAMS[language], "sticky", plan]))

        program.lines_to("half")
        first = [Traffic(replica.ledger()) for replica in replicas]
        homes = {client: home(first, client) for client in set().union(*(traffic.clients for traffic in first))}
        check(len(homes) == clients, f"{len(homes)} values of x-session-id from {clients} clients")
        check(sum(map(len, (traffic.ran for traffic in first))) == clients * calls // 2, "not every call ran once")
        victim = max(range(3), key=lambda index: len(first[index].clients))
        affected = first[victim].clients

        # From here on the replica sends no responses: half of the calls run there, the others do not, and no
        # client can know which. When every lane waits, its ledger is complete.
        hang = {"on": {"tool": TOOL}, "fault": {"kind": "hang", "when": "before_execution"}}
        ran = {**hang, "nth": list(range(1, 200, 2)), "fault": {"kind": "hang", "when": "after_execution"}}
        replicas[victim].control("script", [ran, hang])
        program.go_on()
        lanes = len(first[victim].lanes)
        at_rest = {"requests": lanes, "executions": len(first[victim].ran) + (lanes + 1) // 2}
        wait_until(lambda: replicas[victim].hanging() == at_rest, f"{lanes} calls wait on one replica")
        at_the_end = replicas[victim].ledger()
        replicas[victim].kill()
        outcome = json.loads(program.end()[-1])

        last = [Traffic(at_the_end if index == victim else replica.ledger()) for index, replica in enumerate(replicas)]
        check(not outcome["failed"], f"failed: {outcome['failed'][:3]}")
        check(len(outcome["succeeded"]) == clients * calls, f"{len(outcome['succeeded'])} calls succeeded")
        check(len(outcome["unsure"]) == lanes, f"{len(outcome['unsure'])} may have run; {lanes} were in flight")
        ran = Counter(app for traffic in last for app in traffic.ran)
        check(max(ran.values()) == 1, f"ran twice: {[app for app, times in ran.items() if times > 1][:3]}")
        check(ran.keys() >= set(outcome["succeeded"]), "a call succeeded and did not run")
        check(ran.keys() <= {*outcome["succeeded"], *outcome["unsure"]}, "a call ran that no client reported")

        # A client with a GET stream can also lose its session by the end of that stream.
        listening = set().union(*(traffic.listening for traffic in last))
        check(listening == (homes.keys() if language in LISTENING else set()), f"{len(listening)} clients listen")

        for client, before_kill in homes.items():
            now = {index for index, traffic in enumerate(last) if client in traffic.clients}
            opened = [traffic.opened[client] for traffic in last]
            others = now - {victim}
            if client in affected:
                check(len(others) == 1, f"a client of the dead replica went to {sorted(others)}")
                check(sum(opened) == 2 and opened[victim] == 1, f"it opened {opened} sessions")
            else:
                check(now == {before_kill}, f"a client of replica {before_kill} went to {sorted(now)} as well")
                check(sum(opened) == 1, f"it opened {opened} sessions")
        for index in {0, 1, 2} - {victim}:
            wait_until(lambda replica=replicas[index]: replica.is_quiet(), "every session is closed", 10)

        spread = "/".join(str(len(traffic.clients)) for traffic in first)
        maybe_ran = len(ran.keys() & set(outcome["unsure"]))
        shown.append(f"clients on each replica: {spread}; one replica killed, {len(affected)} new sessions opened")
        shown.append(f"in flight then, reported as maybe_executed: {lanes}, of which {maybe_ran} had run; ran twice: 0")


def home(traffics, client):
    there = [index for index, traffic in enumerate(traffics) if client in traffic.clients]
    check(len(there) == 1, f"a client is on the replicas {there}")
    return there[0]


class Traffic:
    """The ledger, grouped by client, which is identified by its x-session-id."""

    def __init__(self, ledger):
        requests = [request for request in ledger["requests"] if request["path"] == "/mcp"]
        check(all("x-session-id" in request["headers"] for request in requests), "a request without x-session-id")
        self.clients = {request["headers"]["x-session-id"] for request in requests}
        self.opened = Counter(
            request["headers"]["x-session-id"] for request in requests if request["rpc_method"] == "initialize"
        )
        self.listening = {request["headers"]["x-session-id"] for request in requests if request["http_method"] == "GET"}
        self.ran = [execution["arguments"]["app"] for execution in ledger["executions"]]
        # The name of a call begins with its client and its lane.
        self.lanes = {tuple(app.split("-")[:2]) for app in self.ran}
