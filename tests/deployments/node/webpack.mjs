// Bundles of webpack, CommonJS and ES modules: without any configuration for the binary, and with the package external

import assert from "node:assert/strict";
import { join } from "node:path";

import webpack from "webpack";

import { EXPECTED, project, run } from "./_common.mjs";

const folder = project();

async function bundled(name, { output, ...options }) {
  const stats = await new Promise((resolve, reject) => {
    webpack({
      mode: "production", target: "node", context: folder, entry: "./quickstart.mjs", ...options,
      output: { path: join(folder, "out", name), filename: "bundle.cjs", ...output },
    }, (error, done) => { if (error) reject(error); else resolve(done); });
  });
  assert.equal(stats.toString({ all: false, errors: true, warnings: true }), "", name);
  return run(process.execPath, [join(folder, "out", name, output?.filename ?? "bundle.cjs")], { cwd: folder });
}

const ESM = { experiments: { outputModule: true }, output: { filename: "bundle.mjs", module: true, chunkFormat: "module", library: { type: "module" } } };

for (const [name, options] of [
  ["cjs", {}],
  ["development", { mode: "development" }],
  ["esm", ESM],
  ["external", { externals: { "@omni/omni-mcp-js": "commonjs @omni/omni-mcp-js" } }],
  ["esm-external", { ...ESM, externals: { "@omni/omni-mcp-js": "module @omni/omni-mcp-js" } }],
]) {
  assert.deepEqual(await bundled(name, options), { code: 0, out: EXPECTED, err: "" }, name);
}
