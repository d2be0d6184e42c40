/** The options, rules and records of the dev server, as types. */

/** What a server can be told at start. */
export interface DevServerOptions {
  /** The service to play. Default: `omni`. */
  profile?: "omni" | "generic" | "octomind" | "odock" | "gaia" | "sema4";
  /** Profile `generic`: what carries the messages. */
  transport?: "http" | "sse";
  /** Profile `generic`: the revisions that are spoken. Default: `legacy`. */
  era?: "legacy" | "modern" | "dual";
  /** Profile `generic`: resources, prompts, completion, and tools for all that a server can ask or answer. */
  everything?: boolean;
  /** The `ttlMs` of what may be cached, in the modern era. Default: 0. */
  ttlMs?: number;
  /** Whether GET opens a stream of the server's own. Default: true. */
  getStream?: boolean;
  /** One request is served at a time, from its arrival to the end of its answer. Default: false. */
  oneWorker?: boolean;
  /** Further options, as the dev server's README has them. */
  [option: string]: unknown;
  /** The port on 127.0.0.1. Default: a free one. */
  port?: number;
  /** Speak https, with certificates made at the start. */
  tls?: {
    /** What the server shows. Default: `valid`. */
    certificate?: "valid" | "expired" | "not_yet_valid" | "wrong_host";
    /** A certificate that no authority signed: one that says that it is an authority's, or a server's. Default: neither. */
    selfSigned?: "authority" | "server" | null;
    /** What it asks for. Default: `none`. */
    clientCertificate?: "none" | "required" | "refused";
    /** The versions that it speaks. Default: both. */
    versions?: readonly ("1.2" | "1.3")[];
    /** Whether it speaks HTTP/2 with a client that offers it. Default: true. */
    http2?: boolean;
    /** How many streams of one HTTP/2 connection may be open at once. */
    maxConcurrentStreams?: number | null;
  } | null;
  /** A proxy beside the server, for HTTP and SOCKS5. */
  proxy?: {
    username?: string | null;
    password?: string | null;
    /** How it fails. */
    failure?: "close" | "unreachable" | "forbidden" | null;
    /** How often it fails. Default: always. */
    failures?: number | null;
  } | null;
  /** JSON bodies (the default) or event streams. */
  answer?: "json" | "sse";
  /** Event streams begin with a priming event, carry ids and can be resumed. */
  sseEventIds?: boolean;
  /** The `retry` field of the priming event. */
  sseRetryMs?: number | null;
  /** The keys that are accepted. Default: one with all scopes. */
  keys?: readonly { key: string; scopes?: readonly string[] | null; rejected?: boolean }[];
  /** Profile `generic`: ask for one of the keys. */
  requireKey?: boolean;
  /** The rate limit of each key. */
  rateLimit?: { perMinute: number; burst?: number | null; retryAfter?: number | null } | null;
  /** Profile `omni`: answer 404 to a session id that this server never gave out. */
  requireSession?: boolean;
  /** Progress notifications before the answer of a call that asks for them. */
  progress?: number;
  /** The time before each progress notification's successor. */
  progressIntervalMs?: number;
  /** Log notifications before the answer of a call. */
  logMessages?: number;
  /** Tools per page of `tools/list`. */
  toolsPageSize?: number | null;
  /** Further tools that do nothing. */
  extraTools?: number;
  /** The JSON-RPC code of an idempotency key in flight. */
  conflictRpcCode?: number;
  /** The emulator's own code for a used key with another payload. */
  changedPayloadCode?: string;
  /** The version that answers an unsupported one. */
  defaultVersion?: string | null;
  /** The versions that are answered as asked. */
  supportedVersions?: readonly string[] | null;
  /** The seed of rules with a probability. */
  seed?: number;
  /** How much the ledger keeps. */
  ledger?: "full" | "counts";
  /** The time between two comments on a stream that is held open. */
  keepAliveMs?: number;
  /** Send `Deprecation`, `Sunset` and `Link` on `/sse`. */
  deprecatedSse?: boolean;
  /** The fault rules in force from the start. */
  faults?: readonly Rule[];
}

/** On which side of the execution a fault stands. */
export type When = "before_execution" | "after_execution";
/** How a connection ends. */
export type How = "rst" | "fin" | "end";

/** What happens to a request that a rule meets. */
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
      onGetStream?: boolean; acknowledgement?: { status: number; content_type: string; body?: string };
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

/** A fault and the requests that it meets. Without `nth`, `times` or `probability` it always fires. */
export interface Rule {
  /** The requests that are met; all when left out. */
  on?: { method?: string; tool?: string; httpMethod?: string; path?: string };
  /** Fire on these of the requests met, counted from 1. */
  nth?: readonly number[];
  /** Fire so many times, then never again. */
  times?: number;
  /** Fire with this probability. */
  probability?: number;
  /** What happens. */
  fault: Fault;
}

/** What can be waited for. */
export type Count =
  | "requests" | "answers" | "executions" | "disconnects" | "connections" | "open_connections" | "sessions_opened"
  | "sessions_closed" | "streams" | "running";

/** A condition on the ledger. */
export interface WaitCondition {
  count: Count;
  /** The condition holds from so many on. */
  atLeast?: number;
  /** The condition holds up to so many. */
  atMost?: number;
  /** The longest wait. Default: 5000. */
  timeoutMs?: number;
  /** Count only this JSON-RPC method. */
  method?: string;
  /** Count only this tool. */
  tool?: string;
  /** Count only this HTTP method. */
  httpMethod?: string;
}

/** One request, as it arrived and as it ended. */
export interface RequestRecord {
  seq: number;
  connection: number;
  httpMethod: string;
  path: string;
  query: string | null;
  /** As they came, under lower-case names. */
  headers: Record<string, string>;
  /** JSON, else a string, else null. */
  body: unknown;
  rpcMethod: string | null;
  rpcId: string | number | null;
  tool: string | null;
  status: number | null;
  fault: string | null;
  replayed: boolean;
  /** Whether the answer was sent to its end. */
  complete: boolean;
  /** Whether the peer went away before that. */
  disconnected: boolean;
}

/** One tool that ran. */
export interface ExecutionRecord {
  seq: number;
  tool: string;
  arguments: unknown;
  idempotencyKey: string | null;
  apiKey: string | null;
  requestSeq: number;
  ok: boolean;
}

/** One thing that the proxy was asked for. */
export interface ProxyRecord {
  protocol: "connect" | "forward" | "socks5";
  target: string;
  headers: Record<string, string>;
  /** The HTTP status, or the reply code of SOCKS5; null where the connection was closed. */
  status: number | null;
}

/** What happened so far. */
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
  /** Streams of the server's own that are open now. */
  streams: number;
  /** Tools that run now. */
  running: number;
  /** The most tools that ran at once. */
  maxConcurrentExecutions: number;
  billableUnits: number;
  /** What the proxy was asked for. */
  proxied: ProxyRecord[];
  /** Profile `odock`: what happened at the server behind the gateway. */
  upstream?: Ledger;
}

/** A message of the server's own: a notification, or with an `id` a request. */
export interface Push {
  id?: string | number;
  method: string;
  params?: object;
}
