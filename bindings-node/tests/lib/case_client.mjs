/** The client of a case: a client or a registry, with the options of the case; and the dev server's controls. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { OmniMcpClient, connect, registry } from "@omni/omni-mcp-js";

import { camel, camelFields, options, tables } from "./names.mjs";

const REGISTRIES = { gaia: registry.GaiaRegistry, sema4: registry.Sema4Registry };
const WAIT_MS = 5000;

/** The path of the dev server's program. */
export const program = process.env.OMNI_MCP_DEVSERVER
  ?? `${process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../../target", import.meta.url))}/debug/omni-mcp-devserver`;

/** A case's client options, in this language's spelling; nested ones too. */
function clientOptions(given, specs) {
  const { auth, profile, ...rest } = given;
  const spelled = options(rest, specs);
  if (auth !== undefined) spelled.auth = isObject(auth) ? options(auth, tables.auth_options) : auth;
  if (profile !== undefined) spelled.profile = isObject(profile) ? ownProfile(profile) : profile;
  return spelled;
}

function ownProfile(profile) {
  const { session_lost: signs, ...rest } = profile;
  const spelled = options(rest, tables.profile_options);
  return signs === undefined ? spelled : { ...spelled, sessionLost: signs.map(camelFields) };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Makes the client of a case. What its callbacks receive is kept in `notifications`, `serverRequests` and `events`. */
export async function open({ record, registry: kind, token_provider, on_notification, callbacks = [], callback_results = {}, first_argument }, given) {
  if (kind !== undefined) return { client: new REGISTRIES[kind](clientOptions(given, tables.registry_options)) };
  const notifications = [];
  const serverRequests = [];
  const events = Object.fromEntries(callbacks.map((callback) => [callback, []]));
  const spelled = clientOptions(given, tables.client_options);
  if (on_notification === true) spelled.onNotification = (notification) => notifications.push(notification);
  for (const callback of callbacks) spelled[camel(callback)] = (event) => events[callback].push(event);
  if (token_provider !== undefined) spelled.tokenProvider = providerOf(token_provider);
  for (const [callback, results] of Object.entries(callback_results)) {
    spelled[camel(callback)] = responder(callback, results, serverRequests);
  }
  const made = () => (first_argument === undefined ? new OmniMcpClient(spelled) : new OmniMcpClient(first_argument, spelled));
  const client = record === undefined ? made() : await connect(record, spelled);
  return { client, notifications, serverRequests, events };
}

/** Returns one after the other, and the last one from then on; one with `raises` throws. */
function oneByOne(list) {
  const left = [...list];
  return () => {
    const value = left.length > 1 ? left.shift() : left[0];
    if (isObject(value) && value.raises !== undefined) throw new Error(value.raises);
    return value;
  };
}

function providerOf(tokens) {
  const next = oneByOne(tokens);
  return async () => {
    const given = next();
    return typeof given === "string" ? given : options(given, tables.token_options);
  };
}

/** A callback for requests of the server. */
function responder(callback, results, serverRequests) {
  assert.ok(tables.hooks.some(({ name }) => name === callback), `no callback ${callback}`);
  const next = oneByOne(results);
  return async (params = {}) => {
    serverRequests.push({ callback, params });
    return next();
  };
}

const CONTROLS = {
  expire_sessions: (server) => server.expireSessions(),
  move_sessions: (server) => server.moveSessions(),
  drop_streams: (server) => server.dropStreams(),
  restart: (server) => server.restart(),
  revoke_tokens: (server) => server.revokeTokens(),
};

/** A step that is one of the dev server's controls. */
export async function control(step, server, at) {
  if (typeof step === "string") CONTROLS[step](server);
  else if (step.script !== undefined) server.script(step.script);
  else if (step.push !== undefined) server.push(step.push);
  else assert.ok(await server.wait({ timeoutMs: WAIT_MS, ...camelFields(step.wait) }), `${at}: condition not met: ${JSON.stringify(step.wait)}`);
}

/** Returns when so much was received, or after some time. */
export async function until(received, count) {
  const end = Date.now() + WAIT_MS;
  while (received.length < count && Date.now() < end) await new Promise((resolve) => { setTimeout(resolve, 2); });
}
