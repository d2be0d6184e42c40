/** Tools of the dev server whose results a function returns. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

async function serve(t, options) {
  const server = await testing.DevServer.start({ profile: "generic", ...options });
  t.after(() => server.close());
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp` });
  t.after(() => client.close());
  return { server, client };
}

const text = (result) => result.content[0].text;

test("functions by name", async (t) => {
  const { server, client } = await serve(t, {
    tools: {
      weather: ({ city }) => {
        if (city !== "Bern") throw new RangeError("no such city");
        return { temperature: 12.5 };
      },
      echo: async (args) => {
        await setImmediate();
        return args.text;
      },
    },
  });
  assert.deepEqual((await client.listTools()).tools.map(({ name }) => name), ["weather", "echo"]);
  assert.deepEqual((await client.callTool("weather", { city: "Bern" })).structuredContent, { temperature: 12.5 });
  const failed = await client.callTool("weather", { city: "Ur" });
  assert.equal(failed.isError, true);
  assert.equal(text(failed), "no such city");
  assert.equal(text(await client.callTool("echo", { text: "é" })), "é");
  assert.deepEqual(server.ledger().executions.map(({ tool }) => tool), ["weather", "weather", "echo"]);
});

test("functions beside data", async (t) => {
  const inputSchema = { type: "object", properties: { city: { type: "string" } } };
  const { client } = await serve(t, {
    tools: [{ name: "fixed", result: "data" }, { name: "weather", inputSchema, handler: (args) => [args] }],
  });
  assert.deepEqual((await client.listTools()).tools[1], { name: "weather", inputSchema });
  assert.equal(text(await client.callTool("fixed")), "data");
  assert.equal(text(await client.callTool("weather", { city: "Bern" })), '[{"city":"Bern"}]');
});

test("a context reports progress", async (t) => {
  const { client } = await serve(t, {
    tools: {
      steps: async (_, context) => {
        context.progress(1, 2, "half");
        await setImmediate();
        context.progress(2);
        return context.tool;
      },
    },
  });
  const steps = [];
  const onProgress = ({ progress, total, message }) => steps.push([progress, total, message]);
  assert.equal(text(await client.callTool("steps", {}, { onProgress })), "steps");
  assert.deepEqual(steps, [[1, 2, "half"], [2, undefined, undefined]]);
  assert.equal(text(await client.callTool("steps")), "steps");
});

test("calls run at the same time", async (t) => {
  let waiting = [];
  const meet = () => new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 2) waiting.forEach((each) => each("met"));
  });
  const { client } = await serve(t, { tools: { meet } });
  assert.deepEqual((await Promise.all([client.callTool("meet"), client.callTool("meet")])).map(text), ["met", "met"]);
});

for (const [what, handler, message] of [
  ["a value that JSON cannot hold", () => 1n, "Do not know how to serialize a BigInt"],
  ["an error without a message", () => { throw new TypeError(); }, "TypeError"],
  ["no error", () => Promise.reject("a string"), "'a string'"],
]) {
  test(`a failure is a result: ${what}`, async (t) => {
    const { client } = await serve(t, { tools: { fails: handler } });
    const failed = await client.callTool("fails");
    assert.equal(failed.isError, true);
    assert.equal(text(failed), message);
  });
}

test("a function without a result returns null", async (t) => {
  const { client } = await serve(t, { tools: { nothing: () => undefined } });
  assert.equal(text(await client.callTool("nothing")), "null");
});

for (const [tools, message] of [
  [[{ name: "a", handler: 3 }], "tools[0].handler: must be a function, got 3"],
  [{ a: "b" }, "tools[0].handler: must be a function, got a string"],
  [[{ name: "a", handler: () => 1, result: 1 }], "tools[0].handler: give no result, results or error with it"],
]) {
  test(`message: ${message}`, async () => {
    await assert.rejects(testing.DevServer.start({ tools }), { name: "TypeError", message: `bad dev server options: ${message}` });
  });
}

test("closing the server does not wait for functions", async () => {
  let begun;
  const running = new Promise((resolve) => { begun = resolve; });
  const server = await testing.DevServer.start({
    profile: "generic",
    tools: {
      blocks: () => {
        begun();
        return new Promise(() => {});
      },
    },
  });
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp`, maxAttempts: 1 });
  const call = assert.rejects(client.callTool("blocks"));
  await running;
  await server.close();
  await call;
  await client.close();
});
