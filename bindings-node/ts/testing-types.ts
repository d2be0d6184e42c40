/** The options, rules and records of the dev server, as types. */

/** The options of a server. */
export interface DevServerOptions {
  /** The service that the server simulates. Default: `omni`. */
  profile?: "omni" | "generic" | "octomind" | "odock" | "gaia" | "sema4";
  /** Profile `generic`: the transport. */
  transport?: "http" | "sse";
  /** Profile `generic`: the supported protocol versions. Default: `legacy`. */
  era?: "legacy" | "modern" | "dual";
  /** Profile `generic`: resources, prompts, completion, and tools for every server request and kind of result. */
  everything?: boolean;
  /** The `ttlMs` of cacheable results, in the modern era. Default: 0. */
  ttlMs?: number;
  /** Whether GET opens the server's event stream. Default: true. */
  getStream?: boolean;
  /** Process one request at a time, until its response has been sent. Default: false. */
  oneWorker?: boolean;
  /** Further options; see the dev server's README. */
  [option: string]: unknown;
  /** The port on 127.0.0.1. Default: a free one. */
  port?: number;
  /** Speak https, with certificates made at the start. */
  tls?: {
    /** The server's certificate. Default: `valid`. */
    certificate?: "valid" | "expired" | "not_yet_valid" | "wrong_host";
    /** A self-signed certificate: one for an authority, or for a server. Default: neither. */
    selfSigned?: "authority" | "server" | null;
    /** Whether it requests a client certificate. Default: `none`. */
    clientCertificate?: "none" | "required" | "refused";
    /** The supported versions of TLS. Default: both. */
    versions?: readonly ("1.2" | "1.3")[];
    /** Whether it supports HTTP/2. Default: true. */
    http2?: boolean;
    /** The maximum number of concurrent streams of one HTTP/2 connection. */
    maxConcurrentStreams?: number | null;
  } | null;
  /** A proxy in front of the server, for HTTP and SOCKS5. */
  proxy?: {
    username?: string | null;
    password?: string | null;
    /** How it fails. */
    failure?: "close" | "unreachable" | "forbidden" | null;
    /** The number of failures. Default: no limit. */
    failures?: number | null;
  } | null;
  /** The form of responses: JSON bodies (the default) or event streams. */
  answer?: "json" | "sse";
  /** Event streams begin with a priming event, carry ids and can be resumed. */
  sseEventIds?: boolean;
  /** The `retry` field of the priming event, in milliseconds. */
  sseRetryMs?: number | null;
  /** The keys that are accepted. Default: one with all scopes. */
  keys?: readonly { key: string; scopes?: readonly string[] | null; rejected?: boolean }[];
  /** Profile `generic`: require one of the keys. */
  requireKey?: boolean;
  /** The rate limit of each key. */
  rateLimit?: { perMinute: number; burst?: number | null; retryAfter?: number | null } | null;
  /** Profile `omni`: return 404 for a session id that this server did not issue. */
  requireSession?: boolean;
  /** The number of progress notifications before the response of a call with a progress token. */
  progress?: number;
  /** The time between progress notifications, in milliseconds. */
  progressIntervalMs?: number;
  /** The number of log notifications before the response of a call. */
  logMessages?: number;
  /** The number of tools per page of `tools/list`. */
  toolsPageSize?: number | null;
  /** The number of additional tools without function. */
  extraTools?: number;
  /** The JSON-RPC error code for an idempotency key in flight. */
  conflictRpcCode?: number;
  /** The service's error code for an idempotency key that was used with another payload. */
  changedPayloadCode?: string;
  /** The protocol version of the response to an unsupported one. */
  defaultVersion?: string | null;
  /** The supported protocol versions. */
  supportedVersions?: readonly string[] | null;
  /** The seed of rules with a probability. */
  seed?: number;
  /** Whether the ledger keeps the requests, or counts only. */
  ledger?: "full" | "counts";
  /** The time between comments on an open event stream, in milliseconds. */
  keepAliveMs?: number;
  /** Send `Deprecation`, `Sunset` and `Link` on `/sse`. */
  deprecatedSse?: boolean;
  /** The initial fault rules. */
  faults?: readonly Rule[];
}

/** Whether a fault occurs before or after the execution. */
export type When = "before_execution" | "after_execution";
/** How a connection ends. */
export type How = "rst" | "fin" | "end";

