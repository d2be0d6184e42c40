/** The caller's own functions, which a client takes beside its options, and what is asked of them. */

import { inspect } from "node:util";

import { encodeOptions } from "./encode.js";
import { badOption } from "./errors.js";
import type { Notification, ProvidedToken } from "./types.js";

/** The functions, under the names of the core. */
export interface Hooks {
  on_notification?: (notification: Notification) => unknown;
  token_provider?: () => ProvidedToken | Promise<ProvidedToken>;
  /** What the provider last threw; not one of the functions. */
  failure?: unknown;
}

const NAMES = { onNotification: "on_notification", tokenProvider: "token_provider" } as const;

/** The functions among the options, and the others. */
export function splitHooks(options: object | null | undefined): { hooks: Hooks; rest: unknown } {
  if (options === undefined || options === null) return { hooks: {}, rest: undefined };
  if (typeof options !== "object") return { hooks: {}, rest: options };
  const { onNotification, tokenProvider, ...rest } = options as Record<string, unknown>;
  const hooks: Record<string, unknown> = {};
  for (const [spelled, hook] of Object.entries({ onNotification, tokenProvider })) {
    if (hook === undefined || hook === null) continue;
    if (typeof hook !== "function") throw badOption(spelled, "must be a function");
    hooks[NAMES[spelled as keyof typeof NAMES]] = hook;
  }
  return { hooks, rest };
}

/** Hands a notification on. What a listener throws, now or later, is its own failure. */
export function tell(hooks: Hooks, text: string): void {
  try {
    Promise.resolve(hooks.on_notification?.(JSON.parse(text) as Notification)).catch(warn);
  } catch (failure) {
    warn(failure);
  }
}

/** Asks one of the functions; `answer` hears JSON text, or why there is none. */
export function askHook(hooks: Hooks, name: string, answer: (ok: boolean, text: string) => void): void {
  const asked = new Promise<unknown>((resolve) => {
    // Inside, so that what it throws becomes a rejection.
    resolve(name === "token_provider" ? hooks.token_provider?.() : undefined);
  });
  asked.then(
    (given) => { answer(true, given === undefined ? "null" : encodeOptions(given)); },
    (failure: unknown) => {
      Object.defineProperty(hooks, "failure", { value: failure, configurable: true });
      answer(false, failure instanceof Error ? failure.message : inspect(failure));
    },
  ).catch((failure: unknown) => { answer(false, inspect(failure)); });
}

function warn(failure: unknown): void {
  process.emitWarning(`onNotification failed: ${inspect(failure)}`, "OmniMcpWarning");
}
