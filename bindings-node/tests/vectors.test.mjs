/** Every case of the shared vectors, against a dev server of its own. */

import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import { inAllWays } from "./lib/cases.mjs";
import { runCase } from "./lib/vectors.mjs";

// What stands in the environment must not fill in what a case leaves out.
delete process.env.OMNI_API_KEY;
delete process.env.OMNI_CLIENT_API_BASE_URL;
for (const name of ["OCTOMIND", "ODOCK", "GAIA", "SEMA4"]) Reflect.deleteProperty(process.env, `${name}_API_KEY`);

const folder = new URL("../../tests/vectors/", import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
  describe(file, () => {
    for (const vector of JSON.parse(readFileSync(new URL(file, folder), "utf8")).flatMap(inAllWays)) {
      const elsewhere = vector.languages !== undefined && !vector.languages.includes("node");
      test(vector.name, { skip: elsewhere && vector.why }, () => runCase(vector));
    }
  });
}
