// Bundles of esbuild, CommonJS and ES modules: with a copied binary, and with the package external

import assert from "node:assert/strict";
import { join } from "node:path";

import { build } from "esbuild";

import { EXPECTED, project, run } from "./_common.mjs";

const folder = project();
const BANNER = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

async function bundled(name, format, options) {
  const outfile = join(folder, "out", name, format === "esm" ? "bundle.mjs" : "bundle.cjs");
  const { warnings } = await build({
    absWorkingDir: folder, entryPoints: ["quickstart.mjs"], bundle: true, platform: "node", format, outfile, logLevel: "silent", ...options,
  });
  assert.deepEqual(warnings.map(({ text }) => text), [], name);
  return run(process.execPath, [outfile], { cwd: folder });
}

for (const [name, format, options] of [
  ["cjs-copy", "cjs", { loader: { ".node": "copy" } }],
  ["cjs-file", "cjs", { loader: { ".node": "file" } }],
  ["esm-file", "esm", { loader: { ".node": "file" } }],
  ["esm-copy-banner", "esm", { loader: { ".node": "copy" }, banner: { js: BANNER } }],
  ["cjs-minified", "cjs", { loader: { ".node": "file" }, minify: true }],
  ["esm-minified", "esm", { loader: { ".node": "file" }, minify: true, splitting: true, outfile: undefined, outdir: join(folder, "out/esm-minified"), entryNames: "bundle", outExtension: { ".js": ".mjs" } }],
  ["cjs-external", "cjs", { external: ["@omni/omni-mcp-js"] }],
  ["esm-external", "esm", { external: ["@omni/omni-mcp-js"] }],
  ["esm-packages-external", "esm", { packages: "external" }],
]) {
  assert.deepEqual(await bundled(name, format, options), { code: 0, out: EXPECTED, err: "" }, name);
}

await assert.rejects(bundled("no-loader", "cjs", {}), /No loader is configured for "\.node" files/);
for (const [name, format, options] of [["empty", "cjs", { loader: { ".node": "empty" } }], ["esm-copy", "esm", { loader: { ".node": "copy" } }]]) {
  const { code, err } = await bundled(name, format, options);
  assert.equal(code, 1);
  assert.match(err, /it was bundled without it\. Mark @omni\/omni-mcp-js as external/, name);
}
