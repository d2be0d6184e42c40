/** The error classes: one per kind of failure. The facts come from the core. */

import type { ErrorCode, ErrorKind } from "./kinds.js";
import type { Delivery, ErrorData } from "./types.js";

/** The members of {@link ErrorData} that become enumerable properties. `data` is not among them: logs would show the server's text as it is. */
const PROPERTIES = [
  "kind", "code", "server", "method", "tool", "delivery", "retryable", "attempts", "status", "rpcCode", "serviceCode", "requestId", "retryAfter",
  "idempotencyKey", "requiredScopes", "field", "exitCode", "osError", "stderr",
] as const satisfies readonly (keyof ErrorData)[];

/** The facts that an error is made from. The code may be one of another version. */
type KnownData = Partial<Omit<ErrorData, "code">> & { code?: string };

/** The base of every error of this package. */
export class OmniMcpError extends Error {
  /** The kind, to branch on; each has a class. */
  declare readonly kind: ErrorKind;
  /** The stable code, more specific than the kind. Undefined if the error was made from a message alone. */
  declare readonly code?: ErrorCode;
  /** The server: the origin of its endpoint, or the name of its program. */
  declare readonly server?: string;
  /** The method of the protocol, such as `tools/call`; of a registry, the name of the method. */
  declare readonly method?: string;
  /** The tool that was called. */
  declare readonly tool?: string;
  /** Whether the call was executed; `maybe_executed` if that is not known. */
  declare readonly delivery: Delivery;
  /** Whether the same call may succeed later. */
  declare readonly retryable: boolean;
  /** HTTP attempts made, including those of a failed handshake. */
  declare readonly attempts: number;
  /** The HTTP status of the last response. */
  declare readonly status?: number;
  /** The JSON-RPC error code of the last response. */
  declare readonly rpcCode?: number;
  /** The service's own code. */
  declare readonly serviceCode?: string;
  /** The id to quote to the service. */
  declare readonly requestId?: string;
  /** The `Retry-After` of the response, in seconds. */
  declare readonly retryAfter?: number;
  /** The idempotency key of the call; repeat the call with it and the same arguments to be safe. */
  declare readonly idempotencyKey?: string;
  /** The scopes that the credentials lack. */
  declare readonly requiredScopes: readonly string[];
  /** The option or argument that a `config` error refers to. */
  declare readonly field?: string;
  /** The exit code of the server's process, or the negative number of the signal that ended it. */
  declare readonly exitCode?: number;
  /** The operating system's error number for a failed connection, as in `os.constants.errno`. */
  declare readonly osError?: number;
  /** The last lines of the standard error of the server's process. */
  declare readonly stderr: readonly string[];
  /** `error.data` of a JSON-RPC error, or the result of a failed tool, as the server sent it. */
  declare readonly data?: unknown;
  /** What failed, without the server and the other facts of `message`. */
  declare readonly shortMessage: string;
  /** The same as `message`: method, tool and server, what failed, and the most important facts, in one line. */
  declare readonly text: string;

  /**
   * Makes an error from its facts. Queues and test runners recreate errors from a message alone, or from nothing, and
   * set the other properties later: facts that are missing have the safest value.
   *
   * @param known - The facts, or the message.
   */
  constructor(known?: KnownData | string | null, options?: ErrorOptions) {
    const data = factsOf(known);
    super(data.message, options);
    const own = { ...data, kind: data.kind ?? this.kind };
    for (const name of PROPERTIES) {
      const value = own[name];
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
    }
    Object.defineProperty(this, "shortMessage", { value: data.shortMessage, configurable: true, writable: true });
    Object.defineProperty(this, "text", { value: data.text, configurable: true, writable: true });
    if (data.data !== undefined) Object.defineProperty(this, "data", { value: data.data, configurable: true, writable: true });
  }

  /** The service's own code, by OMNI's name for it. */
  get omniCode(): string | undefined {
    return this.serviceCode;
  }

  override toString(): string {
    return `${this.name}: ${this.text}`;
  }

  /** The error as plain data, for logs and other threads. */
  toJSON(): ErrorData & { name: string } {
    const { name, message, shortMessage, text, data } = this;
    const known = Object.fromEntries(PROPERTIES.flatMap((key) => (this[key] === undefined ? [] : [[key, this[key]]])));
    return { name, message, shortMessage, text, ...(known as Omit<ErrorData, "message" | "shortMessage" | "text">), ...(data === undefined ? {} : { data }) };
  }

