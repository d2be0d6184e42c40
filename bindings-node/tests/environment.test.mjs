/** Variables of the environment are those of the thread that makes a client, at that moment. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SHARE_ENV, Worker } from "node:worker_threads";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

import { program } from "./lib/case_client.mjs";

const { DevServer } = testing;

/** The outcome of a worker's call: the tool's query, or the error's code. */
async function inWorker(source, { env, workerData } = {}) {
  const text = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { OmniMcpClient, registry, connect } = require("@omni/omni-mcp-js");
    (async () => {${source}})().then((reported) => parentPort.postMessage(reported), (error) => parentPort.postMessage(error.code ?? String(error)));
  `;
  const worker = new Worker(text, { eval: true, workerData, ...(env === undefined ? {} : { env }) });
  const [reported] = await once(worker, "message");
  await worker.terminate();
  return reported;
}

const CALL = `
  const client = new OmniMcpClient();
  try {
    return (await client.callTool("fred.search", { q: "inflation" })).structuredContent.query;
  } finally { await client.close(); }
`;

/** Sets variables of this thread for as long as the test lasts. */
function set(t, variables) {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  });
}

async function served(t, options) {
  const server = await DevServer.start(options);
  t.after(() => server.close());
  return server;
}

test("a worker has the variables that it was given, and not those of its parent", async (t) => {
  const server = await served(t, { keys: [{ key: "omni_test_worker" }] });
  const own = { OMNI_API_KEY: "omni_test_worker", OMNI_CLIENT_API_BASE_URL: server.url };
  assert.equal(await inWorker(CALL, { env: own }), "inflation");
  // The parent's are none of a worker's business where it was given others, or none.
  set(t, own);
  assert.equal(await inWorker(CALL, { env: {} }), "missing_option");
  assert.equal(await inWorker(CALL, { env: { OMNI_CLIENT_API_BASE_URL: server.url } }), "missing_option");
  assert.equal(await inWorker(CALL, { env: { ...own, OMNI_API_KEY: "omni_test_other" } }), "unauthorized");
  assert.equal(await inWorker(CALL), "inflation");
  assert.equal(await inWorker(CALL, { env: SHARE_ENV }), "inflation");
  const keys = new Set(server.ledger().requests.map(({ headers }) => headers.authorization));
  assert.deepEqual([...keys].filter((key) => key !== "Bearer omni_test_other"), ["Bearer omni_test_worker"]);
});

test("variables that a worker sets are used, and those that it deletes are not", async (t) => {
  const server = await served(t);
  set(t, { OMNI_API_KEY: "omni_test_parent" });
  const workerData = { url: server.url, key: server.apiKey };
  assert.equal(await inWorker(`
    process.env.OMNI_API_KEY = workerData.key;
    process.env.OMNI_CLIENT_API_BASE_URL = workerData.url;
    ${CALL}`, { workerData }), "inflation");
  assert.equal(await inWorker(`delete process.env.OMNI_API_KEY; ${CALL}`, { workerData }), "missing_option");
  assert.equal(await inWorker(`process.env.OMNI_API_KEY = ""; ${CALL}`, { workerData }), "missing_option");
  assert.equal(process.env.OMNI_API_KEY, "omni_test_parent");
});

test("the variables are read when a client is made, and not again", async (t) => {
  const server = await served(t);
  set(t, { OMNI_API_KEY: server.apiKey, OMNI_CLIENT_API_BASE_URL: server.url });
  const client = new OmniMcpClient();
  process.env.OMNI_API_KEY = "omni_test_later";
  process.env.OMNI_CLIENT_API_BASE_URL = "http://127.0.0.1:9";
  assert.equal((await client.callTool("fred.search", { q: "a" })).structuredContent.query, "a");
  await client.close();
});

test("a replaced process.env is used, as in Jest", async (t) => {
  const server = await served(t);
  const before = process.env;
  t.after(() => { process.env = before; });
  process.env = { ...before, OMNI_API_KEY: server.apiKey, OMNI_CLIENT_API_BASE_URL: server.url };
  const client = new OmniMcpClient();
  await client.ping();
  await client.close();
  process.env = {};
  assert.throws(() => new OmniMcpClient(), { code: "missing_option", field: "api_key" });
  // A runtime that guards its variables, as Deno without --allow-env.
  process.env = new Proxy({}, { get() { throw new Error("denied"); } });
  assert.throws(() => new OmniMcpClient(), { code: "missing_option", field: "api_key" });
  for (const odd of [5, null, true, {}]) {
    process.env = { OMNI_API_KEY: odd };
    assert.throws(() => new OmniMcpClient(), { code: "missing_option", field: "api_key" });
  }
});

test("the variables of each profile, of registries and of custom profiles", async () => {
  const at = "http://127.0.0.1:9";
  for (const [source, variables] of [
    ["new OmniMcpClient({ profile: 'octomind' })", { OCTOMIND_API_KEY: "k", OCTOMIND_BASE_URL: at }],
    ["new OmniMcpClient({ profile: 'odock', slug: 's' })", { ODOCK_API_KEY: "k", ODOCK_GATEWAY_URL: at }],
    ["new registry.GaiaRegistry()", { GAIA_API_KEY: "k", GAIA_BASE_URL: at }],
    ["new registry.Sema4Registry()", { SEMA4_API_KEY: "k", SEMA4_BASE_URL: at }],
    ["new OmniMcpClient({ profile: { name: 'own', extends: 'omni', apiKeyVariable: 'ACME_KEY', baseUrlVariable: 'ACME_URL' } })", { ACME_KEY: "k", ACME_URL: at }],
  ]) {
    for (const [env, expected] of [[variables, "made"], [{}, "missing_option"]]) {
      assert.equal(await inWorker(`${source}; return "made";`, { env }), expected, source);
    }
  }
});

test("a child process has PATH and HOME of the thread that created the client", { skip: process.platform === "win32" }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "own-server"), `#!/bin/sh\necho "$HOME:$PATH:$OMNI_SECRET" > ${folder}/got\nexec ${program} --stdio --options '{"profile": "generic"}'\n`, { mode: 0o755 });
  const env = { HOME: "/of/worker", PATH: `${folder}:/usr/bin:/bin`, OMNI_SECRET: "none of its business" };
  assert.equal(await inWorker(`
    const client = new OmniMcpClient({ command: "${folder}/own-server" });
    await client.ping();
    await client.close();
    return "answered";
  `, { env }), "answered");
  assert.equal(execFileSync("cat", [join(folder, "got")], { encoding: "utf8" }), `/of/worker:${folder}:/usr/bin:/bin:\n`);
});

