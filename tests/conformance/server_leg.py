"""The dev server against the clients of the suite: our own tests use a server that follows the specification."""

import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import suite
from outcome import faults

DEV_SERVER = [
    *(str(suite.BUILT / "omni-mcp-devserver"), "--profile", "generic", "--everything", "--era", "dual"),
    *("--port", "0", "--json", "--until-stdin-ends"),
]
# It has no tasks, which are an extension, and no tool that cuts its own stream.
NOT_CLAIMED = ("tasks-", "server-sse-polling")


def run(table):
    for revision in suite.REVISIONS:
        table.head(f"Dev server, {revision}")
        names = [name for name in suite.scenarios("server", revision)[0] if not name.startswith(NOT_CLAIMED)]
        with dev_server() as url, tempfile.TemporaryDirectory() as folder:
            suite.start("server", "--url", url, "--requirements", revision, "-o", folder)
            found = suite.results(Path(folder))
            for name in names:
                result = found.get(f"server-{name}")
                table.row(name, result, faults(name, result, has_driver=False))


@contextmanager
def dev_server():
    """The dev server's MCP address."""
    process = subprocess.Popen(DEV_SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"{json.loads(process.stdout.readline())['url']}/mcp"
    finally:
        process.kill()
        process.communicate()
