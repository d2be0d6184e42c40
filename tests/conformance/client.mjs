// The same program as rust/src/main.rs, in Node. Usage: client.mjs URL, with the name of a scenario in the environment.

import { OmniMcpClient } from "@omni/omni-mcp-js";

import { refuse } from "./skills.mjs";

// The suite ends its shell at the timeout, but not the processes that the shell started.
const WATCHDOG_MS = 25_000;
const VERIFY_SKILL = "sep-2640-client-verify-";

setTimeout(() => process.exit(124), WATCHDOG_MS).unref();
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const client = new OmniMcpClient({ profile: "generic", endpoint: process.argv[2], ...options() });
try {
  await run();
} finally {
  await client.close();
}

/** The callbacks of a client determine the capabilities that it declares. */
function options() {
  switch (scenario) {
    case "elicitation-sep1034-client-defaults":
      // The core adds the defaults of the form.
      return { onElicitation: () => ({ action: "accept" }) };
    case "sep-2322-client-request-state":
      return { onElicitation: () => ({ action: "accept", content: { confirmed: true } }) };
    case "request-metadata":
      return { onSampling: () => ({}), onElicitation: () => ({ action: "cancel" }), onRoots: () => [] };
    case "auth/client-credentials-basic":
      return { auth: { type: "oauth2", clientId: context.client_id, clientSecret: context.client_secret } };
    default:
      return {};
  }
}

async function run() {
  switch (scenario) {
    case "initialize":
    case "request-metadata":
    case "json-schema-ref-no-deref":
      return void (await client.listTools());
    case "tools_call":
      return listAndCall("add_numbers", { a: 5, b: 3 });
    case "elicitation-sep1034-client-defaults":
      return listAndCall("test_client_elicitation_defaults");
    case "sse-retry":
      return listAndCall("test_reconnection");
    case "sep-2322-client-request-state":
      for (const tool of ["echo_state", "unrelated", "no_state", "no_result_type"]) await listAndCall(`test_mrtr_${tool}`);
      return;
    case "http-standard-headers":
      return useEverything();
    case "http-custom-headers":
      await client.listTools();
      for (const call of context.toolCalls) await client.callTool(call.name, call.arguments);
      return;
    case "http-invalid-tool-headers":
      for (const tool of (await client.listTools()).tools) await client.callTool(tool.name, { region: "us-west1" });
      return;
    case "json-schema-2020-12-preservation": {
      const { tools } = await client.listTools();
      const tool = tools.find(({ name }) => name === "json_schema_2020_12_tool");
      return void (await client.callTool("json_schema_echo", { schema: tool.inputSchema }));
    }
    case "sep-2640-client-no-prefetch":
      return void (await client.request("skills/list"));
  }
  if (scenario.startsWith("auth/")) return listAndCall("test-tool");
  if (scenario.startsWith(VERIFY_SKILL)) return refuse(client, scenario.slice(VERIFY_SKILL.length));
  throw new Error(`there is no scenario ${scenario}`);
}

async function listAndCall(tool, args = {}) {
  await client.listTools();
  const result = await client.callTool(tool, args);
  if (result.isError) throw new Error(`${tool}: ${JSON.stringify(result.content)}`);
}

/** Calls each tool, reads each resource and gets each prompt. */
async function useEverything() {
  for (const tool of (await client.listTools()).tools) await client.callTool(tool.name, {});
  for (const resource of (await client.listResources()).resources) await client.readResource(resource.uri);
  for (const prompt of (await client.listPrompts()).prompts) await client.getPrompt(prompt.name);
}
