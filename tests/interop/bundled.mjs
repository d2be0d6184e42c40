// Bundles the quickstart of Node with webpack, without configuration for the package, and runs it. Usage: bundled.mjs ENDPOINT

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import webpack from "webpack";

const examples = fileURLToPath(new URL("../../examples/node", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));

const stats = await new Promise((resolve, reject) => {
  webpack({
    mode: "production", target: "node", context: examples, entry: "./01_quickstart.mjs", output: { path: folder, filename: "bundle.cjs" },
  }, (error, done) => { if (error) reject(error); else resolve(done); });
});
const found = stats.toString({ all: false, errors: true, warnings: true });
if (found !== "") throw new Error(found);
const { status } = spawnSync(process.execPath, [join(folder, "bundle.cjs"), ...process.argv.slice(2)], { cwd: folder, stdio: "inherit" });
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
