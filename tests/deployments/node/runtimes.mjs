// Bun and Deno: the quickstart, a worker's own environment, and bundles of Bun

import assert from "node:assert/strict";
import { join } from "node:path";

import { EXPECTED, bin, project, run } from "./_common.mjs";

const CONTEXT = `
  import { AsyncLocalStorage } from "node:async_hooks";
  import process from "node:process";
  import { OmniMcpClient, OmniMcpError, testing } from "@omni/omni-mcp-js";
  const context = new AsyncLocalStorage();
  const received = [];
  const server = await testing.DevServer.start({ progress: 1 });
  const client = context.run("making", () => new OmniMcpClient({
    apiKey: server.apiKey, baseUrl: server.url, onState: () => { received.push(context.getStore()); },
  }));
  await context.run("calling", () => client.callTool("fred.search", { q: "a" }, { onProgress: () => { received.push(context.getStore()); } }));
  const error = await client.callTool("fred.search", {}).catch((failure) => failure);
  const again = OmniMcpError.fromJSON(structuredClone(error.toJSON()));
  await client.close();
  await server.close();
  console.log(JSON.stringify([[...new Set(received)].sort(), again.delivery, new OmniMcpError().delivery]));
`;
const folder = project({ "context.mjs": CONTEXT });

for (const [runtime, args] of [
  ["bun", []],
  ["deno", ["run", "--allow-all"]],
  ["deno", ["run", "--allow-ffi", "--allow-read", "--allow-env"]],
]) {
  const ran = (program) => run(bin(runtime), [...args, program], { cwd: folder });
  for (const [program, expected] of [["quickstart.mjs", EXPECTED], ["context.mjs", '[["calling","making"],"rejected","maybe_executed"]']]) {
    const { code, out, err } = await ran(program);
    assert.deepEqual({ code, out }, { code: 0, out: expected }, `${runtime} ${args.join(" ")} ${program}: ${err}`);
  }
}

const { code, err } = await run(bin("bun"), ["build", "--target=node", "quickstart.mjs", "--outdir", "out", "--entry-naming", "[name].mjs"], { cwd: folder });
assert.equal(code, 0, err);
for (const command of [process.execPath, bin("bun")]) {
  assert.deepEqual(await run(command, [join(folder, "out/quickstart.mjs")], { cwd: folder }), { code: 0, out: EXPECTED, err: "" });
}
