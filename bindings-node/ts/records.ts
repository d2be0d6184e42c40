/** Records of servers: plain objects that hold secrets, and do not show them. */

import { inspect } from "node:util";

import { looksLikeErrorText, shownRecord } from "./native.js";
import type { ServerRecord } from "./types.js";

/** The record, which `console.log` and `inspect` show without its secrets. `JSON.stringify` gives all of it. */
export function hidden(record: unknown): ServerRecord {
  if (typeof record === "object" && record !== null) {
    const show = (): unknown => JSON.parse(shownRecord(JSON.stringify(record)));
    Object.defineProperty(record, inspect.custom, { value: show, configurable: true });
  }
  return record as ServerRecord;
}

/**
 * Whether a tool's result reads like a failure although it does not say that it is one: its first text begins with
 * `Error:` and `isError` is not set. Some servers report failures so; it is a hint.
 */
export function looksLikeError(result: object): boolean {
  return looksLikeErrorText(JSON.stringify(result));
}
