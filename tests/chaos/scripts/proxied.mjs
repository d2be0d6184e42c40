/** Makes a call to a server on loopback, with proxy variables in the environment. */

import { OmniMcpClient } from "../../../bindings-node/dist/index.mjs";

const { OMNI_MCP_CHAOS_SERVER: server, OMNI_MCP_CHAOS_KEY: apiKey } = process.env;
for (const url of [server, server.replace("127.0.0.1", "localhost")]) {
  const client = new OmniMcpClient({ apiKey, endpoint: `${url}/mcp`, profile: "generic" });
  await client.callTool("echo", { n: 1 });
  await client.close();
}
