/** The options, results and words of the client, as types. */

/** The options of a client; what is not given has the default that stands beside it. */
export interface ClientOptions {
  /** The API key, sent as a bearer token. Default: the environment variable `OMNI_API_KEY` (profile omni). */
  apiKey?: string;
  /** The service's base URL. Default: `OMNI_CLIENT_API_BASE_URL`, else the profile's own. */
  baseUrl?: string;
  /** The exact URL of the MCP endpoint, instead of `baseUrl`. */
  endpoint?: string;
  /** Which service's rules apply: `omni` (the default) or `generic`. */
  profile?: "omni" | "generic";
  /** The version of OMNI's API to ask for, `YYYY-MM-DD`. */
  omniVersion?: string;
  /** The protocol version to ask for in the handshake. Default: the profile's first. */
  protocolVersion?: string;
  /** The load balancer's sticky hint, sent as `x-session-id` on every request. */
  xSessionId?: string;
  /** Further headers for every request; the names that the client itself sets are refused. */
  headers?: Record<string, string>;
  /** How long one attempt may stay without an answer; progress of the call starts it anew. Default: 20 000; null is no limit. */
  timeoutMs?: number | null;
  /** How long a call may take over all attempts and waits. Default: 300 000; null is no limit. */
  totalTimeoutMs?: number | null;
  /** How long making a connection may take. Default: 10 000; null is no limit. */
  connectTimeoutMs?: number | null;
  /** How long an unused connection is kept. Default: 50 000 where calls carry idempotency keys, else 4000. */
  poolIdleTimeoutMs?: number;
  /** How often a call is sent at most. Default: 3. */
  maxAttempts?: number;
  /** The wait before the second attempt; it doubles with each further one. Default: 250. */
  backoffInitialMs?: number;
  /** The longest wait that the doubling reaches. Default: 4000. */
  backoffMaxMs?: number;
  /** The tokens of the client's retry budget, of which each retry takes 14. Default: 500; null is no limit. */
  retryBudget?: number | null;
  /** Declares that the server runs a repeated `Idempotency-Key` once. Default: the profile's (omni: true). */
  honoursIdempotencyKeys?: boolean;
  /** Lets a call without an honoured key be sent again after a 503 with Retry-After. Default: false. */
  retryUnavailable?: boolean;
  /** Makes a result with `isError` a `ToolError`. Default: false. */
  raiseToolErrors?: boolean;
  /** Lets an API key and calls go over plain http to a host that is not loopback. Default: false. */
  allowHttp?: boolean;
  /** The largest answer or event, in bytes after decompression. Default: 67 108 864. */
  maxAnswerBytes?: number;
  /** The most pages that a list is read over. Default: 1000. */
  maxPages?: number;
}

/** The options of one call; what is not given holds as for the client. */
export interface CallOptions {
  /** How long one attempt may stay without an answer; null is no limit. */
  timeoutMs?: number | null;
  /** How long the call may take over all attempts and waits; null is no limit. */
  totalTimeoutMs?: number | null;
  /** The key by which the server runs the call once. Default: a fresh one where the server honours keys. */
  idempotencyKey?: string;
  /** The id that the service's logs will show; further attempts append -2, -3 and so on. */
  requestId?: string;
  /** Further headers; the names that the client itself sets are refused. */
  headers?: Record<string, string>;
  /** How often the call is sent at most. */
  maxAttempts?: number;
  /** Declares that the server runs a repeated `Idempotency-Key` once. */
  honoursIdempotencyKeys?: boolean;
  /** Lets a call without an honoured key be sent again after a 503 with Retry-After. */
  retryUnavailable?: boolean;
  /** Makes a result with `isError` a `ToolError`. */
  raiseToolErrors?: boolean;
  /** With `true`, returns `{ result, metadata }` instead of the result; see {@link MetadataOptions}. */
  withMetadata?: false;
  /** Cancels the call: it rejects with a `CallCancelledError`, and its connection closes. */
  signal?: AbortSignal;
  /** Hears the call's progress, in order and before the call settles. What it throws becomes a warning. */
  onProgress?: (progress: Progress) => unknown;
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
}

/** Who a server or client is. */
export interface Implementation {
  name: string;
  title?: string;
  version: string;
  [member: string]: unknown;
}

/** What the server said when the session was opened. */
export interface InitializeResult {
  protocolVersion: string;
  capabilities: Record<string, unknown>;
  serverInfo: Implementation;
  instructions?: string;
  [member: string]: unknown;
}

/** A tool. */
export interface Tool {
  name: string;
  title?: string;
  description?: string;
  /** JSON Schema of the arguments. */
  inputSchema: Record<string, unknown>;
  /** JSON Schema of `structuredContent`. */
  outputSchema?: Record<string, unknown>;
  [member: string]: unknown;
}

/** Tools, all or one page of them. */
export interface ListToolsResult {
  tools: Tool[];
  /** The cursor of the next page. */
  nextCursor?: string;
  [member: string]: unknown;
}

/** Text, an image or another item of a tool's result, as the server sent it. */
export interface ContentItem {
  type: string;
  text?: string;
  [member: string]: unknown;
}

/** What a tool returned; `T` is the type of `structuredContent`. */
export interface CallToolResult<T = Record<string, unknown>> {
  content: ContentItem[];
  structuredContent?: T;
  isError?: boolean;
  [member: string]: unknown;
}

/** How far a call is. */
export interface Progress {
  /** Grows with every notification. */
  progress: number;
  /** Where it ends, if known. */
  total?: number;
  /** For people. */
  message?: string;
}

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
  data?: unknown;
}
