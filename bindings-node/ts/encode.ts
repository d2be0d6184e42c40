/**
 * JavaScript values to JSON text. Values that JSON cannot represent are refused, not dropped silently.
 *
 * The fast path is one `JSON.stringify`. The value is walked only if the text shows a possible loss: `JSON.stringify`
 * writes `null` for NaN, the infinities, and functions and symbols in a list, `{}` for maps, sets, promises, errors and the
 * like, and an object with indexes for typed arrays. A function or symbol that is a member of the arguments themselves is refused too; at deeper levels it is
 * omitted, like `undefined` everywhere. The core checks the text for lone surrogates and for its depth.
 */

import { fromCore } from "./errors.js";
import type { OmniMcpError } from "./errors.js";
import { unsendable } from "./native.js";

/** Why a value cannot be sent, the path to it, and the name of its type. */
interface Loss {
  reason: "not_finite" | "too_deep" | "not_json" | "not_an_object";
  path?: readonly (string | number)[];
  got?: string;
}

const NOT_JSON: Loss = { reason: "not_json" };

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
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refusal(field, { reason: "not_an_object" });
  return checked(field, value, params);
}

/** The result of a callback as JSON text; `null` for `undefined`. */
export function encodeResult(value: unknown): string {
  return checked("result", value, value ?? null);
}

function checked(field: string, value: unknown, params: unknown): string {
  if (isUnwritable(value)) throw refusal(field, { reason: "not_json", path: [], got: typeof value });
  if (typeof value === "object") {
    for (const name in value) {
      const member = (value as Record<string, unknown>)[name];
      if (isUnwritable(member)) throw refusal(field, { reason: "not_json", path: [name], got: typeof member });
    }
  }
  let text: string;
  try {
    text = JSON.stringify(params);
  } catch (cause) {
    throw refusal(field, lossIn(value) ?? NOT_JSON, cause);
  }
  if (text.includes("null") || text.includes("{}") || text.includes('{"0":')) {
    const loss = lossIn(value);
    if (loss !== undefined) throw refusal(field, loss);
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
    const member = Object.entries(options as object).find(([, value]) => lossIn(value) !== undefined)?.[0];
    throw refusal(member ?? "options", { reason: lossIn(options)?.reason ?? "not_json" }, cause);
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
  return isCollection || value instanceof ArrayBuffer || value instanceof RegExp || value instanceof Error || ("then" in value && typeof value.then === "function");
}

function refusal(field: string, { reason, path, got }: Loss, cause?: unknown): OmniMcpError {
  return fromCore(unsendable(field, reason, path, got), cause === undefined ? undefined : { cause });
}

function typeName(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : typeof value;
}

/** Walks a value as `JSON.stringify` does. Returns the first value that cannot be written, if there is one. */
function lossIn(root: unknown): Loss | undefined {
  const walked = new Map<object, number>();
  const path: (string | number)[] = [];
  const walk = (given: unknown, name: string, depth: number, inList: boolean): Loss | undefined => {
    const value = applyToJson(given, name);
    switch (typeof value) {
      case "number":
        return Number.isFinite(value) ? undefined : { reason: "not_finite", path: [...path] };
      case "bigint":
        return { reason: "not_json", path: [...path], got: "bigint" };
      case "function":
      case "symbol":
        return inList ? { reason: "not_json", path: [...path], got: typeof value } : undefined;
      case "object":
        break;
      default:
        return undefined;
    }
    if (value === null) return undefined;
    if (isOpaque(value)) return { reason: "not_json", path: [...path], got: typeName(value) };
    if (depth > MAX_DEPTH) return { reason: "too_deep" };
    // Already checked at this depth or a deeper one.
    if ((walked.get(value) ?? -1) >= depth) return undefined;
    const inner = Array.isArray(value);
    for (const [key, member] of Object.entries(value)) {
      path.push(inner ? Number(key) : key);
      const loss = walk(member, key, depth + 1, inner);
      if (loss !== undefined) return loss;
      path.pop();
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
