/** Errors: their properties, and what they never show. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { inspect } from "node:util";
import { deserialize, serialize } from "node:v8";
import { Worker } from "node:worker_threads";

import * as omni from "@omni/omni-mcp-js";
import { ConfigError, InvalidRequestError, OmniMcpClient, OmniMcpError, PermissionDeniedError, ServerError } from "@omni/omni-mcp-js";

import { failureOf, onToolCall, served } from "./lib/served.mjs";

test("an error has the class of its kind, and a stack", async (t) => {
  const { client, server } = await served(t);
  const { url } = server;
  async function caller() {
    await client.callTool("fred.search", {}, "idem_errors");
  }
  const error = await failureOf(caller());
  assert.ok(error instanceof InvalidRequestError && error instanceof OmniMcpError && error instanceof Error);
  assert.equal(error.name, "InvalidRequestError");
  assert.equal(error.status, 400);
  assert.equal(error.rpcCode, -32602);
  assert.equal(error.serviceCode, "missing_q");
  assert.equal(error.omniCode, "missing_q");
  assert.equal(error.delivery, "rejected");
  assert.equal(error.retryable, false);
  assert.equal(error.idempotencyKey, "idem_errors");
  assert.match(error.requestId, /^req_/);
  assert.match(error.stack, /caller/);
  const frames = error.stack.split("\n").filter((line) => line.startsWith("    at "));
  assert.ok(frames.findIndex((line) => line.includes("caller")) <= 2, error.stack);
  assert.match(String(error), /the call did not run; HTTP 400; missing_q; request id req_/);
  assert.ok(error.stack.startsWith(String(error)));
  assert.equal(String(error), `InvalidRequestError: ${error.message}`);
  assert.equal(error.text, error.message);
  assert.deepEqual([error.server, error.method, error.tool], [url, "tools/call", "fred.search"]);
  assert.ok(error.message.startsWith(`tools/call fred.search at ${url}: ${error.shortMessage} (`), error.message);
  assert.ok(!error.shortMessage.includes("request id"));
  assert.match(inspect(error), /server: 'http:.*method: 'tools\/call',\n\s+tool: 'fred.search'/s);
});

test("an error survives JSON and structuredClone", async (t) => {
  const { client } = await served(t, {
    server: { keys: [{ key: "omni_test_scoped", scopes: ["mcp.tools.read"] }] },
  });
  const error = await failureOf(client.callTool("fred.search", { q: "inflation" }));
  assert.ok(error instanceof PermissionDeniedError);
  assert.ok(error.requiredScopes.length > 0);
  for (const copy of [structuredClone(error.toJSON()), JSON.parse(JSON.stringify(error))]) {
    assert.deepEqual(copy, error.toJSON());
    const again = OmniMcpError.fromJSON(copy);
    assert.ok(again instanceof PermissionDeniedError);
    assert.deepEqual(again.toJSON(), error.toJSON());
    assert.equal(String(again), String(error));
  }
});

const CLASSES = Object.values(omni).filter((made) => typeof made === "function" && (made === OmniMcpError || made.prototype instanceof OmniMcpError));

/** Every fact that an error can have. */
const EVERYTHING = {
  code: "c", message: "long", shortMessage: "short", text: "long", server: "https://a.example", method: "tools/call", tool: "t", delivery: "executed", retryable: true, attempts: 2, status: 500, rpcCode: -32000, serviceCode: "s",
  requestId: "req_1", retryAfter: 1.5, idempotencyKey: "idem_1", requiredScopes: ["a", "b"], field: "f", exitCode: -9, stderr: ["x", "y"],
  data: { deep: [null, { "2^53": 9007199254740992 }] },
};

test("every class carries every fact through JSON, structuredClone, v8 and its own constructor", () => {
  assert.equal(CLASSES.length, 19);
  for (const made of CLASSES.filter((each) => each !== OmniMcpError)) {
    const { kind } = made.prototype;
    const error = OmniMcpError.fromJSON({ ...EVERYTHING, kind });
    assert.ok(error instanceof made, made.name);
    for (const name of Object.keys(EVERYTHING)) assert.deepEqual(error[name], EVERYTHING[name], `${made.name}.${name}`);
    for (const again of [
      OmniMcpError.fromJSON(JSON.parse(JSON.stringify(error))),
      OmniMcpError.fromJSON(structuredClone(error.toJSON())),
      OmniMcpError.fromJSON(deserialize(serialize(error.toJSON()))),
      OmniMcpError.fromJSON(error),
      new made(error.toJSON()),
      new made(error),
    ]) {
      assert.equal(again.constructor, error.constructor);
      assert.deepEqual(again.toJSON(), error.toJSON());
      assert.deepEqual([again.kind, again.name, String(again)], [error.kind, error.name, String(error)]);
    }
  }
});

