/** Start and end of clients, of the process and of its threads. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { ClientClosedError, OmniMcpClient, testing } from "@omni/omni-mcp-js";

import { OPEN, run } from "./lib/programs.mjs";
import { failureOf, onToolCall, served } from "./lib/served.mjs";

test("an idle client and a running server let the process end", async () => {
  const began = performance.now();
  const { code, out, err } = await run(`${OPEN} await client.ping(); console.log("done");`);
  assert.deepEqual({ code, out, err }, { code: 0, out: "done\n", err: "" });
  assert.ok(performance.now() - began < 10_000);
});

test("a call in flight keeps the process alive until it settles", async () => {
  const { code, out } = await run(`${OPEN}
    server.script({ on: { method: "tools/call" }, fault: { kind: "delay", ms: 300 } });
    client.callTool("fred.search", { q: "inflation" }).then((result) => console.log(result.structuredContent.query));
  `);
  assert.deepEqual({ code, out }, { code: 0, out: "inflation\n" });
});

test("a process may end in the middle of a call", async () => {
  const { code, signal, err } = await run(`${OPEN}
    server.script({ on: { method: "tools/call" }, fault: { kind: "hang" } });
    for (let i = 0; i < 20; i += 1) client.callTool("fred.search", { q: "inflation" });
    await server.wait({ count: "requests", atLeast: 20, method: "tools/call" });
    process.exit(7);
  `);
  assert.deepEqual({ code, signal, err }, { code: 7, signal: null, err: "" });
});

test("a thread may end in the middle of its calls, again and again", async (t) => {
  const { server } = await served(t, { server: { faults: [onToolCall({ kind: "hang" })] } });
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    const { OmniMcpClient } = require("@omni/omni-mcp-js");
    const client = new OmniMcpClient(workerData);
    for (let i = 0; i < 10; i += 1) client.callTool("fred.search", { q: "inflation" }).catch(() => {});
  `;
  for (let round = 1; round <= 5; round += 1) {
    const worker = new Worker(program, { eval: true, workerData: { apiKey: server.apiKey, baseUrl: server.url } });
    assert.ok(await server.wait({ count: "requests", atLeast: 10 * round, method: "tools/call" }));
    await worker.terminate();
    assert.ok(await server.wait({ count: "disconnects", atLeast: 10 * round }), `round ${round}`);
  }
});

test("threads may end while answers arrive", async (t) => {
  const { server } = await served(t);
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    const { OmniMcpClient } = require("@omni/omni-mcp-js");
    const client = new OmniMcpClient(workerData);
    const again = () => client.callTool("fred.search", { q: "inflation" }).then(again, () => {});
    for (let i = 0; i < 8; i += 1) again();
  `;
  for (let round = 1; round <= 5; round += 1) {
    const worker = new Worker(program, { eval: true, workerData: { apiKey: server.apiKey, baseUrl: server.url } });
    assert.ok(await server.wait({ count: "executions", atLeast: server.ledger().executionCount + 50 }));
    await worker.terminate();
  }
});

for (const answer of ["json", "sse"]) {
  test(`twenty calls one after the other use one connection (${answer})`, async (t) => {
    const { server, client } = await served(t, { server: { answer } });
    for (let i = 0; i < 20; i += 1) await client.callTool("fred.search", { q: "inflation" });
    assert.equal(server.ledger().connections, 1);
  });
}

test("close may be called again, and ends the use of the client", async (t) => {
  const { server, client } = await served(t);
  await client.ping();
  await Promise.all([client.close(), client.close()]);
  await client.close();
  const error = await failureOf(client.ping());
  assert.ok(error instanceof ClientClosedError);
  assert.equal(error.delivery, "not_sent");
  assert.equal(server.ledger().requests.filter((request) => request.httpMethod === "DELETE").length, 1);
});

const GENERIC = `
  import { OmniMcpClient, testing } from "@omni/omni-mcp-js";
  const server = await testing.DevServer.start({ profile: "generic", everything: true, era: "modern", toolsPageSize: 1 });
`;

test("an iterator that is left early requests no further page, and the process ends", async () => {
  const { code, out, err } = await run(`${GENERIC}
    const client = new OmniMcpClient({ profile: "generic", endpoint: server.url + "/mcp" });
    for await (const { name } of client.iterTools()) { console.log(typeof name); break; }
    const items = client.iterPrompts();
    await items.next();
    // Left without closing it, and closed while it waits.
    const pages = client.iterResources({ timeoutMs: 5000 });
    await pages.next();
    const more = pages.next();
    await pages.return();
    await more;
    const count = (method) => server.ledger().requests.filter(({ rpcMethod }) => rpcMethod === method).length;
    console.log(count("tools/list"), count("prompts/list"), count("resources/list") <= 2);
    await client.close();
    console.log(await items.next().then(() => "went on", (error) => error.kind));
  `);
  assert.deepEqual({ code, out, err }, { code: 0, out: "string\n1 1 true\nclosed\n", err: "" });
});

test("callbacks for requests of the server let the process end", async () => {
  const { code, out, err } = await run(`${GENERIC}
    const client = new OmniMcpClient({
      profile: "generic", endpoint: server.url + "/mcp", onRoots: () => [], onNotification: () => {},
      onElicitation: () => new Promise((resolve) => setTimeout(resolve, 50, { action: "decline" })),
    });
    const { structuredContent } = await client.callTool("ask", {
      method: "elicitation/create", params: { message: "?", requestedSchema: { type: "object", properties: {} } },
    });
    console.log(structuredContent.answer.action);
  `);
  assert.deepEqual({ code, out, err }, { code: 0, out: "decline\n", err: "" });
});

test("an unreferenced client is freed", async () => {
  const { code, out } = await run(`
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    ${OPEN}
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc");
    const gone = [];
    const registry = new FinalizationRegistry((name) => gone.push(name));
    for (let i = 0; i < 10; i += 1) {
      await (async () => {
        const box = {};
        const short = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url, onNotification: () => box.short });
        box.short = short;
        registry.register(short, i);
        await short.ping();
      })();
    }
    for (let i = 0; i < 50 && gone.length < 10; i += 1) { gc(); await new Promise(setImmediate); }
    const ended = () => server.ledger().requests.filter(({ httpMethod }) => httpMethod === "DELETE").length;
    const end = Date.now() + 5000;
    while (ended() < 9 && Date.now() < end) { gc(); await new Promise(setImmediate); }
    await server.wait({ count: "open_connections", atMost: 0 });
    // Their sessions end as if they had been closed.
    console.log(gone.length >= 9, ended() >= 9, server.ledger().openConnections <= 1);
  `);
  assert.deepEqual({ code, out }, { code: 0, out: "true true true\n" });
});

test("a server can be scripted, watched and closed", async () => {
  const server = await testing.DevServer.start({ toolsPageSize: 1 });
  const client = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url, backoffInitialMs: 1 });
  assert.ok((await client.listToolsPage()).nextCursor);
  server.script(onToolCall({ kind: "omni_error", omniCode: "rate_limit_exceeded", retryAfter: 600 }));
  assert.equal((await failureOf(client.callTool("fred.search", { q: "inflation" }))).retryAfter, 600);
  server.clearScript();
  await client.callTool("fred.search", { q: "inflation" });
  assert.equal(server.ledger().executions[0].tool, "fred.search");
  assert.equal(server.ledger().requests.at(-1).rpcMethod, "tools/call");
  server.resetLedger();
  assert.equal(server.ledger().executionCount, 0);
  assert.equal(await server.wait({ count: "executions", atLeast: 1, timeoutMs: 1 }), false);
  await assert.rejects(server.wait({ count: "executions" }), TypeError);
  await assert.rejects(testing.DevServer.start({ nonsense: 1 }), TypeError);
  assert.throws(() => server.script({ fault: { kind: "nonsense" } }), TypeError);
  await client.close();
  await server.close();
  await server.close();
});

test("a tool that is left out causes a warning", async () => {
  const server = await testing.DevServer.start({ profile: "generic", era: "modern", everything: true });
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp` });
  const warned = once(process, "warning");
  await client.listTools();
  const [warning] = await warned;
  assert.equal(warning.name, "OmniMcpWarning");
  assert.match(warning.message, /^the tool mirrored_wrongly was left out/);
  await client.close();
  await server.close();
});
