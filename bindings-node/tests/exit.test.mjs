/** Ends of processes: the package leaves no unhandled exception or rejection. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { OPEN, run } from "./lib/programs.mjs";
import { program } from "./lib/case_client.mjs";

const STRICT = { flags: ["--unhandled-rejections=strict", "--trace-warnings", "--expose-gc"] };
const HANG = `server.script({ on: { method: "tools/call" }, fault: { kind: "hang" } });`;
const SEARCH = `"fred.search", { q: "inflation" }`;
const sent = (count) => `await server.wait({ count: "requests", atLeast: ${count}, method: "tools/call" });`;

/** Programs, by name. */
const ENDS = {
  "process.exit in a progress callback": [`
    const received = await testing.DevServer.start({ progress: 2 });
    const own = new OmniMcpClient({ apiKey: received.apiKey, baseUrl: received.url });
    await own.callTool(${SEARCH}, { onProgress: () => process.exit(3) });
  `, 3, ""],
  "process.exit in a function of the client's": [`
    const asking = await testing.DevServer.start({ profile: "generic", auth: { type: "bearer", token: "tok_1" } });
    await new OmniMcpClient({ profile: "generic", endpoint: asking.url + "/mcp", tokenProvider: () => process.exit(3) }).ping();
  `, 3, ""],
  "process.exit during aborts and closes": [`${HANG}
    const controller = new AbortController();
    for (let i = 0; i < 20; i += 1) client.callTool(${SEARCH}, { signal: controller.signal });
    ${sent(20)}
    controller.abort();
    client.close();
    process.exit(5);
  `, 5, ""],
  "process.exit while a server is waited for": [`
    server.wait({ count: "requests", atLeast: 1 });
    process.exit(6);
  `, 6, ""],
  "process.exit during a call to a child process": [`
    const own = new OmniMcpClient({ profile: "generic", command: ${JSON.stringify(program)}, args: ["--stdio"] });
    await own.ping();
    own.callTool("slow", { ms: 60_000 });
    process.exit(7);
  `, 7, ""],
  "beforeExit comes once calls have settled, and more may be made": [`
    let times = 0;
    process.on("beforeExit", async () => {
      times += 1;
      if (times > 2) return;
      await client.callTool(${SEARCH});
      console.log("called", times);
    });
    client.callTool(${SEARCH}).then(() => console.log("first"));
  `, 0, "first\ncalled 1\ncalled 2\n"],
  "a client that was never used": [``, 0, ""],
  "a client that was closed during calls": [`${HANG}
    const calls = Array.from({ length: 5 }, () => client.callTool(${SEARCH}, { timeoutMs: 300, maxAttempts: 1 }).catch((error) => error.kind));
    ${sent(5)}
    await client.close();
    console.log(String(await Promise.all(calls)));
    console.log(await client.ping().catch((error) => error.kind));
  `, 0, "timeout,timeout,timeout,timeout,timeout\nclosed\n"],
  "a process that a signal stops during calls": [`${HANG}
    process.on("SIGTERM", async () => { await client.close(); process.exit(8); });
    for (let i = 0; i < 5; i += 1) client.callTool(${SEARCH}).catch(() => {});
    ${sent(5)}
    process.kill(process.pid, "SIGTERM");
  `, 8, ""],
};

for (const [name, [source, code, out]] of Object.entries(ENDS)) {
  test(name, async () => {
    assert.deepEqual(await run(OPEN + source, STRICT), { code, signal: null, out, err: "" });
  });
}

const LISTENED = `
  process.on("unhandledRejection", (reason) => console.log("unhandled", reason));
  process.on("warning", (warning) => console.log(String(warning).split("\\n")[0]));
`;

