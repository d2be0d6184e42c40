/** Sessions that the dev server records and plays back. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

const KEY = "sk-of-the-service-0001";

const text = (result) => result.content[0].text;

/** What an agent does with a server. */
async function use(server) {
  const client = new OmniMcpClient({
    profile: "generic", endpoint: `${server.url}/mcp`, auth: { type: "bearer", token: KEY },
  });
  const steps = [];
  const listed = (await client.listTools()).tools.map(({ name }) => name);
  const counted = [text(await client.callTool("count")), text(await client.callTool("count"))];
  const slow = text(await client.callTool("slow", {}, { onProgress: ({ message }) => steps.push(message) }));
  const broken = (await client.callTool("broken")).isError;
  await client.close();
  return { listed, counted, slow, steps, broken };
}

async function record(file) {
  let count = 0;
  const upstream = await testing.DevServer.start({
    profile: "generic",
    auth: { type: "bearer", token: KEY },
    tools: [
      { name: "count", handler: () => count++ },
      { name: "slow", result: "done", progress: [{ progress: 1, message: "half" }] },
      { name: "broken", error: `wrong key ${KEY}` },
    ],
  });
  const server = await testing.DevServer.start({ record: file, upstream: `${upstream.url}/mcp` });
  const recorded = await use(server);
  await server.close();
  await upstream.close();
  return recorded;
}

async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), "omni-mcp-recording-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test("a session is played back", async (t) => {
  const file = join(await folder(t), "session.json");
  const recorded = await record(file);
  const listed = ["count", "slow", "broken"];
  assert.deepEqual(recorded, { listed, counted: ["0", "1"], slow: "done", steps: ["half"], broken: true });
  assert.ok(!(await readFile(file, "utf8")).includes(KEY));
  const server = await testing.DevServer.start({ replay: file });
  assert.deepEqual(await use(server), recorded);
  assert.deepEqual(server.ledger().executions.map(({ tool }) => tool), ["count", "count", "slow", "broken"]);
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp` });
  await assert.rejects(client.callTool("count", { from: 1 }), /session\.json has no response for tools\/call count \{"from":1\}; it has tools\/call count \{\}/);
  await client.close();
  await server.close();
});

test("messages name the option", async (t) => {
  const path = await folder(t);
  await assert.rejects(testing.DevServer.start({ record: join(path, "a.json") }), /upstream: is required with record/);
  await assert.rejects(testing.DevServer.start({ replay: join(path, "b.json") }), /replay: .*b\.json cannot be read: No such file/);
  await assert.rejects(testing.DevServer.start({ replay: "a", toolNames: ["a"] }), /toolNames: cannot be combined with replay/);
});