  /**
   * Recreates an error of the right class from the data of `toJSON`, or from a clone by `structuredClone`, which keeps
   * only the name of the class and the texts.
   *
   * @param data - The data or the clone.
   * @returns The error. Missing facts have the safest value.
   */
  static fromJSON(data: KnownData | Error, options?: ErrorOptions): OmniMcpError {
    return new (classOf(data))(data, options);
  }
}

/** A bad option or argument; nothing was sent. */
export class ConfigError extends OmniMcpError {
  declare readonly kind: "config";
}
/** The credentials are missing or were not accepted. */
export class AuthenticationError extends OmniMcpError {
  declare readonly kind: "auth";
}
/** The credentials do not allow this; see `requiredScopes`. */
export class PermissionDeniedError extends OmniMcpError {
  declare readonly kind: "permission";
}
/** The server refused the request or its parameters. */
export class InvalidRequestError extends OmniMcpError {
  declare readonly kind: "invalid_request";
}
/** No such tool, method or address. */
export class NotFoundError extends OmniMcpError {
  declare readonly kind: "not_found";
}
/** The request conflicts with another one, such as one with the same key. */
export class ConflictError extends OmniMcpError {
  declare readonly kind: "conflict";
}
/** Too many requests; wait for `retryAfter` seconds. */
export class RateLimitError extends OmniMcpError {
  declare readonly kind: "rate_limit";
}
/** The quota or budget is exhausted. */
export class QuotaExceededError extends OmniMcpError {
  declare readonly kind: "quota";
}
/** The server failed. */
export class ServerError extends OmniMcpError {
  declare readonly kind: "server";
}
/** The connection could not be made or was lost. */
export class ConnectionFailedError extends OmniMcpError {
  declare readonly kind: "connection";
}
/** A timeout passed before the response was received. */
export class RequestTimeoutError extends OmniMcpError {
  declare readonly kind: "timeout";
}
/** The session was lost and could not be reopened. */
export class SessionError extends OmniMcpError {
  declare readonly kind: "session";
}
/** The response violates the protocol. */
export class ProtocolError extends OmniMcpError {
  declare readonly kind: "protocol";
}
/** The server returned a JSON-RPC error. */
export class RpcError extends OmniMcpError {
  declare readonly kind: "rpc";
}
/** The tool ran and reported a failure. */
export class ToolError extends OmniMcpError {
  declare readonly kind: "tool";
}
/**
 * The caller cancelled the call; `cause` is the signal's reason. `name` is `AbortError`, or `TimeoutError` for
 * `AbortSignal.timeout()`.
 */
export class CallCancelledError extends OmniMcpError {
  declare readonly kind: "cancelled";
}
/** The client is closed. */
export class ClientClosedError extends OmniMcpError {
  declare readonly kind: "closed";
}
/** A bug in this library; please report it. */
export class InternalError extends OmniMcpError {
  declare readonly kind: "internal";
}

const CLASSES: Readonly<Record<ErrorKind, typeof OmniMcpError>> = {
  config: ConfigError,
  auth: AuthenticationError,
  permission: PermissionDeniedError,
  invalid_request: InvalidRequestError,
  not_found: NotFoundError,
  conflict: ConflictError,
  rate_limit: RateLimitError,
  quota: QuotaExceededError,
  server: ServerError,
  connection: ConnectionFailedError,
  timeout: RequestTimeoutError,
  session: SessionError,
  protocol: ProtocolError,
  rpc: RpcError,
  tool: ToolError,
  cancelled: CallCancelledError,
  closed: ClientClosedError,
  internal: InternalError,
};

for (const base of [OmniMcpError, ...Object.values(CLASSES)]) {
  // Platform code checks for this name; the class keeps its own.
  const name = base === CallCancelledError ? "AbortError" : base.name;
  Object.defineProperty(base.prototype, "name", { value: name, configurable: true, writable: true });
}

/** The facts of an error that was made without any. */
const UNKNOWN = { kind: "internal", delivery: "maybe_executed", retryable: false, attempts: 0, requiredScopes: [], stderr: [] } as const;
for (const [name, value] of Object.entries(UNKNOWN)) {
  Object.freeze(value);
  Object.defineProperty(OmniMcpError.prototype, name, { value, configurable: true, writable: true });
}
for (const [kind, { prototype }] of Object.entries(CLASSES)) {
  Object.defineProperty(prototype, "kind", { value: kind, configurable: true, writable: true });
}

const DELIVERIES: readonly unknown[] = ["not_sent", "rejected", "maybe_executed", "executed"] satisfies Delivery[];

type Facts = Partial<ErrorData> & Omit<typeof UNKNOWN, "kind"> & { message: string; shortMessage: string; text: string };

