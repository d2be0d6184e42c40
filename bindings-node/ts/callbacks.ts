/** The caller's own functions, which a client takes beside its options, and what is asked of them. */

import { inspect } from "node:util";

import { Context } from "./context.js";
import { encodeOptions, encodeResult } from "./encode.js";
import { badOption } from "./errors.js";
import type { ClientOptions, CreateMessageRequestParams, ElicitRequestParams } from "./types.js";

/** The functions, under the names of the core. */
export interface Hooks {
  on_notification?: ClientOptions["onNotification"];
  on_log?: ClientOptions["onLog"];
  on_state?: ClientOptions["onState"];
  token_provider?: ClientOptions["tokenProvider"];
  on_sampling?: ClientOptions["onSampling"];
  on_elicitation?: ClientOptions["onElicitation"];
  on_roots?: ClientOptions["onRoots"];
}

const NAMES = {
  onNotification: "on_notification",
  onLog: "on_log",
  onState: "on_state",
  tokenProvider: "token_provider",
  onSampling: "on_sampling",
  onElicitation: "on_elicitation",
  onRoots: "on_roots",
} as const satisfies Record<string, keyof Hooks>;

/** The codes of errors that come of a function that failed. */
const CODES: readonly string[] = ["token_unavailable", "input_failed"];

/** A function's failure, and the words of it that stand in the message of the call's error. */
interface Failure {
  words: string;
  thrown: unknown;
}

/** How many failures are remembered until the errors that come of them are there. */
const MOST_FAILURES = 64;

const failures = new WeakMap<Hooks, Failure[]>();

/** The functions among the options, which run in the context of the client's making, and the other options. */
export function splitHooks(options: object | null | undefined): { hooks: Hooks; rest: unknown; context?: Context } {
  if (options === undefined || options === null) return { hooks: {}, rest: undefined };
  if (typeof options !== "object") return { hooks: {}, rest: options };
  const hooks: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  let context: Context | undefined;
  for (const [spelled, hook] of Object.entries(options)) {
    if (!Object.hasOwn(NAMES, spelled)) {
      rest[spelled] = hook;
      continue;
    }
    if (hook === undefined || hook === null) continue;
    if (typeof hook !== "function") throw badOption(spelled, "must be a function");
    context ??= new Context("OmniMcpClient");
    hooks[NAMES[spelled as keyof typeof NAMES]] = context.bind(hook as (...args: unknown[]) => unknown);
  }
  return { hooks, rest, context };
}

/** Hands a notification, a record or a change on. What a listener throws, now or later, is its own failure. */
export function tell(hooks: Hooks, spelled: "onNotification" | "onLog" | "onState", text: string): void {
  const warn = (failure: unknown): void => { process.emitWarning(`${spelled} failed: ${inspect(failure)}`, "OmniMcpWarning"); };
  const hear = hooks[NAMES[spelled]] as ((told: unknown) => unknown) | undefined;
  try {
    Promise.resolve(hear?.(JSON.parse(text))).catch(warn);
  } catch (failure) {
    warn(failure);
  }
}

/** Asks one of the functions; `answer` hears JSON text, or why there is none. */
export function askHook(hooks: Hooks, question: string, answer: (ok: boolean, text: string) => void): void {
  answered(hooks, question).then(
    (text) => { answer(true, text); },
    (thrown: unknown) => {
      const why = reasonOf(thrown);
      remember(hooks, why, thrown);
      answer(false, why);
    },
  );
}

/** What a function threw, of which this error comes. */
export function thrownFor(hooks: Hooks, error: { code: string; message: string }): Failure | undefined {
  if (!CODES.includes(error.code)) return undefined;
  // By its words: functions of many calls may fail at once.
  return failures.get(hooks)?.findLast(({ words }) => error.message.includes(words));
}

async function answered(hooks: Hooks, question: string): Promise<string> {
  const { hook, params } = JSON.parse(question) as { hook: string; params: unknown };
  switch (hook) {
    case "token_provider": {
      const given = await hooks.token_provider?.();
      return given === undefined ? "null" : encodeOptions(given);
    }
    case "on_sampling":
      return encodeResult(await hooks.on_sampling?.(params as CreateMessageRequestParams));
    case "on_elicitation":
      return encodeResult(await hooks.on_elicitation?.(params as ElicitRequestParams));
    case "on_roots":
      return encodeResult(await hooks.on_roots?.());
    default:
      throw new Error(`there is no function ${hook}`);
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : inspect(thrown);
}

function remember(hooks: Hooks, why: string, thrown: unknown): void {
  const known = failures.get(hooks) ?? [];
  // Only what a message shows as it is: the core cuts long texts, and escapes what cannot be seen.
  const words = /^[^\p{C}\p{Zl}\p{Zp}]{0,200}/u.exec(why)?.[0] ?? "";
  failures.set(hooks, [...known, { words, thrown }].slice(-MOST_FAILURES));
}
