// What is retried, what is not, and the facts of an error.

import { OmniMcpClient, OmniMcpError, testing } from "@omni/omni-mcp-js";

const server = process.env.OMNI_API_KEY ? undefined : await testing.DevServer.start();
const client = new OmniMcpClient({ backoffInitialMs: 1, ...(server && { apiKey: server.apiKey, baseUrl: server.url }) });
if (server) await retries();
await errors();
if (server) console.log(`executed: ${server.ledger().executions.length}`);
await client.close();
await server?.close();

async function retries() {
  faultOnce({ kind: "status", status: 503 });
  const { metadata: unavailable } = await client.withMetadata.callTool("fred.search", { q: "inflation" });
  console.log(`after a 503: ${unavailable.attempts} attempts, replayed ${unavailable.replayed}`);

  faultOnce({ kind: "reset", when: "after_execution" });
  const { metadata: lost } = await client.withMetadata.callTool("fred.search", { q: "inflation" });
  console.log(`after a lost connection: ${lost.attempts} attempts, replayed ${lost.replayed}`);

  faultOnce({ kind: "omni_error", omniCode: "rate_limit_exceeded", retryAfter: 600 });
  const limited = await errorOf(search());
  console.log(`rate limited: ${summary(limited)}, retry after ${Math.trunc(limited.retryAfter ?? 0)} s`);
}

async function errors() {
  const wrong = await errorOf(client.callTool("fred.search", {}));
  console.log(`wrong arguments: ${summary(wrong)}, service code ${wrong.serviceCode}`);
  const unknown = await errorOf(client.callTool("fred.nothing", {}));
  console.log(`unknown tool: ${summary(unknown)}, service code ${unknown.serviceCode}`);
  const bad = await errorOf(search({ timeoutMs: -1 }));
  console.log(`bad option: ${bad.kind} ${bad.code}: ${bad.message}`);
}

/** @param {import("@omni/omni-mcp-js").CallOptions} [options] */
function search(options) {
  return client.callTool("fred.search", { q: "inflation" }, options);
}

/**
 * The dev server causes `fault` at the next `tools/call`.
 *
 * @param {testing.Fault} fault
 */
function faultOnce(fault) {
  server?.clearScript();
  server?.script({ on: { method: "tools/call" }, times: 1, fault });
}

/** @param {Promise<unknown>} call */
async function errorOf(call) {
  try {
    await call;
  } catch (error) {
    if (error instanceof OmniMcpError) return error;
    throw error;
  }
  throw new Error("the call did not fail");
}

/** @param {OmniMcpError} error */
function summary({ kind, code, delivery }) {
  return `${kind} ${code} ${delivery}`;
}
