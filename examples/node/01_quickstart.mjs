// Open a server, list its tools, call one with an idempotency key, read the result, and make the same call again.

import { randomUUID } from "node:crypto";

import { OmniMcpClient, testing, textOf } from "@omni/omni-mcp-js";

const [endpoint] = process.argv.slice(2);
if (endpoint === undefined) await quickstart();
else await anyServer(endpoint);

async function quickstart() {
  const server = process.env.OMNI_API_KEY ? undefined : await testing.DevServer.start();
  const client = new OmniMcpClient(server && { apiKey: server.apiKey, baseUrl: server.url });
  await introduce(client);

  const key = server ? "idem_quickstart_0001" : `idem_${randomUUID()}`;
  const search = () => client.withMetadata.callTool("fred.search", { q: "inflation", limit: 5 }, key);
  const first = await search();
  const found = /** @type {{ results: Record<string, string>[] } | undefined} */ (first.result.structuredContent);
  const series = found?.results[0] ?? {};
  console.log(`first series: ${series.series_id} - ${series.title}`);
  console.log(`idempotency key: ${key}`);
  const second = await search();
  console.log(`replayed: ${first.metadata.replayed}, then ${second.metadata.replayed}`);
  await client.close();
  if (server) {
    console.log(`executed: ${server.ledger().executions.length}`);
    await server.close();
  }
}

/**
 * Any MCP server that has a tool `echo`.
 *
 * @param {string} endpoint
 */
async function anyServer(endpoint) {
  const client = new OmniMcpClient({ profile: "generic", endpoint });
  await introduce(client);
  console.log(`echo: ${textOf(await client.callTool("echo", { message: "inflation" }))}`);
  await client.close();
}

/** @param {OmniMcpClient} client */
async function introduce(client) {
  const { serverInfo, protocolVersion } = await client.initialize();
  console.log(`server: ${serverInfo.name} ${serverInfo.version}`);
  console.log(`protocol: ${protocolVersion}`);
  const { tools } = await client.listTools();
  console.log(`tools: ${tools.map((tool) => tool.name).join(", ")}`);
}
