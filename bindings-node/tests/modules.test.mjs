/** However it is loaded, it is the same module. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import ts from "typescript";

import * as imported from "@omni/omni-mcp-js";
import { DevServer } from "@omni/omni-mcp-js/testing";

const required = createRequire(import.meta.url)("@omni/omni-mcp-js");

test("import and require have the same classes", () => {
  const names = Object.keys(required).sort();
  assert.deepEqual(Object.keys(imported).filter((name) => !["default", "module.exports", "__esModule"].includes(name)).sort(), names);
  for (const name of names) assert.equal(imported[name], required[name], name);
  assert.equal(DevServer, required.testing.DevServer);
  assert.equal(createRequire(import.meta.url)("@omni/omni-mcp-js/testing").DevServer, DevServer);
});

test("await using closes", async () => {
  // This release of Node may not support the syntax; the compiled code does the same.
  const source = `
    export async function use({ OmniMcpClient, testing }) {
      await using server = await testing.DevServer.start();
      await using client = new OmniMcpClient({ apiKey: server.apiKey, baseUrl: server.url });
      await client.ping();
      return { server, client };
    }
  `;
  const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 } });
  const { use } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  const { server, client } = await use(imported);
  await assert.rejects(client.ping(), { kind: "closed" });
  assert.equal(server.ledger().requests.filter((request) => request.httpMethod === "DELETE").length, 1);
});