test("NODE_EXTRA_CA_CERTS of the thread that makes the client is trusted besides the system's", async (t) => {
  const server = await served(t, { tls: {}, profile: "generic" });
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "ca.pem");
  writeFileSync(file, server.ca);
  const source = `
    const client = new OmniMcpClient({ profile: "generic", endpoint: workerData.endpoint, maxAttempts: 1 });
    try { await client.ping(); return "answered"; } finally { await client.close(); }
  `;
  const workerData = { endpoint: `${server.url}/mcp` };
  assert.equal(await inWorker(source, { env: { NODE_EXTRA_CA_CERTS: file }, workerData }), "answered");
  set(t, { NODE_EXTRA_CA_CERTS: file });
  assert.equal(await inWorker(source, { env: {}, workerData }), "certificate_invalid");
  const client = new OmniMcpClient({ profile: "generic", endpoint: workerData.endpoint });
  await client.ping();
  await client.close();
});

test("proxies are those of the thread that makes the client", async (t) => {
  // No server listens there, and no name is resolved: the proxy is tried first, if there is one.
  const source = `
    const client = new OmniMcpClient({ profile: "generic", endpoint: "http://server.invalid/mcp", allowHttp: true, maxAttempts: 1 });
    try { await client.ping(); return "answered"; } catch (error) { return /proxy/.test(error.message) ? "by proxy" : "straight"; } finally { await client.close(); }
  `;
  const proxy = "http://127.0.0.1:9";
  set(t, { HTTP_PROXY: proxy, http_proxy: proxy });
  for (const [env, expected] of [
    [undefined, "by proxy"], [{}, "straight"], [{ http_proxy: proxy }, "by proxy"], [{ ALL_PROXY: proxy }, "by proxy"],
    [{ http_proxy: proxy, NO_PROXY: "server.invalid" }, "straight"], [{ http_proxy: proxy, no_proxy: "*" }, "straight"], [{ https_proxy: proxy }, "straight"],
  ]) {
    assert.equal(await inWorker(source, { env }), expected, JSON.stringify(env));
  }
});
