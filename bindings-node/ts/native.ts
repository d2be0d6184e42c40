/** The native module: its interface, and the channel on which its events arrive. */

import { loadBinary } from "./binary.js";

/** A client; see `src/client.rs`. */
export interface NativeClient {
  withOptions(options: string): NativeClient | string;
  call(id: number, method: string, params: string, options: string, flags: number): void;
  pages(name: string, params: string, options: string): NativePages | string;
  nextPage(id: number, pages: NativePages, flags: number): void;
  property(name: string): string | null;
  cancel(id: number): void;
  close(id: number): void;
}

/** The pages of a list. */
export type NativePages = object;

/** A dev server; see `src/testing.rs`. */
export interface NativeDevServer {
  readonly url: string;
  readonly apiKey: string;
  readonly ca: string | null;
  readonly clientCert: string | null;
  readonly clientKey: string | null;
  readonly proxy: string | null;
  ledger(): string;
  script(rules: string): string | null;
  clearScript(): void;
  expireSessions(): void;
  moveSessions(): void;
  dropStreams(): void;
  restart(downMs: number): void;
  revokeTokens(): void;
  push(message: string): string | null;
  resetLedger(): void;
  wait(id: number, condition: string): void;
  close(id: number): void;
}

/** Answers a question with JSON text, or with the reason of a failure. */
export interface Answer {
  resolve(text: string): void;
  reject(reason: string): void;
}

/** The reply to the call of a dev server's tool. */
export interface ToolReply {
  /** Gives the result as JSON text, or the text of an exception. */
  finish(text: string, failed: boolean): void;
  progress(progress: number, total?: number, message?: string): void;
}

/** Receives the calls of a dev server's tools as JSON text. */
export type ToolCallHandler = (text: string, reply: ToolReply) => void;

/** A callback whose result is ignored. */
export type NotifiedCallback = "onNotification" | "onLog" | "onState" | "onRequest" | "onResponse";

/** Receives the events of a client that belong to no call. */
export interface CallbackHandler {
  /** The callbacks that are set, by the names of the core. */
  readonly names: readonly string[];
  notify(name: NotifiedCallback, text: string): void;
  /** A question to a callback: its name and params, as JSON text. */
  ask(id: number, question: string, answer: Answer): void;
}

/** A client that has callbacks. */
interface WithCallbacks {
  readonly callbacks: CallbackHandler;
}

/** The event channel; see `src/channel.rs`. */
interface Channel {
  open(onEvent: OnEvent): void;
  close(): void;
  ref(): void;
  unref(): void;
  answer(question: number, text: string): void;
  fail(question: number, reason: string): void;
  progressProcessed(id: number): void;
  finishTool(call: number, text: string, failed: boolean): void;
  toolProgress(call: number, progress: number, total?: number, message?: string): void;
}

type OnEvent = (id: number, kind: number, text: string, metadata?: string | null) => void;

interface Binding {
  Channel: new () => Channel;
  openClient(
    channel: Channel, to: string, source: string, options: string, number: number, callbacks: readonly string[],
    variable: (name: string) => string | undefined,
  ): NativeClient | string;
  startDevServer(
    channel: Channel, options: string, number: number, functions: readonly number[],
  ): NativeDevServer | string;
  tables(): string;
  unsendable(field: string, reason: string, path: string, got?: string): string;
  shownRecord(record: string): string;
  looksLikeError(result: string): boolean;
}

/** Flags of a call, combined by addition. */
export const WITH_PROGRESS = 1;
export const CANCELLED = 2;
export const WITH_METADATA = 4;

/** The kinds of events; `src/channel.rs` has the same numbers. */
const RESULT = 0;
const PROGRESS = 2;
const NOTIFICATION = 3;
const QUESTION = 4;
const WARNING = 5;
const LOG = 6;
const STATE = 7;
const TOOL_CALL = 8;
const REQUEST = 9;
const RESPONSE = 10;

/** The callback that an event of a kind is passed to. */
const NOTIFIED = {
  [NOTIFICATION]: "onNotification", [LOG]: "onLog", [STATE]: "onState", [REQUEST]: "onRequest", [RESPONSE]: "onResponse",
} as const;

/** How a call ended: its result or its error, as JSON text. */
export interface Settled {
  ok: boolean;
  text: string;
  metadata: string | null | undefined;
}

/** Handles the params of a progress notification, and calls `processed` when it has. */
export type ProgressHandler = (params: string, processed: () => void) => void;

interface Call {
  settle: (settled: Settled) => void;
  onProgress: ProgressHandler | undefined;
}

const binding = loadBinary() as Binding;
const calls = new Map<number, Call>();
/** Closed while no client is open and no call is in flight, so that it leaves no handle in the event loop. */
const channel = new binding.Channel();
let isOpen = false;
/** The numbers of the clients that are not closed. */
const open = new Set<number>();
const clients = new Map<number, WeakRef<WithCallbacks>>();
const collected = new FinalizationRegistry<{ native: NativeClient; number: number }>(({ native, number }) => {
  clients.delete(number);
  if (!open.has(number)) return;
  // Unreachable, so it cannot be closed any more: its session ends in the background.
  native.close(NO_CALL);
  closed(number);
});
/** The dev servers that have functions and are not closed. */
const servers = new Map<number, ToolCallHandler>();
const NO_CALL = 0;
let lastId = NO_CALL;
let lastClient = 0;
let lastServer = 0;

