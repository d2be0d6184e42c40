// The same program as scenarios/cancels/rust.rs, in Node. Usage: cancels.mjs TASK, where the task is JSON.

import { getEventListeners } from "node:events";
import { readFileSync, readSync, readdirSync } from "node:fs";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";

import { OmniMcpClient } from "@omni/omni-mcp-js";

const WORKERS = 16;
const FRESH_EVERY = 20;
// Change of the time until cancellation: shorter after a call that ended, longer after one that did not. In milliseconds.
const [SOONER, LATER, FIRST, MOST] = [0.6, 1.3, 20, 200];
const SETTLES_WITHIN_MS = 10_000;

const task = JSON.parse(process.argv[2]);
const counts = { cancelled: 0, finished: 0, failed: 0 };
let numbers = 0;
let listening = 0;
let warnings = 0;
process.on("warning", (warning) => {
  console.error(`cancels: ${warning}`);
  warnings += 1;
});

const overHttp = () => new OmniMcpClient({ profile: "generic", transport: "streamable_http", endpoint: task.endpoint });
const overStdio = () => new OmniMcpClient({ profile: "generic", command: task.command, args: task.args });

// Random numbers from a seed.
function chances(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const held = () => ({ threads: readdirSync("/proc/self/task").length, files: readdirSync("/proc/self/fd").length });

function residentKib() {
  global.gc();
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
}

async function moment(chance, span) {
  for (let yields = Math.floor(chance() * 30); yields > 0; yields -= 1) await (yields % 2 ? undefined : immediate());
  if (chance() < 0.7) await sleep(chance() * span);
}

async function cancelCalls(client, isHttp, worker, until) {
  const chance = chances((task.seed << 8) | worker);
  let span = FIRST;
  for (let number = 1; counts.cancelled < until; number += 1) {
    const used = isHttp && number % FRESH_EVERY === 0 ? overHttp() : client;
    const controller = new AbortController();
    const { signal } = controller;
    numbers += 1;
    const call = used.callTool("slow", { n: numbers, ms: Math.floor(chance() * 5) }, { signal });
    // Awaited later; this handler prevents an unhandled rejection.
    const ended = call.then(() => "finished", (error) => {
      if (error.kind === "cancelled") return "cancelled";
      console.error(`cancels: ${error}`);
      return "failed";
    });
    await moment(chance, span);
    controller.abort();
    const how = await ended;
    counts[how] += 1;
    span = Math.min(span * (how === "cancelled" ? LATER : SOONER), MOST);
    listening += getEventListeners(signal, "abort").length;
    if (used !== client) await used.close();
  }
}

const atOnce = (client, isHttp, until) =>
  Promise.all(Array.from({ length: WORKERS }, (_, worker) => cancelCalls(client, isHttp, worker, until)));

const [http, stdio] = [overHttp(), overStdio()];
await http.ping();
await stdio.ping();
await sleep(1);
// Opened when they are first used.
process.stdout.write("");
process.stderr.write("");
const before = held();
const resources = process.getActiveResourcesInfo().length;
await atOnce(http, true, Math.floor(task.cancels / 2));
const half = residentKib();
await atOnce(http, true, task.cancels);
await atOnce(stdio, false, task.cancels + task.stdio_cancels);
for (const client of [http, stdio]) await client.callTool("echo", { next: true });
console.log(JSON.stringify({ ...counts, grown_kib: residentKib() - half }));
readSync(0, Buffer.alloc(16));
await http.close();
await stdio.close();
const until = Date.now() + SETTLES_WITHIN_MS;
const more = () => Object.fromEntries(Object.entries(held()).map(([what, now]) => [what, now - before[what]]));
while (Object.values(more()).some((now) => now > 0) && Date.now() < until) await immediate();
// The process ends by itself, because no handle is open.
const handles = process.getActiveResourcesInfo().length - resources;
if (handles > 0) console.error(`cancels: ${process.getActiveResourcesInfo()}`);
console.log(JSON.stringify({ ...more(), handles, listeners: listening, warnings }));
