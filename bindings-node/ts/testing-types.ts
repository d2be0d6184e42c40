/** The conditions and records of the dev server, as types. */

export type * from "./testing-options.js";

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