test("an error without facts has the delivery maybe_executed", () => {
  for (const made of CLASSES) {
    for (const error of [
      new made(), new made("lost"), new made(null), new made({}), new made({ message: "lost" }), new made(new Error("lost")),
      new made({ delivery: null }), new made({ delivery: "never" }), new made({ delivery: 5, requiredScopes: "x", stderr: null, text: 7 }),
      Object.create(made.prototype), Object.assign(Object.create(made.prototype), { message: "lost" }),
    ]) {
      assert.ok(error instanceof made && error instanceof OmniMcpError);
      assert.deepEqual(
        [error.delivery, error.retryable, error.attempts, error.requiredScopes, error.stderr, error.kind],
        ["maybe_executed", false, 0, [], [], made.prototype.kind],
      );
    }
    assert.equal(new made("lost").message, "lost");
    assert.equal(String(new made("lost")), `${made.prototype.name}: lost`);
    assert.equal(new made("lost", { cause: 1 }).cause, 1);
  }
  assert.equal(OmniMcpError.prototype.kind, "internal");
});

test("a structured clone of an error has safe defaults", () => {
  for (const made of CLASSES) {
    const error = OmniMcpError.fromJSON({ ...EVERYTHING, kind: made.prototype.kind, delivery: "not_sent" });
    for (const clone of [structuredClone(error), deserialize(serialize(error))]) {
      const again = OmniMcpError.fromJSON(clone);
      assert.equal(again.constructor, error.constructor);
      assert.deepEqual([again.kind, again.message, again.delivery], [error.kind, "long", "maybe_executed"]);
    }
  }
});

test("data without a short message has it as the message", () => {
  const error = OmniMcpError.fromJSON({ kind: "rpc", message: "short", text: "long" });
  assert.deepEqual([error.message, error.shortMessage, error.text], ["long", "short", "long"]);
  const changed = OmniMcpError.fromJSON({ ...error.toJSON(), message: "step 3: long" });
  assert.deepEqual([changed.message, changed.shortMessage], ["step 3: long", "short"]);
});

test("queues and test runners may set the facts of an error that they make again", () => {
  const error = OmniMcpError.fromJSON({ ...EVERYTHING, kind: "rate_limit" });
  const { message, stack } = error;
  const again = new omni.RateLimitError();
  for (const [name, value] of Object.entries({ ...error.toJSON(), message, stack })) if (name !== "name") again[name] = value;
  assert.deepEqual(again.toJSON(), error.toJSON());
  assert.deepEqual({ ...error }.delivery, "executed");
  const copied = Object.assign(Object.create(Object.getPrototypeOf(error)), error);
  assert.deepEqual([copied.delivery, copied.code, copied.idempotencyKey], ["executed", "c", "idem_1"]);
});

test("an error that a worker did not catch keeps its facts", async () => {
  const source = `
    const { OmniMcpClient } = require("@omni/omni-mcp-js");
    new OmniMcpClient({ apiKey: "k", baseUrl: "http://127.0.0.1:1", maxAttempts: 1 }).callTool("t", {}, "idem_w");
  `;
  const [error] = await once(new Worker(source, { eval: true }), "error");
  assert.deepEqual([error.kind, error.code, error.delivery, error.idempotencyKey], ["connection", "connect_failed", "not_sent", "idem_w"]);
  assert.ok(OmniMcpError.fromJSON(error) instanceof omni.ConnectionFailedError);
});

test("a kind that this version does not know is still an error", () => {
  const error = OmniMcpError.fromJSON({ kind: "new", code: "c", message: "m", text: "t", delivery: "not_sent", requiredScopes: [] });
  assert.equal(error.constructor, OmniMcpError);
  assert.equal(error.kind, "new");
});

