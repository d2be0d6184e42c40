"""The command `python -m omni_mcp_py.testing`: a dev server until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omni_mcp_py.testing import DevServer


def _options() -> dict[str, Any]:
    """The options of the command line.

    Raises:
        ValueError: An option has a value that is not allowed.
    """
    parser = argparse.ArgumentParser(
        prog="python -m omni_mcp_py.testing",
        description="Runs a dev server on 127.0.0.1 until Ctrl-C, and prints its URL and API key.",
    )
    parser.add_argument("--profile", help="omni, generic, octomind, odock, gaia or sema4 (default: omni)")
    parser.add_argument("--port", help="0 for any free port (default: 0)")
    parser.add_argument(
        "--options", default="{}", help="further options as JSON, or @ and the name of a file with JSON"
    )
    given = parser.parse_args()
    options = _from_json(given.options)
    if given.profile is not None:
        options["profile"] = given.profile
    if given.port is not None:
        options["port"] = _whole_number(given.port)
    return options


def _from_json(text: str) -> dict[str, Any]:
    try:
        options = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as error:
        raise ValueError(f"--options: {error}") from None
    if not isinstance(options, dict):
        raise ValueError("--options: must be a JSON object")
    return options


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("--port: must be a whole number")
    return int(text)


def main(server_type: type[DevServer]) -> None:
    """Run the server until SIGINT or SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server = server_type(**_options())
    except ValueError as error:
        sys.exit(f"omni_mcp_py.testing: {error}")
    with server:
        sys.stdout.write(f"OMNI_CLIENT_API_BASE_URL={server.url}\nOMNI_API_KEY={server.api_key}\n")
        sys.stdout.flush()
        sys.stderr.write("Ctrl-C stops the server.\n")
        sys.stderr.flush()
        stopped.wait()
