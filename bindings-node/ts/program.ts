#!/usr/bin/env node
/** The command `npx @omni/omni-mcp-js testing`: a dev server until Ctrl-C. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { DevServer } from "./testing.js";
import type { DevServerOptions } from "./testing.js";

const USAGE = `Usage: omni-mcp-js testing [--profile NAME] [--port NUMBER] [--options JSON or @FILE]

Runs a dev server on 127.0.0.1 until Ctrl-C, and prints its URL and API key.

  --profile  omni, generic, octomind, odock, gaia or sema4 (default: omni)
  --port     0 for any free port (default: 0)
  --options  further options as JSON, or @ and the name of a file with JSON; see TESTING.md
`;

const FLAGS = {
  profile: { type: "string" },
  port: { type: "string" },
  options: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

function optionsFrom(text: string): DevServerOptions {
  let options: unknown;
  try {
    options = JSON.parse(text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text);
  } catch (error) {
    throw new Error(`--options: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new Error("--options: must be a JSON object");
  }
  return options;
}

function wholeNumber(text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new Error("--port: must be a whole number");
  return Number(text);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: FLAGS });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (positionals.length !== 1 || positionals[0] !== "testing") {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const options = optionsFrom(values.options ?? "{}");
  if (values.profile !== undefined) options.profile = values.profile as NonNullable<DevServerOptions["profile"]>;
  if (values.port !== undefined) options.port = wholeNumber(values.port);
  await serve(options);
}

/** Runs the server until SIGINT or SIGTERM. */
async function serve(options: DevServerOptions): Promise<void> {
  const server = await DevServer.start(options);
  process.stdout.write(`OMNI_CLIENT_API_BASE_URL=${server.url}\nOMNI_API_KEY=${server.apiKey}\n`);
  process.stderr.write("Ctrl-C stops the server.\n");
  // The server itself does not keep the process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  const stop = () => {
    clearInterval(alive);
    void server.close();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`omni-mcp-js testing: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