/** The fault of a request that matches a rule. */
export type Fault =
  | { kind: "delay"; ms: number; when?: When }
  | { kind: "hang" | "accepted"; when?: When }
  | {
      kind: "status"; status: number; headers?: Record<string, string>; body?: unknown; contentType?: string | null; when?: When;
    }
  | { kind: "omni_error"; omniCode: string; status?: number | null; retryAfter?: number | string | null; when?: When }
  | { kind: "reset"; when?: When; how?: How }
  | { kind: "truncate"; bytes: number; how?: How }
  | { kind: "stream_cut"; afterEvents: number; how?: How; when?: When }
  | {
      kind:
        | "malformed_json" | "malformed_event" | "wrong_id" | "string_id" | "empty_body" | "session_lost"
        | "duplicate_event" | "reordered_events";
    }
  | { kind: "content_type"; value: string }
  | { kind: "slow_drip"; bytesPerTick: number; tickMs: number }
  | { kind: "pause"; afterEvents: number; ms?: number | null }
  | { kind: "bomb"; encoding: "gzip" | "zstd"; bytes: number }
  | {
      kind: "endless_stream";
      what: "comments" | "events" | "event" | "body" | "headers";
      tickMs?: number;
    }
  | { kind: "rpc_error"; code: number; message: string; data?: unknown; status?: number; when?: When }
  | {
      kind: "raw_body"; body: string; contentType?: string; status?: number; when?: When; bytesPerTick?: number | null;
      tickMs?: number; then?: "end" | "fin" | "rst" | "hang";
    }
  | {
      kind: "raw_response"; head: string; body?: string; charset?: "utf-8" | "latin1" | "utf-16le"; packing?: "gzip" | "zstd" | null;
      when?: When; then?: "end" | "fin" | "rst" | "hang";
    }
  | {
      kind: "raw_output"; text: string; charset?: "utf-8" | "latin1" | "utf-16le"; when?: When; then?: "end" | "fin" | "rst" | "hang";
      onGetStream?: boolean; acknowledgement?: { status: number; contentType: string; body?: string };
    }
  | { kind: "redirect"; status: number; location: string }
  | { kind: "restart"; downMs?: number; with?: number; when?: When }
  | { kind: "session_elsewhere" }
  | { kind: "stall"; all?: boolean }
  | { kind: "reset_stream"; when?: When; reason?: "refused_stream" | "internal_error" | "cancel" | "enhance_your_calm" }
  | { kind: "go_away"; last?: "this" | "previous" }
  | {
      kind: "service_error"; code: string; status?: number | null; message?: string | null; retryAfter?: number | string | null;
      headers?: Record<string, string>; when?: When;
    };

/** A fault and the requests that it applies to. Without `nth`, `times` or `probability` it applies to all of them. */
export interface Rule {
  /** The matching requests. Default: all. */
  on?: { method?: string; tool?: string; httpMethod?: string; path?: string };
  /** Apply to these of the matching requests, counted from 1. */
  nth?: readonly number[];
  /** The number of times that the fault applies. */
  times?: number;
  /** The probability that the fault applies. */
  probability?: number;
  /** The fault. */
  fault: Fault;
}

/** The counts that a condition can refer to. */
export type Count =
  | "requests" | "answers" | "executions" | "disconnects" | "connections" | "open_connections" | "sessions_opened"
  | "sessions_closed" | "streams" | "running";

/** A condition on the ledger. */
export interface WaitCondition {
  count: Count;
  /** The minimum of the count. */
  atLeast?: number;
  /** The maximum of the count. */
  atMost?: number;
  /** The maximum wait, in milliseconds. Default: 5000. */
  timeoutMs?: number;
  /** Count only this JSON-RPC method. */
  method?: string;
  /** Count only this tool. */
  tool?: string;
  /** Count only this HTTP method. */
  httpMethod?: string;
}

/** A request and its outcome. */
export interface RequestRecord {
  seq: number;
  connection: number;
  httpMethod: string;
  path: string;
  query: string | null;
  /** The headers, by lower-case name. */
  headers: Record<string, string>;
  /** The body: JSON if it is valid, else a string, else null. */
  body: unknown;
  rpcMethod: string | null;
  rpcId: string | number | null;
  tool: string | null;
  status: number | null;
  fault: string | null;
  replayed: boolean;
  /** Whether the response was sent completely. */
  complete: boolean;
  /** Whether the client disconnected before that. */
  disconnected: boolean;
}

/** An execution of a tool. */
export interface ExecutionRecord {
  seq: number;
  tool: string;
  arguments: unknown;
  idempotencyKey: string | null;
  apiKey: string | null;
  requestSeq: number;
  ok: boolean;
}

/** A request to the proxy. */
export interface ProxyRecord {
  protocol: "connect" | "forward" | "socks5";
  target: string;
  headers: Record<string, string>;
  /** The HTTP status, or the reply code of SOCKS5; null if the connection was closed. */
  status: number | null;
}

/** The activity of the server so far. */
export interface Ledger {
  requests: RequestRecord[];
  executions: ExecutionRecord[];
  requestCount: number;
  executionCount: number;
  replayCount: number;
  answers: number;
  connections: number;
  openConnections: number;
  disconnects: number;
  sessionsOpened: number;
  sessionsClosed: number;
  /** The number of open event streams. */
  streams: number;
  /** The number of tools that are being executed. */
  running: number;
  /** The maximum number of tools that were executed concurrently. */
  maxConcurrentExecutions: number;
  billableUnits: number;
  /** The requests to the proxy. */
  proxied: ProxyRecord[];
  /** Profile `odock`: the ledger of the server behind the gateway. */
  upstream?: Ledger;
}

/** A message from the server: a notification, or with an `id` a request. */
export interface Push {
  id?: string | number;
  method: string;
  params?: object;
}
