"""The modules of option types, and of kinds and codes of errors: `options.ts` and `kinds.ts`."""

from __future__ import annotations

from collections.abc import Collection

from tables import Option, Tables
from typescript_text import Names, callback_doc, callback_type, comment, imports, option_doc, option_type

_TYPES = {
    "AbortSignalLike", "LogRecord", "Notification", "RequestInfo", "ResponseInfo", "ServiceCode", "SessionSign",
    "StateChange",
}  # fmt: skip
_PROTOCOL = {
    "CreateMessageRequestParams", "CreateMessageResult", "ElicitRequestParams", "ElicitResult", "Progress", "Root",
}  # fmt: skip


def options(tables: Tables) -> str:
    """The options of clients, calls and registries, and the counters."""
    names = Names(tables)
    (profile,) = (row for row in tables.client_options if row.kind == "profile")
    profiles = " | ".join(f'"{name}"' for name in profile.choices)
    token = "; ".join(f"{row.spelled}{_optional(row)}: {option_type(row)}" for row in tables.token_options)
    counters = "".join(comment(row.help, 2) + f"  {row.name}: number;\n" for row in tables.counters)
    of_registry = " | ".join(f'"{row.spelled}"' for row in tables.registry_call_options)
    of_view = " | ".join(f'"{row.spelled}"' for row in tables.view_options)
    of_clients = _members(tables.client_options, names) + _callbacks(tables, names)
    of_registries = _members(tables.registry_options, names)
    blocks = [
        _interface("ClientOptions", "The options of a client.", of_clients),
        comment("The name of a profile.") + f"export type ProfileName = {profiles};\n",
        _interface(
            "ProfileOptions",
            "The rules of a service that has no profile here; the others are those of the profile that it extends.",
            _members(tables.profile_options, names),
        ),
        _interface(
            "AuthOptions",
            "The credentials of a client. `type` decides which others apply.",
            _members(tables.auth_options, names),
        ),
        comment("The result of a token provider: the token, or the token and its lifetime in milliseconds.")
        + f"export type ProvidedToken = string | {{ {token} }};\n",
        _interface(
            "CallOptions",
            "The options of one call; the others are those of the client.",
            _members(tables.call_options, names, tables.keyed_options) + _PER_CALL,
        ),
        comment("The options of the calls of a view, see `withOptions`.")
        + f"export type ViewOptions = Pick<\n  CallOptions,\n  {of_view}\n>;\n",
        _interface("RegistryOptions", "The options of a client of a registry.", of_registries),
        comment("The options of one call of a registry.")
        + f'export type RegistryCallOptions = Pick<\n  CallOptions,\n  {of_registry} | "signal"\n>;\n',
        _interface("Counters", "The activity of a client so far.", counters),
    ]
    body = "\n".join(blocks)
    head = imports("./protocol.js", _PROTOCOL, body) + imports("./types.js", _TYPES, body)
    return f"/** The options of clients, calls and registries. */\n\n{head}\n{body}"


def kinds(tables: Tables) -> str:
    """The types of an error's `kind` and `code`."""
    return "/** The kinds and codes of errors. */\n\n" + "\n".join(
        [
            comment("The kind of a failure, to branch on.") + _union("ErrorKind", [row.kind for row in tables.kinds]),
            comment("The stable code of a failure, more specific than the kind.") + _union("ErrorCode", tables.codes),
        ]
    )


def _union(name: str, choices: list[str]) -> str:
    return f"export type {name} =\n" + "\n".join(f'  | "{choice}"' for choice in choices) + ";\n"


_PER_CALL = """\
  /** Cancels the call: it rejects with a `CallCancelledError`, and its HTTP request is aborted. */
  signal?: AbortSignalLike | null;
  /** Called with each progress of the call, in order, before the call settles. An exception becomes a warning. */
  onProgress?: ((progress: Progress) => unknown) | null;
"""


def _interface(name: str, doc: str, members: str) -> str:
    return f"{comment(doc)}export interface {name} {{\n{members}}}\n"


def _members(rows: list[Option], names: Names, or_null: Collection[str] = ()) -> str:
    """The members of an interface; for those named in `or_null`, null is the same as leaving them out."""
    return "".join(
        comment(option_doc(row, names), 2)
        + f"  {row.spelled}{_optional(row)}: {option_type(row)}{' | null' if row.name in or_null else ''};\n"
        for row in rows
    )


def _callbacks(tables: Tables, names: Names) -> str:
    return "".join(
        comment(callback_doc(row, names), 2) + f"  {row.spelled}?: {callback_type(row)};\n" for row in tables.callbacks
    )


def _optional(row: Option) -> str:
    return "" if row.default == "required" else "?"
