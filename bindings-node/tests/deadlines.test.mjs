/** Deadlines of a process that is stopped. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { testing } from "@omni/omni-mcp-js";

/** Where the package is found by its name. */
const HOME = fileURLToPath(new URL("..", import.meta.url));
const PROGRAM = `
  import { OmniMcpClient } from "@omni/omni-mcp-js";
  const [url, apiKey] = process.argv.slice(1);
  const client = new OmniMcpClient({ apiKey, baseUrl: url, timeoutMs: 1000, maxAttempts: 1 });
  const result = await client.callTool("fred.search", { q: "inflation" });
  console.log(result.structuredContent.query);
  await client.close();
`;

test("an answer that came while the process was stopped is a result", { skip: process.platform === "win32" }, async () => {
  const late = { on: { method: "tools/call" }, fault: { kind: "delay", ms: 300 } };
  const server = await testing.DevServer.start({ faults: [late] });
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, server.url, server.apiKey], { cwd: HOME });
  let reported = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => { reported += data; });
  assert.ok(await server.wait({ count: "requests", atLeast: 1, method: "tools/call", timeoutMs: 20_000 }));
  child.kill("SIGSTOP");
  // Until the answer has come, and the timeout passed.
  assert.ok(await server.wait({ count: "answers", atLeast: 1, method: "tools/call", timeoutMs: 20_000 }));
  await sleep(1200);
  child.kill("SIGCONT");
  await once(child, "close");
  assert.equal(reported.trim(), "inflation");
  await server.close();
});
