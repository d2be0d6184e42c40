/** The options, results and words of the client, as types. */

import type {
  ContentBlock, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult, Progress, Root,
} from "./protocol.js";

export type * from "./protocol.js";

/** The options of a client; what is not given has the default that stands beside it. */
export interface ClientOptions {
  /** The API key, sent as a bearer token. Default: the environment variable OMNI_API_KEY (profile omni). */
  apiKey?: string;
  /** The service's base URL; the profile adds the path of its MCP endpoint. Default: the environment variable OMNI_CLIENT_API_BASE_URL, else the profile's own. */
  baseUrl?: string;
  /** The exact URL of the MCP endpoint, instead of `baseUrl`. Default: none. */
  endpoint?: string;
  /** Which service's rules apply: `omni`, `octomind`, `odock` or `generic`, or an object that describes another service. Default: omni; generic where a command is given. */
  profile?: ProfileName | ProfileOptions;
  /** The slug or id of the server behind a gateway, where the profile's path has one. Default: none; required by the profile odock. */
  slug?: string;
  /** How the client proves who it is, where it is not by `apiKey`: an object with `type`. Default: the API key. */
  auth?: AuthOptions;
  /** The version of OMNI's API to ask for, `YYYY-MM-DD`, sent as `Omni-Version`. Default: none. */
  omniVersion?: string;
  /** Whether a session is opened by a handshake before the first call. Default: the profile's (odock: false). */
  handshake?: boolean;
  /** What carries the messages: `streamable_http`, `sse` (HTTP with SSE, 2024-11-05) or `stdio`. Default: stdio where a command is given; else streamable_http, and sse where a server of the profile generic refuses that. */
  transport?: string;
  /** The program to start, for the transport stdio. Default: none. */
  command?: string;
  /** Its arguments. Default: none. */
  args?: string[];
  /** Its environment, besides PATH, HOME and the like; no other variables are handed on. Default: none. */
  env?: Record<string, string>;
  /** Its working directory. Default: that of this process. */
  cwd?: string;
  /** The URL of the proxy to go through: http, https, socks5 or socks5h. Default: the proxy variables of the environment, which loopback ignores. */
  proxy?: string;
  /** Headers for the proxy. Default: none. */
  proxyHeaders?: Record<string, string>;
  /** The certificate authorities that are trusted, and no others: PEM text, or the path of a PEM file. Default: those of the system. */
  caCerts?: string;
  /** The client's own certificate and those between it and its authority: PEM text, or the path of a PEM file. Default: none. */
  clientCert?: string;
  /** Its private key, not encrypted: PEM text, or the path of a PEM file. Default: the one that `clientCert` holds besides. */
  clientKey?: string;
  /** The oldest version of TLS to speak: `1.2` or `1.3`. Default: 1.2. */
  minTlsVersion?: string;
  /** The only tools that may be called. Default: all; an empty list allows none. */
  allowedTools?: string[];
  /** Tools that may not be called, whatever is allowed. Default: none. */
  blockedTools?: string[];
  /** The name by which the client presents itself to servers. Default: omni-mcp. */
  clientName?: string;
  /** The version by which the client presents itself to servers. Default: that of this package. */
  clientVersion?: string;
  /** Sends one tool call at a time, in the order in which they were made. Default: false. */
  forceSerialToolCalls?: boolean;
  /** Whether the server's own event stream is asked for: by GET, or in the modern era by subscriptions/listen. Default: true where `onNotification` is given, and in the older era also where a server may ask a function. */
  listen?: boolean;
  /** The only protocol version to speak, one that the profile accepts. Default: the profile's, the newest first. */
  protocolVersion?: string;
  /** The load balancer's sticky hint, sent as `x-session-id` on every request. Default: none. */
  xSessionId?: string;
  /** Keeps the server's cookies and sends them back to it, as load balancers route by them. Default: true. */
  cookies?: boolean;
  /** Further headers for every request; the names that the client itself sets are refused. Default: none. */
  headers?: Record<string, string>;
  /** How long one attempt may stay without an answer; every byte of the call's own event stream and progress of the call start it anew. Default: 20 000. */
  timeoutMs?: number | null;
  /** How long a call may take over all attempts and waits. Default: 300 000. */
  totalTimeoutMs?: number | null;
  /** How long making a connection may take. Default: 10 000. */
  connectTimeoutMs?: number | null;
  /** How long an unused connection is kept. Default: 50 000 where calls carry idempotency keys, else 4000. */
  poolIdleTimeoutMs?: number;
  /** The most calls on their way at once, each on a connection of its own, over HTTP/2 on a stream; further calls wait in order; none is no limit. Default: 256. */
  maxConnections?: number | null;
  /** How often a call is sent at most. Default: 3. */
  maxAttempts?: number;
  /** The wait before the second attempt; it doubles with each further one. Default: 250. */
  backoffInitialMs?: number;
  /** The longest wait that the doubling reaches. Default: 4000. */
  backoffMaxMs?: number;
  /** The tokens of the client's retry budget, of which each retry takes 14; none is no limit. Default: 500. */
  retryBudget?: number | null;
  /** Declares that the server runs a repeated `Idempotency-Key` once, so that calls with one are retried. Default: the profile's (omni: true). */
  honoursIdempotencyKeys?: boolean;
  /** Lets a call without an honoured key be sent again after a 503 with Retry-After. Default: false. */
  retryUnavailable?: boolean;
  /** Makes a result with `isError` an error of kind `tool`. Default: false. */
  raiseToolErrors?: boolean;
  /** Checks structured results of tools by their output schemas; the list of tools is read first where it is not known. Default: false. */
  validateOutput?: boolean;
  /** Keeps lists and resources for as long as the server says that they hold (ttlMs), or until it says that they changed. Default: true. */
  cache?: boolean;
  /** How often one call may be asked for input by a server of the newer era. Default: 10. */
  maxInputRounds?: number;
  /** Lets an API key and calls go over plain http to a host that is not loopback. Default: false. */
  allowHttp?: boolean;
  /** The largest answer, in bytes after decompression. Default: 67108864. */
  maxAnswerBytes?: number;
  /** The largest event of a stream, or line of a process, in bytes. Default: `maxAnswerBytes`. */
  maxEventBytes?: number;
  /** How much of an error's body is read, in bytes after decompression. Default: 65536. */
  maxErrorBytes?: number;
  /** The most headers of an answer. Default: 100. */
  maxHeaders?: number;
  /** The most lists and objects in each other, in an answer or a notification. Default: 127. */
  maxDepth?: number;
  /** The most notifications that wait for `onNotification`, records for `onLog`, and of each call progress for its `onProgress`, for which its stream waits; further ones are dropped and counted. Default: 1024. */
  maxQueuedNotifications?: number;
  /** The most requests of a server's own that are answered at once; further ones stay without an answer. Default: 256. */
  maxServerRequests?: number;
  /** The least level of what `onLog` hears: `debug`, `info`, `warn` or `error`. Default: info; in Python without `on_log`, that of the logger `omni_mcp_py`. */
  logLevel?: string;
  /** The most pages that a list is read over. Default: 1000. */
  maxPages?: number;
  /** Refuses everything that is accepted only because servers deviate from the specification, for testing servers. Default: false. */
  strict?: boolean;
  /** Hears each notification that the server sends by itself: its method and its params. What it throws becomes a warning. */
  onNotification?: (notification: Notification) => unknown;
  /** Hears what the client does: level, message and fields, such as method, tool, attempt, status and request_id. No payloads, no secrets. What it throws becomes a warning. */
  onLog?: (record: LogRecord) => unknown;
  /** Hears each change of the client's state: state and previous, of idle, connecting, ready, recovering and closed. What it throws becomes a warning. */
  onState?: (change: StateChange) => unknown;
  /** Gives the bearer token: a string, or an object with `token` and `expiresInMs`. Asked again when it expires or is refused. */
  tokenProvider?: () => ProvidedToken | Promise<ProvidedToken>;
  /** Has a model of the caller's answer a server's `sampling/createMessage`: gets its params, gives `role`, `content` and `model`. What it throws is the `cause` of the call's error. */
  onSampling?: (params: CreateMessageRequestParams) => CreateMessageResult | Promise<CreateMessageResult>;
  /** Has a person answer a server's `elicitation/create`: gets its params, gives `action` and, of a form, `content`; what is left out of it has the form's defaults. What it throws is the `cause` of the call's error. */
  onElicitation?: (params: ElicitRequestParams) => ElicitResult | Promise<ElicitResult>;
  /** Gives the folders that a server may work in: a list of objects with `uri` and `name`. What it throws is the `cause` of the call's error. */
  onRoots?: () => readonly Root[] | Promise<readonly Root[]>;
}

