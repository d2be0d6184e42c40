/** Loads the native binary, a file beside this one named for its platform. `module/binary.js` replaces this file in bundles. */

import { createRequire } from "node:module";
import { basename, join } from "node:path";

import { loadError } from "./load-error.js";

/** What the binary exports. */
export function loadBinary(): unknown {
  const failures: unknown[] = [];
  if (process.platform === "linux" && process.arch === "x64") {
    try {
      // A literal path for each published platform: tools that trace dependencies read this without running it.
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      return path(require("./omni-mcp.linux-x64-gnu.node"));
    } catch (failure) {
      failures.push(failure);
    }
  }
  const suffixes = { linux: ["-gnu", "-musl"], win32: ["-msvc"] }[process.platform as string] ?? [""];
  for (const suffix of suffixes) {
    try {
      return createRequire(__filename)(join(__dirname, `omni-mcp.${process.platform}-${process.arch}${suffix}.node`));
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw loadError(typeof __filename !== "string" || basename(__filename) !== "binary.js", failures);
}

/** Some bundlers return the path of the file that they have copied. */
function path(required: unknown): unknown {
  return typeof required === "string" ? createRequire(__filename)(join(__dirname, required)) : required;
}
