/** Folders with the installed package, and programs that run in them. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = fileURLToPath(new URL(".", import.meta.url));
const built = fileURLToPath(new URL("../../../bindings-node", import.meta.url));

/** Expected output of the quickstart. */
export const EXPECTED = '["inflation",[1,2],true,"invalid_params"]';

/** A temporary folder with the package in its node_modules. It is removed when this process ends. */
export function project(files = {}) {
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));
  process.on("exit", () => { rmSync(folder, { recursive: true, force: true }); });
  const installed = join(folder, "node_modules/@omni/omni-mcp-js");
  mkdirSync(installed, { recursive: true });
  cpSync(join(built, "package.json"), join(installed, "package.json"));
  const isBinary = (path) => path.endsWith(".node");
  cpSync(join(built, "dist"), join(installed, "dist"), { recursive: true, filter: (path) => !isBinary(path) });
  // The debug build is large.
  for (const name of readdirSync(join(built, "dist")).filter(isBinary)) symlinkSync(join(built, "dist", name), join(installed, "dist", name));
  cpSync(join(here, "_quickstart.mjs"), join(folder, "quickstart.mjs"));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "dependencies": { "@omni/omni-mcp-js": "*" } }\n');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The path of a program of the pinned packages. */
export const bin = (name) => join(here, "node_modules/.bin", name);

/** Runs a program for at most two minutes. */
export const run = (command, args, { cwd, env } = {}) =>
  new Promise((resolve) => {
    execFile(command, args, { cwd, env: env ?? process.env, timeout: 120_000, maxBuffer: 1 << 26 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : error.code ?? error.signal, out: out.trim(), err: err.trim() });
    });
  });
