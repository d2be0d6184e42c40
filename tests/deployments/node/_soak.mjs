// The Node program of the soak test: makes calls until the time is over.
import { OmniMcpClient, OmniMcpError } from "@omni/omni-mcp-js";

const [url, apiKey, seconds] = process.argv.slice(2);
const until = performance.now() + Number(seconds) * 1000;
const options = { apiKey, baseUrl: url };
const client = new OmniMcpClient(options);
const WARM = 500;
let count = 0;

for (let number = 0; performance.now() < until; number += 1) {
  const calls = Array.from({ length: 8 }, (_, part) => {
    const controller = new AbortController();
    const call = client.callTool("fred.search", { q: `x ${number} ${part}` }, undefined, {
      onProgress: () => {},
      signal: controller.signal,
    });
    if (number % 20 === 0 && part === 0) controller.abort();
    return call;
  });
  await Promise.allSettled(calls);
  if (number % 10 === 0) for await (const _ of client.iterTools()) count += 0;
  if (number % 50 === 0) {
    await client.callTool("no.such.tool", {}).catch((error) => {
      if (!(error instanceof OmniMcpError)) throw error;
    });
  }
  if (number % 100 === 0) {
    const other = new OmniMcpClient(options);
    await other.ping();
    await other.close();
  }
  if (count < WARM && WARM <= count + calls.length) console.log("warm");
  count += calls.length;
}
await client.close();
console.log(JSON.stringify({ calls: count }));
// The parent process measures this process, and ends it.
setTimeout(() => {}, 60_000);
