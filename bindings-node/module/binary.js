/** Loads the binary in a bundle. It takes the place of what `ts/binary.ts` becomes, in the form of the package that is for bundlers. */

import { fileURLToPath, pathToFileURL } from "node:url";

import { loadError } from "./load-error.js";

/** What the binary exports. */
export function loadBinary() {
  try {
    const found = inBundle();
    const binary = typeof found === "string" ? loaded(found) : found;
    // Bundlers can be configured to leave a file empty.
    if (typeof binary?.Channel !== "function") throw new Error("the bundler replaced the binary by something else");
    return binary;
  } catch (failure) {
    throw loadError(true, [failure]);
  }
}

/** The binary itself, or the address of the file that the bundler has copied. One line for each platform that is published. */
function inBundle() {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("bundles hold the binary of linux-x64 only");
  // Webpack copies files that a `new URL` refers to, without a loader; of the two branches it keeps this one.
  if (typeof __webpack_require__ === "function") return new URL("../omni-mcp.linux-x64-gnu.node", import.meta.url).href;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require("../omni-mcp.linux-x64-gnu.node");
}

/** The binary of an address that is relative to the bundle. */
function loaded(address) {
  // CommonJS has no `import.meta`.
  const here = import.meta.url ?? pathToFileURL(__filename);
  const module = { exports: {} };
  // Not by `createRequire`, in which bundlers look for what to bundle.
  process.dlopen(module, fileURLToPath(new URL(address, here)));
  return module.exports;
}
