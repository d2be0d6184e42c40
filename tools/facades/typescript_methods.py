"""Methods in TypeScript, from a row of a table of methods."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from tables import Method, Param
from typescript_text import WIDTH, Names, comment, param_type, result_type

_RAISES = (
    "@throws {@link OmniMcpError} if the call fails; `kind`, `code` and `delivery` name the reason and whether it ran."
)
_OPTIONS = "@param options - Options of this call; durations are in milliseconds."
# Names that a parameter cannot have.
_RESERVED = {"arguments": "args"}
_OBJECTS = {"object", "strings", "ServerRecord"}
# Parameters that are members of one argument.
_PAGE = {"next", "limit"}
# Results with another type in TypeScript.
_RESULTS = {("gaia", "create"): "GaiaCreated"}
_HIDDEN = {
    "ServerRecord": "hideSecrets({})",
    "ServerRecord[]": "({} as unknown[]).map(hideSecrets)",
    "ServerPage": "readPage({})",
}


@dataclass(frozen=True)
class Writer:
    """Writes methods with the names of Node; `keyed` are the options that are parameters of a method."""

    names: Names
    keyed: list[str]

    def client_method(self, row: Method) -> str:
        """A method of a client."""
        if row.name == "close":
            return self._close(row)
        if row.iterates:
            assert row.result is not None
            result = f"AsyncGenerator<{row.result.type}>"
            call = f'this.#caller.items("{row.name}", "{row.pages}", options) as {result}'
            return self._written(row, "", row.name, result, f"    return {call};\n")
        arguments = self._arguments(row, self._options(row))
        if row.result is None:
            body = _line("    await this.#caller.call(", arguments, ");", "    ")
            return self._written(row, "async ", row.name, "Promise<void>", body)
        result = f"Promise<{result_type(row.result.type)[1]}>"
        body = _line("    return this.#caller.call(", arguments, f") as {result};", "    ")
        return self._written(row, "", row.name, result, body)

    def method_with_metadata(self, row: Method) -> str:
        """The same method of the accessor, whose result comes with its metadata."""
        assert row.result is not None
        result = f"Promise<WithMetadata<{result_type(row.result.type)[1]}>>"
        arguments = [*self._arguments(row, self._options(row)), "true"]
        body = _line("    return this.#caller.call(", arguments, f") as {result};", "    ")
        return self._written(row, "", row.name, result, body, "The metadata, and the result: ")

    def registry_method(self, row: Method) -> str:
        """A method of a registry."""
        if row.name == "close":
            return self._close(row)
        written = _RESULTS.get((row.registry or "", row.name), row.result.type if row.result else "void")
        if row.iterates:
            pages = f'this.#caller.pages("{row.name}", given, options)'
            body = f"    const pages = {pages} as AsyncIterable<ServerPage>;\n"
            body += "    for await (const { data } of pages) yield* data.map(hideSecrets);\n"
            return self._written(row, "async *", row.name, f"AsyncGenerator<{written}>", body)
        call = f"await this.#caller.call({', '.join(self._arguments(row, 'options'))})"
        result = result_type(written)[1]
        body = f"    {call};\n"
        if row.result:
            plain = f"({call}) as {result}"
            hidden = _HIDDEN.get(written, "").format(f"({call})" if written.endswith("[]") else call)
            body = f"    return {hidden or plain};\n"
        return self._written(row, "async ", row.name, f"Promise<{result}>", body)

    def _close(self, row: Method) -> str:
        doc = comment(self.names(row.help), 2)
        return f"{doc}  async close(): Promise<void> {{\n    await this.#caller.close();\n  }}\n"

    def _written(self, row: Method, prefix: str, name: str, result: str, body: str, returns: str = "") -> str:
        generic = result_type(row.result.type)[0] if row.result and not row.iterates else ""
        spelled = row.spelled if name == row.name else name
        head = _line(f"  {prefix}{spelled}{generic}(", self._signature(row), f"): {result} {{", "  ")
        value = self._value_line(row)
        return f"{self._doc(row, returns)}{head}{value}{body}  }}\n"

    def _signature(self, row: Method) -> list[str]:
        if self._is_page(row):
            members = "; ".join(f"{param.name}?: {self._page_type(param)}" for param in row.params)
            parts = [f"page?: {{ {members} }} | null"]
        else:
            parts = [self._param(param) for param in row.params]
        if row.options:
            parts.append(f"options?: {self._options_type(row)}")
        return parts

    def _param(self, param: Param) -> str:
        if param.name in self.keyed:
            return "keyOrOptions?: KeyOrOptions"
        return f"{_name(param)}{'' if param.required else '?'}: {param_type(param)}"

    def _page_type(self, param: Param) -> str:
        return param_type(param) if param.type == "string" else param_type(param).removesuffix(" | null")

    def _options_type(self, row: Method) -> str:
        return "CallOptions" if row.registry is None else "RegistryCallOptions"

    def _doc(self, row: Method, returns: str) -> str:
        tags = [f"@param {_tag(param, self.keyed)}" for param in row.params]
        if self._is_page(row):
            helps = " ".join(f"`{param.name}`: {param.help}" for param in row.params)
            tags = [f"@param page - {helps}"]
        tags += [_OPTIONS] if row.options else []
        if row.result:
            help = row.result.help
            tags.append(f"@returns {returns}{help[0].lower()}{help[1:]}" if returns else f"@returns {help}")
        return comment(self.names(row.help), 2, [*map(self.names, tags), _RAISES])

    def _options(self, row: Method) -> str:
        if not row.options:
            return ""
        has_key = any(param.name in self.keyed for param in row.params)
        return "withKey(keyOrOptions, options)" if has_key else "options"

    def _arguments(self, row: Method, options: str) -> list[str]:
        """The arguments of the call: the name of the argument that is checked, its value, and the params."""
        params = self._params(row)
        field, value, written = "params", "given", "given"
        if not params:
            value = written = "{}"
        elif self._is_page(row):
            field = "page"
        elif checked := _checked(params):
            field, value, written = checked.name, _value(checked), self._members(params)
        elif body := next((param for param in params if param.type == "any"), None):
            field, value, written = body.name, f"{{ {body.name} }}", self._members(params)
        elif len(params) == 1:
            field = params[0].name
            if params[0].required:
                value = written = self._members(params)
        return [f'"{row.name}"', f'"{field}"', value, written, *([options] if options else [])]

    def _value_line(self, row: Method) -> str:
        """The line that defines `given`, where the arguments have it."""
        if "given" not in self._arguments(row, ""):
            return ""
        params = self._params(row)
        checked = _checked(params)
        given = f"{_name(checked)} ?? {{}}" if checked else self._members(params)
        if self._is_page(row):
            given = f"pageParams(page, {self._page_members(row)})"
        return f"    const given = {given};\n"

    def _params(self, row: Method) -> list[Param]:
        return [param for param in row.params if param.name not in self.keyed]

    def _members(self, params: list[Param]) -> str:
        return f"{{ {', '.join(self._member(param) for param in params)} }}"

    def _member(self, param: Param) -> str:
        value = _value(param) if param.type in _OBJECTS else _name(param)
        if not param.required and param.type not in _OBJECTS:
            value = f"{_name(param)} ?? undefined"
        return param.name if value == param.name else f"{param.name}: {value}"

    def _is_page(self, row: Method) -> bool:
        return row.registry is not None and bool(row.params) and all(param.name in _PAGE for param in row.params)

    def _page_members(self, row: Method) -> str:
        return '"' + ", ".join(param.name for param in row.params) + '"'


def _checked(params: list[Param]) -> Param | None:
    """The parameter that holds an object of the caller's, where there is one."""
    return next((param for param in params if param.type in _OBJECTS), None)


def _value(param: Param) -> str:
    return _name(param) if param.required else "given"


def _name(param: Param) -> str:
    head, *parts = _RESERVED.get(param.name, param.name).split("_")
    return head + "".join(map(str.capitalize, parts))


def _tag(param: Param, keyed: list[str]) -> str:
    if param.name in keyed:
        return f"keyOrOptions - An idempotency key, or options of this call. {param.help}"
    return f"{_name(param)} - {param.help}"


def _line(start: str, parts: list[str], end: str, margin: str) -> str:
    """A line with a list in parentheses. If it is too long, its members are on separate lines."""
    line = f"{start}{', '.join(parts)}{end}\n"
    if len(line) <= WIDTH + 1:
        return line
    inner = f"{margin}  "
    written = textwrap.fill(", ".join(parts) + ",", WIDTH, initial_indent=inner, subsequent_indent=inner)
    return f"{start}\n{written}\n{margin}{end}\n"
