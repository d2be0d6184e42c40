// The same program as progress.py, in Node. Usage: progress.mjs ENDPOINT [RUNS].

import { OmniMcpClient } from "@omni/omni-mcp-js";

const [endpoint, runs = "20"] = process.argv.slice(2);
const memory = () => (process.resourceUsage().maxRSS / 1024).toFixed(1);

async function delivered(how, listener) {
  const client = new OmniMcpClient({ profile: "generic", endpoint });
  const [base, begun, counts] = [memory(), performance.now(), []];
  for (let run = 0; run < Number(runs); run += 1) {
    let received = 0;
    await client.callTool("echo", { n: 1 }, { onProgress: listener(() => { received += 1; }) });
    // An async callback may end after the call.
    for (let i = 0; i < 10; i += 1) await new Promise(setImmediate);
    counts.push(received);
  }
  await client.close();
  const seconds = (performance.now() - begun) / 1000 / counts.length;
  console.log(`Node, ${how}: [${counts.join(", ")}]; peak ${memory()} MiB, ${base} before; ${seconds.toFixed(2)} s a call`);
}

await delivered("a plain function", (count) => count);
await delivered("an async function", (count) => async () => {
  await new Promise(setImmediate);
  count();
});

const [base, begun, warnings] = [memory(), performance.now(), []];
process.on("warning", (warning) => warnings.push(warning.message));
const client = new OmniMcpClient({ profile: "generic", endpoint, timeoutMs: 5000 });
const result = await client.callTool("echo", { n: 1 }, { onProgress: () => new Promise(() => {}) });
await new Promise(setImmediate);
console.log(`Node, never ending: ${JSON.stringify(result.structuredContent)}, ${JSON.stringify(warnings)}; peak ${memory()} MiB, ${base} before`);
console.log(`  after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
await client.close();
