// The same POSTs with undici alone, parsed with JSON.parse.
import assert from "node:assert";
import { request } from "undici";
import { args, Measured, WARM_UP } from "./measure.mjs";

const { url, key, calls } = args();
let number = 0;

async function run(calls) {
  for (let i = 0; i < calls; i++) {
    number += 1;
    const params = { name: "fred.search", arguments: { q: "inflation", limit: 1 } };
    const { body } = await request(`${url}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "idempotency-key": `raw-${process.pid}-${number}`,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: number, method: "tools/call", params }),
    });
    const answer = JSON.parse(await body.text());
    assert(answer.result.structuredContent);
  }
}

await run(WARM_UP);
const measured = new Measured();
await run(calls);
measured.end(calls);
