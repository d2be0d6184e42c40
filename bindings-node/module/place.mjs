/** Completes the ES module form of the package, for bundlers: its own files replace those that `tsc` has made. */

import { copyFileSync, writeFileSync } from "node:fs";

const folder = new URL("../dist/module/", import.meta.url);
copyFileSync(new URL("binary.js", import.meta.url), new URL("binary.js", folder));
writeFileSync(new URL("package.json", folder), '{ "type": "module" }\n');
