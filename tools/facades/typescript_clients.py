"""The modules of clients: `client.ts` and `registry.ts`."""

from __future__ import annotations

from tables import Property, Tables
from typescript_methods import Writer
from typescript_text import Names, comment, imports

_OPTIONS = {"CallOptions", "ClientOptions", "Counters", "RegistryCallOptions", "RegistryOptions", "ViewOptions"}
_OTHERS = {"GaiaCreated", "ServerPage", "ServerRecord", "ServerRecordInput", "State", "WithMetadata"}
_CLASSES = {
    "gaia": ("GaiaRegistry", "A client of a GAIA registry."),
    "sema4": ("Sema4Registry", "A client of a Sema4.ai registry."),
}
_HELPERS = 'import { showAs } from "./shown.js";\nimport { asyncDispose } from "./symbols.js";\n'
_CLIENT = """\
/** A client of one MCP server. Calls may run concurrently; they share the session and its connections. */
export class OmniMcpClient {
  readonly #caller: Caller;
  #withMetadata: ClientWithMetadata | undefined;

  static {
    showAs(this, (client) => client.#caller.describe("OmniMcpClient"));
  }

  /**
   * Makes a client. Nothing is sent: the first call connects.
   *
   * @param options - The options.
   * @throws {@link ConfigError} if an option is not valid.
   */
  constructor(options?: ClientOptions);
  /**
   * Makes a client of the MCP server at a URL. Nothing is sent: the first call connects.
   *
   * @param url - The endpoint of the server.
   * @param options - The options; the profile is `generic` unless another one is given.
   * @throws {@link ConfigError} if the URL or an option is not valid.
   */
  constructor(url: Url, options?: ClientOptions);
  constructor(first?: Url | ClientOptions | Caller, second?: ClientOptions) {
    this.#caller = first instanceof Caller ? first : new Caller("server", ...clientArguments(first, second));
  }

  /** The methods of the client, which resolve to the result and its metadata: `{ result, metadata }`. */
  get withMetadata(): ClientWithMetadata {
    return (this.#withMetadata ??= new ClientWithMetadata(this.#caller));
  }

  /**
   * A view of the client whose calls have these options as defaults. It shares the session, the connections and the
   * callbacks of the client. The options of a call take precedence over those of its view, and those over the options
   * of the client; headers are joined. A view of a view has the options of both. Closing a view does nothing: close
   * the client.
   *
   * @param options - Options of the calls of the view; durations are in milliseconds.
   * @returns The view, which has the methods of a client.
   * @throws {@link ConfigError} if an option is not valid.
   */
  withOptions(options: ViewOptions): OmniMcpClient {
    return new (OmniMcpClient as new (caller: Caller) => OmniMcpClient)(this.#caller.withOptions(options));
  }
"""
_WITH_METADATA = """\
/** The methods of a client, with the metadata of each result; see {@link OmniMcpClient.withMetadata}. */
export class ClientWithMetadata {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }
"""
_DISPOSE = """\
  /** Closes the client at the end of an `await using` block. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}
"""


def client(tables: Tables) -> str:
    """The client, and the same methods with the metadata of their results."""
    names = Names(tables)
    writer = Writer(names, tables.keyed_options)
    members = [_property(row, names) for row in tables.properties]
    members += [writer.client_method(row) for row in tables.methods]
    with_metadata = [
        writer.method_with_metadata(row) for row in tables.methods if row.options and row.result and not row.iterates
    ]
    body = "\n".join([_CLIENT, *members, _DISPOSE]) + "\n" + "\n".join([_WITH_METADATA, *with_metadata]) + "}\n"
    protocol = {row.result.type for row in tables.methods if row.result} | {row.type for row in tables.properties}
    protocol |= {param.type for row in tables.methods for param in row.params} | {"EmptyResult"}
    protocol = {name for name in protocol if name[0].isupper()} - _OPTIONS - _OTHERS
    head = imports("./caller.js", {"Caller", "clientArguments", "withKey"}, body, types=False)
    head += imports("./caller.js", {"KeyOrOptions", "Url"}, body)
    head += imports("./options.js", _OPTIONS, body) + imports("./protocol.js", protocol, body)
    head += _HELPERS + imports("./types.js", _OTHERS, body)
    return f"/** The client of MCP servers. */\n\n{head}\n{body}"


def registries(tables: Tables) -> str:
    """The clients of registries."""
    names = Names(tables)
    writer = Writer(names, tables.keyed_options)
    classes = []
    for kind in tables.registries:
        name, doc = _CLASSES[kind]
        methods = [writer.registry_method(row) for row in tables.registry_methods if row.registry == kind]
        classes.append("\n".join([_registry(kind, name, doc), *methods, _DISPOSE]))
    body = "\n".join(classes)
    head = 'import { Caller } from "./caller.js";\n' + imports("./options.js", _OPTIONS, body)
    head += imports("./records.js", {"hideSecrets", "pageParams", "readPage"}, body, types=False)
    head += _HELPERS + imports("./types.js", _OTHERS, body)
    return f"/** Clients of registries of MCP servers. */\n\n{head}\n{body}"


def _registry(kind: str, name: str, doc: str) -> str:
    return f"""\
/** {doc} */
export class {name} {{
  readonly #caller: Caller;

  static {{
    showAs(this, (registry) => registry.#caller.describe("{name}"));
  }}

  /**
   * Makes a client. Nothing is sent yet.
   *
   * @throws {{@link ConfigError}} if an option is not valid.
   */
  constructor(options?: RegistryOptions) {{
    this.#caller = new Caller("{kind}", options);
  }}
"""


def _property(row: Property, names: Names) -> str:
    written = "Record<string, unknown>" if row.type == "object" else row.type
    doc = names(row.help)
    if row.member is not None:
        written, doc = f"{written} | undefined", f"{doc} Undefined until the client is connected."
    head = f'  get {row.spelled}(): {written} {{\n    return this.#caller.property("{row.name}") as {written};\n  }}\n'
    return comment(doc, 2) + head
