// Run by each bundle and runtime: creates a client, calls a tool, receives progress, checks an error, closes.

import { OmniMcpClient, OmniMcpError, testing } from "@omni/omni-mcp-js";

async function main() {
  const server = await testing.DevServer.start({ progress: 2 });
  process.env.OMNI_API_KEY = server.apiKey;
  process.env.OMNI_CLIENT_API_BASE_URL = server.url;
  const client = new OmniMcpClient();
  const received = [];
  const { structuredContent } = await client.callTool("fred.search", { q: "inflation" }, { onProgress: ({ progress }) => received.push(progress) });
  const error = await client.callTool("fred.search", {}).catch((failure) => failure);
  await client.close();
  await server.close();
  console.log(JSON.stringify([structuredContent.query, received, error instanceof OmniMcpError, error.code]));
}

main();
