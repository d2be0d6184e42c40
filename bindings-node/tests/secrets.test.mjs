/** A client holds canaries as secrets; no text that Node writes of an error shows them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { test } from "node:test";
import { inspect } from "node:util";

import { OmniMcpClient, OmniMcpError, registry, testing } from "@omni/omni-mcp-js";

import { failureOf } from "./lib/served.mjs";

const KEY = "omni_test_canary_key_1";
const HEADER = "canary-header-2";
const QUERY = "canary-query-3";
const ARGUMENT = "canary-argument-4";
const SECRET = "canary:secret 5";
const PASSWORD = "canary-password-6";
const ENV = "canary-env-7";
const ALL = [KEY, HEADER, QUERY, ARGUMENT, SECRET, PASSWORD, ENV, "canary%3Asecret+5"];
const HOSTILE = "a\x1b[31mb\x07c\x9b2Jd\r\ne\u202ef\u2066g\u200bh\u2028i\u00adj\u{e0041}k";

/** All texts that show an error. */
function written(error) {
  const lines = [];
  const out = new Writable({ write: (chunk, _, done) => { lines.push(String(chunk)); done(); } });
  const log = new Console(out, out);
  log.log(error);
  log.error("%s %o %O %j", error, error, error, error);
  log.dir(error, { depth: null, showHidden: true });
  log.table([error]);
  return [
    String(error), error.message, error.text, error.stack, JSON.stringify(error), JSON.stringify(error.toJSON()),
    inspect(error, { depth: null, showHidden: true, getters: true }), inspect(error, { colors: true }), `${error}`,
    inspect(structuredClone(error.toJSON()), { depth: null }), inspect(Object.getOwnPropertyDescriptors(error), { depth: null }),
    ...lines,
  ];
}

function assertHidden(what, texts) {
  for (const text of texts) {
    for (const canary of ALL) assert.ok(!text.includes(canary), `${what} shows ${canary}: ${text}`);
  }
}

const faults = (text) => [
  { kind: "status", status: 401, body: text },
  { kind: "status", status: 400, body: { error: { code: text, message: text, request_id: text } } },
  { kind: "status", status: 403, headers: { "Omni-Required-Scopes": text, "X-Request-Id": text }, body: text },
  { kind: "status", status: 500, body: { message: text } },
  { kind: "redirect", status: 307, location: `http://127.0.0.1:9/?${text}` },
  { kind: "rpc_error", code: -32000, message: text, data: { [text]: [text] } },
  { kind: "raw_body", content_type: "text/html", body: `<b>${text}` },
  { kind: "raw_body", content_type: "text/event-stream", body: `data: ${text}\n\n` },
  { kind: "malformed_json" },
  { kind: "reset" },
];

const options = (server) => ({
  endpoint: `${server.url}/mcp?token=${QUERY}`, profile: "generic", headers: { "x-team": HEADER }, maxAttempts: 1,
});

const CREDENTIALS = {
  key: { own: [KEY], given: () => ({ apiKey: KEY }) },
  basic: { own: [PASSWORD], given: () => ({ auth: { type: "basic", username: "u", password: PASSWORD } }) },
  header: { own: [KEY], given: () => ({ auth: { type: "header", name: "x-key", value: KEY } }) },
  oauth2: {
    own: [SECRET, "canary%3Asecret+5"],
    given: (url) => ({ auth: { type: "oauth2", clientId: "c", clientSecret: SECRET, tokenUrl: `${url}/oauth/token` } }),
  },
};

for (const [credentials, { own, given }] of Object.entries(CREDENTIALS)) {
  test(`no error shows a secret: ${credentials}`, async () => {
    const server = await testing.DevServer.start({ profile: "generic", oauth: {} });
    for (const fault of faults([...own, HEADER, QUERY].join(" "))) {
      server.clearScript();
      server.script([{ fault }]);
      const records = [];
      const log = { logLevel: "debug", onLog: (record) => records.push(record), onState: (change) => records.push(change) };
      const client = new OmniMcpClient({ ...options(server), ...given(server.url), ...log });
      const shown = [inspect(client, { depth: null, showHidden: true }), String(client), JSON.stringify(client)];
      assertHidden("the client", shown);
      assertHidden(`an error after ${fault.kind}`, written(await failureOf(client.callTool("echo", { q: ARGUMENT }))));
      await client.close();
      const lines = records.map((record) => inspect(record, { depth: null }) + JSON.stringify(record));
      assert.ok(lines.some((line) => line.includes("call failed")), inspect(records));
      assertHidden(`the log after ${fault.kind}`, lines);
    }
    await server.close();
  });
}

