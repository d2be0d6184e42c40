// Sequential small calls with this client.
import assert from "node:assert";
import { OmniMcpClient } from "@omni/omni-mcp-js";
import { args, Measured, WARM_UP } from "./measure.mjs";

const { url, key, calls } = args();
const client = new OmniMcpClient({ apiKey: key, baseUrl: url });

async function run(calls) {
  for (let i = 0; i < calls; i++) {
    const result = await client.callTool("fred.search", { q: "inflation", limit: 1 });
    assert(result.structuredContent);
  }
}

await run(WARM_UP);
const measured = new Measured();
await run(calls);
measured.end(calls);
await client.close();
