/** Records of servers: plain objects that hold secrets, and hide them when printed. */

import { inspect } from "node:util";

import { badOption } from "./errors.js";
import { looksLikeErrorText, shownRecord } from "./native.js";
import type { ServerPage, ServerRecord } from "./types.js";

/** The record, which `console.log` and `inspect` show without its secrets. `JSON.stringify` includes them. */
export function hideSecrets(record: unknown): ServerRecord {
  if (typeof record === "object" && record !== null) {
    const show = (): unknown => JSON.parse(shownRecord(JSON.stringify(record)));
    Object.defineProperty(record, inspect.custom, { value: show, configurable: true });
  }
  return record as ServerRecord;
}

/** The params of a list: `page` is an object with these members, or absent. */
export function pageParams(page: object | null | undefined, members: string): object {
  if (page !== undefined && page !== null && (typeof page !== "object" || Array.isArray(page))) {
    throw badOption("page", `must be an object with ${members}`);
  }
  return { ...page };
}

/** A page of a list, in the core's spelling. */
export function readPage(page: unknown): ServerPage {
  const { data, next, has_more: hasMore } = page as ServerPage & { has_more: boolean };
  data.forEach(hideSecrets);
  return { data, next, hasMore };
}

/**
 * Whether a tool's result looks like a failure although `isError` is not set: its first text begins with `Error:`.
 * Some servers report failures in such results; it is a hint.
 */
export function looksLikeError(result: object): boolean {
  return looksLikeErrorText(JSON.stringify(result));
}
