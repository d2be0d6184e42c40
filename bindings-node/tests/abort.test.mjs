/** Cancelling by AbortSignal. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { CallCancelledError, OmniMcpError } from "@omni/omni-mcp-js";

import { failureOf, onToolCall, served } from "./lib/served.mjs";

const search = (client, options) => client.callTool("fred.search", { q: "inflation" }, options);

for (const event of ["unhandledRejection", "uncaughtException", "warning"]) {
  process.on(event, (what) => {
    assert.fail(`${event}: ${what}`);
  });
}

test("before a call: nothing is sent", async (t) => {
  const { server, client } = await served(t);
  const reason = new Error("never mind");
  const error = await failureOf(search(client, { signal: AbortSignal.abort(reason) }));
  assert.ok(error instanceof CallCancelledError);
  assert.equal(error.name, "AbortError");
  assert.equal(error.kind, "cancelled");
  assert.equal(error.delivery, "not_sent");
  assert.equal(error.attempts, 0);
  assert.equal(error.cause, reason);
  assert.equal(server.ledger().requestCount, 0);
});

test("during a call: it rejects at once, and its connection is closed", async (t) => {
  const { server, client } = await served(t, { server: { faults: [onToolCall({ kind: "hang", when: "after_execution" }, { nth: [1] })] } });
  const controller = new AbortController();
  const call = failureOf(search(client, { signal: controller.signal, idempotencyKey: "idem_abort" }));
  assert.ok(await server.wait({ count: "executions", atLeast: 1 }));
  controller.abort();
  const error = await call;
  assert.ok(error instanceof CallCancelledError);
  assert.equal(error.delivery, "maybe_executed");
  assert.equal(error.idempotencyKey, "idem_abort");
  assert.equal(error.cause.name, "AbortError");
  assert.ok(await server.wait({ count: "disconnects", atLeast: 1 }));
  // The client can still be used.
  const { structuredContent } = await search(client);
  assert.equal(structuredContent.query, "inflation");
});

test("during a wait between attempts", async (t) => {
  const { server, client } = await served(t, {
    server: { faults: [onToolCall({ kind: "status", status: 503, headers: { "Retry-After": "60" } })] },
  });
  const controller = new AbortController();
  const call = failureOf(search(client, { signal: controller.signal }));
  assert.ok(await server.wait({ count: "answers", atLeast: 1, method: "tools/call" }));
  controller.abort("enough");
  const error = await call;
  assert.equal(error.kind, "cancelled");
  assert.equal(error.cause, "enough");
});

test("after a call: nothing happens, and no listener remains", async (t) => {
  const { client } = await served(t);
  const controller = new AbortController();
  await search(client, { signal: controller.signal });
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  controller.abort();
  await client.ping();
});

test("the user's onabort stays, and one signal serves many calls", async (t) => {
  const { server, client } = await served(t, { server: { faults: [onToolCall({ kind: "hang" })] } });
  const controller = new AbortController();
  let received = 0;
  controller.signal.onabort = () => (received += 1);
  const calls = Array.from({ length: 30 }, () => failureOf(search(client, { signal: controller.signal })));
  assert.ok(await server.wait({ count: "requests", atLeast: 30, method: "tools/call" }));
  controller.abort();
  const errors = await Promise.all(calls);
  assert.ok(errors.every((error) => error instanceof CallCancelledError));
  assert.equal(received, 1);
  assert.ok(await server.wait({ count: "disconnects", atLeast: 30 }));
});

test("AbortSignal.timeout ends a call by the name of fetch", async (t) => {
  const { client } = await served(t, { server: { faults: [onToolCall({ kind: "hang" })] } });
  const error = await failureOf(search(client, { signal: AbortSignal.timeout(50) }));
  assert.ok(error instanceof CallCancelledError);
  assert.equal(error.name, "TimeoutError");
  assert.match(error.stack, /^TimeoutError: /);
  assert.equal(error.cause.name, "TimeoutError");
  for (const copy of [error.toJSON(), structuredClone(error)]) assert.ok(OmniMcpError.fromJSON(copy) instanceof CallCancelledError);
});

test("a value that is not a signal is refused", async (t) => {
  const { server, client } = await served(t);
  for (const signal of [{}, 0, false, "text"]) {
    const error = await failureOf(search(client, { signal }));
    assert.deepEqual([error.kind, error.code, error.field], ["config", "invalid_option", "signal"]);
  }
  assert.equal(server.ledger().requestCount, 0);
});
