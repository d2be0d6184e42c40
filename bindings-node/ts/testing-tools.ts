/** Tools of the dev server whose results a function returns. */

import { inspect } from "node:util";

import type { ToolReply } from "./native.js";

/** The call that a tool's function handles. */
export interface ToolContext {
  /** The name of the tool. */
  readonly tool: string;
  /** Sends a progress notification, if the caller asked for progress. */
  progress(progress: number, total?: number, message?: string): void;
}

/** Returns the result of a call, as the field `result` of a tool, or a promise of it. What it throws is a result with `isError`. */
export type ToolHandler = (
  // Functions with parameters of their own types are assignable.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  args: any,
  context: ToolContext,
) => unknown;

/** The functions of one server, by the index of their tool. */
export type ToolFunctions = ReadonlyMap<number, { tool: string; handler: ToolHandler }>;

/** Separates the functions from the options that are JSON. */
export function splitTools(options: object): { plain: object; functions: ToolFunctions } {
  const { tools } = options as { tools?: unknown };
  const functions = new Map<number, { tool: string; handler: ToolHandler }>();
  if (typeof tools !== "object" || tools === null) return { plain: options, functions };
  const list: unknown[] = Array.isArray(tools)
    ? tools
    : Object.entries(tools).map(([name, handler]) => ({ name, handler: handler as unknown }));
  list.forEach((tool, index) => {
    const { name, handler } = (tool ?? {}) as { name?: unknown; handler?: unknown };
    if (typeof handler === "function") functions.set(index, { tool: String(name), handler: handler as ToolHandler });
  });
  // JSON omits functions.
  return { plain: { ...options, tools: list }, functions };
}

/** Invokes the function of a call, and passes its result on. */
export function callTool(functions: ToolFunctions, text: string, reply: ToolReply): void {
  const { index, arguments: args } = JSON.parse(text) as { index: number; arguments: unknown };
  invoke(functions, index, args, reply).then(
    (result) => { reply.finish(result, false); },
    (thrown: unknown) => { reply.finish(thrown instanceof Error ? thrown.message || thrown.name : inspect(thrown), true); },
  );
}

async function invoke(functions: ToolFunctions, index: number, args: unknown, reply: ToolReply): Promise<string> {
  const found = functions.get(index);
  if (found === undefined) throw new Error("the tool has no function");
  const context: ToolContext = {
    tool: found.tool,
    progress: (progress, total, message) => { reply.progress(progress, total, message); },
  };
  const result: unknown = await found.handler(args, context);
  const json: unknown = JSON.stringify(result);
  return typeof json === "string" ? json : "null";
}