test("invalid options are refused by name", () => {
  const cyclic = {};
  cyclic.self = cyclic;
  const error = (options) => {
    try {
      new OmniMcpClient(options);
    } catch (failure) {
      return failure;
    }
    return assert.fail("it was accepted");
  };
  for (const [options, field] of [
    [{ apiKey: "k", timeoutMs: Number.NaN }, "timeout"],
    [{ apiKey: "k", totalTimeoutMs: Number.POSITIVE_INFINITY }, "total_timeout"],
    [{ apiKey: "k", maxAttempts: 3n }, "max_attempts"],
    [{ apiKey: () => "k" }, "api_key"],
    [{ apiKey: "k", raiseToolErrors: Symbol("x") }, "raise_tool_errors"],
    [{ apiKey: "k", headers: cyclic }, "headers"],
    [7, "options"],
  ]) {
    const failure = error(options);
    assert.ok(failure instanceof ConfigError, String(failure));
    assert.equal(failure.field, field);
  }
});

test("arguments that JSON would change are refused, the others pass", async (t) => {
  const { server, client } = await served(t);
  const cyclic = {};
  cyclic.list = [cyclic];
  for (const args of [
    { q: () => 1 }, { q: Symbol("s") }, { q: [() => 1] }, { q: 1n }, { q: { x: [Number.NaN] } }, cyclic, { q: "\udc00" }, [1], "text", 5,
  ]) {
    const error = await failureOf(client.callTool("fred.search", args));
    assert.ok(error instanceof ConfigError, inspect(args));
    assert.equal(error.field, "arguments");
    assert.equal(error.delivery, "not_sent");
  }
  const shared = { deep: null };
  await failureOf(client.callTool("fred.nothing", { a: null, b: "null", c: shared, d: [shared, undefined, new Date(0)], e: undefined }));
  const sent = server.ledger().requests.find((request) => request.rpcMethod === "tools/call");
  assert.deepEqual(sent.body.params.arguments, { a: null, b: "null", c: { deep: null }, d: [{ deep: null }, null, "1970-01-01T00:00:00.000Z"] });
});

test("secrets and arguments are in no error, client or warning", async (t) => {
  const canaries = ["omni_test_canarytoken", "canaryheader", "canaryquery", "canaryargument", "canarycallheader"];
  const { server, client } = await served(t, {
    server: { keys: [{ key: "omni_test_other" }] },
    client: { apiKey: canaries[0], headers: { "x-team": canaries[1] } },
  });
  const broken = new OmniMcpClient({ apiKey: canaries[0], endpoint: `http://127.0.0.1:1/mcp?token=${canaries[2]}`, maxAttempts: 1 });
  const options = { headers: { "x-trace": canaries[4] } };
  const failures = [
    await failureOf(client.callTool("fred.search", { q: canaries[3] }, options)),
    await failureOf(broken.callTool("fred.search", { q: canaries[3] }, options)),
    await failureOf(broken.callTool("fred.search", { q: canaries[3], bad: Number.NaN }, options)),
    await failureOf(broken.callTool("fred.search", { q: canaries[3] }, { headers: { authorization: canaries[4] } })),
  ];
  failures.push(await failureOf(broken.ping({ timeoutMs: -1 })));
  const shown = [client, broken, server, ...failures].flatMap((what) => [
    inspect(what, { showHidden: true, depth: 9 }), String(what), String(what.message), String(what.stack), JSON.stringify(what),
  ]);
  for (const canary of canaries) {
    for (const text of shown) assert.ok(!text?.includes(canary), `${canary} in ${text}`);
  }
  await broken.close();
});

test("an exception of a listener is a warning, and the call continues", async (t) => {
  const { client } = await served(t, { server: { progress: 2 } });
  const warnings = [];
  const record = (warning) => warnings.push(warning);
  process.on("warning", record);
  t.after(() => process.off("warning", record));
  let received = 0;
  const onProgress = (progress) => {
    received += progress.progress;
    if (progress.progress === 1) throw new Error("plain");
    return Promise.reject(new Error("later"));
  };
  const { structuredContent } = await client.callTool("fred.search", { q: "inflation" }, { onProgress });
  assert.equal(structuredContent.query, "inflation");
  assert.equal(received, 3);
  await new Promise(setImmediate);
  assert.deepEqual(warnings.map((warning) => [warning.name, /plain|later/.exec(warning.message)?.[0]]), [
    ["OmniMcpWarning", "plain"], ["OmniMcpWarning", "later"],
  ]);
});

