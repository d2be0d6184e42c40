/**
 * JavaScript values to JSON text, once, and nothing lost on the way without a word.
 *
 * `JSON.stringify` is the whole of the fast path. Only where its text shows that something may have been lost is the
 * value walked to say what: NaN and the infinities become `null`, as do functions and symbols in a list; maps, sets,
 * promises, errors and the like become `{}`. A function or
 * symbol that is a member of the arguments themselves is refused too; deeper down it is left out, as `undefined` is
 * everywhere. Lone surrogates and too deep values are seen by the core, in the text.
 */

import { fromCore } from "./errors.js";
import type { OmniMcpError } from "./errors.js";
import { unsendable } from "./native.js";

type Reason = "not_finite" | "too_deep" | "not_json" | "not_an_object";

/** The deepest nesting that is sent. */
const MAX_DEPTH = 127;

/** `params` as JSON text; `value` is the part of it that the caller gave, and `field` that part's name. */
export function encode(field: string, value: unknown, params: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refusal(field, "not_an_object");
  return checked(field, value, params);
}

/** What a function of the caller's gave, as JSON text. Nothing is `null`. */
export function encodeResult(value: unknown): string {
  return checked("result", value, value ?? null);
}

function checked(field: string, value: unknown, params: unknown): string {
  if (isUnwritable(value)) throw refusal(field, "not_json");
  if (typeof value === "object") {
    for (const name in value) {
      if (isUnwritable((value as Record<string, unknown>)[name])) throw refusal(field, "not_json");
    }
  }
  let text: string;
  try {
    text = JSON.stringify(params);
  } catch (cause) {
    throw refusal(field, whatIsLost(value) ?? "not_json", cause);
  }
  if (text.includes("null") || text.includes("{}")) {
    const reason = whatIsLost(value);
    if (reason !== undefined) throw refusal(field, reason);
  }
  return text;
}

function isUnwritable(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol";
}

/** Options as JSON text, or nothing where there are none. */
export function encodeOptions(options: unknown): string {
  return options === undefined ? "" : JSON.stringify(options, nothingLost);
}

/** What JSON has no form for becomes a number that no option takes, so that the core refuses it by name. */
function nothingLost(_name: string, value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : -1;
    case "bigint":
    case "function":
    case "symbol":
      return -1;
    case "object":
      return value !== null && isOpaque(value) ? -1 : value;
    default:
      return value;
  }
}

/** Whether JSON would show nothing of what the value holds. */
function isOpaque(value: object): boolean {
  const isCollection = Symbol.iterator in value && !Array.isArray(value);
  return isCollection || value instanceof RegExp || value instanceof Error || ("then" in value && typeof value.then === "function");
}

function refusal(field: string, reason: Reason, cause?: unknown): OmniMcpError {
  return fromCore(unsendable(field, reason), cause === undefined ? undefined : { cause });
}

/** Walks a value as `JSON.stringify` does, for the first thing that it cannot carry. */
function whatIsLost(root: unknown): Reason | undefined {
  const walked = new Map<object, number>();
  const walk = (given: unknown, name: string, depth: number, inList: boolean): Reason | undefined => {
    const value = replaced(given, name);
    switch (typeof value) {
      case "number":
        return Number.isFinite(value) ? undefined : "not_finite";
      case "bigint":
        return "not_json";
      case "function":
      case "symbol":
        return inList ? "not_json" : undefined;
      case "object":
        break;
      default:
        return undefined;
    }
    if (value === null) return undefined;
    if (isOpaque(value)) return "not_json";
    if (depth > MAX_DEPTH) return "too_deep";
    // What was found good at this depth or below need not be walked again.
    if ((walked.get(value) ?? -1) >= depth) return undefined;
    const inner = Array.isArray(value);
    for (const [key, member] of Object.entries(value)) {
      const reason = walk(member, key, depth + 1, inner);
      if (reason !== undefined) return reason;
    }
    walked.set(value, depth);
    return undefined;
  };
  return walk(root, "", 1, false);
}

function replaced(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !("toJSON" in value)) return value;
  const { toJSON } = value;
  return typeof toJSON === "function" ? (Reflect.apply(toJSON, value, [name]) as unknown) : value;
}
