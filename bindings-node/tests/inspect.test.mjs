/** What `console.log` shows: the server and the state, and no secrets. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { OmniMcpClient, registry, testing } from "@omni/omni-mcp-js";

test("a client shows its server and state", async (t) => {
  const server = await testing.DevServer.start({ profile: "generic" });
  t.after(() => server.close());
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp` });
  assert.equal(inspect(client), `<OmniMcpClient generic at ${server.url}/mcp, not connected>`);
  await client.ping();
  assert.equal(inspect(client), `<OmniMcpClient generic at ${server.url}/mcp, connected>`);
  await client.close();
  assert.equal(inspect({ client }), `{\n  client: <OmniMcpClient generic at ${server.url}/mcp, closed>\n}`);
});

test("a registry and a dev server", async () => {
  const server = await testing.DevServer.start({ profile: "gaia" });
  const gaia = new registry.GaiaRegistry({ apiKey: "k", baseUrl: server.url });
  assert.equal(inspect(gaia), `<GaiaRegistry gaia at ${server.url}/api/mcp/servers>`);
  await gaia.close();
  assert.equal(inspect(gaia), `<GaiaRegistry gaia at ${server.url}/api/mcp/servers, closed>`);
  assert.equal(inspect(server), `<DevServer gaia at ${server.url}, running>`);
  await server.close();
  assert.equal(inspect(server), `<DevServer gaia at ${server.url}, closed>`);
});

test("no secret is shown", () => {
  const secret = "s3cr3t_value_1";
  const client = new OmniMcpClient({
    apiKey: secret, profile: "generic", endpoint: `https://example.com/mcp?token=${secret}`, headers: { "x-key": secret },
  });
  assert.ok(!inspect(client, { showHidden: true }).includes(secret));
});