test("the error of an exhausted call has the number of attempts", async (t) => {
  const { client } = await served(t, { server: { faults: [onToolCall({ kind: "status", status: 500 })] } });
  const error = await failureOf(client.callTool("fred.search", { q: "inflation" }));
  assert.ok(error instanceof ServerError);
  assert.equal(error.attempts, 3);
  assert.equal(error.retryable, true);
});

test("values that JSON would empty are refused", async () => {
  const client = new OmniMcpClient({ apiKey: "omni_test_x", baseUrl: "http://127.0.0.1:9" });
  const opaque = [new Map([["q", 1]]), new Set([1]), Promise.resolve(5), new Error("x"), /x/, new Headers({ a: "1" })];
  for (const value of opaque) {
    const refused = { code: "invalid_argument", field: "arguments", delivery: "not_sent" };
    await assert.rejects(client.callTool("t", value), refused);
    await assert.rejects(client.callTool("t", { deep: { value } }), refused);
  }
  assert.throws(() => new OmniMcpClient({ headers: new Headers({ a: "1" }) }), { field: "headers" });
});

test("null is the same as an option that is not given; other values are refused", async (t) => {
  const { client } = await served(t);
  const search = (...given) => client.withMetadata.callTool("fred.search", { q: "inflation" }, ...given);
  const none = { signal: null, onProgress: null, idempotencyKey: null };
  assert.ok((await search(none)).metadata.idempotencyKey);
  assert.ok((await search(null, none)).metadata.idempotencyKey);
  assert.equal((await search("idem_1", none)).metadata.idempotencyKey, "idem_1");
  assert.equal((await search("idem_1", null)).metadata.idempotencyKey, "idem_1");
  const twice = await failureOf((async () => search("idem_1", { idempotencyKey: "idem_2" }))());
  assert.deepEqual([twice.code, twice.field], ["invalid_option", "idempotencyKey"]);
  for (const onProgress of [0, false, "text", {}]) {
    const error = await failureOf(search({ onProgress }));
    assert.deepEqual([error.kind, error.code, error.field], ["config", "invalid_argument", "onProgress"]);
  }
});

test("the first argument is a URL or options", async (t) => {
  const { server } = await served(t, { profile: "generic" });
  const client = new OmniMcpClient(new URL(`${server.url}/mcp`), { maxAttempts: 1 });
  t.after(() => client.close());
  assert.match(inspect(client), /generic at http:\/\/127/);
  const refused = [["mcp.example.com/mcp"], [""], [{ maxAttempts: 1 }, { maxAttempts: 2 }]];
  for (const given of refused) assert.throws(() => new OmniMcpClient(...given), (error) => error instanceof ConfigError && error.field === "url");
});

test("a value that JSON cannot hold is located, by its type", async (t) => {
  const { server, client } = await served(t);
  class Query {
    [Symbol.iterator]() { return [].values(); }
  }
  const values = [
    [new Map(), "Map"], [new Set(), "Set"], [10n, "bigint"], [new Uint8Array([1, 2]), "Uint8Array"], [new ArrayBuffer(2), "ArrayBuffer"],
    [/x/, "RegExp"], [Promise.resolve(), "Promise"], [new Query(), "Query"], [() => 1, "function"], [Symbol("x"), "symbol"],
  ];
  for (const [value, type] of values) {
    const error = await failureOf(client.callTool("fred.search", { filters: [null, { since: [value] }] }));
    assert.equal(error.message, `arguments.filters[1].since[0] is a${/^[aeio]/i.test(type) ? "n" : ""} ${type}; allowed are objects, arrays, strings, numbers, booleans and null`);
    assert.deepEqual([error.field, error.delivery], ["arguments", "not_sent"]);
  }
  const top = await failureOf(client.callTool("fred.search", { since: () => 1 }));
  assert.match(top.message, /^arguments\.since is a function; /);
  const official = await failureOf(client.callTool({ name: "fred.search", arguments: {} }));
  assert.equal(official.message, "name: must be a string that is not empty; the form is callTool(name, args, options)");
  assert.equal(server.ledger().requestCount, 0);
});

test("log records have this language's names", async (t) => {
  const records = [];
  const { client } = await served(t, { client: { onLog: (record) => records.push(record), logLevel: "debug" } });
  await client.ping();
  const [record] = records.filter(({ fields }) => fields.method === "ping" && "durationMs" in fields);
  assert.ok(record.fields.durationMs >= 0 && record.fields.requestId.length > 0, inspect(record));
});
