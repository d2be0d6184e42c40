"""Writes the code blocks of the documentation as files into a folder, for type checkers. Usage: extract.py FOLDER."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
DOCUMENTS = ["README.md", "bindings-python/README.md", "bindings-node/README.md", "examples/README.md", "docs/*.md"]
BLOCK = re.compile(r"^```(python|js|ts)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The folder, the ending, and the first lines of a file. A block may use names of the prelude that it does not define.
LANGUAGES = {
    "python": ("python", "py", "from prelude import *\n"),
    "js": ("node", "mjs", '/// <reference path="./prelude.d.ts" />\nexport {};\n'),
    "ts": ("node", "mts", '/// <reference path="./prelude.d.ts" />\nexport {};\n'),
}


def files(folder: Path) -> dict[Path, str]:
    """The files, each with its text; lines have the same distance from each other as in the document."""
    written = {folder / "python" / "prelude.py": (HERE / "prelude.py").read_text(encoding="utf-8")}
    written[folder / "node" / "prelude.d.ts"] = (HERE / "prelude.d.ts").read_text(encoding="utf-8")
    for document in sorted(path for pattern in DOCUMENTS for path in ROOT.glob(pattern)):
        text = document.read_text(encoding="utf-8")
        name = str(document.relative_to(ROOT).with_suffix("")).replace("/", "_").replace("-", "_")
        for block in BLOCK.finditer(text):
            language, ending, head = LANGUAGES[block[1]]
            line = text.count("\n", 0, block.start()) + 2
            written[folder / language / f"{name}_line_{line}.{ending}"] = head + block[2]
    return written


def main() -> None:
    """Writes the files."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in files(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
