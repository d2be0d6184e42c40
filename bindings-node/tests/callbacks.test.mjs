/** Callbacks: where they run, and how their exceptions are handled. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

import { failureOf } from "./lib/served.mjs";

async function generic(t, server, client) {
  const started = await testing.DevServer.start({ profile: "generic", ...server });
  const made = new OmniMcpClient({ profile: "generic", endpoint: `${started.url}/mcp`, ...client });
  t.after(async () => {
    await made.close();
    await started.close();
  });
  return { server: started, client: made };
}

const withToken = { auth: { type: "bearer", token: "tok_1" } };

test("a provider may return a string, an object, or a promise of one", async (t) => {
  for (const given of ["tok_1", { token: "tok_1", expiresInMs: 60_000 }, Promise.resolve("tok_1")]) {
    const { client } = await generic(t, withToken, { tokenProvider: () => given });
    await client.ping();
  }
});

test("an exception of a provider is in the message of the error", async (t) => {
  for (const tokenProvider of [() => { throw new Error("no vault"); }, async () => { throw new Error("no vault"); }, () => Promise.reject("no vault")]) {
    const { client } = await generic(t, withToken, { tokenProvider });
    const error = await failureOf(client.ping());
    assert.equal(error.code, "token_unavailable");
    assert.equal(error.delivery, "not_sent");
    assert.match(error.message, /no vault/);
  }
});

test("an invalid token is an error", async (t) => {
  for (const given of [undefined, null, 5, {}, "", { token: 1 }, { tokens: "x" }, "with space"]) {
    const { client } = await generic(t, withToken, { tokenProvider: () => given });
    assert.equal((await failureOf(client.ping())).code, "token_unavailable", JSON.stringify(given));
  }
});

test("a provider may use another client, and is called once for two hundred first calls", async (t) => {
  const { client: vault } = await generic(t);
  let asked = 0;
  const tokenProvider = async () => {
    asked += 1;
    const { structuredContent } = await vault.callTool("echo", { token: "tok_1" });
    return structuredContent.token;
  };
  const { client } = await generic(t, withToken, { tokenProvider });
  await Promise.all(Array.from({ length: 200 }, (_, n) => client.callTool("echo", { n })));
  assert.equal(asked, 1);
});

test("a token is requested once for two hundred first calls, and once more after a revocation", async (t) => {
  const { server, client } = await generic(t, { oauth: {} }, {
    auth: { type: "oauth2", clientId: "client_devserver", clientSecret: "secret_devserver_0001" },
  });
  const calls = () => Promise.all(Array.from({ length: 200 }, (_, n) => client.callTool("echo", { n })));
  const asked = () => server.ledger().requests.filter(({ path }) => path === "/oauth/token").length;
  await calls();
  assert.equal(asked(), 1);
  server.revokeTokens();
  await calls();
  assert.equal(asked(), 2);
});

test("notifications are delivered in order, and a callback that fails is a warning", async (t) => {
  const received = [];
  const warned = once(process, "warning");
  const onNotification = ({ method, params }) => {
    received.push([method, params.n]);
    if (params.n === 0) throw new Error("plain");
  };
  const { server, client } = await generic(t, {}, { onNotification });
  await client.ping();
  assert.ok(await server.wait({ count: "streams", atLeast: 1 }));
  for (let n = 0; n < 3; n += 1) server.push({ method: "notifications/tools/list_changed", params: { n } });
  // An idle client does not keep the process alive; a test that waits for it must.
  while (received.length < 3) await new Promise(setImmediate);
  const [warning] = await warned;
  assert.match(warning.message, /onNotification failed: Error: plain/);
  assert.deepEqual(received.map(([, n]) => n), [0, 1, 2]);
});

test("a listener may call its client", async (t) => {
  let called = false;
  const box = {};
  const onNotification = async () => {
    await box.client.ping();
    called = true;
  };
  const { server, client } = await generic(t, {}, { onNotification });
  box.client = client;
  await client.ping();
  assert.ok(await server.wait({ count: "streams", atLeast: 1 }));
  server.push({ method: "notifications/tools/list_changed", params: {} });
  while (!called) await new Promise(setImmediate);
});

test("a callback that is not a function is refused by name", () => {
  for (const name of ["onNotification", "tokenProvider", "onSampling", "onElicitation", "onRoots"]) {
    assert.throws(() => new OmniMcpClient({ apiKey: "k", [name]: "text" }), { kind: "config", field: name });
  }
});

test("a thread may end while its provider runs", async (t) => {
  const server = await testing.DevServer.start({ profile: "generic", ...withToken });
  t.after(() => server.close());
  const source = `
    import { workerData, parentPort } from "node:worker_threads";
    const { OmniMcpClient } = await import(workerData.module);
    const client = new OmniMcpClient({
      profile: "generic", endpoint: workerData.endpoint,
      tokenProvider: () => { parentPort.postMessage("asked"); return new Promise(() => {}); },
    });
    client.ping().catch(() => {});
  `;
  const workerData = { module: import.meta.resolve("@omni/omni-mcp-js"), endpoint: `${server.url}/mcp` };
  for (let round = 0; round < 3; round += 1) {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData });
    await once(worker, "message");
    assert.equal(await worker.terminate(), 1);
  }
  const client = new OmniMcpClient({ profile: "generic", endpoint: `${server.url}/mcp`, tokenProvider: () => "tok_1" });
  await client.ping();
  await client.close();
});

const ERAS = ["legacy", "modern"];
const asking = (t, era, client) => generic(t, { everything: true, era }, client);

const form = { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string", default: "Ann" } } } };
const sampled = { role: "assistant", model: "m", content: { type: "text", text: "Paris" } };
const sampling = { method: "sampling/createMessage", params: { messages: [], maxTokens: 5 } };
const elicitation = { method: "elicitation/create", params: form };
const roots = { method: "roots/list" };

const ask = async (client, request) => (await client.callTool("ask", request)).structuredContent.answer;

for (const era of ERAS) {
  test(`requests of a server are answered, also by promises (${era})`, async (t) => {
    const received = [];
    const { client } = await asking(t, era, {
      onSampling: async (params) => {
        received.push(params);
        await new Promise(setImmediate);
        return sampled;
      },
      onElicitation: (params) => {
        received.push(params);
        return { action: "accept", content: {} };
      },
      onRoots: (...given) => {
        received.push(given);
        return [{ uri: "file:///a", name: "A" }];
      },
    });
    assert.deepEqual(await ask(client, sampling), sampled);
    assert.deepEqual(await ask(client, elicitation), { action: "accept", content: { name: "Ann" } });
    assert.deepEqual(await ask(client, roots), { roots: [{ uri: "file:///a", name: "A" }] });
    assert.deepEqual(received[0].messages, []);
    assert.equal(received[1].message, "Who?");
    assert.deepEqual(received[2], []);
  });

  test(`a callback for a request of the server may call its client (${era})`, async (t) => {
    const box = {};
    const onElicitation = async ({ message }) => {
      const { structuredContent } = await box.client.callTool("echo", { name: message });
      return { action: "accept", content: structuredContent };
    };
    const { client } = await asking(t, era, { onElicitation });
    box.client = client;
    assert.deepEqual((await ask(client, elicitation)).content, { name: "Who?" });
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(client, elicitation)));
    assert.ok(answers.every(({ action }) => action === "accept"));
  });
}

test("an exception of a callback is the cause of the error of its call only", async (t) => {
  const thrown = new Map();
  const onElicitation = ({ message }) => {
    const failure = message === "text" ? "no text" : new Error(`no answer to ${message}\nat all`);
    thrown.set(message, failure);
    // Now or later.
    if (message.length % 2 === 0) throw failure;
    return Promise.reject(failure);
  };
  const { client } = await asking(t, "modern", { onElicitation, onRoots: () => 5 });
  const messages = ["a", "bb", "ccc", "dddd", "text"];
  const errors = await Promise.all(messages.map((message) => failureOf(ask(client, { method: "elicitation/create", params: { ...form, message } }))));
  for (const [index, error] of errors.entries()) {
    assert.equal(error.code, "input_failed");
    assert.equal(error.delivery, "rejected");
    assert.equal(error.cause, thrown.get(messages[index]), messages[index]);
  }
  assert.match(errors[0].message, /no answer to a/);
  // Without an exception of its own callback, an error has no cause.
  const error = await failureOf(ask(client, roots));
  assert.equal(error.code, "input_failed");
  assert.ok(!("cause" in error));
});

test("each error has the value that its own callback threw, whatever the messages are", async (t) => {
  const thrown = new Map();
  const onElicitation = async ({ message }) => {
    // The messages of all are equal, or cut by the core, or empty.
    const failure = new Error({ e: "", l: "long ".repeat(1000) }[message[0]] ?? "no answer");
    thrown.set(message, failure);
    await new Promise(setImmediate);
    throw failure;
  };
  const { client } = await asking(t, "modern", { onElicitation });
  const messages = Array.from({ length: 24 }, (_, n) => `${"elx"[n % 3]}${n}`);
  const errors = await Promise.all(messages.map((message) => failureOf(ask(client, { method: "elicitation/create", params: { ...form, message } }))));
  for (const [index, error] of errors.entries()) assert.equal(error.cause, thrown.get(messages[index]), messages[index]);
});

test("a token provider's failure is the cause of every call that waited for it", async (t) => {
  const failure = new Error("no vault");
  const tokenProvider = async () => { throw failure; };
  const { client } = await generic(t, withToken, { tokenProvider });
  const errors = await Promise.all(Array.from({ length: 5 }, () => failureOf(client.ping())));
  assert.ok(errors.every(({ code, cause }) => code === "token_unavailable" && cause === failure));
});

test("the exception of a callback is not sent to a legacy server", async (t) => {
  const { client } = await asking(t, "legacy", { onRoots: () => { throw new Error("secret"); } });
  assert.deepEqual(await ask(client, roots), { code: -32603, message: "The client could not answer" });
});

test("a result that JSON cannot represent is refused with the reason", async (t) => {
  const cyclic = {};
  cyclic.self = cyclic;
  const box = {};
  const { client } = await asking(t, "modern", { onSampling: () => box.given });
  const unlike = /allowed are objects, arrays, strings/;
  for (const [given, why] of [
    [{ ...sampled, n: Number.NaN }, /finite|NaN/], [{ ...sampled, more: () => 1 }, unlike], [{ ...sampled, content: [Symbol("x")] }, unlike],
    [{ ...sampled, n: 10n }, unlike], [cyclic, /deep/], [new Map(), unlike], [{ ...sampled, content: new Set() }, unlike],
    [() => sampled, unlike], [Symbol("x"), unlike], [{ ...sampled, model: "\ud800" }, /not JSON/],
    [undefined, /must return/], [null, /must return/], ["text", /must return/], [[sampled], /must return/],
  ]) {
    box.given = given;
    const error = await failureOf(ask(client, sampling));
    assert.equal(error.code, "input_failed", inspect(given));
    assert.match(error.message, why, inspect(given));
  }
  box.given = sampled;
  assert.deepEqual(await ask(client, sampling), sampled);
});

test("a call that is cancelled during its callback ends at once", async (t) => {
  const controller = new AbortController();
  const onElicitation = () => {
    controller.abort();
    return new Promise(() => {});
  };
  const { client } = await asking(t, "modern", { onElicitation });
  const error = await failureOf(client.callTool("ask", elicitation, { signal: controller.signal }));
  assert.equal(error.kind, "cancelled");
  await client.ping();
});
