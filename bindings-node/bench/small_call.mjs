/**
 * The client's processor time per small call, beside undici's `request` with `JSON.parse` doing the same POST.
 *
 *     node bench/small_call.mjs [calls] [at once]
 */

import { fork } from "node:child_process";
import { once } from "node:events";

import { OmniMcpClient } from "@omni/omni-mcp-js";
import { Agent, request } from "undici";

const [calls = 5000, atOnce = 1] = process.argv.slice(2).map(Number);

const child = fork(new URL("server.mjs", import.meta.url));
const [{ url, apiKey }] = await once(child, "message");
const client = new OmniMcpClient({ apiKey, baseUrl: url });
const agent = new Agent();
const args = { q: "inflation", limit: 1 };
let made = 0;

const contenders = {
  "omni-mcp": () => client.callTool("fred.search", args),
  undici: async () => {
    made += 1;
    const { body } = await request(`${url}/mcp`, {
      dispatcher: agent,
      method: "POST",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "idempotency-key": `idem_${crypto.randomUUID()}`,
        "x-request-id": `req_${made}`,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: made, method: "tools/call", params: { name: "fred.search", arguments: args } }),
    });
    return JSON.parse(await body.text()).result;
  },
};

async function measure(call) {
  const before = process.cpuUsage();
  const began = performance.now();
  let left = calls;
  const lane = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / calls, wall: ((performance.now() - began) * 1000) / calls };
}

const best = {};
for (let round = 0; round < 5; round += 1) {
  for (const [name, call] of Object.entries(contenders)) {
    const measured = await measure(call);
    if (round > 0 && !(best[name]?.cpu < measured.cpu)) best[name] = measured;
  }
}
for (const [name, { cpu, wall }] of Object.entries(best)) console.log(`${name}: ${cpu.toFixed(0)} µs CPU, ${wall.toFixed(0)} µs wall per call`);
console.log(`ratio: ${(best["omni-mcp"].cpu / best.undici.cpu).toFixed(2)}`);
await client.close();
await agent.close();
child.disconnect();
