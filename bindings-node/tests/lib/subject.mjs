/** What a case calls: a client, made as the case says, or a registry; and the dev server's controls. */

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

/** Opens what the case calls. What it has heard stands in `heard`, and what its functions were asked in `asked`. */
export async function open({ record, registry: kind, token_provider, on_notification, hears = [], answers = {} }, given) {
  const heard = [];
  const asked = [];
  if (kind !== undefined) return { subject: new REGISTRIES[kind](clientOptions(given, tables.registry_options)), heard };
  const spelled = clientOptions(given, tables.client_options);
  if (on_notification === true) spelled.onNotification = (notification) => heard.push(notification);
  const told = Object.fromEntries(hears.map((hook) => [hook, []]));
  for (const hook of hears) spelled[camel(hook)] = (what) => told[hook].push(what);
  if (token_provider !== undefined) spelled.tokenProvider = providerOf(token_provider);
  for (const [hook, list] of Object.entries(answers)) spelled[camel(hook)] = answering(hook, list, asked);
  const subject = record === undefined ? new OmniMcpClient(spelled) : await connect(record, spelled);
  return { subject, heard, asked, told };
}

/** One after the other, the last again and again; one that fails throws. */
function oneByOne(list) {
  const left = [...list];
  return () => {
    const given = left.length > 1 ? left.shift() : left[0];
    if (isObject(given) && given.fails !== undefined) throw new Error(given.fails);
    return given;
  };
}

function providerOf(tokens) {
  const next = oneByOne(tokens);
  return async () => {
    const given = next();
    return typeof given === "string" ? given : options(given, tables.token_options);
  };
}

/** A function that a server asks. */
function answering(hook, list, asked) {
  assert.ok(tables.hooks.some(({ name }) => name === hook), `no function ${hook}`);
  const next = oneByOne(list);
  return async (params = {}) => {
    asked.push({ hook, params });
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
  else assert.ok(await server.wait({ timeoutMs: WAIT_MS, ...camelFields(step.wait) }), `${at}: waited in vain for ${JSON.stringify(step.wait)}`);
}

/** Returns when so much was heard, or after some time. */
export async function until(heard, count) {
  const end = Date.now() + WAIT_MS;
  while (heard.length < count && Date.now() < end) await new Promise((resolve) => { setTimeout(resolve, 2); });
}
