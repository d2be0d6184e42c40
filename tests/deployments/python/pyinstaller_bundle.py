"""PyInstaller: a one-file bundle runs the quickstart, with logging, in sync and async."""

import os
import sys
import tempfile
from pathlib import Path

from _common import check, equal, lines_of

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import asyncio, logging, quickstart
logging.basicConfig(level=logging.INFO)
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, ServerError
from omni_mcp_py.testing import DevServer
quickstart.main()
async def work():
    with DevServer() as server:
        received = asyncio.Queue()
        async with AsyncOmniMCPClient(server.api_key, base_url=server.url, on_notification=received.put) as client:
            await client.call_tool("fred.search", {"q": "x"}, on_progress=received.put)
        server.script([{"on": {"method": "ping"}, "fault": {"kind": "status", "status": 500}}])
        with OmniMCPClient(server.api_key, base_url=server.url, on_notification=print, max_attempts=1) as client:
            try:
                client.ping()
            except ServerError as error:
                print(error.code)
asyncio.run(work())
"""

with tempfile.TemporaryDirectory() as folder:
    quickstart = (ROOT / "examples/python/01_quickstart.py").read_text()
    Path(folder, "quickstart.py").write_text(quickstart)
    Path(folder, "program.py").write_text(PROGRAM)
    options = ["--onefile", "--noconfirm", "--log-level", "ERROR", "--distpath", folder, "--workpath", f"{folder}/work"]
    lines_of([sys.executable, "-m", "PyInstaller", *options, "--specpath", folder, f"{folder}/program.py"], 280)
    # Without the environment of the build.
    alone = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder}
    os.chdir(folder)
    lines = lines_of([f"{folder}/program"], 60, env=alone)
    check("executed: 1" in lines, f"the quickstart ends well: {lines}")
    equal(lines[-1], "server_failed", "the code of the error")
