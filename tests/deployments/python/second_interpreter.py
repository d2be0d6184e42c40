"""A second interpreter, as created by mod_wsgi, in each installed Python: a clear ImportError, a clean end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from _common import check, not_run

PROGRAM = """
import sys
try:
    import _interpreters
except ImportError:
    import _xxsubinterpreters as _interpreters
made = _interpreters.create()
code = '''
try:
    import omni_mcp_py
except ImportError as error:
    print(error, flush=True)
'''
if hasattr(_interpreters, "run_string"):
    _interpreters.run_string(made, code)
else:
    _interpreters.exec(made, code)
from omni_mcp_py import OmniMCPClient
from omni_mcp_py.testing import DevServer
server = DevServer()
client = OmniMCPClient(server.api_key, base_url=server.url)
client.call_tool("fred.search", {"q": "x"})
client.close()
print(len(server.ledger()["executions"]))
"""


def pythons():
    """Return the interpreters of this machine that the package supports."""
    found = {sys.executable}
    for minor in range(10, 15):
        found |= {str(path) for path in Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python") if path.exists()}
        if (named := shutil.which(f"python3.{minor}")) and "shims" not in named:
            found.add(named)
    return sorted(found)


count = 0
for python in pythons():
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    ended = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, timeout=5, env=environment)
    check((ended.returncode, ended.stderr) == (0, ""), f"{python} ends with {ended.returncode}: {ended.stderr}")
    first, last = ended.stdout.strip().splitlines()
    check("main interpreter" in first and "WSGIApplicationGroup" in first, f"message of {python}: {first}")
    check(last == "1", f"the main interpreter of {python} continues: {last}")
    count += 1
if count == 0:
    not_run("no Python here")
