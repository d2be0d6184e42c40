/** Names and values between the shared vectors' spelling and this language's. */

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
/** What only tests look at: the tables of the core. */
export const tables = JSON.parse(require("../../dist/native.js").tables());

export const camel = (snake) => snake.replace(/_([a-z])/g, (_, initial) => initial.toUpperCase());

export const camelFields = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]));

/** The expected error of a case, whose message is written as in Python. */
export function inThisLanguage(error) {
  const spelled = (text) => text.replace(/\b([a-z]+)="/g, '$1: "');
  const { message } = error;
  if (typeof message === "string") return { ...error, message: spelled(message) };
  const contained = message?.$contains;
  return typeof contained === "string" ? { ...error, message: { $contains: contained.replace(/\bprotocol_version\b/, "protocolVersion") } } : error;
}

/** Options in snake case, durations in seconds, as this language has them. */
export function options(given, specs) {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const spelled = specs.find((spec) => spec.name === name)?.spelled ?? camel(name);
      const isDuration = spelled.endsWith("Ms");
      return [spelled, isDuration && typeof value === "number" ? value * 1000 : value];
    }),
  );
}
