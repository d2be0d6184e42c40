"""Types and comments in TypeScript."""

from __future__ import annotations

import re
import textwrap

from tables import Callback, Option, Param, Tables

WIDTH = 120
_KINDS = {
    "string": "string",
    "boolean": "boolean",
    "integer": "number",
    "duration": "number",
    "strings": "Record<string, string>",
    "list": "string[]",
    "profile": "ProfileName | ProfileOptions",
    "auth": "AuthOptions",
}
_OBJECTS = {"catalogue": "ServiceCode[]", "session_lost": "SessionSign[]"}
_PARAMS = {
    "string": "string",
    "integer": "number",
    "object": "object",
    "strings": "Record<string, string>",
    "any": "object",
    "ServerRecord": "ServerRecordInput",
}
# The types of results that callers may narrow: the parameter of the method, and the result.
_GENERIC = {
    "CallToolResult": ("<T = Record<string, unknown>>", "CallToolResult<T>"),
    "any": ("<T = unknown>", "T"),
}
_ARGUMENTS = {
    "Notification": "notification", "LogRecord": "record", "StateChange": "change",
    "RequestInfo": "request", "ResponseInfo": "response",
}  # fmt: skip
_UNITS = {"ms": 1, "s": 1000, "min": 60_000}


def option_type(option: Option) -> str:
    """The type of an option's values."""
    if option.kind == "objects":
        return _OBJECTS[option.name]
    if option.name == "extends":
        return "ProfileName"
    choices = " | ".join(f'"{choice}"' for choice in option.choices) if option.kind == "string" else ""
    written = choices or _KINDS[option.kind]
    return f"{written} | null" if option.nullable else written


def callback_type(callback: Callback) -> str:
    """The type of a callback."""
    argument = f"{_ARGUMENTS.get(callback.param, 'params')}: {callback.param}" if callback.param else ""
    if callback.result is None:
        return f"({argument}) => unknown"
    result = f"readonly {callback.result}" if callback.result.endswith("[]") else callback.result
    return f"({argument}) => {result} | Promise<{result}>"


def param_type(param: Param) -> str:
    """The type of a parameter; null means the same as leaving it out."""
    written = _PARAMS.get(param.type, param.type)
    return written if param.required else f"{written} | null"


def result_type(name: str) -> tuple[str, str]:
    """The type parameter of a method, or nothing, and the type of its result."""
    return _GENERIC.get(name, ("", {"object": "EmptyResult"}.get(name, name)))


class Names:
    """The names of Python in texts, which become those of Node."""

    def __init__(self, tables: Tables) -> None:
        rows: list[Option | Callback] = [
            *tables.client_options,
            *tables.call_options,
            *tables.profile_options,
            *tables.registry_options,
            *tables.token_options,
            *tables.callbacks,
        ]
        self._spelled = {row.name: row.spelled for row in rows if "_" in row.name}
        self._spelled |= {"on_progress": "onProgress", "rpc_code": "rpcCode", "has_more": "hasMore"}
        self._spelled |= {"service_code": "serviceCode", "failure_class": "failureClass"}
        names = "|".join(sorted(self._spelled, key=len, reverse=True))
        self._pattern = re.compile(rf"(`?)(?<![\w{{])({names})(?!\w)(`?)")

    def __call__(self, text: str, *, besides: str = "") -> str:
        """The text with the names of Node; the name `besides` stays."""
        # Parts for Python only.
        text = re.sub(r"; in Python [^;.]*", "", text)
        text = text.replace("{base_url}", "{baseUrl}")
        text = re.sub(r"\bNone: ", "null: ", text)
        return self._pattern.sub(lambda found: found[0] if found[2] == besides else self._replaced(found), text)

    def _replaced(self, found: re.Match[str]) -> str:
        before, name, behind = found.groups()
        quoted = not before and not behind
        return f"{before or '`' * quoted}{self._spelled[name]}{behind or '`' * quoted}"


def option_doc(option: Option, names: Names) -> str:
    """The documentation of an option: description, unit of a duration, default."""
    default = option.default
    parts = [option.help]
    if option.kind == "duration":
        parts.append("In milliseconds.")
        default = re.sub(r"(\d+) (ms|s|min)\b", lambda found: _milliseconds(*found.groups()), default)
    parts.append("Required." if default == "required" else f"Default: {default}.")
    return names(" ".join(parts))


def callback_doc(callback: Callback, names: Names) -> str:
    """The documentation of a callback: its purpose, and the effect of an exception."""
    failure = "is the `cause` of the call's error" if callback.result else "becomes a warning"
    # The fields of log records have the same names in all languages.
    return f"{names(callback.help, besides='request_id')} Its exception {failure}."


def _milliseconds(count: str, unit: str) -> str:
    return f"{int(count) * _UNITS[unit]} ms"


def comment(text: str, indent: int = 0, tags: list[str] | None = None) -> str:
    """A comment for documentation; it is one line where it fits."""
    margin = " " * indent
    line = f"{margin}/** {text} */\n"
    if not tags and len(line) <= WIDTH:
        return line
    lines = _wrapped(text, f"{margin} * ", "")
    if tags:
        lines.append(f"{margin} *")
        for tag in tags:
            lines += _wrapped(tag, f"{margin} * ", "  ")
    return "\n".join([f"{margin}/**", *lines, f"{margin} */\n"])


def _wrapped(text: str, margin: str, hanging: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=margin, subsequent_indent=margin + hanging, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def imports(module: str, names: set[str], text: str, *, types: bool = True) -> str:
    """The import of those names that a text has."""
    used = sorted(name for name in names if re.search(rf"\b{name}\b", text))
    if not used:
        return ""
    keyword = "import type" if types else "import"
    line = f'{keyword} {{ {", ".join(used)} }} from "{module}";\n'
    if len(line) <= WIDTH:
        return line
    members = textwrap.fill(", ".join(used), WIDTH - 1, initial_indent="  ", subsequent_indent="  ")
    return f'{keyword} {{\n{members},\n}} from "{module}";\n'
