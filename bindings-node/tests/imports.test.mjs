/** The source files have no import circle. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../ts/", import.meta.url);
const imports = new Map(
  readdirSync(folder).map((file) => {
    const source = readFileSync(new URL(file, folder), "utf8");
    return [file, [...source.matchAll(/from "\.\/([\w-]+)\.js"/g)].map(([, name]) => `${name}.ts`)];
  }),
);

/** The files of a circle that the file is on, from the file to itself. */
function circle(file, path = []) {
  if (path.includes(file)) return file === path[0] ? [...path, file] : undefined;
  for (const imported of imports.get(file)) {
    const found = circle(imported, [...path, file]);
    if (found) return found;
  }
  return undefined;
}

test("no file is in an import circle, also for types", () => {
  assert.ok(imports.size > 10);
  for (const file of imports.keys()) assert.equal(circle(file)?.join(" → "), undefined);
});
