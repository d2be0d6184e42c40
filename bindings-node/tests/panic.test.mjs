/** A panic in the core is an error of its call only. Debug builds have a method that panics. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { InternalError, testing } from "@omni/omni-mcp-js";

import { OPEN, run } from "./lib/programs.mjs";
import { failureOf } from "./lib/served.mjs";
import { program } from "./lib/case_client.mjs";

// The object that makes the calls of the facade.
const { Caller } = createRequire(import.meta.url)("../dist/caller.js");
const panic = (caller, when) => caller.call("panic", "params", {}, { when });
const echo = (caller) => caller.call("call_tool", "arguments", {}, { name: "echo", arguments: { n: 1 } });

for (const kind of ["plain", "listening", "stdio"]) {
  for (const when of ["preparing", "running"]) {
    test(`${kind}, ${when}: the call fails, and the client can be used`, async (t) => {
      const server = await testing.DevServer.start({ profile: "generic", era: "legacy" });
      const overHttp = { profile: "generic", endpoint: `${server.url}/mcp`, listen: kind === "listening" };
      const caller = new Caller("server", kind === "stdio" ? { profile: "generic", command: program, args: ["--stdio"] } : overHttp);
      t.after(async () => {
        await caller.close();
        await server.close();
      });
      const others = Promise.all(Array.from({ length: 4 }, () => echo(caller)));
      for (let round = 0; round < 20; round += 1) {
        const error = await failureOf(panic(caller, when));
        assert.ok(error instanceof InternalError);
        assert.equal(error.code, "panicked");
        assert.equal(error.delivery, when === "preparing" ? "not_sent" : "maybe_executed");
        assert.match(error.message, /please report it/);
      }
      assert.equal((await others).length, 4);
      assert.ok(await echo(caller));
    });
  }
}

test("the process continues, and ends normally", async () => {
  const { code, signal, out, err } = await run(`${OPEN}
    import { createRequire } from "node:module";
    const { Caller } = createRequire(process.cwd() + "/x.mjs")("../dist/caller.js");
    const caller = new Caller("server", { apiKey: server.apiKey, baseUrl: server.url });
    for (const when of ["preparing", "running"]) {
      await caller.call("panic", "params", {}, { when, secret: "s3cret" }).catch((error) => console.log(error.name, error.code));
    }
    await client.ping();
  `, { flags: ["--unhandled-rejections=strict"] });
  assert.deepEqual({ code, signal, out }, { code: 0, signal: null, out: "InternalError panicked\n".repeat(2) });
  assert.match(err, /panicked at/);
  assert.doesNotMatch(err, /s3cret/);
});