/** A service that has a profile of its own. */
export type ProfileName = "omni" | "octomind" | "odock" | "generic";

/** The facts about a service that has no profile here; what is not given is as in the profile that it extends. */
export interface ProfileOptions {
  /** The name, for messages. Default: custom. */
  name?: string;
  /** The profile that this one changes: `generic`, `omni`, `octomind` or `odock`. Default: generic. */
  extends?: string;
  /** Where the service lives. Default: that of the profile it extends. */
  baseUrl?: string;
  /** The path of the MCP endpoint below the base URL; `{slug}` stands for the option of that name. Default: that of the profile it extends. */
  path?: string;
  /** The path of the event stream of the transport of 2024-11-05. Default: that of the profile it extends. */
  ssePath?: string;
  /** The environment variable read where `apiKey` is not given. Default: none. */
  apiKeyVariable?: string;
  /** The environment variable read where `baseUrl` is not given. Default: none. */
  baseUrlVariable?: string;
  /** Whether a key is required. Default: that of the profile it extends. */
  keyRequired?: boolean;
  /** The header that carries the API key, such as `x-api-key`. Default: Authorization, as a bearer token. */
  apiKeyHeader?: string;
  /** The protocol versions accepted from the server, the one to ask for first. Default: those of the profile it extends. */
  versions?: string[];
  /** Whether a session is opened by a handshake before the first call. Default: that of the profile it extends. */
  handshake?: boolean;
  /** Whether JSON-RPC ids are sent as strings. Default: that of the profile it extends. */
  stringIds?: boolean;
  /** Whether a session is ended by DELETE. Default: that of the profile it extends. */
  deletesSessions?: boolean;
  /** Whether the server runs a repeated `Idempotency-Key` once, so that every `tools/call` carries one. Default: that of the profile it extends. */
  honoursIdempotencyKeys?: boolean;
  /** Whether the load balancer wants an `x-session-id`, made once per client. Default: that of the profile it extends. */
  sticky?: boolean;
  /** Whether a JSON-RPC error on HTTP 500 is worth another attempt. Default: that of the profile it extends. */
  retriesInternalErrors?: boolean;
  /** What the service's own error codes mean, before those of the profile it extends: objects with `word`, `code` (one of ours), `happened` (a row of the retry table) and `delivery`. Default: none. */
  catalogue?: ServiceCode[];
  /** Answers that say that the session is lost: objects with `status`, and `method` (POST), `rpc_code` and `mentions`. Default: none. */
  sessionLost?: SessionSign[];
}

