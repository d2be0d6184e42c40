/** The native side: what it offers, where it is found, and the channel over which its answers come back. */

import { loadBinary } from "./binary.js";
import { askHook, tell } from "./hooks.js";
import type { Hooks } from "./hooks.js";

/** A client; see `src/client.rs`. */
export interface NativeClient {
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

/** A client with functions of its own. */
interface Hooked {
  readonly hooks: Hooks;
}

interface Channel {
  wake(onEvent: OnEvent): void;
  rest(): void;
  hold(): void;
  release(): void;
  answer(question: number, ok: boolean, text: string): void;
  processed(id: number): void;
}

type OnEvent = (id: number, kind: number, text: string, metadata?: string | null) => void;

interface Binding {
  Channel: new () => Channel;
  openClient(
    channel: Channel, to: string, record: string, options: string, number: number, hooks: string[],
    variable: (name: string) => string | undefined,
  ): NativeClient | string;
  startDevServer(channel: Channel, options: string): NativeDevServer | string;
  tables(): string;
  unsendable(field: string, reason: string): string;
  shownRecord(record: string): string;
  looksLikeError(result: string): boolean;
}

/** Flags of a call, to be added up. */
export const WITH_PROGRESS = 1;
export const CANCELLED = 2;

/** What an event says of its call; `src/channel.rs` has the same numbers. */
const RESULT = 0;
const PROGRESS = 2;
const NOTIFICATION = 3;
const QUESTION = 4;
const WARNING = 5;
const LOG = 6;
const STATE = 7;

/** Which of a client's functions hears an event of a kind. */
const HEARS = { [NOTIFICATION]: "onNotification", [LOG]: "onLog", [STATE]: "onState" } as const;

/** How a call ended: its result or its error, as JSON text. */
export interface Settled {
  ok: boolean;
  text: string;
  metadata: string | null | undefined;
}

/** Takes the params of a progress notification, and says when it has processed them. */
export type Hear = (params: string, processed: () => void) => void;

interface Call {
  settle: (settled: Settled) => void;
  hear: Hear | undefined;
}

const binding = loadBinary() as Binding;
const calls = new Map<number, Call>();
/** It rests while no client is open and no call is in flight: then nothing of ours is among the handles of the event loop. */
const channel = new binding.Channel();
let isAwake = false;
/** The clients that are not closed, by their numbers. */
const open = new Set<number>();
const clients = new Map<number, WeakRef<Hooked>>();
const gone = new FinalizationRegistry<{ native: NativeClient; number: number }>(({ native, number }) => {
  clients.delete(number);
  if (!open.has(number)) return;
  // Nobody can close it any more: its session ends in the background, and nobody waits for that.
  native.close(NOBODY);
  closed(number);
});
const NOBODY = 0;
let lastId = NOBODY;
let lastClient = 0;

/** The tables of options, methods, kinds and codes, as JSON text. */
export const tables = (): string => binding.tables();

/** The error for a value that JSON text cannot carry, as JSON text. */
export const unsendable = (field: string, reason: string): string => binding.unsendable(field, reason);

/** A record without its secrets, as JSON text. */
export const shownRecord = (record: string): string => binding.shownRecord(record);

/** Whether a tool's result, as JSON text, reads like a failure. */
export const looksLikeErrorText = (result: string): boolean => binding.looksLikeError(result);

/** Makes the native side of a client and its number, under which its own functions are found; or says why not as JSON text. */
export function openClient(
  client: Hooked, to: string, record: string, options: string,
): { native: NativeClient; number: number } | string {
  const number = (lastClient = (lastClient + 1) >>> 0);
  const hooks = Object.keys(client.hooks);
  wake();
  const native = binding.openClient(channel, to, record, options, number, hooks, variable);
  if (typeof native === "string") {
    restIfIdle();
    return native;
  }
  // Weakly: a function that knows its client must not keep it.
  if (hooks.length > 0) clients.set(number, new WeakRef(client));
  gone.register(client, { native, number });
  open.add(number);
  return { native, number };
}

/** A client is closed. It may still be told what its last calls do. */
export function closed(number: number): void {
  open.delete(number);
  restIfIdle();
}

/** A variable of the environment, as this thread, or whatever runs this module, has it. */
function variable(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    // A runtime may not let it be read.
    return undefined;
  }
}

function wake(): void {
  if (!isAwake) channel.wake(onEvent);
  isAwake = true;
}

function restIfIdle(): void {
  if (!isAwake || open.size > 0 || calls.size > 0) return;
  isAwake = false;
  channel.rest();
}

/** Starts a dev server, or says why not. */
export const startDevServer = (options: string): NativeDevServer | string => binding.startDevServer(channel, options);

/** Starts something under a fresh number, and waits for its one end. While anything is awaited, the process lives. */
export function ask(start: (id: number) => void, hear?: Hear): Promise<Settled> {
  return new Promise((resolve) => {
    do lastId = (lastId + 1) >>> 0;
    while (calls.has(lastId) || lastId === NOBODY);
    wake();
    start(lastId);
    calls.set(lastId, { settle: resolve, hear });
    if (calls.size === 1) channel.hold();
  });
}

function onEvent(id: number, kind: number, text: string, metadata?: string | null): void {
  if (kind in HEARS || kind === QUESTION) {
    onOwn(id, kind, text, Number(metadata));
    return;
  }
  if (kind === WARNING) {
    process.emitWarning(text, "OmniMcpWarning");
    return;
  }
  const call = calls.get(id);
  if (call === undefined) return;
  if (kind === PROGRESS) {
    call.hear?.(text, () => { channel.processed(id); });
    return;
  }
  calls.delete(id);
  if (calls.size === 0) channel.release();
  restIfIdle();
  call.settle({ ok: kind === RESULT, text, metadata });
}

/** A client's server, or the client itself, turns to one of the client's own functions. */
function onOwn(client: number, kind: number, text: string, question: number): void {
  const hooks = clients.get(client)?.deref()?.hooks;
  if (kind in HEARS) {
    if (hooks !== undefined) tell(hooks, HEARS[kind as keyof typeof HEARS], text);
  } else if (hooks === undefined) {
    channel.answer(question, false, "the client is gone");
  } else {
    askHook(hooks, text, (ok, answer) => { channel.answer(question, ok, answer); });
  }
}
