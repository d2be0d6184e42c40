// Fifty calls at once on one client.

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

const server = process.env.OMNI_API_KEY ? undefined : await testing.DevServer.start();
const client = new OmniMcpClient(server && { apiKey: server.apiKey, baseUrl: server.url });

const series = () => client.withMetadata.callTool("fred.series", { series_id: "UNRATE", limit: 1 });
const settled = await Promise.allSettled(Array.from({ length: 50 }, series));
const results = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
const keys = new Set(results.map(({ metadata }) => metadata.idempotencyKey));

console.log(`calls: 50, results: ${results.length}, errors: ${settled.length - results.length}`);
console.log(`different keys: ${keys.size}`);
await client.close();
if (server) {
  const ledger = server.ledger();
  console.log(`executed: ${ledger.executions.length}`);
  console.log(`sessions opened: ${ledger.sessionsOpened}`);
  await server.close();
}
