/** How the binary is found, and the error where it is not. Real bundlers run in `make deployments`. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const { napi, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What Node calls the targets of Rust. */
const PLATFORMS = { "x86_64-unknown-linux-gnu": "linux-x64-gnu" };

/** What a program writes to its standard error. */
const reported = (folder, source) => new Promise((resolve) => {
  execFile(process.execPath, ["--input-type=module", "--eval", source], { cwd: folder }, (_, __, err) => { resolve(err); });
});

function withoutBinary(t) {
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(dist, folder, { recursive: true, filter: (path) => !path.endsWith(".node") });
  return folder;
}

test("both forms of the package contain the literal name of the binary of each published platform", () => {
  for (const target of napi.targets) {
    const name = `omni-mcp.${PLATFORMS[target] ?? assert.fail(`${target} has no name here`)}.node`;
    assert.ok(readFileSync(join(dist, "binary.js"), "utf8").includes(`require("./${name}")`), name);
    assert.ok(readFileSync(join(dist, "module/binary.js"), "utf8").includes(`require("../${name}")`), name);
    assert.ok(readFileSync(join(dist, "module/binary.js"), "utf8").includes(`new URL("../${name}", import.meta.url)`), name);
  }
});

test("both forms have the same exports", async () => {
  for (const { module, require: common } of Object.values(exports).filter((each) => typeof each === "object")) {
    const { default: own, ...names } = await import(join(root, common.default));
    const source = readFileSync(join(root, module), "utf8");
    for (const each of Object.keys(names)) if (each !== "module.exports" && !each.startsWith("__")) assert.match(source, new RegExp(`\\b${each}\\b`));
    assert.ok(own);
  }
});

test("the error of an installation without its binary does not mention bundles", async (t) => {
  const folder = withoutBinary(t);
  const err = await reported(folder, 'import "./index.mjs"');
  assert.match(err, new RegExp(`has no usable binary for ${process.platform}-${process.arch}\n`));
  assert.doesNotMatch(err, /bundled/);
});

test("the error of a bundle without the binary explains how to mark the package as external", async (t) => {
  const folder = withoutBinary(t);
  mkdirSync(join(folder, "out"));
  cpSync(join(folder, "binary.js"), join(folder, "out/bundle.js"));
  cpSync(join(folder, "load-error.js"), join(folder, "out/load-error.js"));
  for (const source of ['import "./module/index.js"', 'import bundle from "./out/bundle.js"; bundle.loadBinary();']) {
    const err = await reported(folder, source);
    assert.match(err, /it was bundled without it\. Mark @omni\/omni-mcp-js as external/, source);
    for (const text of ["esbuild: --external:@omni/omni-mcp-js", "webpack: externals", "serverExternalPackages"]) assert.ok(err.includes(text), text);
  }
});
