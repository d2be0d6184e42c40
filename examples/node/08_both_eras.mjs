// Servers of both eras: their requests to the client, resources, prompts, and cached lists.

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

for (const era of /** @type {const} */ (["legacy", "modern"])) {
  const server = await testing.DevServer.start({ profile: "generic", era, everything: true, ttlMs: 60_000, toolsPageSize: 2 });
  await inEra(era, `${server.url}/mcp`);
  await server.close();
}

/**
 * @param {string} era
 * @param {string} endpoint
 */
async function inEra(era, endpoint) {
  /** @type {(updated: boolean) => void} */
  let resolveUpdated = () => {};
  const updated = new Promise((resolve) => { resolveUpdated = resolve; });
  const client = new OmniMcpClient({
    profile: "generic",
    endpoint,
    onElicitation: () => ({ action: "accept", content: { name: "Ann" } }),
    onNotification: ({ method }) => { if (method === "notifications/resources/updated") resolveUpdated(true); },
  });

  await client.connect();
  console.log(`${era}: protocol ${client.protocolVersion}`);
  const form = { type: "object", properties: { name: { type: "string" }, age: { type: "integer", default: 30 } } };
  const params = { message: "Who are you?", requestedSchema: form };
  const { structuredContent } = await client.callTool("ask", { method: "elicitation/create", params });
  const answer = /** @type {import("@omni/omni-mcp-js").ElicitResult | undefined} */ (structuredContent?.answer);
  console.log(`asked: ${answer?.content?.name} ${answer?.content?.age}`);

  let prompts = 0;
  for await (const _ of client.iterPrompts()) prompts += 1;
  console.log(`prompts: ${prompts}`);
  const prompt = await client.getPrompt("test_prompt_with_arguments", { arg1: "a", arg2: "b" });
  console.log(`prompt: ${prompt.messages[0].content.text}`);
  await client.listResources();
  const { result, metadata } = await client.withMetadata.listResources();
  console.log(`resources: ${result.resources.length}, cached: ${metadata.cached}`);

  const uri = "test://watched-resource";
  await client.subscribeResource(uri);
  await client.callTool("touch_resource", { uri });
  const late = setTimeout(() => resolveUpdated(false), 5000);
  console.log(`notified of a change: ${await updated}`);
  clearTimeout(late);
  await client.callTool("structured", { bad: true }, { validateOutput: true }).catch(({ kind, code, delivery }) => {
    console.log(`an invalid result: ${kind} ${code} ${delivery}`);
  });
  await client.close();
}
