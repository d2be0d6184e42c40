/** Programs that run in a child process. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program to its end. */
export async function run(program, { args = [], flags = [], onLine } = {}) {
  const child = spawn(process.execPath, [...flags, "--input-type=module", "--eval", program, ...args], { cwd: here, timeout: 20_000 });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
    onLine?.(child, out);
  });
  child.stderr.on("data", (chunk) => (err += chunk));
  const [code, signal] = await once(child, "close");
  return { code, signal, out, err };
}

/** What most of them begin with. */
export const OPEN = `
  import { OmniMcpClient, testing } from "@omni/omni-mcp-js";
  const server = await testing.DevServer.start();
  const client = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
`;
