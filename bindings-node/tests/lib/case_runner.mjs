/** Runs one case of the shared vectors; `tests/vectors/README.md` describes the format. */

import assert from "node:assert/strict";

import { testing } from "@omni/omni-mcp-js";

import { camel, camelFields, inThisLanguage, options, tables } from "./names.mjs";
import { control, open, program, until } from "./case_client.mjs";

const VALUES = {
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  cyclic: () => {
    const value = {};
    value.self = value;
    return value;
  },
  deep: () => Array.from({ length: 200 }).reduce((inner) => [inner], 1),
  lone_surrogate: () => "\ud800",
  not_json: () => 10n,
};

/** Callbacks whose arguments have the names of this language. */
const OF_HTTP = ["on_request", "on_response"];

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function filledIn(text, { url, apiKey, clientCert, clientKey, ca, proxy }) {
  const known = { $URL: url, $KEY: apiKey, $STDIO: program, $CLIENT_CERT: clientCert, $CLIENT_KEY: clientKey, $CA: ca, $PROXY: proxy };
  return Object.entries(known).reduce((filled, [name, value]) => filled.replaceAll(name, () => value ?? ""), text);
}

/** The values of a case: placeholders such as `$URL` replaced, `$value` made. */
function written(value, server) {
  if (typeof value === "string") return filledIn(value, server);
  if (Array.isArray(value)) return value.map((item) => written(item, server));
  if (!isObject(value)) return value;
  if ("$value" in value) return VALUES[value.$value]();
  const members = Object.entries(value).filter(([, member]) => !(isObject(member) && member.$unset === true));
  return Object.fromEntries(members.map(([name, member]) => [name, written(member, server)]));
}

const MATCHERS = {
  $any: (_, got) => got !== undefined && got !== null,
  $absent: (_, got) => got === undefined || got === null,
  $starts: (wanted, got) => typeof got === "string" && got.startsWith(wanted),
  $contains: (wanted, got) => typeof got === "string" && got.includes(wanted),
  $at_least: (wanted, got) => typeof got === "number" && got >= wanted,
  $at_most: (wanted, got) => typeof got === "number" && got <= wanted,
  $length: (wanted, got) => Array.isArray(got) && got.length === wanted,
};