/** The tables of options, methods, kinds and codes, as JSON text. */
export const tables = (): string => binding.tables();

/** The error for a value that JSON cannot represent, as JSON text. */
export const unsendable = (field: string, reason: string, path: readonly (string | number)[] = [], got?: string): string =>
  binding.unsendable(field, reason, JSON.stringify(path), got);

/** A record without its secrets, as JSON text. */
export const shownRecord = (record: string): string => binding.shownRecord(record);

/** Whether a tool's result, as JSON text, looks like a failure. */
export const looksLikeErrorText = (result: string): boolean => binding.looksLikeError(result);

/** Makes the native client, and the number by which its callbacks are found; or returns the error as JSON text. */
export function openClient(
  client: WithCallbacks, to: string, source: string, options: string,
): { native: NativeClient; number: number } | string {
  const number = (lastClient = (lastClient + 1) >>> 0);
  const { names } = client.callbacks;
  openChannel();
  const native = binding.openClient(channel, to, source, options, number, names, variable);
  if (typeof native === "string") {
    closeIfIdle();
    return native;
  }
  // Weakly: a callback that refers to its client must not keep it alive.
  if (names.length > 0) clients.set(number, new WeakRef(client));
  collected.register(client, { native, number });
  open.add(number);
  return { native, number };
}

/** Records that a client is closed. Events of its last calls may still arrive. */
export function closed(number: number): void {
  open.delete(number);
  closeIfIdle();
}

/** A variable of the environment of this thread. */
function variable(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    // A runtime may deny access.
    return undefined;
  }
}

function openChannel(): void {
  if (!isOpen) channel.open(onEvent);
  isOpen = true;
}

function closeIfIdle(): void {
  if (!isOpen || open.size > 0 || calls.size > 0 || servers.size > 0) return;
  isOpen = false;
  channel.close();
}

/** Starts a dev server whose tools of these indices have functions, or returns the error message. */
export function startDevServer(
  options: string, functions: readonly number[], onCall: ToolCallHandler,
): { native: NativeDevServer; number: number } | string {
  const number = (lastServer = (lastServer + 1) >>> 0);
  const native = binding.startDevServer(channel, options, number, functions);
  if (typeof native === "string") return native;
  if (functions.length > 0) {
    openChannel();
    servers.set(number, onCall);
  }
  return { native, number };
}

/** Records that a dev server is closed. */
export function serverClosed(number: number): void {
  servers.delete(number);
  closeIfIdle();
}

/** Starts an operation under a new id and waits for its result. The process stays alive while one is pending. */
export function run(start: (id: number) => void, onProgress?: ProgressHandler): Promise<Settled> {
  return new Promise((resolve) => {
    do lastId = (lastId + 1) >>> 0;
    while (calls.has(lastId) || lastId === NO_CALL);
    openChannel();
    start(lastId);
    calls.set(lastId, { settle: resolve, onProgress });
    if (calls.size === 1) channel.ref();
  });
}

function onEvent(id: number, kind: number, text: string, metadata?: string | null): void {
  if (kind in NOTIFIED || kind === QUESTION) {
    onClientEvent(id, kind, text, Number(metadata));
    return;
  }
  if (kind === WARNING) {
    process.emitWarning(text, "OmniMcpWarning");
    return;
  }
  if (kind === TOOL_CALL) {
    const tool = Number(metadata);
    const reply: ToolReply = {
      finish: (result, failed) => { channel.finishTool(tool, result, failed); },
      progress: (progress, total, message) => { channel.toolProgress(tool, progress, total, message); },
    };
    const onCall = servers.get(id);
    if (onCall === undefined) reply.finish("the dev server is closed", true);
    else onCall(text, reply);
    return;
  }
  const call = calls.get(id);
  if (call === undefined) return;
  if (kind === PROGRESS) {
    call.onProgress?.(text, () => { channel.progressProcessed(id); });
    return;
  }
  calls.delete(id);
  if (calls.size === 0) channel.unref();
  closeIfIdle();
  call.settle({ ok: kind === RESULT, text, metadata });
}

/** An event for the callbacks of a client. */
function onClientEvent(client: number, kind: number, text: string, question: number): void {
  const callbacks = clients.get(client)?.deref()?.callbacks;
  if (kind in NOTIFIED) {
    callbacks?.notify(NOTIFIED[kind as keyof typeof NOTIFIED], text);
  } else if (callbacks === undefined) {
    channel.fail(question, "the client was garbage-collected");
  } else {
    callbacks.ask(question, text, {
      resolve: (answer) => { channel.answer(question, answer); },
      reject: (reason) => { channel.fail(question, reason); },
    });
  }
}
