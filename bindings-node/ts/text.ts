/** The text of results. */

import type { ContentBlock } from "./protocol.js";

/**
 * The text of a tool's result.
 *
 * @param result - The result of `callTool`, or another object with `content`.
 * @returns The text of all text blocks, joined by line breaks; empty if there is none. Other blocks are left out.
 */
export function textOf(result: { content: readonly ContentBlock[] }): string {
  return result.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}
