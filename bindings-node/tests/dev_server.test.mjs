/** The dev server for the user's own tests: its own tools, messages, and the command. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
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
  const [exited, errors] = [once(program, "exit"), text(program.stderr)];
  program.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
  assert.equal(await errors, "Ctrl-C stops the server.\n");
});

const run = (...args) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8", timeout: 60_000 });

test("the command shows its usage", () => {
  const asked = run("testing", "--help");
  assert.deepEqual([asked.status, asked.stderr], [0, ""]);
  assert.match(asked.stdout, /--options/);
  const incomplete = run();
  assert.deepEqual([incomplete.status, incomplete.stdout], [2, ""]);
  assert.equal(incomplete.stderr, asked.stdout);
});

// The command of Python has the same cases.
for (const [args, message] of [
  [["--options", '{"x": 1}'], "bad dev server options: x: there is no such field; allowed are "],
  [["--options", "{"], "--options: "],
  [["--options", "@/no/such/file"], "--options: "],
  [["--options", "[]"], "--options: must be a JSON object\n"],
  [["--options", "null"], "--options: must be a JSON object\n"],
  [["--options", "null", "--profile", "omni"], "--options: must be a JSON object\n"],
  [["--options", "5"], "--options: must be a JSON object\n"],
  [["--options", "5", "--profile", "omni"], "--options: must be a JSON object\n"],
  [["--port", "abc"], "--port: must be a whole number\n"],
  [["--port", "1.5"], "--port: must be a whole number\n"],
  [["--port", ""], "--port: must be a whole number\n"],
  [["--port", "65536"], "bad dev server options: port: "],
  [["--profile", "omnni"], "bad dev server options: profile: "],
]) {
  test(`the command refuses ${args.join(" ")}`, () => {
    const { status, stderr, stdout } = run("testing", ...args);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.ok(stderr.startsWith(`omni-mcp-js testing: ${message}`), stderr);
  });
}
