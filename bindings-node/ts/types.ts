/** The types of records, results, events and errors. */

import type { ErrorCode, ErrorKind } from "./kinds.js";
import type { ContentBlock } from "./protocol.js";

/** One row of a service's catalogue of errors. */
export interface ServiceCode {
  /** The service's own code. */
  serviceCode: string;
  /** The code of this package's errors. */
  code: ErrorCode;
  /** A row of the retry table, such as `refused`, `rate_limited`, `server_fault`. */
  failureClass: string;
  /** Whether the call ran. */
  delivery?: Delivery;
}

/** A response that means that the session is lost. */
export interface SessionSign {
  status: number;
  /** The HTTP method of the request. Default: POST. */
  method?: string;
  /** The JSON-RPC error code of the response. */
  rpcCode?: number;
  /** A text that the response's message contains. */
  mentions?: string;
}

/** A notification from the server. */
export interface Notification {
  method: string;
  params: Record<string, unknown>;
}

/** A log record, as `onLog` receives it. */
export interface LogRecord {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  /** Details, such as `method`, `tool`, `attempt`, `status`, `requestId` and `durationMs`. */
  fields: Record<string, unknown>;
}

/** The state of a client. */
export type State = "idle" | "connecting" | "ready" | "recovering" | "closed";

/** A change of state, as `onState` receives it. */
export interface StateChange {
  state: State;
  previous: State;
}

/** An HTTP request of an attempt, as `onRequest` receives it. */
export interface RequestInfo {
  /** The method of the protocol, such as `tools/call`. */
  method: string;
  /** The tool that is called. */
  tool: string | null;
  /** The number of the attempt, from 1. */
  attempt: number;
  requestId: string;
  /** The address, without query. */
  url: string;
  /** The headers, by lower-case name. Values that may be secret are `[redacted]`. */
  headers: Record<string, string>;
}

/** The end of an HTTP request, as `onResponse` receives it. */
export interface ResponseInfo extends RequestInfo {
  /** The HTTP status; null if no response arrived. */
  status: number | null;
  /** The code of the failure if no response arrived; null also if the attempt was ended before: by a timeout, or as the call was cancelled. */
  code: string | null;
  /** The time until the head of the response arrived, or until the failure. */
  durationMs: number;
}

/** A server's record, as the registry sent it. Printing it shows no secrets. */
export interface ServerRecord {
  name: string;
  [member: string]: unknown;
}

/** A record to create, update or connect to. */
export type ServerRecordInput = object;

/** GAIA's response to the creation of a server. */
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

/** The part of `AbortSignal` that is used, so that the types need no DOM or Node library. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A result and its metadata. */
export interface WithMetadata<T> {
  result: T;
  metadata: Metadata;
}

/** The metadata of a result. */
export interface Metadata {
  /** The HTTP status. */
  status: number;
  /** The response's headers, by lower-case name. */
  headers: Record<string, string>;
  /** The id to quote to the service. */
  requestId?: string;
  /** The session that the call ran in. */
  sessionId?: string;
  /** HTTP attempts made, including those of a failed handshake. */
  attempts: number;
  /** The idempotency key of the call. */
  idempotencyKey?: string;
  /** Whether the result is that of an earlier call with the same idempotency key. */
  replayed: boolean;
  /** Whether the result comes from the client's cache. */
  cached: boolean;
  /** Warnings about the result, such as a tool that was left out of a list, and why. Each is also a warning of the process. */
  warnings: string[];
  /** Whether a tool's result looks like a failure although `isError` is not set; a hint. */
  looksLikeError: boolean;
}

/** An item of a tool's result: text, an image or another kind of content. */
export type ContentItem = ContentBlock;

/** Whether a failed call was executed. */
export type Delivery = "not_sent" | "rejected" | "maybe_executed" | "executed";

/** An error as plain data: what `toJSON()` returns and `fromJSON()` takes. */
export interface ErrorData {
  kind: ErrorKind;
  /** The stable code, more specific than the kind. */
  code: ErrorCode;
  /** The summary in one line: method, tool and server, what failed, and the most important facts. */
  message: string;
  /** What failed, without the server and the other facts of the message. */
  shortMessage?: string;
  /** The same as the message. */
  text: string;
  /** The server: the origin of its endpoint, or the name of its program. */
  server?: string;
  /** The method of the protocol, such as `tools/call`; of a registry, the name of the method. */
  method?: string;
  /** The tool that was called. */
  tool?: string;
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
  /** The operating system's error number, as in `os.constants.errno`. */
  osError?: number;
  stderr: readonly string[];
  data?: unknown;
}
