/** The callbacks of a client: how they are invoked, and their exceptions. */

import { inspect } from "node:util";

import { Context } from "./context.js";
import { encodeOptions, encodeResult } from "./encode.js";
import { badOption } from "./errors.js";
import type { Answer, CallbackHandler, NotifiedCallback } from "./native.js";
import type { ClientOptions } from "./options.js";
import type { CreateMessageRequestParams, ElicitRequestParams } from "./protocol.js";

/** The callbacks, by the names of the core. */
interface Functions {
  on_notification?: ClientOptions["onNotification"];
  on_log?: ClientOptions["onLog"];
  on_state?: ClientOptions["onState"];
  on_request?: ClientOptions["onRequest"];
  on_response?: ClientOptions["onResponse"];
  token_provider?: ClientOptions["tokenProvider"];
  on_sampling?: ClientOptions["onSampling"];
  on_elicitation?: ClientOptions["onElicitation"];
  on_roots?: ClientOptions["onRoots"];
}

/** The names of the options, and those of the core. */
const NAMES = {
  onNotification: "on_notification",
  onLog: "on_log",
  onState: "on_state",
  onRequest: "on_request",
  onResponse: "on_response",
  tokenProvider: "token_provider",
  onSampling: "on_sampling",
  onElicitation: "on_elicitation",
  onRoots: "on_roots",
} as const satisfies Record<string, keyof Functions>;

/** How many thrown values are kept until the errors that they caused arrive. */
const MAX_FAILURES = 64;

/** The callbacks of one client. */
export class Callbacks implements CallbackHandler {
  readonly #functions: Functions;
  /** What callbacks threw, by the id of the question. */
  readonly #thrown = new Map<number, unknown>();
  readonly names: string[];

  constructor(functions: Functions) {
    this.#functions = functions;
    this.names = Object.keys(functions);
  }

  /** Passes an event to its callback. A callback that fails, now or later, causes a warning. */
  notify(name: NotifiedCallback, text: string): void {
    const warn = (failure: unknown): void => { process.emitWarning(`${name} failed: ${inspect(failure)}`, "OmniMcpWarning"); };
    const callback = this.#functions[NAMES[name]] as ((argument: unknown) => unknown) | undefined;
    try {
      Promise.resolve(callback?.(JSON.parse(text))).catch(warn);
    } catch (failure) {
      warn(failure);
    }
  }

  /** Invokes the callback that a question names, and passes its answer on. */
  ask(id: number, question: string, answer: Answer): void {
    this.#invoke(question).then(
      (text) => { answer.resolve(text); },
      (thrown: unknown) => {
        this.#keep(id, thrown);
        answer.reject(thrown instanceof Error ? thrown.message : inspect(thrown));
      },
    );
  }

  /** The exception of the callback for the question of this id, as the cause of an error. */
  causeOf(id: number): ErrorOptions | undefined {
    return this.#thrown.has(id) ? { cause: this.#thrown.get(id) } : undefined;
  }

  async #invoke(question: string): Promise<string> {
    const { callback, params } = JSON.parse(question) as { callback: string; params: unknown };
    const functions = this.#functions;
    switch (callback) {
      case "token_provider": {
        const token = await functions.token_provider?.();
        return token === undefined ? "null" : encodeOptions(token);
      }
      case "on_sampling":
        return encodeResult(await functions.on_sampling?.(params as CreateMessageRequestParams));
      case "on_elicitation":
        return encodeResult(await functions.on_elicitation?.(params as ElicitRequestParams));
      case "on_roots":
        return encodeResult(await functions.on_roots?.());
      default:
        throw new Error(`there is no callback ${callback}`);
    }
  }

  #keep(id: number, thrown: unknown): void {
    this.#thrown.set(id, thrown);
    const [oldest] = this.#thrown.keys();
    if (this.#thrown.size > MAX_FAILURES && oldest !== undefined) this.#thrown.delete(oldest);
  }
}

/** Separates the callbacks, which run in the asynchronous context of the caller, from the other options. The caller ends `context`. */
export function splitCallbacks(options: object | null | undefined): { callbacks: Callbacks; rest: unknown; context?: Context } {
  if (options === undefined || options === null) return { callbacks: new Callbacks({}), rest: undefined };
  if (typeof options !== "object") return { callbacks: new Callbacks({}), rest: options };
  const functions: [keyof Functions, (...args: unknown[]) => unknown][] = [];
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(NAMES, name)) {
      rest[name] = value;
      continue;
    }
    if (value === undefined || value === null) continue;
    if (typeof value !== "function") throw badOption(name, "must be a function");
    functions.push([NAMES[name as keyof typeof NAMES], value as (...args: unknown[]) => unknown]);
  }
  if (functions.length === 0) return { callbacks: new Callbacks({}), rest };
  const context = new Context("OmniMcpClient");
  const bound = Object.fromEntries(functions.map(([name, callback]) => [name, context.bind(callback)]));
  return { callbacks: new Callbacks(bound), rest, context };
}
