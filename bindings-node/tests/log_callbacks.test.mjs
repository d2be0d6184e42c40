/** `onLog`, `onState`, `onRequest` and `onResponse`: exceptions, slow callbacks, and progress and requests that arrive too fast. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

async function generic(t, server, client) {
  const started = await testing.DevServer.start({ profile: "generic", era: "legacy", ...server });
  const made = new OmniMcpClient({ profile: "generic", endpoint: `${started.url}/mcp`, ...client });
  t.after(async () => {
    await made.close();
    await started.close();
  });
  return { server: started, client: made };
}

const echo = (client, options) => client.callTool("echo", { n: 1 }, options);

/** Blocks the JavaScript thread until a condition holds. */
function block(holds) {
  const end = Date.now() + 20_000;
  while (!holds()) assert.ok(Date.now() < end, "it never held");
}

async function until(holds) {
  const end = Date.now() + 20_000;
  while (!holds()) {
    assert.ok(Date.now() < end, "it never held");
    await new Promise(setImmediate);
  }
}

for (const name of ["onLog", "onState", "onRequest", "onResponse"]) {
  test(`an exception of ${name}, also a later one, is a warning, and calls continue`, async (t) => {
    for (const fail of [() => { throw new Error("plain"); }, async () => { throw new Error("later"); }]) {
      let received = 0;
      const warned = once(process, "warning");
      const callback = () => {
        received += 1;
        return fail();
      };
      const { client } = await generic(t, {}, { [name]: callback });
      assert.deepEqual((await echo(client)).structuredContent, { n: 1 });
      const [warning] = await warned;
      assert.equal(warning.name, "OmniMcpWarning");
      assert.match(warning.message, new RegExp(`^${name} failed: Error: (plain|later)`));
      await until(() => received >= 2);
      assert.deepEqual((await echo(client)).structuredContent, { n: 1 });
    }
  });

  test(`${name} may make a call`, async (t) => {
    const calls = [];
    const box = {};
    const callback = () => {
      if (calls.length === 0) calls.push(echo(box.client));
    };
    box.client = (await generic(t, {}, { [name]: callback })).client;
    await box.client.ping();
    await until(() => calls.length === 1);
    assert.deepEqual((await calls[0]).structuredContent, { n: 1 });
  });
}

test("records that onLog does not take in time are dropped and counted", async (t) => {
  const reported = [];
  const onLog = (record) => reported.push(record);
  // More than the events of connecting, so that none is dropped before, however late they are taken.
  const [queued, made] = [16, 20];
  const { client } = await generic(t, {}, { onLog, logLevel: "debug", maxQueuedNotifications: queued });
  await client.ping();
  // All events so far are delivered before those of the next call.
  await new Promise(setImmediate);
  const before = reported.length;
  assert.equal(client.counters.dropped, 0);
  const calls = Array.from({ length: made }, () => echo(client));
  // Each call has two events: of its attempt and of itself.
  const dropped = 2 * made - queued;
  block(() => client.counters.dropped === dropped);
  for (const { structuredContent } of await Promise.all(calls)) assert.deepEqual(structuredContent, { n: 1 });
  await until(() => reported.length === before + queued);
  assert.equal(client.counters.dropped, dropped);
});

test("a slow consumer of progress loses progress, which is counted, and never a result", async (t) => {
  const [sent, queued] = [200, 4];
  const limits = { maxQueuedNotifications: queued, timeoutMs: 500 };
  const { client } = await generic(t, { answer: "sse", progress: sent }, limits);
  const received = [];
  const warned = once(process, "warning");
  const onProgress = ({ progress }) => {
    received.push(progress);
    // One was taken from the queue; others may have been dropped before.
    block(() => client.counters.dropped >= sent - queued - 1);
  };
  assert.deepEqual((await echo(client, { onProgress })).structuredContent, { n: 1 });
  assert.ok(received.length === queued || received.length === queued + 1, `${received}`);
  assert.deepEqual(received, [...received].sort((a, b) => a - b));
  assert.equal(client.counters.dropped, sent - received.length);
  assert.match((await warned)[0].message, new RegExp(`^${sent - received.length} progress notifications were dropped`));
  assert.deepEqual((await echo(client)).structuredContent, { n: 1 });
});

test("a flood of a server's requests is answered up to the limit, and counted beyond", async (t) => {
  const [asked, answered] = [12, 2];
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  const onRoots = () => released.then(() => []);
  const { server, client } = await generic(t, {}, { onRoots, listen: true, maxServerRequests: answered });
  await client.ping();
  assert.ok(await server.wait({ count: "streams", atLeast: 1 }));
  for (let n = 0; n < asked; n += 1) server.push({ id: `asked_${n}`, method: "roots/list" });
  await until(() => client.counters.unanswered === asked - answered);
  assert.deepEqual((await echo(client)).structuredContent, { n: 1 });
  const answers = () => server.ledger().requests.filter(({ body }) => String(body?.id).startsWith("asked_")).length;
  assert.equal(answers(), 0);
  release();
  await until(() => answers() === answered);
  assert.equal(client.counters.unanswered, asked - answered);
  assert.equal(client.counters.failures, 0);
});