test("only rejections that the program does not handle are unhandled", async () => {
  const { code, out, err } = await run(`${OPEN}${LISTENED}
    const caught = [];
    const keep = (promise) => promise.catch((error) => caught.push(error.kind));
    // Before, during and after; by one signal and by many; twice.
    ${HANG}
    const controller = new AbortController();
    keep(client.callTool(${SEARCH}, { signal: AbortSignal.abort() }));
    for (let i = 0; i < 20; i += 1) keep(client.callTool(${SEARCH}, { signal: controller.signal }));
    ${sent(20)}
    controller.abort();
    controller.abort();
    while (caught.length < 21) await new Promise(setImmediate);
    server.clearScript();
    const late = new AbortController();
    await client.callTool(${SEARCH}, { signal: late.signal });
    late.abort();
    // Refused before they begin, and lists that are not read on.
    keep(client.callTool(${SEARCH}, { timeoutMs: -1 }));
    keep(client.callTool("fred.search", { q: NaN }));
    const unread = client.iterTools();
    const left = client.iterTools();
    await left.next();
    await left.return();
    keep(client.iterTools({ timeoutMs: -1 }).next());
    await client.close();
    keep(client.ping());
    keep(unread.next());
    // Calls that are not awaited and succeed.
    const other = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
    other.ping();
    await other.connect();
    // Counted at the end: a call that is not sent before its client is closed is refused.
    while (other.counters.attempts < 1) await new Promise(setImmediate);
    other.close();
    for (let i = 0; i < 20; i += 1) { gc(); await new Promise(setImmediate); }
    console.log(caught.length, [...new Set(caught)].sort().join());
  `, STRICT);
  assert.deepEqual({ code, out, err }, { code: 0, out: "26 cancelled,closed,config\n", err: "" });
});

test("a rejection that the program leaves unhandled is the call's own error, once", async () => {
  const { code, out } = await run(`${OPEN}
    process.on("unhandledRejection", (reason) => console.log(reason.kind));
    client.ping({ timeoutMs: -1 });
    client.callTool("fred.search", 5);
  `);
  assert.deepEqual({ code, out }, { code: 0, out: "config\nconfig\n" });
});

test("callbacks that throw and reject are warnings, and nothing else", async () => {
  const { code, out } = await run(`${LISTENED}
    import { OmniMcpClient, testing } from "@omni/omni-mcp-js";
    const server = await testing.DevServer.start({ progress: 1 });
    const client = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
    for (const onProgress of [() => { throw new Error("now"); }, async () => { throw new Error("later"); }, () => Promise.reject()]) {
      await client.callTool("fred.search", { q: "inflation" }, { onProgress });
    }
    await new Promise(setImmediate);
  `, { flags: ["--unhandled-rejections=strict"] });
  const warning = "OmniMcpWarning: onProgress failed:";
  assert.deepEqual({ code, out }, { code: 0, out: `${warning} Error: now\n${warning} Error: later\n${warning} undefined\n` });
});

test("calls of an unreferenced client are answered", async () => {
  const { code, out, err } = await run(`${OPEN}
    server.script({ on: { method: "tools/call" }, fault: { kind: "delay", ms: 100 } });
    const calls = Array.from({ length: 10 }, () => {
      const short = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
      return short.callTool(${SEARCH});
    });
    const collected = setInterval(gc, 1);
    const results = await Promise.all(calls);
    clearInterval(collected);
    console.log(results.every(({ structuredContent }) => structuredContent.query === "inflation"));
    for (let i = 0; i < 50; i += 1) { gc(); await new Promise(setImmediate); }
    console.log(await server.wait({ count: "open_connections", atMost: 1 }));
  `, STRICT);
  assert.deepEqual({ code, out, err }, { code: 0, out: "true\ntrue\n", err: "" });
});

test("aborts by the thousand leave no listener, and no warning of a leak", async () => {
  const { code, out, err } = await run(`${OPEN}${LISTENED}
    import { getEventListeners } from "node:events";
    const controller = new AbortController();
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => client.callTool(${SEARCH}, { signal: controller.signal })));
    }
    console.log(getEventListeners(controller.signal, "abort").length);
  `, STRICT);
  assert.deepEqual({ code, out, err }, { code: 0, out: "0\n", err: "" });
});