test("no refused option shows a secret", () => {
  for (const given of [
    { apiKey: `${KEY}\n` },
    { apiKey: KEY, auth: { type: "bearer", token: KEY } },
    { apiKey: KEY, baseUrl: KEY },
    { apiKey: KEY, baseUrl: `https://user:${PASSWORD}@example.com` },
    { apiKey: KEY, headers: { authorization: HEADER } },
    { apiKey: KEY, headers: { "x-a": `${HEADER}\r\n` } },
    { apiKey: KEY, headers: HEADER },
    { apiKey: KEY, proxy: `ftp://user:${PASSWORD}@example.com` },
    { apiKey: KEY, timeoutMs: PASSWORD },
    { apiKey: [KEY] },
    { auth: { type: "oauth2", clientId: "c", clientSecret: SECRET, tokenUrl: SECRET } },
    { command: "x", env: { "A=B": ENV } },
  ]) {
    assert.throws(() => new OmniMcpClient(given), (error) => {
      assert.ok(error instanceof OmniMcpError, inspect(error));
      assertHidden(`the refusal of ${Object.keys(given)}`, written(error));
      return true;
    });
  }
});

test("no program and no registry shows a secret", async () => {
  const client = new OmniMcpClient({ command: "sh", args: ["-c", 'echo "$TOKEN" >&2; exit 3'], env: { TOKEN: ENV } });
  const error = await failureOf(client.ping());
  assert.ok(error.stderr.length > 0);
  assertHidden("a program", [inspect(client, { depth: null, showHidden: true }), ...written(error)]);
  await client.close();
  const server = await testing.DevServer.start({ profile: "sema4" });
  server.script([{ fault: { kind: "status", status: 422, body: { detail: `${KEY} ${ENV}` } } }]);
  const sema4 = new registry.Sema4Registry({ apiKey: KEY, baseUrl: server.url, tenant: "acme" });
  const record = { name: "n", url: "https://e.example", headers: { "x-key": ENV } };
  assertHidden("a registry", [inspect(sema4, { depth: null, showHidden: true }), ...written(await failureOf(sema4.create(record)))]);
  await sema4.close();
  await server.close();
});

const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u;

test("an error that ends the program shows no secret and has no control characters", async () => {
  const server = await testing.DevServer.start({ profile: "generic" });
  server.script([{ fault: { kind: "status", status: 400, body: `${KEY} ${HEADER} ${QUERY} ${HOSTILE}` } }]);
  const program = `
    import { OmniMcpClient } from "@omni/omni-mcp-js";
    const [endpoint, apiKey, team] = process.argv.slice(1);
    await new OmniMcpClient({ apiKey, endpoint, profile: "generic", headers: { "x-team": team }, maxAttempts: 1 }).ping();
  `;
  const args = ["--input-type=module", "-e", program, `${server.url}/mcp?token=${QUERY}`, KEY, HEADER];
  // The dev server runs on another thread, and responds meanwhile.
  const ended = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" });
  assert.equal(ended.status, 1);
  assert.match(ended.stderr, /\[redacted\]/);
  assertHidden("the end of a program", [ended.stderr, ended.stdout]);
  assert.doesNotMatch(ended.stderr.replaceAll("\n", ""), CONTROL_CHARACTERS);
  await server.close();
});

test("text of servers has no control characters", async () => {
  const server = await testing.DevServer.start({ profile: "generic" });
  const client = new OmniMcpClient(options(server));
  await client.ping();
  for (const fault of [
    { kind: "status", status: 400, body: HOSTILE },
    { kind: "status", status: 400, body: { error: { code: HOSTILE, message: HOSTILE, request_id: HOSTILE } } },
    { kind: "rpc_error", code: -32000, message: HOSTILE, data: { omni_code: HOSTILE, request_id: HOSTILE } },
    { kind: "raw_body", content_type: "text/html", body: HOSTILE },
  ]) {
    server.clearScript();
    server.script([{ fault }]);
    const error = await failureOf(client.callTool("echo", {}));
    const texts = [error.text, error.message, error.serviceCode, error.requestId, ...error.requiredScopes];
    for (const text of texts) assert.doesNotMatch(text ?? "", CONTROL_CHARACTERS);
    assert.doesNotMatch(inspect(error).replaceAll("\n", ""), CONTROL_CHARACTERS);
  }
  await client.close();
  await server.close();
});
