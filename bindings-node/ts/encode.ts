/**
 * JavaScript values to JSON text. Values that JSON cannot represent are refused, not dropped silently.
 *
 * The fast path is one `JSON.stringify`. The value is walked only if the text shows a possible loss: `JSON.stringify`
 * writes `null` for NaN, the infinities, and functions and symbols in a list, and `{}` for maps, sets, promises, errors
 * and the like. A function or symbol that is a member of the arguments themselves is refused too; at deeper levels it is
 * omitted, like `undefined` everywhere. The core checks the text for lone surrogates and for its depth.
 */

import { fromCore } from "./errors.js";
import type { OmniMcpError } from "./errors.js";
import { unsendable } from "./native.js";

type Reason = "not_finite" | "too_deep" | "not_json" | "not_an_object";

/** The maximum nesting of values that are sent; the core has the same limit. */
const MAX_DEPTH = 127;

/**
 * The params of a call as JSON text.
 *
 * @param field - The name of the argument that errors are about.
 * @param value - The argument.
 * @param params - The params that contain it.
 * @throws A `ConfigError` if the argument cannot be represented in JSON.
 */
export function encode(field: string, value: unknown, params: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refusal(field, "not_an_object");
  return checked(field, value, params);
}

/** The result of a callback as JSON text; `null` for `undefined`. */
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
    throw refusal(field, lossReason(value) ?? "not_json", cause);
  }
  if (text.includes("null") || text.includes("{}")) {
    const reason = lossReason(value);
    if (reason !== undefined) throw refusal(field, reason);
  }
  return text;
}

function isUnwritable(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol";
}

/** Options as JSON text; empty if there are none. */
export function encodeOptions(options: unknown): string {
  if (options === undefined) return "";
  try {
    return JSON.stringify(options, markUnwritable);
  } catch (cause) {
    const member = Object.entries(options as object).find(([, value]) => lossReason(value) !== undefined)?.[0];
    throw refusal(member ?? "options", lossReason(options) ?? "not_json", cause);
  }
}

/** Replaces what JSON cannot represent by a number that no option takes, so that the core's error names the option. */
function markUnwritable(_name: string, value: unknown): unknown {
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

/** Whether `JSON.stringify` would omit the content of the value. */
function isOpaque(value: object): boolean {
  const isCollection = Symbol.iterator in value && !Array.isArray(value);
  return isCollection || value instanceof RegExp || value instanceof Error || ("then" in value && typeof value.then === "function");
}

function refusal(field: string, reason: Reason, cause?: unknown): OmniMcpError {
  return fromCore(unsendable(field, reason), cause === undefined ? undefined : { cause });
}

/** Walks a value as `JSON.stringify` does. Returns the reason why it cannot be written, if there is one. */
function lossReason(root: unknown): Reason | undefined {
  const walked = new Map<object, number>();
  const walk = (given: unknown, name: string, depth: number, inList: boolean): Reason | undefined => {
    const value = applyToJson(given, name);
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
    // Already checked at this depth or a deeper one.
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

function applyToJson(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !("toJSON" in value)) return value;
  const { toJSON } = value;
  return typeof toJSON === "function" ? (Reflect.apply(toJSON, value, [name]) as unknown) : value;
}
