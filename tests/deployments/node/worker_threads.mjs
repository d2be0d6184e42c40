// Worker threads with an installed package: separate environments, errors between threads, and an end during calls

import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { OmniMcpError, testing } from "@omni/omni-mcp-js";

const server = await testing.DevServer.start({ keys: [{ key: "omni_test_parent" }, { key: "omni_test_worker" }] });
process.env.OMNI_API_KEY = "omni_test_parent";
process.env.OMNI_CLIENT_API_BASE_URL = server.url;

const WORK = `
  import { parentPort } from "node:worker_threads";
  import { OmniMcpClient } from "@omni/omni-mcp-js";
  try {
    const client = new OmniMcpClient();
    const { structuredContent } = await client.callTool("fred.search", { q: "inflation" });
    await client.callTool("fred.search", {}).catch((error) => parentPort.postMessage({ query: structuredContent.query, error: error.toJSON() }));
    if (process.env.FOREVER) for (;;) await client.callTool("fred.search", { q: "again" });
    await client.close();
  } catch (error) { parentPort.postMessage({ error: error.toJSON() }); }
`;
const started = (env) => new Worker(new URL(`data:text/javascript,${encodeURIComponent(WORK.replaceAll('"@omni/omni-mcp-js"', `"${import.meta.resolve("@omni/omni-mcp-js")}"`))}`), { env });
const runWorker = async (env) => {
  const worker = started(env);
  const [{ query, error }] = await once(worker, "message");
  if (env?.FOREVER) await worker.terminate();
  else await once(worker, "exit");
  return [query, OmniMcpError.fromJSON(error)];
};

for (const [env, query, code] of [
  [undefined, "inflation", "invalid_params"],
  [{ OMNI_API_KEY: "omni_test_worker", OMNI_CLIENT_API_BASE_URL: server.url }, "inflation", "invalid_params"],
  [{ OMNI_API_KEY: "omni_test_worker", OMNI_CLIENT_API_BASE_URL: server.url, FOREVER: "1" }, "inflation", "invalid_params"],
  [{}, undefined, "missing_option"],
  [{ OMNI_CLIENT_API_BASE_URL: server.url }, undefined, "missing_option"],
]) {
  const [given, error] = await runWorker(env);
  assert.deepEqual([given, error.code], [query, code], JSON.stringify(env));
  assert.ok(error instanceof OmniMcpError && error.delivery !== "maybe_executed");
}
const count = (key) => server.ledger().requests.filter(({ headers, rpcMethod }) => headers.authorization === `Bearer ${key}` && rpcMethod === "initialize").length;
assert.deepEqual([count("omni_test_parent"), count("omni_test_worker")], [1, 2]);
await server.close();
