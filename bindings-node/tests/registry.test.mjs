/** Registries and records, as far as the language matters. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { connect, looksLikeError, registry, testing, textOf } from "@omni/omni-mcp-js";

import { failureOf } from "./lib/served.mjs";

const SECRET = "canary_secret_1";
const record = (url) => ({ name: "Weather", transport: "streamable-http", url, headers: { "x-key": SECRET }, colour: "blue" });

async function sema4(t, options) {
  const server = await testing.DevServer.start({ profile: "sema4", ...options });
  const client = new registry.Sema4Registry({ apiKey: server.apiKey, baseUrl: server.url, tenant: "t1" });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  return { server, client };
}

test("a record shows no secret and loses nothing", async (t) => {
  const { client } = await sema4(t);
  const created = await client.create(record("https://example.com/mcp"));
  const { data: [listed] } = await client.listPage();
  const [iterated] = await Array.fromAsync?.(client.list()) ?? [listed];
  for (const one of [created, await client.get(created.id), listed, iterated]) {
    assert.doesNotMatch(inspect(one), /canary/);
    assert.doesNotMatch(inspect({ deep: [one] }, { depth: 9 }), /canary/);
    assert.match(inspect(one), /blue/);
    assert.equal(JSON.parse(JSON.stringify(one)).headers["x-key"], SECRET);
    assert.deepEqual(Object.keys(one), Object.keys(structuredClone(one)));
  }
  assert.doesNotMatch(inspect(client, { showHidden: true, depth: 9 }), new RegExp("sema4_test"));
});

test("a list fetches its pages as they are needed", async (t) => {
  const servers = Array.from({ length: 5 }, (_, n) => ({ name: `s${n}`, transport: "sse", url: "https://example.com/sse" }));
  const { server, client } = await sema4(t, { servers });
  const names = [];
  for await (const { name } of client.list({ limit: 2 })) {
    names.push(name);
    if (names.length === 3) break;
  }
  assert.deepEqual(names, ["s0", "s1", "s2"]);
  assert.equal(server.ledger().requests.length, 2);
});

test("a call of a registry can be cancelled", async (t) => {
  const { client } = await sema4(t, { faults: [{ fault: { kind: "hang" } }] });
  const controller = new AbortController();
  const calls = [client.get("x", { signal: controller.signal }), client.list({}, { signal: controller.signal }).next()].map(failureOf);
  controller.abort();
  for (const error of await Promise.all(calls)) assert.equal(error.kind, "cancelled");
});

test("fifty calls of a serial record run one at a time, and others at once", async (t) => {
  const server = await testing.DevServer.start({ profile: "generic" });
  t.after(() => server.close());
  for (const serial of [true, false]) {
    server.resetLedger();
    const client = await connect({ ...record(`${server.url}/mcp`), force_serial_tool_calls: serial });
    await Promise.all(Array.from({ length: 50 }, (_, n) => client.callTool("slow", { ms: 2, n })));
    await client.close();
    const { executions, maxConcurrentExecutions } = server.ledger();
    assert.equal(executions.length, 50);
    if (serial) assert.deepEqual(executions.map((execution) => execution.arguments.n), Array.from({ length: 50 }, (_, n) => n));
    assert.ok(serial ? maxConcurrentExecutions === 1 : maxConcurrentExecutions >= 2, String(maxConcurrentExecutions));
  }
});

test("a record that cannot be connected leaves nothing open", async () => {
  const error = await failureOf(connect({ name: "a", command: "omni-mcp-no-such-program" }));
  assert.equal(error.code, "process_not_started");
  assert.equal((await failureOf(connect({ name: "a" }))).field, "url");
  assert.equal((await failureOf(connect(undefined))).kind, "config");
});

test("a failure without isError is recognised by its text", () => {
  assert.equal(looksLikeError({ content: [{ type: "text", text: "Error: no" }] }), true);
  assert.equal(looksLikeError({ content: [{ type: "text", text: "Error: no" }], isError: true }), false);
  assert.equal(looksLikeError({}), false);
});

test("the text of a result is that of its text blocks", () => {
  const image = { type: "image", data: "", mimeType: "image/png" };
  assert.equal(textOf({ content: [{ type: "text", text: "a" }, image, { type: "text", text: "b" }] }), "a\nb");
  assert.equal(textOf({ content: [image] }), "");
});
