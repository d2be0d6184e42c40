/** Completes the form of the package that is for bundlers: what is written for them takes the place of what `tsc` has made. */

import { copyFileSync, writeFileSync } from "node:fs";

const folder = new URL("../dist/module/", import.meta.url);
copyFileSync(new URL("binary.js", import.meta.url), new URL("binary.js", folder));
writeFileSync(new URL("package.json", folder), '{ "type": "module" }\n');
