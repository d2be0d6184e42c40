// A server that is a child process: calls, progress, and its errors.

import { OmniMcpClient, textOf } from "@omni/omni-mcp-js";

const program = process.env.OMNI_MCP_DEVSERVER ?? "target/debug/omni-mcp-devserver";
// Without `strict`, a line that is not a message is skipped with a warning.
/** @param {object} options */
const started = (options, command = program) =>
  new OmniMcpClient({ profile: "generic", command, args: ["--stdio", "--options", JSON.stringify(options)], strict: true });

const client = started({ progress: 3 });
await client.connect();
console.log(`server: ${client.serverInfo?.name} ${client.serverInfo?.version}`);
let received = 0;
const result = await client.callTool("echo", { message: "inflation" }, { onProgress: () => { received += 1; } });
console.log(`echo: ${textOf(result)}`);
console.log(`progress: ${received}`);
await client.close();

const ended = await failure(started({ stdio: { exit_at_start: 3, stderr: ["no licence"] } }));
console.log(`a process that ends: ${ended.kind} ${ended.code}, exit code ${ended.exitCode}, stderr: ${ended.stderr.at(-1)}`);
const talks = await failure(started({ stdio: { garbage_at_start: "Welcome!" } }));
console.log(`a process that talks: ${talks.kind} ${talks.code} ${talks.delivery}`);
const missing = await failure(started({}, "omni-mcp-no-such-program"));
console.log(`no such program: ${missing.kind} ${missing.code} ${missing.delivery}`);

/** @param {OmniMcpClient} from */
async function failure(from) {
  const error = await from.connect().then(() => { throw new Error("it should have failed"); }, (failed) => failed);
  await from.close();
  return error;
}
