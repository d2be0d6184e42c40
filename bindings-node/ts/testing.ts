/** The dev server: the services on loopback, for offline tests of your programs. */

import { run, startDevServer } from "./native.js";
import type { NativeDevServer } from "./native.js";
import { asyncDispose } from "./symbols.js";
import type { DevServerOptions, Ledger, Push, Rule, WaitCondition } from "./testing-types.js";

export type * from "./testing-types.js";

type Fields = Record<string, unknown>;

/** A server that is running. It does not keep the process alive. */
export class DevServer {
  readonly #native: NativeDevServer;

  private constructor(native: NativeDevServer) {
    this.#native = native;
  }

  /** Starts a server on 127.0.0.1. When this resolves, it accepts connections. */
  static async start(options: DevServerOptions = {}): Promise<DevServer> {
    const started = startDevServer(JSON.stringify(writtenOptions(options)));
    if (typeof started === "string") throw new TypeError(started);
    return Promise.resolve(new DevServer(started));
  }

  /** Its address, as in `http://127.0.0.1:40123`. */
  get url(): string {
    return this.#native.url;
  }

  /** The first key that is accepted. */
  get apiKey(): string {
    return this.#native.apiKey;
  }

  /** With `tls`: the certificate of the server's authority, as PEM, for `caCerts`. */
  get ca(): string | null {
    return this.#native.ca;
  }

  /** With `tls`: a certificate for the client, as PEM. */
  get clientCert(): string | null {
    return this.#native.clientCert;
  }

  /** With `tls`: its key, as PEM. */
  get clientKey(): string | null {
    return this.#native.clientKey;
  }

  /** With `proxy`: the host and port of the proxy, without a scheme. */
  get proxy(): string | null {
    return this.#native.proxy;
  }

  /** What happened so far. */
  ledger(): Ledger {
    return readLedger(JSON.parse(this.#native.ledger()) as Fields);
  }

  /** Adds fault rules behind those in force: all of them, or none. */
  script(rules: Rule | readonly Rule[]): void {
    const list = Array.isArray(rules) ? (rules as readonly Rule[]) : [rules as Rule];
    const wrong = this.#native.script(JSON.stringify(list.map(writtenRule)));
    if (wrong !== null) throw new TypeError(wrong);
  }

  /** Removes every fault rule, those of the options too. */
  clearScript(): void {
    this.#native.clearScript();
  }

  /** Ends every live session: requests that name one are answered 404. */
  expireSessions(): void {
    this.#native.expireSessions();
  }

  /** Moves every live session to another replica: requests that name one are answered as such. */
  moveSessions(): void {
    this.#native.moveSessions();
  }

  /** Cuts every stream that the server holds open. */
  dropStreams(): void {
    this.#native.dropStreams();
  }

  /** Dies with all connections, streams and sessions, and comes back on the same port after `downMs`, for which it blocks. */
  restart({ downMs = 0 }: { downMs?: number } = {}): void {
    this.#native.restart(downMs);
  }

  /** Forgets every token that was given out so far. */
  revokeTokens(): void {
    this.#native.revokeTokens();
  }

  /** Sends a notification, or with an `id` a request, on every stream that is open. */
  push(message: Push): void {
    const wrong = this.#native.push(JSON.stringify(message));
    if (wrong !== null) throw new TypeError(wrong);
  }

  /** Forgets what happened so far. Sessions, stored answers and rules stay. */
  resetLedger(): void {
    this.#native.resetLedger();
  }

  /** Waits until a condition holds. Resolves to false if the timeout passes or the server closes first. */
  async wait(condition: WaitCondition): Promise<boolean> {
    const text = JSON.stringify(snakeFields(condition));
    const { ok, text: answer } = await run((id) => {
      this.#native.wait(id, text);
    });
    if (!ok) throw new TypeError(answer);
    return answer === "true";
  }

  /** Closes every connection and ends the server. The ledger can still be read. */
  async close(): Promise<void> {
    await run((id) => {
      this.#native.close(id);
    });
  }

  /** For `await using`: closes the server. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

// Names are translated where they are ours, one level at a time: never inside headers and bodies.

function writtenOptions(options: DevServerOptions): Fields {
  const { rateLimit, tls, faults, ...rest } = options;
  return snakeFields({
    ...rest,
    ...(rateLimit === undefined ? {} : { rateLimit: rateLimit && snakeFields(rateLimit) }),
    ...(tls === undefined ? {} : { tls: tls && snakeFields(tls) }),
    ...(faults === undefined ? {} : { faults: faults.map(writtenRule) }),
  });
}

function writtenRule(rule: Rule): Fields {
  const { on, fault } = rule;
  return snakeFields({ ...rule, ...(on === undefined ? {} : { on: snakeFields(on) }), fault: snakeFields(fault) });
}

function readLedger(text: Fields): Ledger {
  const records = (name: string) => (text[name] as Fields[]).map(camelFields);
  const { upstream } = text;
  return {
    ...camelFields(text),
    requests: records("requests"),
    executions: records("executions"),
    ...(upstream === undefined || upstream === null ? {} : { upstream: readLedger(upstream as Fields) }),
  } as unknown as Ledger;
}

function snakeFields(fields: object): Fields {
  return renamed(fields, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function camelFields(fields: object): Fields {
  return renamed(fields, (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function renamed(fields: object, rename: (name: string) => string): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value as unknown]));
}
