/** Loads the binary, which lies beside this file under the name of its platform. `module/binary.js` does it for bundlers. */

import { createRequire } from "node:module";
import { basename, join } from "node:path";

import { unusable } from "./unusable.js";

/** What the binary exports. */
export function loadBinary(): unknown {
  const failures: unknown[] = [];
  if (process.platform === "linux" && process.arch === "x64") {
    try {
      // In so many words for each platform that is published: tools that trace what a program needs read this and do not run it.
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
  throw unusable(typeof __filename !== "string" || basename(__filename) !== "binary.js", failures);
}

/** Some bundlers give the path of the file that they have copied. */
function path(required: unknown): unknown {
  return typeof required === "string" ? createRequire(__filename)(join(__dirname, required)) : required;
}
