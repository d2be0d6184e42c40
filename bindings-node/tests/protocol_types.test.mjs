/** The protocol's types: the published example documents are assignable to them. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const source = new URL("../ts/protocol.ts", import.meta.url).pathname;
const known = new Set(Array.from(readFileSync(source, "utf8").matchAll(/^export (?:type|interface) (\w+)/gm), ([, name]) => name));
const examples = join(process.env.MCP_SCHEMAS ?? "", "2026-07-28", "examples");

/** The types by which a document of the folder `name` is checked, each with the part that is checked. */
function parts(name, document) {
  if (name.endsWith("Response")) return [[name.slice(0, -"Response".length), document.result]];
  if (name.endsWith("Error")) {
    const error = document.error ?? document;
    return [["ErrorObject", error], ...(known.has(`${name}Data`) ? [[`${name}Data`, error.data]] : [])];
  }
  if (known.has(name)) return [[name, document]];
  if (name.startsWith("List")) return [["PaginatedRequestParams", document.params]];
  return [[name === "DiscoverRequest" ? "RequestParams" : `${name}Params`, document.params]];
}

const skip = process.env.MCP_SCHEMAS && existsSync(examples) ? false : "MCP_SCHEMAS names no folder of schemas with examples";

test("published examples", { skip }, () => {
  const lines = [`import type * as types from ${JSON.stringify(source)};`];
  for (const name of readdirSync(examples)) {
    for (const file of readdirSync(join(examples, name))) {
      const document = JSON.parse(readFileSync(join(examples, name, file), "utf8"));
      for (const [type, part] of parts(name, document)) {
        const generic = type === "CallToolResult" ? "<unknown>" : "";
        lines.push(`export const _${lines.length} = ${JSON.stringify(part)} satisfies types.${type}${generic}; // ${name}/${file}`);
      }
    }
  }
  assert.ok(lines.length > 1);
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-examples-"));
  try {
    writeFileSync(join(folder, "examples.check.ts"), lines.join("\n"));
    const options = { module: "NodeNext", strict: true, noEmit: true, types: [], allowImportingTsExtensions: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
    execFileSync(process.execPath, [createRequire(import.meta.url).resolve("typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout || error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
