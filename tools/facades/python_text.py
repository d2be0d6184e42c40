"""Types and docstrings in Python."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tables import Callback, Option, Param

WIDTH = 120
# What constructors raise.
REFUSED = "ConfigError: An option is missing, or has a value that is not allowed."
_PLAIN = {"string": "str", "integer": "int", "object": "dict[str, Any]", "strings": "dict[str, str]", "any": "Any"}
_KINDS = {
    "string": "str",
    "boolean": "bool",
    "integer": "int",
    "duration": "Seconds",
    "strings": "Mapping[str, str]",
    "list": "Sequence[str]",
    "objects": "Sequence[Mapping[str, Any]]",
    "auth": "AuthOptions",
}

# Names that the modules of clients import themselves.
_IMPORTED = [
    "Any", "AsyncIterator", "Awaitable", "Callable", "Iterator", "Literal", "Mapping", "None", "Sequence", "Unpack",
    "AsyncClientWithMetadata", "AsyncOmniMCPClient", "ClientWithMetadata", "OmniMCPClient",
]  # fmt: skip


@dataclass(frozen=True)
class Flavor:
    """How the code of blocking clients differs from that of awaited ones."""

    is_async: bool

    @property
    def prefix(self) -> str:
        """What names of classes begin with."""
        return "Async" if self.is_async else ""

    @property
    def define(self) -> str:
        """The keywords of a method."""
        return "async def" if self.is_async else "def"

    @property
    def awaits(self) -> str:
        """The prefix of a call."""
        return "await " if self.is_async else ""

    @property
    def on_progress(self) -> str:
        """The type of progress callbacks."""
        return f"{self.prefix}OnProgress"

    @property
    def iterator(self) -> str:
        """The type of iterators."""
        return f"{self.prefix}Iterator"


def type_of(name: str) -> str:
    """The type of a result, or of the items of a list."""
    if name.endswith("[]"):
        return f"list[{type_of(name[:-2])}]"
    return _PLAIN.get(name, name)


def param_type(param: Param) -> str:
    """The type of a parameter."""
    if param.type == "any":
        return "Any"
    written = "Mapping[str, Any]" if param.type == "ServerRecord" else type_of(param.type)
    return written if param.required else f"{written} | None"


def literal(choices: list[str]) -> str:
    """The type of one of several strings."""
    return f"Literal[{', '.join(map(quoted, choices))}]"


def quoted(text: str) -> str:
    """A string of Python."""
    return f'"{text}"'


def option_type(option: Option) -> str:
    """The type of an option's values."""
    choices = literal(option.choices) if option.choices else ""
    if option.kind == "profile":
        return "ProfileName | ProfileOptions"
    if option.name == "extends":
        return "ProfileName"
    written = choices or _KINDS[option.kind]
    return f"{written} | None" if option.nullable else written


def callback_type(callback: Callback, flavor: Flavor) -> str:
    """The type of a callback."""
    result = type_of(callback.result) if callback.result else "object"
    if callback.result == "ProvidedToken":
        result = "str | ProvidedToken"
    if flavor.is_async and not callback.at_once:
        result = f"Awaitable[{result}] | {result}"
    return f"Callable[[{callback.param or ''}], {result}] | None"


def option_doc(option: Option) -> str:
    """The documentation of an option: description, unit of a duration, default."""
    parts = [option.help]
    if option.kind == "duration":
        parts.append("In seconds, or a `timedelta`.")
    parts.append("Required." if option.default == "required" else f"Default: {option.default}.")
    return " ".join(parts)


def attribute(name: str, written: str, doc: str) -> str:
    """One member of a class, with its documentation."""
    return f"    {name}: {written}\n{docstring([doc], 4)}"


def of_package(written: str) -> str:
    """A type whose own names are looked up in the package, which imports them on first use."""
    return re.sub(rf"(?<![\w.\"])(?!(?:{'|'.join(_IMPORTED)})\b)([A-Z]\w*)", r"omni.\1", written)


def keywords(rows: Sequence[Option | Callback], flavor: Flavor, or_none: Collection[str] = ()) -> list[str]:
    """The keyword parameters for options, and those that the core refuses; None is no key for those in `or_none`."""
    types = [option_type(row) if isinstance(row, Option) else callback_type(row, flavor) for row in rows]
    types = [f"{written} | None" if row.name in or_none else written for row, written in zip(rows, types, strict=True)]
    named = [f"{row.name}: {of_package(written)} = UNSET" for row, written in zip(rows, types, strict=True)]
    return ["*", *named, "**unknown: Unpack[omni.NoOptions]"]


def options_doc(rows: Sequence[Option | Callback]) -> list[str]:
    """One entry for each option, with its description."""
    return [f"{row.name}: {option_doc(row) if isinstance(row, Option) else row.help}" for row in rows]


def imperative(help: str) -> str:
    """A line of help as a command: `Calls a tool.` becomes `Call a tool.`"""
    return re.sub(r"^(\w+)s\b", r"\1", help)


def docstring(paragraphs: list[str], indent: int, sections: dict[str, list[str]] | None = None) -> str:
    """A docstring. Its first sentence is separate if not all fits in one line; sections have one entry per line."""
    margin, quotes = " " * indent, '"""'
    blocks = [_filled(paragraph, indent, quotes if number == 0 else "") for number, paragraph in enumerate(paragraphs)]
    if len(blocks[0]) + len(quotes) > WIDTH:
        first, _, rest = paragraphs[0].partition(". ")
        blocks[:1] = [_filled(f"{first.removesuffix('.')}.", indent, quotes)] + (
            [_filled(rest, indent)] if rest else []
        )
    for title, entries in (sections or {}).items():
        if entries:
            lines = [_filled(entry, indent + 4, hanging="    ") for entry in entries]
            blocks.append("\n".join([f"{margin}{title}:", *lines]))
    text = "\n\n".join(blocks)
    is_short = "\n" not in text and len(text) + len(quotes) <= WIDTH
    return f"{text}{quotes}\n" if is_short else f"{text}\n{margin}{quotes}\n"


def _filled(text: str, indent: int, start: str = "", *, hanging: str = "") -> str:
    margin = " " * indent
    return textwrap.fill(
        text, WIDTH, initial_indent=margin + start, subsequent_indent=margin + hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
