// The same program as rust/src/main.rs, in Node. Usage: client.mjs probe|calls|sticky PLAN, where the plan is JSON.

import { once } from "node:events";

import { OmniMcpClient } from "@omni/omni-mcp-js";

const [command, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const options = Object.fromEntries(Object.entries(plan.client).map(([name, value]) => [camel(name), value]));
await { probe, calls, sticky }[command]();
process.stdin.destroy();

/** One client from connect to close; prints a line for each step. */
async function probe() {
  const client = new OmniMcpClient({
    ...options,
    onElicitation: () => ({ action: "accept", content: { name: "Ann" } }),
    onSampling: () => ({ role: "assistant", model: "none", content: { type: "text", text: "Paris" } }),
    onRoots: () => [{ uri: "file:///work", name: "work" }],
  });
  const { serverInfo, protocolVersion } = await client.initialize();
  console.log(`server: ${serverInfo.name} ${serverInfo.version}`);
  console.log(`protocol: ${protocolVersion}`);
  const { tools } = await client.listTools();
  console.log(`tools: ${tools.map((tool) => tool.name).join(", ")}`);
  const echo = await client.callTool("echo", { message: "inflation" });
  console.log(`echo: ${echo.content[0].text}`);

  const received = [];
  const onProgress = ({ progress, total }) => received.push(`${progress} of ${total}`);
  const done = await client.callTool(plan.long.name, plan.long.arguments, { onProgress });
  console.log(`progress: ${received.join(", ")}`);
  console.log(`done: ${done.content[0].text}`);
  const { resources } = await client.listResources();
  const read = await client.readResource(resources[0].uri);
  console.log(`resources: ${resources.length}, ${read.contents[0].uri}`);
  const { prompts } = await client.listPrompts();
  const got = await client.getPrompt(plan.prompt.name, plan.prompt.arguments);
  console.log(`prompts: ${prompts.length}, ${got.messages[0].content.text}`);
  for (const { name, arguments: args } of plan.asking) {
    const { content } = await client.callTool(name, args);
    console.log(`asked: ${content.map((item) => item.text ?? "").join(" ").replaceAll("\n", " ")}`);
  }
  await client.close();
  console.log("closed");
  // Resources that remain now are those that close did not release.
  await nextLine();
}

/** Lists the tools, and calls one of them many times. */
async function calls() {
  const client = new OmniMcpClient(options);
  const { tools } = await client.listTools();
  console.log(`tools: ${tools.map((tool) => tool.name).join(", ")}`);
  for (let call = 0; call < plan.calls; call += 1) {
    const echo = await client.callTool("echo", { message: String(call) });
    console.log(`echo: ${echo.content[0].text}`);
  }
  await client.close();
}

/** Many clients, each with half of their calls at once, and the other half after a line of input. */
async function sticky() {
  const clients = Array.from({ length: plan.clients }, () => new OmniMcpClient({ ...options, onNotification: () => undefined }));
  const seen = { succeeded: [], unsure: [], failed: [] };
  for (const half of [0, 1]) {
    if (half === 1) {
      console.log("half");
      await nextLine();
    }
    await Promise.all(clients.flatMap((client, index) => {
      // Every second client makes five calls at once.
      const lanes = index % 2 === 1 ? 5 : 1;
      const calls = plan.calls / 2 / lanes;
      return Array.from({ length: lanes }, (_, lane) => runLane(client, `${index}-${lane}-${half}`, calls, seen));
    }));
  }
  await Promise.all(clients.map((client) => client.close()));
  console.log(JSON.stringify(seen));
}

/** Makes calls one after another. One that may have run is repeated with another argument. */
async function runLane(client, name, calls, seen) {
  for (let call = 0, attempt = 0; call < calls;) {
    const app = `${name}-${call}-${attempt}`;
    try {
      const result = await client.callTool("createTestTarget", { app, discoveryUrl: "https://app.example" });
      if (result.isError) seen.failed.push(`${app}: isError`);
      else seen.succeeded.push(app);
    } catch (error) {
      if (error.delivery === "maybe_executed" && attempt < 5) {
        seen.unsure.push(app);
        attempt += 1;
        continue;
      }
      seen.failed.push(`${app}: ${error}`);
    }
    call += 1;
    attempt = 0;
  }
}

async function nextLine() {
  process.stdin.resume();
  await Promise.race([once(process.stdin, "data"), once(process.stdin, "end")]);
  process.stdin.pause();
}

function camel(name) {
  return name.replace(/_(.)/g, (_, first) => first.toUpperCase());
}
