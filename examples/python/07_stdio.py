"""A server that is a child process: calls, progress, and its errors."""

import json
import os

from omni_mcp_py import OmniMCPClient, OmniMCPError, Progress, text_of

PROGRAM = os.environ.get("OMNI_MCP_DEVSERVER", "target/debug/omni-mcp-devserver")


def main() -> None:
    received: list[Progress] = []
    with process(progress=3) as client:
        client.connect()
        info = client.server_info or {"name": "", "version": ""}
        print(f"server: {info['name']} {info['version']}")
        result = client.call_tool("echo", {"message": "inflation"}, on_progress=received.append)
        print(f"echo: {text_of(result)}")
        print(f"progress: {len(received)}")

    ended = failure(process(stdio={"exit_at_start": 3, "stderr": ["no licence"]}))
    last_line = ended.stderr[-1] if ended.stderr else ""
    print(f"a process that ends: {ended.kind} {ended.code}, exit code {ended.exit_code}, stderr: {last_line}")
    talks = failure(process(stdio={"garbage_at_start": "Welcome!"}))
    print(f"a process that talks: {talks.kind} {talks.code} {talks.delivery}")
    missing = failure(process("omni-mcp-no-such-program"))
    print(f"no such program: {missing.kind} {missing.code} {missing.delivery}")


def process(command: str = PROGRAM, **options: object) -> OmniMCPClient:
    args = ["--stdio", "--options", json.dumps(options)]
    # Without `strict`, a line that is not a message is skipped with a warning.
    return OmniMCPClient(profile="generic", command=command, args=args, strict=True)


def failure(client: OmniMCPClient) -> OmniMCPError:
    with client:
        try:
            client.connect()
        except OmniMCPError as error:
            return error
    raise SystemExit("it should have failed")


if __name__ == "__main__":
    main()
