// Tests of the agent, without a network: with tools of its own, with faults, and with a recorded session.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

import { describe } from "./agent.mjs";

const SESSION = fileURLToPath(new URL("../session.json", import.meta.url));

/** @type {Record<string, testing.ToolHandler>} */
const TOOLS = {
  "fred.search": ({ q }) => {
    if (q === "broken") throw new Error("the index is being rebuilt");
    return { results: q === "prices" ? [{ series_id: "CPI", title: "Consumer prices" }] : [] };
  },
  "fred.series": async ({ series_id }, context) => {
    context.progress(1, 1, `read ${series_id}`);
    return { observations: [{ date: "2026-01-01", value: 1.5 }] };
  },
};

/**
 * @param {import("node:test").TestContext} t
 * @param {testing.DevServerOptions} options
 */
async function start(t, options, apiKey = "omni_test_devserver_0001") {
  const server = await testing.DevServer.start(options);
  const client = new OmniMcpClient({ apiKey, baseUrl: server.url, backoffInitialMs: 1 });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  return { server, client };
}

test("tools of its own", async (t) => {
  const { server, client } = await start(t, { tools: TOOLS });
  assert.equal(await describe(client, "prices"), "Consumer prices: 1.5 (2026-01-01)");
  assert.equal(await describe(client, "weather"), "nothing about weather");
  assert.equal(await describe(client, "broken"), "the search failed: the index is being rebuilt");
  const calls = server.ledger().executions.map(({ tool, arguments: args }) => [tool, args]);
  assert.deepEqual(calls[1], ["fred.series", { series_id: "CPI", limit: 1 }]);
});

test("a lost response is not executed twice", async (t) => {
  const { server, client } = await start(t, { tools: TOOLS });
  server.script({ on: { tool: "fred.search" }, nth: [1], fault: { kind: "reset", when: "after_execution" } });
  assert.equal(await describe(client, "prices"), "Consumer prices: 1.5 (2026-01-01)");
  const { executions, requests } = server.ledger();
  assert.deepEqual(executions.map(({ tool }) => tool), ["fred.search", "fred.series"]);
  const searches = requests.filter(({ tool }) => tool === "fred.search");
  assert.deepEqual(searches.map(({ replayed }) => replayed), [false, true]);
});

test("an outage is described", async (t) => {
  const { server, client } = await start(t, { tools: TOOLS });
  server.script({ on: { method: "tools/call" }, fault: { kind: "status", status: 503 } });
  assert.equal(await describe(client, "prices"), "not available (server_unavailable)");
  assert.deepEqual(server.ledger().executions, []);
});

test("a recorded session", async (t) => {
  // RECORD_FROM=https://… records the session again.
  const upstream = process.env.RECORD_FROM;
  const options = upstream ? { record: SESSION, upstream } : { replay: SESSION };
  const { client } = await start(t, options, process.env.OMNI_API_KEY ?? "omni_test_any_key");
  const prices = "Consumer Price Index for All Urban Consumers: All Items in U.S. City Average: 236.2 (2015-01-01)";
  assert.equal(await describe(client, "inflation"), prices);
  assert.equal(await describe(client, "unicorns"), "nothing about unicorns");
});