/** The facts, completed. Nothing is refused: the data may come from another version, or be incomplete. */
function factsOf(known: unknown): Facts {
  const given: Partial<Record<keyof ErrorData, unknown>> =
    typeof known === "string" ? { message: known } : typeof known === "object" && known !== null ? known : {};
  const text = stringOf(given.text);
  const short = stringOf(given.shortMessage);
  // Data without a short message has it as the message.
  const message = (short === undefined ? text : undefined) ?? stringOf(given.message) ?? text ?? "";
  const shortMessage = short ?? stringOf(given.message) ?? message;
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : []);
  const facts = { ...UNKNOWN, ...withoutNull(given), message, shortMessage, text: text ?? message };
  const delivery = DELIVERIES.includes(facts.delivery) ? facts.delivery : UNKNOWN.delivery;
  const kind = stringOf(given.kind);
  return { ...facts, kind, delivery, requiredScopes: list(given.requiredScopes), stderr: list(given.stderr) } as Facts;
}

/** The members of {@link ErrorData} that have a value. */
function withoutNull(given: Partial<Record<keyof ErrorData, unknown>>): Partial<Record<keyof ErrorData, unknown>> {
  const names = [...PROPERTIES, "data"] as const;
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined || given[name] === null ? [] : [[name, given[name]]])));
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function classOf(data: KnownData | Error): typeof OmniMcpError {
  const { kind, name, stack } = data as { kind?: unknown; name?: unknown; stack?: unknown };
  if (typeof kind === "string") return Object.hasOwn(CLASSES, kind) ? CLASSES[kind as ErrorKind] : OmniMcpError;
  // A clone is called "Error"; its stack still begins with the name.
  const names = [stringOf(name), stringOf(stack)?.split(":", 1)[0]];
  if (names.includes("TimeoutError")) return CallCancelledError;
  return Object.values(CLASSES).find(({ prototype }) => names.includes(prototype.name)) ?? OmniMcpError;
}

/** An error in the core's format: null where something is not known. */
interface CoreError {
  kind: ErrorKind;
  code: ErrorCode;
  message: string;
  text: string;
  server?: string | null;
  method?: string | null;
  tool?: string | null;
  delivery: Delivery;
  retryable: boolean;
  attempts: number;
  status?: number | null;
  rpc_code?: number | null;
  service_code?: string | null;
  request_id?: string | null;
  retry_after?: number | null;
  idempotency_key?: string | null;
  required_scopes?: string[];
  field?: string | null;
  exit_code?: number | null;
  os_error?: number | null;
  stderr?: string[];
  data?: unknown;
  /** The id of the question that a callback failed to answer. */
  cause_id?: number;
}

/** The error that the core sent as JSON text. */
export function fromCore(json: string, options?: ErrorOptions): OmniMcpError {
  return read(JSON.parse(json) as CoreError, options);
}

/** The error of a call, as JSON text; `causeOf` finds the exception of a callback by the id of the question. */
export function fromCall(json: string, causeOf: (id: number) => ErrorOptions | undefined): OmniMcpError {
  const sent = JSON.parse(json) as CoreError;
  return read(sent, sent.cause_id === undefined ? undefined : causeOf(sent.cause_id));
}

function read(sent: CoreError, options?: ErrorOptions): OmniMcpError {
  const { kind, code, message, text, delivery, retryable, attempts } = sent;
  const data: ErrorData = {
    kind, code, message: text, shortMessage: message, text, delivery, retryable, attempts,
    server: sent.server ?? undefined,
    method: sent.method ?? undefined,
    tool: sent.tool ?? undefined,
    status: sent.status ?? undefined,
    rpcCode: sent.rpc_code ?? undefined,
    serviceCode: sent.service_code ?? undefined,
    requestId: sent.request_id ?? undefined,
    retryAfter: sent.retry_after ?? undefined,
    idempotencyKey: sent.idempotency_key ?? undefined,
    requiredScopes: sent.required_scopes ?? [],
    field: sent.field ?? undefined,
    exitCode: sent.exit_code ?? undefined,
    osError: sent.os_error ?? undefined,
    stderr: sent.stderr ?? [],
    data: sent.data ?? undefined,
  };
  return OmniMcpError.fromJSON(data, options);
}

/** The error for an option that only this binding has. */
export function badOption(field: string, allowed: string, code: ErrorCode = "invalid_option"): ConfigError {
  const message = `${field}: ${allowed}`;
  return new ConfigError({
    kind: "config", code, message, shortMessage: message, text: message, field,
    delivery: "not_sent", retryable: false, attempts: 0, requiredScopes: [], stderr: [],
  });
}