/** One row of a service's catalogue of errors. */
export interface ServiceCode {
  /** The service's own word. */
  word: string;
  /** One of the codes of this package's errors. */
  code: string;
  /** A row of the retry table, such as `refused`, `rate_limited`, `server_fault`. */
  happened: string;
  /** Whether the call ran. */
  delivery?: Delivery;
}

/** An answer by which a service says that it no longer knows the session. */
export interface SessionSign {
  status: number;
  /** The HTTP method of the request. Default: POST. */
  method?: string;
  /** The JSON-RPC code in the answer. */
  rpcCode?: number;
  /** What the answer's message holds. */
  mentions?: string;
}

/** How the client proves who it is. Which members belong to which type, the README says. */
export interface AuthOptions {
  /** `oauth2` is client credentials, RFC 6749 section 4.4. */
  type: "none" | "bearer" | "basic" | "oauth2" | "header";
  /** The token (type `bearer`). Default: none. */
  token?: string;
  /** The user (type `basic`). Default: none. */
  username?: string;
  /** The password (type `basic`). Default: none. */
  password?: string;
  /** The token endpoint (type `oauth2`). Default: found by the metadata of the server's own origin (RFC 9728, RFC 8414). */
  tokenUrl?: string;
  /** The client's id (type `oauth2`). Default: none. */
  clientId?: string;
  /** The client's secret (type `oauth2`). Default: none. */
  clientSecret?: string;
  /** The scope to ask for (type `oauth2`). Default: none. */
  scope?: string;
  /** The audience to ask for (type `oauth2`). Default: none. */
  audience?: string;
  /** The name of the header (type `header`). Default: Authorization. */
  name?: string;
  /** The whole value of the header (type `header`). Default: none. */
  value?: string;
}

/** A notification that the server sent by itself. */
export interface Notification {
  method: string;
  params: Record<string, unknown>;
}

/** What `onLog` hears. */
export interface LogRecord {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  fields: Record<string, unknown>;
}

/** How a client stands with its server. */
export type State = "idle" | "connecting" | "ready" | "recovering" | "closed";

/** What `onState` hears. */
export interface StateChange {
  state: State;
  previous: State;
}

