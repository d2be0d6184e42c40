/** A child process ends with its client, and with this process. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { OmniMcpClient } from "@omni/omni-mcp-js";

import { ends, isRunning, onLinux } from "./lib/processes.mjs";
import { program } from "./lib/case_client.mjs";

/** A file for a process's number, and what runs that process. */
function watched(t, options = "{}") {
  const folder = mkdtempSync(join(tmpdir(), "omni-mcp-"));
  t.after(() => { rmSync(folder, { recursive: true }); });
  const file = join(folder, "pid");
  const script = `echo $$ > ${file}; exec ${program} --stdio --options '${options}'`;
  return { file, client: { command: "sh", args: ["-c", script] } };
}

test("close ends the process", onLinux, async (t) => {
  const { file, client: options } = watched(t);
  const client = new OmniMcpClient(options);
  assert.deepEqual((await client.callTool("echo", { n: 1 })).structuredContent, { n: 1 });
  assert.ok(isRunning(file));
  await client.close();
  assert.ok(!isRunning(file));
});

test("an idle child process lets this one end, and ends with it", onLinux, async (t) => {
  const { file, client } = watched(t);
  const source = `
    const { OmniMcpClient } = await import(${JSON.stringify(import.meta.resolve("@omni/omni-mcp-js"))});
    const client = new OmniMcpClient(${JSON.stringify(client)});
    await client.connect();
    console.log("connected");
  `;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8", timeout: 20_000 });
  assert.equal(stdout, "connected\n");
  assert.equal(status, 0);
  assert.ok(await ends(file));
});

test("an error of a process has its exit code and its last line of stderr", onLinux, async () => {
  const client = new OmniMcpClient({ command: "sh", args: ["-c", "echo one >&2; echo two >&2; exit 4"] });
  const error = await client.ping().catch((failure) => failure);
  assert.equal(error.exitCode, 4);
  assert.deepEqual(error.stderr, ["one", "two"]);
  assert.deepEqual(structuredClone(error.toJSON()).stderr, ["one", "two"]);
  await client.close();
});
