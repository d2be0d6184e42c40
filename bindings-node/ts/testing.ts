/** The dev server: the services on loopback, for offline tests of your programs. */

import { run, serverClosed, startDevServer } from "./native.js";
import type { NativeDevServer } from "./native.js";
import { showAs } from "./shown.js";
import { asyncDispose } from "./symbols.js";
import { callTool, splitTools } from "./testing-tools.js";
import type { DevServerOptions, Ledger, Push, Rule, WaitCondition } from "./testing-types.js";

export type { ToolContext, ToolHandler } from "./testing-tools.js";
export type * from "./testing-types.js";

type Fields = Record<string, unknown>;

/** Removes the functions of servers that were not closed. */
const collected = new FinalizationRegistry<number>(serverClosed);

/** A running server. It does not keep the process alive. */
export class DevServer {
  readonly #native: NativeDevServer;
  readonly #number: number;
  readonly #profile: string;
  #isClosed = false;

  static {
    showAs(this, (server) => `<DevServer ${server.#profile} at ${server.url}, ${server.#isClosed ? "closed" : "running"}>`);
  }

  private constructor(native: NativeDevServer, number: number, profile: string) {
    this.#native = native;
    this.#number = number;
    collected.register(this, number);
    this.#profile = profile;
  }

  /**
   * Starts a server on 127.0.0.1. It accepts connections when the promise resolves.
   *
   * @throws A `TypeError` if an option is not valid.
   */
  static async start(options: DevServerOptions = {}): Promise<DevServer> {
    const { plain, functions } = splitTools(options);
    const started = startDevServer(JSON.stringify(plain), [...functions.keys()], (text, reply) => {
      callTool(functions, text, reply);
    });
    if (typeof started === "string") throw new TypeError(started);
    return Promise.resolve(new DevServer(started.native, started.number, options.profile ?? "omni"));
  }

  /** Its address, as in `http://127.0.0.1:40123`. */
  get url(): string {
    return this.#native.url;
  }

  /** The first API key that the server accepts. */
  get apiKey(): string {
    return this.#native.apiKey;
  }

  /** With `tls`: the certificate of the server's certificate authority, as PEM, for `caCerts`. */
  get ca(): string | null {
    return this.#native.ca;
  }

  /** With `tls`: a client certificate, as PEM. */
  get clientCert(): string | null {
    return this.#native.clientCert;
  }

  /** With `tls`: the private key of the client certificate, as PEM. */
  get clientKey(): string | null {
    return this.#native.clientKey;
  }

  /** With `proxy`: the host and port of the proxy, without a scheme. */
  get proxy(): string | null {
    return this.#native.proxy;
  }

  /** The activity of the server so far. */
  ledger(): Ledger {
    return readLedger(JSON.parse(this.#native.ledger()) as Fields);
  }

  /**
   * Adds fault rules after those in force: all of them, or none.
   *
   * @throws A `TypeError` if a rule is not valid.
   */
  script(rules: Rule | readonly Rule[]): void {
    const list = Array.isArray(rules) ? (rules as readonly Rule[]) : [rules as Rule];
    const wrong = this.#native.script(JSON.stringify(list));
    if (wrong !== null) throw new TypeError(wrong);
  }

  /** Removes all fault rules, including those of the options. */
  clearScript(): void {
    this.#native.clearScript();
  }

  /** Ends every session: requests that name one get the status 404. */
  expireSessions(): void {
    this.#native.expireSessions();
  }

  /** Moves every session to another replica: requests that name one get the response of a replica that lacks it. */
  moveSessions(): void {
    this.#native.moveSessions();
  }

  /** Closes every open event stream. */
  dropStreams(): void {
    this.#native.dropStreams();
  }

  /** Restarts the server on the same port after `downMs` milliseconds, without its connections and sessions. Blocks meanwhile. */
  restart({ downMs = 0 }: { downMs?: number } = {}): void {
    this.#native.restart(downMs);
  }

  /** Revokes every access token issued so far. */
  revokeTokens(): void {
    this.#native.revokeTokens();
  }

  /**
   * Sends a notification, or with an `id` a request, on every open event stream.
   *
   * @throws A `TypeError` if the message is not valid.
   */
  push(message: Push): void {
    const wrong = this.#native.push(JSON.stringify(message));
    if (wrong !== null) throw new TypeError(wrong);
  }

  /** Clears the ledger. Sessions, stored responses and rules stay. */
  resetLedger(): void {
    this.#native.resetLedger();
  }

  /** Waits until a condition holds. Resolves to false if the timeout passes or the server closes first. */
  async wait(condition: WaitCondition): Promise<boolean> {
    const text = JSON.stringify(condition);
    const { ok, text: answer } = await run((id) => {
      this.#native.wait(id, text);
    });
    if (!ok) throw new TypeError(answer);
    return answer === "true";
  }

  /** Closes all connections and stops the server. The ledger can still be read. */
  async close(): Promise<void> {
    await run((id) => {
      this.#native.close(id);
    });
    this.#isClosed = true;
    serverClosed(this.#number);
  }

  /** Closes the server at the end of an `await using` block. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

// Only names of this package are translated, one level at a time: never inside headers and bodies.

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

function camelFields(fields: object): Fields {
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, initial: string) => initial.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value as unknown]));
}