/** What a client has done so far. */
export interface Counters {
  /** Calls that were made, whatever became of them. */
  calls: number;
  /** Calls that ended with an error, those given up not among them. */
  failures: number;
  /** Calls that were given up before their end. */
  cancelled: number;
  /** Calls that were answered from what the client kept. */
  cached: number;
  /** How often the calls were sent. */
  attempts: number;
  /** How often they were sent again after a failure. */
  retries: number;
  /** Answers that the server had kept of an earlier call with the same key. */
  replays: number;
  /** Sessions that were opened, the first among them. */
  sessions: number;
  /** Notifications, progress and log records that were dropped because nobody took them in time. */
  dropped: number;
  /** Requests of the server's own that were left without an answer, as there were too many. */
  unanswered: number;
  /** Deviations of servers from the specification that were accepted. */
  deviations: number;
}

/** What a token provider gives: the token, or the token and how long it holds. */
export type ProvidedToken = string | { token: string; expiresInMs?: number };

/** The options of a registry's client. */
export interface RegistryOptions {
  /** The API key, sent as a bearer token. Default: the environment variable GAIA_API_KEY or SEMA4_API_KEY. */
  apiKey?: string;
  /** How the client proves who it is, where it is not by `apiKey`. Default: the API key. */
  auth?: AuthOptions;
  /** Where the registry lives. Without `tenant`, Sema4.ai's whole base, `https://host/tenants/{tenant}/api/v2`. Default: the environment variable GAIA_BASE_URL or SEMA4_BASE_URL. */
  baseUrl?: string;
  /** The tenant (Sema4.ai): the base is then `{base_url}/tenants/{tenant}/api/v2`. Default: none. */
  tenant?: string;
  /** The path of the collection below the base URL (GAIA). Default: /api/mcp/servers. */
  path?: string;
  /** Further headers for every request. Default: none. */
  headers?: Record<string, string>;
  /** How long one attempt may stay without an answer. Default: 20 000. */
  timeoutMs?: number | null;
  /** How long a call may take over all attempts and waits. Default: 300 000. */
  totalTimeoutMs?: number | null;
  /** How long making a connection may take. Default: 10 000. */
  connectTimeoutMs?: number | null;
  /** How often a request is sent at most. Default: 3. */
  maxAttempts?: number;
  /** The wait before the second attempt; it doubles with each further one. Default: 250. */
  backoffInitialMs?: number;
  /** The longest wait that the doubling reaches. Default: 4000. */
  backoffMaxMs?: number;
  /** The tokens of the retry budget, of which each retry takes 14; none is no limit. Default: 500. */
  retryBudget?: number | null;
  /** The URL of the proxy to go through. Default: the proxy variables of the environment, which loopback ignores. */
  proxy?: string;
  /** Headers for the proxy. Default: none. */
  proxyHeaders?: Record<string, string>;
  /** The certificate authorities that are trusted, and no others: PEM text, or the path of a PEM file. Default: those of the system. */
  caCerts?: string;
  /** The client's own certificate and those between it and its authority: PEM text, or the path of a PEM file. Default: none. */
  clientCert?: string;
  /** Its private key, not encrypted: PEM text, or the path of a PEM file. Default: the one that `clientCert` holds besides. */
  clientKey?: string;
  /** The oldest version of TLS to speak: `1.2` or `1.3`. Default: 1.2. */
  minTlsVersion?: string;
  /** Lets the key go over plain http to a host that is not loopback. Default: false. */
  allowHttp?: boolean;
  /** The largest answer, in bytes after decompression. Default: 67108864. */
  maxAnswerBytes?: number;
  /** The most pages that a list is read over. Default: 1000. */
  maxPages?: number;
}

/** The options of one call of a registry. */
export type RegistryCallOptions = Pick<
  CallOptions, "timeoutMs" | "totalTimeoutMs" | "requestId" | "headers" | "maxAttempts" | "retryUnavailable" | "signal"
>;

/** A server's record as a registry has it, with members that are not known here. Printing it shows no secrets. */
export interface ServerRecord {
  name: string;
  [member: string]: unknown;
}

/** A record to create, to update or to connect to. */
export type ServerRecordInput = object;

/** What GAIA answers to a server's creation. */
export interface GaiaCreated {
  success: boolean;
  message: string;
  serverId: string;
}

/** One page of servers. */
export interface ServerPage {
  data: ServerRecord[];
  /** The token of the next page. */
  next: string | null;
  hasMore: boolean;
}

