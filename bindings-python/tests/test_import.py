"""Where the package is imported: interpreters, archives and bundles."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import omni_mcp_py
import pytest

PACKAGE = Path(omni_mcp_py.__file__).parent
NATIVE = PACKAGE.parent.parent / "src"
INTERPRETERS = "try:\n    import _interpreters\nexcept ImportError:\n    import _xxsubinterpreters as _interpreters\n"
IN_ANOTHER = f"""
import threading, sys
{INTERPRETERS}
def other():
    made = _interpreters.create()
    code = '''
import sys
sys.path[:] = {sys.path!r}
try:
    import omni_mcp_py
except ImportError as error:
    assert error.name == "omni_mcp_py", error.name
    print(error, flush=True)
else:
    raise SystemExit("it was imported")
assert "omni_mcp_py" not in sys.modules
'''
    run = getattr(_interpreters, "run_string", None) or _interpreters.exec
    failed = run(made, code)
    assert not failed, failed
    _interpreters.destroy(made)
"""
PROGRAMS = {
    "first": "other()",
    "after the main one": "import omni_mcp_py; other()",
    "before the main one": "other(); import omni_mcp_py; print(omni_mcp_py.OmniMCPClient.__name__)",
    "twice": "other(); other()",
    "in a thread": "thread = threading.Thread(target=other); thread.start(); thread.join()",
    "while a client is open": "from omni_mcp_py.testing import DevServer; from omni_mcp_py import OmniMCPClient\n"
    "server = DevServer(); client = OmniMCPClient(server.api_key, base_url=server.url)\n"
    "client.ping(); other(); client.ping(); client.close()",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_another_interpreter_is_refused_with_a_reason(program: str) -> None:
    command = [sys.executable, "-c", IN_ANOTHER + program]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "main interpreter" in ended.stdout
    assert "WSGIApplicationGroup %{GLOBAL}" in ended.stdout


def test_an_archive_is_refused_with_a_reason(tmp_path: Path) -> None:
    archive = tmp_path / "app.pyz"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("__main__.py", "import omni_mcp_py")
        for file in PACKAGE.iterdir():
            if file.is_file():
                zipped.write(file, f"omni_mcp_py/{file.name}")
    ended = subprocess.run(
        [sys.executable, "-I", "-S", archive], capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert re.match(r"ImportError: .*native module.*zip archive.*beside the archive", last), ended.stderr
    assert "circular" not in ended.stderr


def test_a_package_without_its_native_module_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "omni_mcp_py").mkdir()
    for file in PACKAGE.glob("*.py"):
        (tmp_path / "omni_mcp_py" / file.name).write_bytes(file.read_bytes())
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "import omni_mcp_py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    last = ended.stderr.strip().splitlines()[-1]
    assert re.match(r"ImportError: omni_mcp_py is installed without its native module.*wheel", last), ended.stderr


def test_a_native_module_that_cannot_be_loaded_keeps_its_reason(tmp_path: Path) -> None:
    (tmp_path / "omni_mcp_py").mkdir()
    for file in PACKAGE.glob("*.py"):
        (tmp_path / "omni_mcp_py" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "omni_mcp_py" / "_native.abi3.so").write_bytes(b"of another platform")
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "import omni_mcp_py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert re.match(r"ImportError: .*_native\.abi3\.so", ended.stderr.strip().splitlines()[-1]), ended.stderr


def imported_by_python() -> set[str]:
    """The modules that a Python file of the package names in an import."""
    found = set()
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_imports_of_native_code_are_visible_to_bundlers() -> None:
    text = "\n".join(file.read_text() for file in NATIVE.rglob("*.rs"))
    imported = set(re.findall(r"\.import\(\s*(?:py,\s*)?\"([\w.]+)\"", text))
    assert {"omni_mcp_py._logging", "omni_mcp_py._errors", "asyncio", "json"} <= imported
    assert imported - imported_by_python() == set()


def test_no_module_is_imported_by_native_code_alone() -> None:
    """As the last test, at runtime: PyO3 imports modules, too."""
    program = """
import sys
before = set(sys.modules)
import asyncio, datetime, logging
import omni_mcp_py, omni_mcp_py.testing
from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient
server = omni_mcp_py.testing.DevServer()
reported = []
options = {"on_notification": print, "timeout": datetime.timedelta(seconds=5)}
with OmniMCPClient(server.api_key, base_url=server.url, **options) as client:
    client.call_tool("fred.search", {"q": "x"}, on_progress=reported.append)
    try:
        client.call_tool("no.such", {})
    except omni_mcp_py.OmniMCPError:
        pass
async def work():
    async with AsyncOmniMCPClient(server.api_key, base_url=server.url) as client:
        await client.ping()
asyncio.run(work())
print(*(set(sys.modules) - before))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    ours = {name for name in ended.stdout.split() if name.startswith("omni_mcp_py.")}
    # `_native` is imported by its own name; the others by Python files.
    assert ours - imported_by_python() == set()