function match(wanted, got, at) {
  if (isObject(wanted)) {
    const special = Object.keys(wanted).find((name) => name in MATCHERS);
    if (special !== undefined) {
      assert.ok(MATCHERS[special](wanted[special], got), `${at}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
      return;
    }
    assert.ok(isObject(got), `${at}: wanted an object, got ${JSON.stringify(got)}`);
    for (const [name, member] of Object.entries(wanted)) match(member, got[name], `${at}.${name}`);
  } else if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(got) && got.length === wanted.length, `${at}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
    wanted.forEach((item, index) => match(item, got[index], `${at}[${index}]`));
  } else {
    assert.deepEqual(got ?? null, wanted, at);
  }
}

function matchError(wanted, error, at) {
  const { class: name, ...fields } = inThisLanguage(wanted);
  if (name !== undefined) assert.equal(error.constructor.name, name, `${at}.class`);
  // In the cases as in Rust and Python, the message is the short one.
  const { message, ...others } = camelFields(fields);
  match({ ...others, ...(message === undefined ? {} : { shortMessage: message }) }, error, at);
}

/** Parameters of registries that are members of one argument. */
const PAGE = ["next", "limit"];

/** The arguments of a method, in the order of the table; options may take the place of a parameter that is an option as well. */
function positional({ params }, args) {
  if (params.length > 0 && params.every(({ name }) => PAGE.includes(name))) {
    return [Object.fromEntries(params.map(({ name }) => [name, args[name]]))];
  }
  const isOption = ({ name }) => tables.call_options.some((option) => option.name === name);
  return params.filter((param) => args[param.name] !== undefined || !isOption(param)).map(({ name }) => args[name]);
}

function methodNamed(name, registry) {
  const methods = registry === undefined ? tables.methods : tables.registry_methods.filter((method) => method.registry === registry);
  return methods.find((method) => method.name === name);
}

/** A list that reads over pages is the list of all its items. */
async function all(items) {
  const list = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A page in the spelling of the cases. */
const snakePage = (page) => (isObject(page) && "hasMore" in page ? { data: page.data, next: page.next, has_more: page.hasMore } : page);

async function runCall(step, { client, registry }, server, at) {
  const received = [];
  const given = options(written(step.options ?? {}, server), tables.call_options);
  const wantsMetadata = step.metadata !== undefined;
  if (step.progress !== undefined) given.onProgress = (progress) => received.push(progress);
  const method = methodNamed(step.call, registry);
  assert.ok(method, `${at}: no method ${step.call}`);
  const values = positional(method, written(step.args ?? {}, server));
  const make = async () => {
    const view = (step.with_options ?? []).reduce((of, more) => of.withOptions(options(more, tables.call_options)), client);
    const made = (wantsMetadata ? view.withMetadata : view)[method.spelled](...values, ...(Object.keys(given).length > 0 ? [given] : []));
    return Symbol.asyncIterator in made ? all(made) : made.then(snakePage);
  };
  const call = make();
  if (step.error !== undefined) {
    const failed = await call.then((result) => assert.fail(`${at}: no error but ${JSON.stringify(result)}`), (error) => error);
    matchError(written(step.error, server), failed, `${at}.error`);
  } else {
    const settled = await call;
    const answer = wantsMetadata ? settled : { result: settled };
    if (step.result !== undefined) match(written(step.result, server), answer.result, `${at}.result`);
    if (step.metadata !== undefined) match(written(camelFields(step.metadata), server), answer.metadata, `${at}.metadata`);
  }
  if (step.progress !== undefined) match(step.progress, received, `${at}.progress`);
}

async function runStep(step, open, server, at) {
  if (step.concurrent !== undefined) {
    await Promise.all(step.concurrent.map((inner, index) => runCall(inner, open, server, `${at}.concurrent[${index}]`)));
  } else if (step.server !== undefined) {
    await control(written(step.server, server), server, at);
  } else if (step.property !== undefined) {
    match(step.value, open.client[camel(step.property)], `${at}.value`);
  } else if (step.notifications !== undefined) {
    await until(open.notifications, step.notifications.length);
    match(step.notifications, open.notifications, `${at}.notifications`);
  } else if (step.callback_events !== undefined) {
    for (const [callback, events] of Object.entries(step.callback_events)) {
      const expected = events.map((event) => (isObject(event.fields) ? { ...event, fields: camelFields(event.fields) } : event));
      await until(open.events[callback], expected.length);
      const wanted = OF_HTTP.includes(callback) ? expected.map(camelFields) : expected;
      match(written(wanted, server), open.events[callback], `${at}.callback_events.${callback}`);
    }
  } else if (step.server_requests !== undefined) {
    match(step.server_requests, open.serverRequests, `${at}.server_requests`);
  } else {
    for (let time = 0; time < (step.times ?? 1); time += 1) await runCall(step, open, server, at);
  }
}

const methodOf = (request) => request.rpcMethod ?? request.httpMethod;

const isResponse = (body) => isObject(body) && body.method === undefined && body.id !== undefined;

function matchLedger(rules, { requests, executions, connections, proxied, maxConcurrentExecutions }) {
  const toolCalls = requests.filter((request) => request.rpcMethod === "tools/call");
  const keys = toolCalls.map((request) => request.headers["idempotency-key"]);
  const different = (list) => new Set(list).size;
  const checks = {
    executions: (wanted) => assert.equal(executions.length, wanted, "executions"),
    connections: (wanted) => match(wanted, connections, "connections"),
    proxied: (wanted) => match(wanted, proxied, "requests to the proxy"),
    requests: (wanted) => {
      for (const [method, count] of Object.entries(wanted)) {
        match(count, requests.filter((request) => methodOf(request) === method).length, `requests of ${method}`);
      }
    },
    paths: (wanted) => {
      for (const [path, count] of Object.entries(wanted)) {
        assert.equal(requests.filter((request) => request.path === path).length, count, `requests of ${path}`);
      }
    },
    max_concurrent_executions: (wanted) => match(wanted, maxConcurrentExecutions, "executions at once"),
    client_responses: (wanted) => match(wanted, requests.map(({ body }) => body).filter(isResponse), "responses of the client"),
    one_key: () => assert.ok(keys.length > 0 && keys[0] !== undefined && different(keys) === 1, `one key: ${keys}`),
    keys: (wanted) => assert.equal(different(keys.filter((key) => key !== undefined)), wanted, "different keys"),
    distinct_request_ids: () => assert.equal(different(requests.map((request) => request.headers["x-request-id"])), requests.length, "request ids"),
    same_bodies: () => assert.equal(different(toolCalls.map((request) => JSON.stringify(request.body.params))), 1, "bodies"),
    headers: (wanted) => {
      for (const { method, nth = 1, headers, params } of wanted) {
        const request = requests.filter((request) => methodOf(request) === method)[nth - 1];
        assert.ok(request, `no request ${nth} of ${method}`);
        if (headers !== undefined) match(headers, request.headers, `${method} ${nth}`);
        if (params !== undefined) match(params, request.body.params, `${method} ${nth}`);
      }
    },
  };
  for (const [name, wanted] of Object.entries(rules)) {
    assert.ok(name in checks, `no check of ${name}`);
    checks[name](wanted);
  }
}

export async function runCase({ server: serverOptions = {}, client: clientOptions = {}, open_error, steps = [], ledger = {}, ...how }) {
  const server = await testing.DevServer.start(serverOptions);
  try {
    const keyed = how.record === undefined && how.first_argument === undefined ? { api_key: "$KEY", base_url: "$URL" } : {};
    const given = written({ ...keyed, backoff_initial: 0.001, backoff_max: 0.002, ...clientOptions }, server);
    const opening = open({ ...how, record: written(how.record, server), first_argument: written(how.first_argument, server) }, given);
    if (open_error !== undefined) {
      await assert.rejects(opening, (error) => {
        matchError(written(open_error, server), error, "open_error");
        return true;
      });
    } else {
      const opened = { ...(await opening), registry: how.registry };
      try {
        for (const [index, step] of steps.entries()) await runStep(step, opened, server, `steps[${index}]`);
        matchLedger(written(ledger, server), server.ledger());
      } finally {
        await opened.client.close();
      }
      return;
    }
    matchLedger(written(ledger, server), server.ledger());
  } finally {
    await server.close();
  }
}
