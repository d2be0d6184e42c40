/** Worker threads that end during calls, and threads that share nothing. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

import { ends, onLinux } from "./lib/processes.mjs";
import { program } from "./lib/case_client.mjs";

for (const event of ["unhandledRejection", "uncaughtException", "warning"]) {
  process.on(event, (what) => {
    assert.fail(`${event}: ${what}`);
  });
}

const BEGIN = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { OmniMcpClient, testing } = require("@omni/omni-mcp-js");
  const client = new OmniMcpClient({ ...workerData.options, ...globalThis.functions });
  const reported = () => parentPort.postMessage("reported");
  const never = new Promise(() => {});
`;

/** What a thread does when it is ended. */
const AT = {
  "calls with progress": `
    for (let i = 0; i < 8; i += 1) client.callTool("echo", { i }, { onProgress: reported }).catch(() => {});
  `,
  "calls with a signal": `
    const controller = new AbortController();
    for (let i = 0; i < 8; i += 1) client.callTool("slow", { ms: 60_000 }, { signal: controller.signal }).catch(() => {});
    client.ping().then(reported);
  `,
  "an abort": `
    const controller = new AbortController();
    for (let i = 0; i < 8; i += 1) client.callTool("slow", { ms: 60_000 }, { signal: controller.signal }).catch(() => {});
    client.ping().then(() => { reported(); controller.abort(); });
  `,
  "a close": `
    client.callTool("slow", { ms: 60_000 }).catch(() => {});
    client.ping().then(() => { client.close(); reported(); });
  `,
  "a list": `
    (async () => { for (;;) for await (const { name } of client.iterTools()) reported(name); })().catch(() => {});
  `,
  "a callback that never ends": `
    client.callTool("echo", {}, { onProgress: () => { reported(); return never; } }).catch(() => {});
  `,
  "a dev server in the thread": `
    testing.DevServer.start().then(async (server) => {
      const own = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
      await own.ping();
      server.script({ on: { method: "tools/call" }, fault: { kind: "hang" } });
      for (let i = 0; i < 8; i += 1) own.callTool("fred.search", { q: "inflation" }).catch(() => {});
      server.wait({ count: "requests", method: "tools/call", atLeast: 9 }).catch(() => {});
      await server.wait({ count: "requests", method: "tools/call", atLeast: 8 });
      reported();
    });
  `,
};

/** Starts a thread, and ends it once it is where it should be. */
async function ended(source, options) {
  // So that it does not end by itself before.
  const worker = new Worker(`${BEGIN}${source} setInterval(() => {}, 1000);`, { eval: true, workerData: { options } });
  await once(worker, "message");
  assert.equal(await worker.terminate(), 1);
}

for (const [at, source] of Object.entries(AT)) {
  for (const listen of [false, true]) {
    test(`ended during ${at}${listen ? ", while it listens" : ""}`, async (t) => {
      const server = await testing.DevServer.start({ profile: "generic", era: "legacy", progress: 3, toolsPageSize: 1 });
      t.after(() => server.close());
      const options = { profile: "generic", endpoint: `${server.url}/mcp`, listen };
      for (let round = 0; round < 3; round += 1) await ended(source, options);
      assert.ok(await server.wait({ count: "open_connections", atMost: 0 }));
      const client = new OmniMcpClient(options);
      assert.ok(await client.callTool("echo", { n: 1 }));
      await client.close();
    });
  }
}

for (const [hook, era, source] of [
  ["onNotification", "legacy", `client.ping().then(reported);`],
  ["onElicitation", "legacy", `client.callTool("ask", workerData.question).catch(() => {});`],
  ["onElicitation", "modern", `client.callTool("ask", workerData.question).catch(() => {});`],
  ["tokenProvider", "legacy", `client.ping().catch(() => {});`],
]) {
  test(`ended while ${hook} runs (${era})`, async (t) => {
    const server = await testing.DevServer.start({ profile: "generic", everything: true, era });
    t.after(() => server.close());
    const functions = `
      globalThis.functions = { ${hook}: () => { require("node:worker_threads").parentPort.postMessage("reported"); return new Promise(() => {}); } };
    `;
    const question = { method: "elicitation/create", params: { message: "?", requestedSchema: { type: "object", properties: {} } } };
    const workerData = { options: { profile: "generic", endpoint: `${server.url}/mcp` }, question };
    for (let round = 0; round < 3; round += 1) {
      const worker = new Worker(`${functions}${BEGIN}${source} setInterval(() => {}, 1000);`, { eval: true, workerData });
      await once(worker, "message");
      assert.equal(await worker.terminate(), 1);
    }
    assert.ok(await server.wait({ count: "open_connections", atMost: 0 }));
  });
}

test("ended with a child process", onLinux, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));
  t.after(() => { rmSync(folder, { recursive: true }); });
  for (let round = 0; round < 3; round += 1) {
    const file = join(folder, String(round));
    const args = ["-c", `echo $$ > ${file}; exec ${program} --stdio --options '{"stdio": {"ignore_stdin_end": true}}'`];
    await ended(`
      for (let i = 0; i < 4; i += 1) client.callTool("slow", { ms: 60_000 }).catch(() => {});
      client.ping().then(reported);
    `, { profile: "generic", command: "sh", args });
    assert.ok(await ends(file));
  }
});

test("many threads at once share nothing, and end by themselves", async (t) => {
  const server = await testing.DevServer.start({ profile: "generic", era: "legacy" });
  t.after(() => server.close());
  const source = `
    (async () => {
      const numbers = Array.from({ length: 50 }, (_, n) => n);
      const results = await Promise.all(numbers.map((n) => client.callTool("echo", { n, of: workerData.number })));
      const own = results.every(({ structuredContent }, n) => structuredContent.n === n && structuredContent.of === workerData.number);
      parentPort.postMessage(own);
    })();
  `;
  const options = { profile: "generic", endpoint: `${server.url}/mcp` };
  const threads = Array.from({ length: 6 }, (_, number) => new Worker(BEGIN + source, { eval: true, workerData: { options, number } }));
  const ends = await Promise.all(threads.map(async (worker) => {
    const [message, exit] = [once(worker, "message"), once(worker, "exit")];
    return [(await message)[0], (await exit)[0]];
  }));
  assert.deepEqual(ends, threads.map(() => [true, 0]));
  assert.equal(server.ledger().executionCount, 300);
  assert.equal(server.ledger().sessionsOpened, 6);
});
