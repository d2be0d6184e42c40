/** The types of the dev server's options list exactly what it accepts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import ts from "typescript";

import { testing } from "@omni/omni-mcp-js";

const file = fileURLToPath(new URL("../dist/testing-types.d.ts", import.meta.url));
const program = ts.createProgram([file], { strict: true, module: ts.ModuleKind.NodeNext, types: [] });
const checker = program.getTypeChecker();
const exported = new Map(
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).map((symbol) => [symbol.name, symbol]),
);

const typeOf = (name) => checker.getDeclaredTypeOfSymbol(exported.get(name));
const memberOf = (type, name) => checker.getTypeOfSymbol(type.getProperty(name));
const namesOf = (type) => type.getProperties().map((property) => property.name).sort();
/** The string literals of a type. */
const literalsOf = (type) => (type.isUnion() ? type.types : [type]).filter((one) => one.isStringLiteral()).map((one) => one.value).sort();

/** The names in a refusal of the server: those that it accepts. */
async function expected(give) {
  const refusal = await Promise.resolve().then(give).then(() => assert.fail("it was accepted"), (error) => error.message);
  if (refusal.endsWith("none are allowed")) return [];
  const [, names] = /(?:allowed are|must be one of) (.*?)(?:, got a string)?$/.exec(refusal);
  return names.split(", ").sort();
}

/** The transport of the program only. */
const PROGRAM_TRANSPORT = "stdio";

test("the faults, their fields, and the literals of these", async (t) => {
  const server = await testing.DevServer.start();
  t.after(() => server.close());
  const script = (fault) => expected(() => server.script({ fault }));
  const faults = typeOf("Fault").types.flatMap((type) => literalsOf(memberOf(type, "kind")).map((kind) => ({ kind, type })));
  assert.deepEqual(faults.map(({ kind }) => kind).sort(), await script({ kind: "?" }));
  for (const { kind, type } of faults) {
    const names = namesOf(type).filter((name) => name !== "kind");
    assert.deepEqual(names, await script({ kind, "?": 1 }), kind);
    for (const name of names) {
      const literals = literalsOf(memberOf(type, name));
      if (literals.length > 0) assert.deepEqual(literals, await script({ kind, [name]: "?" }), `${kind}.${name}`);
    }
  }
});

test("rules, conditions and options", async (t) => {
  const server = await testing.DevServer.start();
  t.after(() => server.close());
  const fault = { kind: "hang" };
  const rule = typeOf("Rule");
  assert.deepEqual(namesOf(rule), await expected(() => server.script({ "?": 1, fault })));
  const on = checker.getNonNullableType(memberOf(rule, "on"));
  assert.deepEqual(namesOf(on), await expected(() => server.script({ on: { "?": 1 }, fault })));
  assert.deepEqual(literalsOf(typeOf("Count")), await expected(() => server.wait({ count: "?" })));
  assert.deepEqual(namesOf(typeOf("WaitCondition")), await expected(() => server.wait({ "?": 1 })));

  const start = (options) => expected(() => testing.DevServer.start(options));
  const options = typeOf("DevServerOptions");
  const known = await start({ "?": 1 });
  assert.deepEqual(namesOf(options), known.filter((name) => name !== PROGRAM_TRANSPORT));
  for (const name of namesOf(options)) {
    const literals = literalsOf(memberOf(options, name));
    if (literals.length === 0) continue;
    const taken = await start({ [name]: "?" });
    assert.deepEqual(literals, taken.filter((literal) => name !== "transport" || literal !== PROGRAM_TRANSPORT), name);
  }
});
