// Registries: create, list and delete records of servers, and open a client from one.

import { inspect } from "node:util";

import { connect, registry, testing, textOf } from "@omni/omni-mcp-js";

const server = await testing.DevServer.start({ profile: "generic" });
await atGaia();
await atSema4();
await server.close();

async function atGaia() {
  const double = await testing.DevServer.start({ profile: "gaia" });
  const gaia = new registry.GaiaRegistry({ apiKey: double.apiKey, baseUrl: double.url });
  const echo = {
    projectId: "proj_1", name: "Echo", transportType: "http", url: `${server.url}/mcp`,
    customHeaders: [{ name: "x-tenant", value: "tenant_secret_1" }, { name: "x-off", value: "1", enabled: false }],
  };
  console.log(`created at GAIA: ${(await gaia.create(echo)).success}`);
  const [listed] = await gaia.list("proj_1");
  console.log(`listed at GAIA: ${listed.name} ${listed.transportType} ${listed.connectionType}`);
  const refused = await gaia.create({ ...echo, command: "echo" }).catch((error) => error);
  console.log(`refused by the client: ${refused.kind} ${refused.code}: ${refused.message}`);

  const client = await connect(echo);
  await client.close();
  const { headers } = server.ledger().requests.findLast(({ httpMethod }) => httpMethod === "POST") ?? { headers: {} };
  console.log(`headers: x-tenant ${"x-tenant" in headers}, x-off ${"x-off" in headers}`);
  await gaia.close();
  await double.close();
}

async function atSema4() {
  const double = await testing.DevServer.start({ profile: "sema4" });
  const sema4 = new registry.Sema4Registry({ apiKey: double.apiKey, baseUrl: double.url, tenant: "tenant-1" });
  const created = await sema4.create({
    name: "Serial echo", transport: "streamable-http", url: `${server.url}/mcp`,
    headers: { "x-key": "header_secret_1" }, force_serial_tool_calls: true, colour: "blue",
  });
  console.log(`created at Sema4.ai: ${created.name} ${created.transport}`);
  const found = await sema4.get(String(created.id));
  console.log(`kept: ${found.colour}`);
  const names = [];
  for await (const { name } of sema4.list()) names.push(name);
  console.log(`listed at Sema4.ai: ${names.join(", ")}`);
  console.log(`secret shown: ${inspect(found).includes("header_secret_1")}`);

  const client = await connect(found);
  console.log(`echo: ${textOf(await client.callTool("echo", { message: "inflation" }))}`);
  await Promise.all(Array.from({ length: 4 }, () => client.callTool("slow", { ms: 20 })));
  await client.close();
  console.log(`at most at once: ${server.ledger().maxConcurrentExecutions}`);

  await sema4.delete(String(found.id));
  console.log(`left: ${(await sema4.listPage()).data.length}`);
  await sema4.close();
  await double.close();
}
