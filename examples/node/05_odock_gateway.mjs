// Odock's gateway: a bare call without a handshake, the gateway's rules and the client's own, and its errors.

import { OmniMcpClient, testing, textOf } from "@omni/omni-mcp-js";

const server = await testing.DevServer.start({ profile: "odock" });
/** @type {import("@omni/omni-mcp-js").ClientOptions} */
const gateway = { profile: "odock", slug: "search-tools", apiKey: server.apiKey, baseUrl: server.url };
const client = new OmniMcpClient(gateway);

const found = await client.callTool("search", { query: "latest internal deployment notes" });
console.log(`search: ${textOf(found)}`);
const handshakes = server.ledger().requests.filter(({ rpcMethod }) => rpcMethod === "initialize");
console.log(`handshakes: ${handshakes.length}`);

console.log(`refused by the gateway: ${summary(await failure(client, "delete"))}`);
const careful = new OmniMcpClient({ ...gateway, blockedTools: ["write"] });
console.log(`refused by the client: ${summary(await failure(careful, "write"))}`);

/** @param {{ code: string, retryAfter?: number }} fault */
const once = (fault) => server.script({ on: { method: "tools/call" }, times: 1, fault: { kind: "service_error", ...fault } });
once({ code: "rate_limit_exceeded", retryAfter: 600 });
const limited = await failure(client, "search");
console.log(`rate limited: ${limited.kind} ${limited.code} ${limited.delivery}, retry after ${limited.retryAfter} s`);
once({ code: "budget_exceeded" });
console.log(`budget spent: ${summary(await failure(client, "search"))}`);

await client.close();
await careful.close();
console.log(`executed: ${server.ledger().executions.length}`);
await server.close();

/**
 * @param {OmniMcpClient} from
 * @param {string} tool
 */
function failure(from, tool) {
  return from.callTool(tool).then(() => { throw new Error("the call should have failed"); }, (error) => error);
}

/** @param {import("@omni/omni-mcp-js").OmniMcpError} error */
function summary({ kind, code, delivery, serviceCode }) {
  return `${kind} ${code} ${delivery}, service code ${serviceCode}`;
}
