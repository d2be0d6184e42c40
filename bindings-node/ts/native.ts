/** The native side: what it offers, where it is found, and the channel over which its answers come back. */

import { createRequire } from "node:module";
import { join } from "node:path";

/** A client; see `src/client.rs`. */
export interface NativeClient {
  call(id: number, method: string, params: string, options: string, flags: number): void;
  cancel(id: number): void;
  close(id: number): void;
}

/** A dev server; see `src/testing.rs`. */
export interface NativeDevServer {
  readonly url: string;
  readonly apiKey: string;
  ledger(): string;
  script(rules: string): string | null;
  clearScript(): void;
  expireSessions(): void;
  resetLedger(): void;
  wait(id: number, condition: string): void;
  close(id: number): void;
}

interface Channel {
  hold(): void;
  release(): void;
}

interface Binding {
  Channel: new (onEvent: (id: number, kind: number, text: string, metadata?: string | null) => void) => Channel;
  openClient(channel: Channel, options: string): NativeClient | string;
  startDevServer(channel: Channel, options: string): NativeDevServer | string;
  tables(): string;
  unsendable(field: string, reason: string): string;
}

/** Flags of a call, to be added up. */
export const WITH_PROGRESS = 1;
export const CANCELLED = 2;

/** What an event says of its call; `src/channel.rs` has the same numbers. */
const RESULT = 0;
const PROGRESS = 2;

/** How a call ended: its result or its error, as JSON text. */
export interface Settled {
  ok: boolean;
  text: string;
  metadata: string | null | undefined;
}

interface Call {
  settle: (settled: Settled) => void;
  hear: ((params: string) => void) | undefined;
}

const binding = load();
const calls = new Map<number, Call>();
const channel = new binding.Channel(onEvent);
let lastId = 0;

/** The tables of options, methods, kinds and codes, as JSON text. */
export const tables = (): string => binding.tables();

/** The error for a value that JSON text cannot carry, as JSON text. */
export const unsendable = (field: string, reason: string): string => binding.unsendable(field, reason);

/** Makes a client, or says why not as JSON text. */
export const openClient = (options: string): NativeClient | string => binding.openClient(channel, options);

/** Starts a dev server, or says why not. */
export const startDevServer = (options: string): NativeDevServer | string => binding.startDevServer(channel, options);

/** Starts something under a fresh number, and waits for its one end. While anything is awaited, the process lives. */
export function ask(start: (id: number) => void, hear?: (params: string) => void): Promise<Settled> {
  return new Promise((resolve) => {
    do lastId = (lastId + 1) >>> 0;
    while (calls.has(lastId));
    start(lastId);
    calls.set(lastId, { settle: resolve, hear });
    if (calls.size === 1) channel.hold();
  });
}

function onEvent(id: number, kind: number, text: string, metadata?: string | null): void {
  const call = calls.get(id);
  if (call === undefined) return;
  if (kind === PROGRESS) {
    call.hear?.(text);
    return;
  }
  calls.delete(id);
  if (calls.size === 0) channel.release();
  call.settle({ ok: kind === RESULT, text, metadata });
}

/** Loads the binary that lies beside this file, under the name of its platform. */
function load(): Binding {
  const require = createRequire(__filename);
  const platform = `${process.platform}-${process.arch}`;
  const suffixes = { linux: ["-gnu", "-musl"], win32: ["-msvc"] }[process.platform as string] ?? [""];
  const failures: unknown[] = [];
  for (const suffix of suffixes) {
    try {
      return require(join(__dirname, `omni-mcp.${platform}${suffix}.node`)) as Binding;
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new AggregateError(failures, `@omni/omni-mcp-js has no usable binary for ${platform}`);
}
