/** The dev server for the user's own tests: its own tools, messages, and the command. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

const PROGRAM = fileURLToPath(new URL("../dist/program.js", import.meta.url));

const TOOLS = [
  {
    name: "weather",
    inputSchema: { type: "object", properties: { city: { type: "string" } } },
    results: [{ arguments: { city: "Bern" }, result: { average_temperature: 12.5 } }],
    error: "no such city",
  },
  { name: "slow", result: "done", delayMs: 50, progress: [{ progress: 1, total: 2, message: "half" }] },
];

const clientOf = (url) => new OmniMcpClient({ profile: "generic", endpoint: `${url}/mcp` });

test("own tools", async (t) => {
  const server = await testing.DevServer.start({ profile: "generic", tools: TOOLS });
  t.after(() => server.close());
  const client = clientOf(server.url);
  t.after(() => client.close());
  assert.deepEqual((await client.listTools()).tools.map(({ name }) => name), ["weather", "slow"]);
  const { structuredContent } = await client.callTool("weather", { city: "Bern" });
  assert.deepEqual(structuredContent, { average_temperature: 12.5 });
  const failed = await client.callTool("weather", { city: "Ur" });
  assert.equal(failed.isError, true);
  assert.equal(failed.content[0].text, "no such city");
  const steps = [];
  const begun = performance.now();
  await client.callTool("slow", {}, { onProgress: (step) => steps.push(step) });
  assert.ok(performance.now() - begun >= 49);
  assert.deepEqual(steps.map(({ progress, total, message }) => ({ progress, total, message })), [{ progress: 1, total: 2, message: "half" }]);
});

for (const [options, message] of [
  [{ tools: [{ name: "a", result: 1, delayMs: "1" }] }, "tools[0].delayMs: must be an integer of at least 0, got a string"],
  [{ toolNmes: [] }, "toolNmes: there is no such field; did you mean toolNames?"],
  [{ rateLimit: { perMinute: 0 } }, "rateLimit.perMinute and rateLimit.burst must be at least 1"],
  [{ faults: [{ fault: { kind: "pause" } }] }, "faults[0].fault.afterEvents: is required"],
]) {
  test(`message: ${message}`, async () => {
    await assert.rejects(testing.DevServer.start(options), { name: "TypeError", message: `bad dev server options: ${message}` });
  });
}

test("the command runs until it is interrupted", async () => {
  const program = spawn(process.execPath, [PROGRAM, "testing", "--profile", "generic", "--options", JSON.stringify({ tools: TOOLS })]);
  const lines = [];
  for await (const line of createInterface(program.stdout)) {
    if (lines.push(line) === 2) break;
  }
  assert.match(lines[0], /^OMNI_CLIENT_API_BASE_URL=http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(lines[1], /^OMNI_API_KEY=/);
  const client = clientOf(lines[0].split("=")[1]);
  const { structuredContent } = await client.callTool("weather", { city: "Bern" });
  assert.deepEqual(structuredContent, { average_temperature: 12.5 });
  await client.close();
  const exited = once(program, "exit");
  program.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
});

test("the command refuses what it cannot run", () => {
  const run = (...args) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8" });
  assert.equal(run().status, 2);
  for (const options of ['{"x": 1}', "{", "@/no/such/file"]) {
    const { status, stderr, stdout } = run("testing", "--options", options);
    assert.equal(status, 1);
    assert.match(stderr, /^omni-mcp-js testing: /);
    assert.equal(stdout, "");
  }
});
