/** The types and classes have the members of the core's tables, and no others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import ts from "typescript";

import * as omni from "@omni/omni-mcp-js";

import { tables } from "./lib/names.mjs";

const file = fileURLToPath(new URL("../dist/index.d.ts", import.meta.url));
const program = ts.createProgram([file], { strict: true, module: ts.ModuleKind.NodeNext, types: ["node"], lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"] });
const checker = program.getTypeChecker();
const exported = new Map(
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).map((symbol) => [symbol.name, symbol]),
);

function typeOf(name) {
  const symbol = exported.get(name);
  const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return checker.getDeclaredTypeOfSymbol(aliased);
}

/** The members of an exported type, each with its type as text. */
function members(name) {
  const properties = typeOf(name).getProperties().filter((property) => !/^(__|#)/.test(property.name));
  const text = (property) => checker.typeToString(checker.getTypeOfSymbol(property)).replace(" | undefined", "");
  return Object.fromEntries(properties.map((property) => [property.name, text(property)]));
}

/** The comment of a member, without spelling of names. */
function explained(name, member) {
  return plain(ts.displayPartsToString(typeOf(name).getProperty(member)?.getDocumentationComment(checker)));
}

const plain = (text) => text.replaceAll(/[_`]/g, "").replaceAll(/\s+/g, " ").toLowerCase();

/** The type for the values that the core's table names. */
function asType(takes) {
  const type = takes.startsWith("a string") ? "string"
    : takes.startsWith("true or false") ? "boolean"
    : takes.startsWith("an object of strings") ? "Record<string, string>"
    : takes.startsWith("a list of strings") ? "string[]"
    : /^a (whole number|duration)/.test(takes) ? "number"
    : takes.startsWith("the name of a profile") ? "ProfileName | ProfileOptions"
    : takes.startsWith("an object with type") ? "AuthOptions"
    : takes.startsWith("a list of objects with service_code") ? "ServiceCode[]"
    : takes.startsWith("a list of objects with status") ? "SessionSign[]"
    : assert.fail(`no type is known for: ${takes}`);
  return takes.endsWith("or none") ? `${type} | null` : type;
}

const wanted = (specs) => Object.fromEntries(specs.map((spec) => [spec.spelled, asLiterals(spec) ?? asType(spec.type)]));

/** The type of an option with a list of choices; the names of profiles have a type of their own. */
function asLiterals({ name, kind, choices }) {
  if (kind !== "string" || choices.length === 0) return undefined;
  return name === "extends" ? "ProfileName" : choices.map((choice) => `"${choice}"`).join(" | ");
}
const literals = (name) => typeOf(name).types.map((type) => type.value).sort();

test("client options and callbacks", () => {
  const given = members("ClientOptions");
  const hooks = tables.hooks.map((hook) => hook.spelled);
  for (const name of hooks) assert.match(given[name], /=>/, name);
  assert.deepEqual(Object.fromEntries(Object.entries(given).filter(([name]) => !hooks.includes(name))), wanted(tables.client_options));
  const { default: usual } = tables.client_options.find((spec) => spec.name === "profile");
  assert.ok(literals("ProfileName").includes(usual.split(";")[0]));
});

test("callbacks are accepted by their names, and only functions", () => {
  for (const { spelled } of tables.hooks) {
    const made = (hook) => new omni.OmniMcpClient({ profile: "generic", endpoint: "http://127.0.0.1:9/mcp", [spelled]: hook });
    assert.throws(() => made({}), { code: "invalid_option", field: spelled });
    assert.ok(made(() => undefined) instanceof omni.OmniMcpClient);
  }
  assert.throws(() => new omni.OmniMcpClient({ apiKey: "k", onNothing: () => undefined }), { code: "unknown_option" });
});

test("the documentation is that of the tables", () => {
  for (const [type, specs] of [
    ["ClientOptions", tables.client_options], ["CallOptions", tables.call_options], ["ProfileOptions", tables.profile_options],
    ["RegistryOptions", tables.registry_options], ["AuthOptions", tables.auth_options],
    ["ClientOptions", tables.hooks], ["OmniMcpClient", tables.methods], ["OmniMcpClient", tables.properties],
  ]) {
    for (const spec of specs) {
      const text = explained(type, spec.spelled);
      // The members of an object, and the default of a duration, have each language's spelling.
      const isDuration = spec.spelled.endsWith("Ms");
      const help = spec.spelled === "tokenProvider" ? "Returns the bearer token" : spec.help.replace("None: ", "null: ").replace(/\.$/, "");
      assert.ok(text.startsWith(plain(help)), `${type}.${spec.spelled}: ${text}`);
      if (isDuration) assert.match(text, /\. in milliseconds/, `${type}.${spec.spelled}: ${text}`);
      const usual = spec.default?.replace(/; in Python .*/, "");
      const isRequired = usual === "required";
      if (usual !== undefined && !isDuration) assert.ok(text.endsWith(plain(isRequired ? "Required." : `Default: ${usual}.`)), `${type}.${spec.spelled}: ${text}`);
    }
  }
});

test("counters", () => {
  const names = tables.counters.map((row) => row.name);
  assert.deepEqual(Object.keys(members("Counters")).sort(), names.sort());
  for (const { name, help } of tables.counters) assert.equal(explained("Counters", name), plain(help.trim()), name);
});

test("options in options", () => {
  assert.deepEqual(members("ProfileOptions"), wanted(tables.profile_options));
  assert.deepEqual(members("AuthOptions"), wanted(tables.auth_options));
});

test("registries", () => {
  assert.deepEqual(members("RegistryOptions"), wanted(tables.registry_options));
  assert.deepEqual(members("RegistryCallOptions"), { ...wanted(tables.registry_call_options), signal: "AbortSignalLike | null" });
  for (const [kind, name] of [["gaia", "GaiaRegistry"], ["sema4", "Sema4Registry"]]) {
    const names = tables.registry_methods.filter((method) => method.registry === kind).map((method) => method.spelled);
    for (const method of names) assert.equal(typeof omni.registry[name].prototype[method], "function", `${name}.${method}`);
    const own = Object.getOwnPropertyNames(omni.registry[name].prototype);
    assert.deepEqual(own.filter((method) => method !== "constructor").sort(), [...names].sort());
  }
});

test("call options", () => {
  const { signal, onProgress, ...fromTable } = members("CallOptions");
  assert.equal(signal, "AbortSignalLike | null");
  assert.match(onProgress, /Progress.*\| null$/);
  const { idempotencyKey, ...others } = wanted(tables.call_options);
  assert.deepEqual(fromTable, { ...others, idempotencyKey: `${idempotencyKey} | null` });
});

test("options of views", () => {
  const { idempotencyKey, requestId, ...others } = wanted(tables.call_options);
  assert.deepEqual([idempotencyKey, requestId], ["string", "string"]);
  assert.deepEqual(members("ViewOptions"), others);
});

test("methods", () => {
  const names = tables.methods.map((method) => method.spelled).sort();
  const properties = tables.properties.map((property) => property.spelled);
  assert.deepEqual(Object.keys(members("OmniMcpClient")).sort(), [...names, ...properties, "withMetadata", "withOptions"].sort());
  for (const name of properties) assert.ok(Object.getOwnPropertyDescriptor(omni.OmniMcpClient.prototype, name).get, name);
  for (const name of names) assert.equal(typeof omni.OmniMcpClient.prototype[name], "function", name);
  const own = Object.getOwnPropertyNames(omni.OmniMcpClient.prototype).filter((name) => name !== "constructor");
  assert.deepEqual(own.sort(), [...names, ...properties, "withMetadata", "withOptions"].sort());
  const iterating = members("OmniMcpClient");
  for (const { spelled, iterates } of tables.methods) assert.equal(/=> AsyncGenerator</.test(iterating[spelled]), iterates, spelled);
});

test("methods with metadata are those that resolve to a result", async (t) => {
  const names = tables.methods.filter(({ iterates, result, options }) => !iterates && result && options).map(({ spelled }) => spelled);
  const typed = members("ClientWithMetadata");
  assert.deepEqual(Object.keys(typed).sort(), [...names].sort());
  for (const name of names) assert.match(typed[name], /=> Promise</, name);
  const client = new omni.OmniMcpClient({ profile: "generic", endpoint: "http://127.0.0.1:9/mcp" });
  t.after(() => client.close());
  assert.equal(client.withMetadata, client.withMetadata);
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(client.withMetadata)).filter((name) => name !== "constructor");
  assert.deepEqual(own.sort(), [...names].sort());
  await assert.rejects(client.ping({ withMetadata: true }), { code: "unknown_option", field: "withMetadata" });
});

test("kinds and codes", () => {
  assert.deepEqual(literals("ErrorKind"), tables.kinds.map((row) => row.kind).sort());
  assert.deepEqual(literals("ErrorCode"), tables.codes.map((row) => row.code).sort());
  const classes = Object.entries(omni).filter(([, value]) => value?.prototype instanceof omni.OmniMcpError);
  assert.deepEqual(classes.map(([name]) => name).sort(), tables.kinds.map((row) => row.class).sort());
  for (const row of tables.kinds) {
    const error = omni.OmniMcpError.fromJSON({ kind: row.kind, code: "c", message: "m", text: "t", requiredScopes: [] });
    assert.equal(error.constructor, omni[row.class]);
    assert.equal(checker.typeToString(checker.getTypeOfSymbol(typeOf(row.class).getProperty("kind"))), `"${row.kind}"`);
  }
});

test("the package has the version of the core", async () => {
  const { default: manifest } = await import("@omni/omni-mcp-js/package.json", { with: { type: "json" } });
  assert.equal(manifest.version, tables.version);
});
