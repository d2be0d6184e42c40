// Octomind's hosted server: server information, sticky routing, a lost session, and failures without `isError`.

import { OmniMcpClient, looksLikeError, testing, textOf } from "@omni/omni-mcp-js";

const server = await testing.DevServer.start({ profile: "octomind" });
const client = new OmniMcpClient({ profile: "octomind", apiKey: server.apiKey, baseUrl: server.url });

await client.connect();
const { name, version } = client.serverInfo ?? { name: "", version: "" };
console.log(`server: ${name} ${version}, protocol ${client.protocolVersion}`);
console.log(`capabilities: ${Object.keys(client.serverCapabilities ?? {}).sort().join(", ")}`);
console.log(`instructions: ${client.instructions ? "yes" : "no"}`);
const { tools } = await client.listTools();
console.log(`tools: ${tools.length}, among them ${tools.slice(0, 3).map((tool) => tool.name).join(", ")}`);
console.log(`version: ${textOf(await client.callTool("getVersion")).split("\n")[0]}`);

const hints = new Set(server.ledger().requests.map(({ headers }) => headers["x-session-id"]));
console.log(`one x-session-id: ${hints.size === 1 && [...hints].every(Boolean)}`);

server.expireSessions();
const { metadata } = await client.withMetadata.callTool("getVersion");
console.log(`after a lost session: ${metadata.attempts} attempts`);
await client.close();
console.log(`sessions opened: ${server.ledger().sessionsOpened}`);

const refused = new OmniMcpClient({ profile: "octomind", apiKey: "bad_key_0001", baseUrl: server.url });
const result = await refused.callTool("getEnvironments", { testTargetId: "tt-1" });
console.log(`with a bad key: ${result.isError ?? false}, looks like an error: ${looksLikeError(result)}`);
await refused.close();
await server.close();
