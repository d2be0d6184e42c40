"""The command `python -m omni_mcp_py.testing`: a dev server until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from omni_mcp_py.testing import DevServer


def _options() -> dict[str, Any]:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m omni_mcp_py.testing",
        description="Runs a dev server on 127.0.0.1 until Ctrl-C, and prints its URL and API key.",
    )
    parser.add_argument("--profile", help="omni, generic, octomind, odock, gaia or sema4 (default: omni)")
    parser.add_argument("--port", type=int, help="0 for any free port (default: 0)")
    parser.add_argument(
        "--options", default="{}", help="further options as JSON, or @ and the name of a file with JSON"
    )
    given = parser.parse_args()
    text: str = given.options
    try:
        options = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as error:
        parser.error(f"--options: {error}")
    if not isinstance(options, dict):
        parser.error("--options: must be a JSON object")
    own = {"profile": given.profile, "port": given.port}
    return options | {name: value for name, value in own.items() if value is not None}


def main() -> None:
    """Run the server until SIGINT or SIGTERM."""
    options = _options()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server = DevServer(**options)
    except ValueError as error:
        sys.exit(f"omni_mcp_py.testing: {error}")
    with server:
        sys.stdout.write(f"OMNI_CLIENT_API_BASE_URL={server.url}\nOMNI_API_KEY={server.api_key}\n")
        sys.stdout.flush()
        sys.stderr.write(f"The MCP endpoint is {server.url}/mcp. Ctrl-C stops the server.\n")
        sys.stderr.flush()
        stopped.wait()