/** The options of one call; what is not given holds as for the client. */
export interface CallOptions {
  /** How long one attempt may stay without an answer; null is no limit. */
  timeoutMs?: number | null;
  /** How long the call may take over all attempts and waits; null is no limit. */
  totalTimeoutMs?: number | null;
  /** The key by which the server runs the call once, 1 to 255 visible ASCII characters. Default: a fresh one where the server honours keys. */
  idempotencyKey?: string;
  /** The id that the service's logs will show; further attempts append -2, -3 and so on. Default: a fresh one for each attempt. */
  requestId?: string;
  /** Further headers; the names that the client itself sets are refused. Default: none. */
  headers?: Record<string, string>;
  /** How often the call is sent at most. */
  maxAttempts?: number;
  /** Declares that the server runs a repeated `Idempotency-Key` once. */
  honoursIdempotencyKeys?: boolean;
  /** Lets a call without an honoured key be sent again after a 503 with Retry-After. */
  retryUnavailable?: boolean;
  /** Makes a result with `isError` an error of kind `tool`. */
  raiseToolErrors?: boolean;
  /** Checks the structured result of a tool by its output schema. */
  validateOutput?: boolean;
  /** Asks the server even where its last answer still holds. Default: false. */
  fresh?: boolean;
  /** The W3C traceparent of the trace that the call belongs to: sent as a header, and in `_meta` to servers of the newer era and processes. Default: none. */
  traceparent?: string;
  /** The W3C tracestate that goes with it. Default: none. */
  tracestate?: string;
  /** W3C baggage, sent in the same way. Default: none. */
  baggage?: string;
  /** With `true`, returns `{ result, metadata }` instead of the result; see {@link MetadataOptions}. */
  withMetadata?: false;
  /** Cancels the call: it rejects with a `CallCancelledError`, and its connection closes. */
  signal?: AbortSignalLike;
  /** Hears the call's progress, in order and before the call settles. What it throws becomes a warning. */
  onProgress?: (progress: Progress) => unknown;
}

/** An `AbortSignal`, as far as it is used, so that no library of types is needed for it. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Call options that ask for the metadata. */
export type MetadataOptions = Omit<CallOptions, "withMetadata"> & { withMetadata: true };

/** A result with what is known besides. */
export interface WithMetadata<T> {
  result: T;
  metadata: Metadata;
}

/** What is known of a result besides the result. */
export interface Metadata {
  /** The HTTP status. */
  status: number;
  /** The answer's headers, by lower-case name. */
  headers: Record<string, string>;
  /** The id to quote to the service. */
  requestId?: string;
  /** The session that the call ran in. */
  sessionId?: string;
  /** HTTP attempts made. */
  attempts: number;
  /** The key that all attempts carried. */
  idempotencyKey?: string;
  /** Whether the server answered from its memory of an earlier call with the same key. */
  replayed: boolean;
  /** Whether the client answered by itself, as the server had said that its last answer still holds. */
  cached: boolean;
  /** What a person should know of the result, such as a tool that was left out of a list, and why. Each is also a warning of the process. */
  warnings: string[];
  /** Whether a tool's result reads like a failure although it does not say that it is one; a hint. */
  looksLikeError: boolean;
}

/** Text, an image or another item of a tool's result. */
export type ContentItem = ContentBlock;

/** Whether a call that failed ran. */
export type Delivery = "not_sent" | "rejected" | "maybe_executed" | "executed";

/** The kind of a failure: what a program branches on. */
export type ErrorKind =
  | "config"
  | "auth"
  | "permission"
  | "invalid_request"
  | "not_found"
  | "conflict"
  | "rate_limit"
  | "quota"
  | "server"
  | "connection"
  | "timeout"
  | "session"
  | "protocol"
  | "rpc"
  | "tool"
  | "cancelled"
  | "closed"
  | "internal";

/** An error as plain data: what `toJSON()` gives and `fromJSON()` takes. */
export interface ErrorData {
  kind: ErrorKind;
  /** The stable code, finer than the kind. */
  code: string;
  message: string;
  /** The message with what is known besides, in one line. */
  text: string;
  delivery: Delivery;
  retryable: boolean;
  attempts: number;
  status?: number;
  rpcCode?: number;
  serviceCode?: string;
  requestId?: string;
  /** Seconds. */
  retryAfter?: number;
  idempotencyKey?: string;
  requiredScopes: readonly string[];
  field?: string;
  exitCode?: number;
  /** The operating system's number of what went wrong with a connection, as in `os.constants.errno`. */
  osError?: number;
  stderr: readonly string[];
  data?: unknown;
}
