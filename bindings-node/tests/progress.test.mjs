/** Progress and its callbacks: none is lost, none delays its call, and none fills the memory. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

/** Many times what may wait. */
const MANY = 20_000;

async function generic(t, progress, options) {
  const server = await testing.DevServer.start({ profile: "generic", answer: "sse", ledger: "counts", progress });
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp`, ...options });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  return client;
}

const echo = (client, onProgress) => client.callTool("echo", { n: 1 }, { onProgress });
const numbers = (count) => Array.from({ length: count }, (_, n) => n + 1);

test("all progress is delivered, in order", async (t) => {
  const client = await generic(t, MANY);
  const received = [];
  const result = await echo(client, ({ progress }) => received.push(progress));
  assert.deepEqual(result.structuredContent, { n: 1 });
  assert.deepEqual(received, numbers(MANY));
  assert.equal(client.counters.dropped, 0);
});

test("no more callbacks run at once than may be queued", async (t) => {
  for (const queued of [1, 16]) {
    const client = await generic(t, 2000, { maxQueuedNotifications: queued });
    let [underWay, most] = [0, 0];
    const received = [];
    await echo(client, async ({ progress }) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      received.push(progress);
      underWay -= 1;
    });
    assert.ok(most <= queued, `${most} at once`);
    assert.ok(received.length >= 2000 - queued, `${received.length}`);
    assert.equal(client.counters.dropped, 0);
  }
});

test("callbacks that throw or reject free their permits", async (t) => {
  const warnings = [];
  const onWarning = (warning) => warnings.push(warning);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const client = await generic(t, 100, { maxQueuedNotifications: 2 });
  for (const fail of [() => { throw new Error("plain"); }, () => Promise.reject(new Error("later"))]) {
    assert.deepEqual((await echo(client, fail)).structuredContent, { n: 1 });
  }
  assert.equal(client.counters.dropped, 0);
  await new Promise(setImmediate);
  assert.ok(warnings.length >= 190);
});

test("a callback that never ends delays no result, and memory is bounded", async (t) => {
  const queued = 16;
  const client = await generic(t, 2000, { maxQueuedNotifications: queued, timeoutMs: 300 });
  let begun = 0;
  const warned = once(process, "warning");
  const onProgress = () => {
    begun += 1;
    return new Promise(() => {});
  };
  assert.deepEqual((await echo(client, onProgress)).structuredContent, { n: 1 });
  assert.equal(begun, queued);
  assert.equal(client.counters.dropped, 2000 - queued);
  assert.match((await warned)[0].message, /^1984 progress notifications were dropped: on_progress processes them too slowly for/);
  assert.deepEqual(await client.ping(), {});
});

test("a slow callback does not exceed the total timeout", async (t) => {
  const client = await generic(t, 500, { maxQueuedNotifications: 4, totalTimeoutMs: 2000 });
  const begun = performance.now();
  const warned = once(process, "warning");
  const onProgress = () => new Promise((resolve) => { setTimeout(resolve, 50); });
  assert.deepEqual((await echo(client, onProgress)).structuredContent, { n: 1 });
  assert.ok(performance.now() - begun < 2500);
  assert.ok(client.counters.dropped > 0);
  assert.match((await warned)[0].message, /^\d+ progress notifications were dropped/);
});
