// Jest: variables that a test sets, fake timers, contexts, and no open handles once the clients are closed

import assert from "node:assert/strict";

import { bin, project, run } from "./_common.mjs";

const TEST = `
  const { AsyncLocalStorage } = require("node:async_hooks");
  const { OmniMcpClient, OmniMcpError, testing } = require("@omni/omni-mcp-js");

  let server;
  beforeAll(async () => { server = await testing.DevServer.start({ progress: 2 }); });
  afterAll(() => server.close());
  afterEach(() => { jest.useRealTimers(); delete process.env.OMNI_API_KEY; delete process.env.OMNI_CLIENT_API_BASE_URL; });

  async function query(options) {
    const client = new OmniMcpClient(options);
    try {
      return (await client.callTool("fred.search", { q: "inflation" })).structuredContent.query;
    } finally {
      await client.close();
    }
  }

  test("a variable that a test sets counts in that test", async () => {
    expect(() => new OmniMcpClient()).toThrow(OmniMcpError);
    process.env.OMNI_API_KEY = server.apiKey;
    process.env.OMNI_CLIENT_API_BASE_URL = server.url;
    expect(await query()).toBe("inflation");
  });

  test("and not in the next one", () => {
    expect(() => new OmniMcpClient()).toThrow(expect.objectContaining({ code: "missing_option", field: "api_key" }));
  });

  test.each([{}, { legacyFakeTimers: true }, { advanceTimers: true }])("fake timers %p change nothing", async (timers) => {
    jest.useFakeTimers(timers);
    expect(await query({ apiKey: server.apiKey, baseUrl: server.url })).toBe("inflation");
    const lost = new OmniMcpClient({ apiKey: "k", baseUrl: "http://127.0.0.1:9", maxAttempts: 2, backoffInitialMs: 1 });
    await expect(lost.ping()).rejects.toMatchObject({ kind: "connection", delivery: "not_sent", attempts: 2 });
    await lost.close();
  });

  test("contexts, progress and an abort", async () => {
    const context = new AsyncLocalStorage();
    const received = [];
    const client = context.run("making", () => new OmniMcpClient({
      apiKey: server.apiKey, baseUrl: server.url, onState: () => { received.push(context.getStore()); },
    }));
    await context.run("calling", () => client.callTool("fred.search", { q: "a" }, { onProgress: () => { received.push(context.getStore()); } }));
    expect(new Set(received)).toEqual(new Set(["making", "calling"]));
    const call = client.callTool("fred.search", { q: "b" }, { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: "AbortError", kind: "cancelled", delivery: "not_sent" });
    await client.close();
  });

  test("errors compare and are matched by their facts", async () => {
    const client = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
    const error = await client.callTool("fred.search", {}).catch((failure) => failure);
    expect(error).toBeInstanceOf(OmniMcpError);
    expect(OmniMcpError.fromJSON(JSON.parse(JSON.stringify(error)))).toEqual(error);
    expect(new OmniMcpError()).toMatchObject({ delivery: "maybe_executed" });
    await client.close();
  });
`;
const folder = project({ "a.test.js": TEST, "b.test.js": TEST, "jest.config.js": "module.exports = { testEnvironment: 'node' };" });

for (const args of [["--detectOpenHandles"], ["--detectOpenHandles", "--runInBand"], ["--workerThreads", "--maxWorkers=2"], ["--maxWorkers=2"]]) {
  const { code, out, err } = await run(process.execPath, [bin("jest"), "--rootDir", folder, ...args], { cwd: folder });
  const shown = `${args.join(" ")}\n${out}\n${err}`;
  assert.equal(code, 0, shown);
  assert.match(err, /Tests: +14 passed, 14 total/, shown);
  assert.doesNotMatch(`${out}${err}`, /open handle|did not exit|force exited|Cannot log after/i, shown);
}
