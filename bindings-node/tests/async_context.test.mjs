/** AsyncLocalStorage in callbacks: progress has the context of its call, other callbacks that of the client's creation. */

import assert from "node:assert/strict";
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { test } from "node:test";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

import { run } from "./lib/programs.mjs";

const context = new AsyncLocalStorage();

async function generic(t, server, client) {
  const started = await testing.DevServer.start({ profile: "generic", everything: true, progress: 2, ...server });
  const made = new OmniMcpClient({ profile: "generic", endpoint: `${started.url}/mcp`, ...client });
  t.after(async () => {
    await made.close();
    await started.close();
  });
  return { server: started, client: made };
}

test("onProgress runs in the context of its call, also with concurrent calls", async (t) => {
  const { client } = await generic(t);
  const received = new Map();
  const call = (n) => context.run(n, async () => {
    received.set(n, []);
    await client.callTool("echo", { n }, {
      async onProgress() {
        received.get(n).push(context.getStore());
        await new Promise(setImmediate);
        received.get(n).push(context.getStore());
      },
    });
    assert.equal(context.getStore(), n);
  });
  await Promise.all(Array.from({ length: 20 }, (_, n) => call(n)));
  await new Promise(setImmediate);
  for (const [n, stores] of received) assert.deepEqual(stores, Array.from({ length: 4 }, () => n));
  let outside = "not received";
  await client.callTool("echo", {}, { onProgress() { outside = context.getStore(); } });
  assert.equal(outside, undefined);
});

test("a call made in onProgress has the same context", async (t) => {
  const { client } = await generic(t);
  const inner = [];
  await context.run("outer", () => client.callTool("echo", {}, {
    onProgress: () => client.callTool("echo", {}, { onProgress: () => { inner.push(context.getStore()); } }),
  }));
  while (inner.length < 4) await new Promise(setImmediate);
  assert.deepEqual(new Set(inner), new Set(["outer"]));
});

test("callbacks of a client run in the context of its creation, whichever context a call has", async (t) => {
  const received = {};
  const note = (name, given) => async () => {
    received[name] = context.getStore();
    await Promise.resolve();
    assert.equal(context.getStore(), received[name]);
    return given;
  };
  const { server, client } = await context.run("creation", () => generic(t, { auth: { type: "bearer", token: "tok_1" }, era: "legacy" }, {
    tokenProvider: note("tokenProvider", "tok_1"),
    onNotification: note("onNotification"),
    onLog: note("onLog"),
    onState: note("onState"),
    onRoots: note("onRoots", []),
    onSampling: note("onSampling", { role: "assistant", content: { type: "text", text: "Paris" }, model: "m" }),
    onElicitation: note("onElicitation", { action: "decline" }),
    logLevel: "debug",
  }));
  await context.run("calling", async () => {
    for (const [method, params] of [
      ["roots/list", {}],
      ["sampling/createMessage", { messages: [], maxTokens: 1 }],
      ["elicitation/create", { message: "?", requestedSchema: { type: "object", properties: {} } }],
    ]) {
      await client.callTool("ask", { method, params });
    }
    server.push({ method: "notifications/message", params: { level: "info", data: "x" } });
    while (received.onNotification === undefined) await new Promise(setImmediate);
    assert.equal(context.getStore(), "calling");
  });
  const names = ["tokenProvider", "onNotification", "onLog", "onState", "onRoots", "onSampling", "onElicitation"];
  assert.deepEqual(received, Object.fromEntries(names.map((name) => [name, "creation"])));
});

test("callbacks of a client that was created without a context have none", async (t) => {
  let received = "not received";
  const { client } = await generic(t, {}, { onState: () => { received = context.getStore(); } });
  await context.run("calling", () => client.ping());
  assert.equal(received, undefined);
});

test("enterWith, and a function bound to another context", async (t) => {
  const { client } = await generic(t);
  const bound = context.run("bound", () => AsyncLocalStorage.bind(() => context.getStore()));
  const received = [];
  await context.run(undefined, async () => {
    context.enterWith("entered");
    await client.callTool("echo", {}, { onProgress: () => received.push(context.getStore(), bound()) });
  });
  assert.deepEqual(received, ["entered", "bound", "entered", "bound"]);
});

test("contexts are destroyed when their call or client ends", async (t) => {
  const open = new Map();
  const hook = createHook({
    init: (id, type) => { if (/omni|napi/i.test(type)) open.set(id, type); },
    destroy: (id) => open.delete(id),
  }).enable();
  t.after(() => hook.disable());
  const { client } = await generic(t, {}, { onState: () => {} });
  await client.callTool("echo", {}, { onProgress: () => {} });
  assert.ok(open.size > 0);
  await client.close();
  await client.close();
  for (let time = 0; time < 50 && open.size > 0; time += 1) await new Promise(setImmediate);
  assert.deepEqual([...open.values()], []);
});

test("neither loading nor a refused client leaves a handle open", async () => {
  const { code, out, err } = await run(`
    import { createHook } from "node:async_hooks";
    const open = new Map();
    createHook({ init: (id, type) => open.set(id, type), destroy: (id) => open.delete(id) }).enable();
    const ours = () => [...open.values()].filter((type) => /omni|napi/i.test(type)).length;
    const { OmniMcpClient, connect, testing } = await import("@omni/omni-mcp-js");
    console.log(ours(), process.getActiveResourcesInfo().filter((name) => /napi|omni/i.test(name)).length);
    const cyclic = {};
    cyclic.self = cyclic;
    for (const options of [{ nonsense: 1 }, { onState: 5 }, { headers: cyclic }]) {
      try { new OmniMcpClient({ onLog() {}, ...options }); console.log("accepted"); } catch { /* refused */ }
    }
    await connect({ name: 1n }, { onLog() {} }).then(() => console.log("accepted"), () => {});
    for (let time = 0; time < 50 && ours() > 0; time += 1) await new Promise(setImmediate);
    console.log(ours());
    const server = await testing.DevServer.start();
    for (let round = 0; round < 3; round += 1) {
      const client = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
      await client.ping();
      await client.close();
      console.log(await client.ping().catch((error) => error.kind), client.state, client.counters.calls);
    }
    await server.close();
    for (let time = 0; time < 50 && ours() > 0; time += 1) await new Promise(setImmediate);
    console.log(ours());
  `);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  assert.equal(out, "0 0\n0\nclosed closed 1\nclosed closed 1\nclosed closed 1\n0\n");
});
