"""The dev server for the user's own tests: its own tools, its options in help, messages, and the command."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import time
import typing
from typing import Any

import pytest
from omni_mcp_py import OmniMCPClient
from omni_mcp_py._testing_types import HELP
from omni_mcp_py.testing import DevServer, DevServerOptions, ToolOptions

TOOLS: list[ToolOptions] = [
    {
        "name": "weather",
        "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}},
        "results": [{"arguments": {"city": "Bern"}, "result": {"temperature": 12.5}}],
        "error": "no such city",
    },
    {"name": "slow", "result": "done", "delay": 0.05, "progress": [{"progress": 1, "total": 2, "message": "half"}]},
]


def client_of(server: DevServer) -> OmniMCPClient:
    return OmniMCPClient(profile="generic", endpoint=f"{server.url}/mcp")


def test_own_tools() -> None:
    with DevServer(profile="generic", tools=TOOLS) as server, client_of(server) as client:
        assert [tool["name"] for tool in client.list_tools()["tools"]] == ["weather", "slow"]
        assert client.call_tool("weather", {"city": "Bern"})["structuredContent"] == {"temperature": 12.5}
        failed = client.call_tool("weather", {"city": "Ur"})
        assert failed["isError"]
        assert failed["content"][0]["text"] == "no such city"
        steps: list[Any] = []
        begun = time.monotonic()
        client.call_tool("slow", on_progress=steps.append)
        assert time.monotonic() - begun >= 0.05
        assert [(step["progress"], step["total"], step["message"]) for step in steps] == [(1, 2, "half")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tools": [{"name": "a", "result": 1, "delay": "1"}]}, "tools[0].delay: must be a number, got a string"),
        ({"tools": [{"name": "a"}]}, "tools[0].result: is required, unless handler, results or error is given"),
        ({"profil": "omni"}, "profil: there is no such field; did you mean profile?"),
        ({"faults": [{"fault": {"kind": "dealy"}}]}, "faults[0].fault.kind: must be one of delay, hang, "),
    ],
)
def test_messages_name_the_field(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^bad dev server options: ") as raised:
        DevServer(**options)
    assert str(raised.value).startswith(f"bad dev server options: {message}")


def test_options_are_in_signature_and_help() -> None:
    names = set(typing.get_type_hints(DevServerOptions))
    assert set(inspect.signature(DevServer).parameters) == names == set(HELP)
    assert "tools: Tools of your own" in (DevServer.__doc__ or "")
    with pytest.raises(ValueError, match="there is no such field; allowed are ") as raised:
        DevServer(**{"?": 1})  # type: ignore[misc]
    allowed = str(raised.value).split("allowed are ")[1].split(", ")
    assert set(allowed) - {"stdio"} == names


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_the_command_runs_until_interrupted() -> None:
    command = [sys.executable, "-m", "omni_mcp_py.testing", "--profile", "generic", "--port", "0"]
    options = json.dumps({"tools": TOOLS})
    command += ["--options", options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            name, _, url = program.stdout.readline().strip().partition("=")
            assert name == "OMNI_CLIENT_API_BASE_URL"
            assert program.stdout.readline().startswith("OMNI_API_KEY=")
            with OmniMCPClient(profile="generic", endpoint=f"{url}/mcp") as client:
                assert client.call_tool("weather", {"city": "Bern"})["structuredContent"] == {"temperature": 12.5}
            program.send_signal(signal.SIGINT)
            assert program.stderr is not None
            assert program.stderr.read() == "Ctrl-C stops the server.\n"
            assert program.wait(20) == 0
        finally:
            program.kill()


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "omni_mcp_py.testing", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_shows_its_usage() -> None:
    done = run_command("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--options" in done.stdout


# The command of Node has the same cases.
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--options", '{"x": 1}'], "bad dev server options: x: there is no such field; allowed are "),
        (["--options", "{"], "--options: "),
        (["--options", "@/no/such/file"], "--options: "),
        (["--options", "[]"], "--options: must be a JSON object\n"),
        (["--options", "null"], "--options: must be a JSON object\n"),
        (["--options", "null", "--profile", "omni"], "--options: must be a JSON object\n"),
        (["--options", "5"], "--options: must be a JSON object\n"),
        (["--options", "5", "--profile", "omni"], "--options: must be a JSON object\n"),
        (["--port", "abc"], "--port: must be a whole number\n"),
        (["--port", "1.5"], "--port: must be a whole number\n"),
        (["--port", ""], "--port: must be a whole number\n"),
        (["--port", "65536"], "bad dev server options: port: "),
        (["--profile", "omnni"], "bad dev server options: profile: "),
    ],
)
def test_the_command_refuses_invalid_options(arguments: list[str], message: str) -> None:
    done = run_command(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"omni_mcp_py.testing: {message}")
