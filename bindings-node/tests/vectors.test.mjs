/** Every case of the shared vectors, each with its own dev server. */

import { describe, test } from "node:test";

import { runCase } from "./lib/case_runner.mjs";
import { readCases } from "./lib/cases.mjs";

// Options that a case leaves out must not come from the environment.
delete process.env.OMNI_API_KEY;
delete process.env.OMNI_CLIENT_API_BASE_URL;
for (const name of ["OCTOMIND", "ODOCK", "GAIA", "SEMA4"]) Reflect.deleteProperty(process.env, `${name}_API_KEY`);

for (const { topic, cases } of readCases(new URL("../../tests/vectors/", import.meta.url))) {
  describe(topic, () => {
    for (const vector of cases) {
      const isLeftOut = vector.languages !== undefined && !vector.languages.includes("node");
      test(vector.name, { skip: isLeftOut && vector.why }, () => runCase(vector));
    }
  });
}
