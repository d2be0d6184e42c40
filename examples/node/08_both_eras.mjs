// One program for servers of both eras: what is asked of the caller, resources, prompts, and lists that are kept.

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

for (const era of ["legacy", "modern"]) {
  const server = await testing.DevServer.start({ profile: "generic", era, everything: true, ttlMs: 60_000, toolsPageSize: 2 });
  await inEra(era, `${server.url}/mcp`);
  await server.close();
}

async function inEra(era, endpoint) {
  let tell;
  const told = new Promise((resolve) => { tell = resolve; });
  const client = new OmniMcpClient({
    profile: "generic",
    endpoint,
    onElicitation: () => ({ action: "accept", content: { name: "Ann" } }),
    onNotification: ({ method }) => { if (method === "notifications/resources/updated") tell(true); },
  });

  await client.connect();
  console.log(`${era}: protocol ${client.protocolVersion}`);
  const form = { type: "object", properties: { name: { type: "string" }, age: { type: "integer", default: 30 } } };
  const params = { message: "Who are you?", requestedSchema: form };
  const { structuredContent } = await client.callTool("ask", { method: "elicitation/create", params });
  console.log(`asked: ${structuredContent.answer.content.name} ${structuredContent.answer.content.age}`);

  let prompts = 0;
  for await (const _ of client.iterPrompts()) prompts += 1;
  console.log(`prompts: ${prompts}`);
  const prompt = await client.getPrompt("test_prompt_with_arguments", { arg1: "a", arg2: "b" });
  console.log(`prompt: ${prompt.messages[0].content.text}`);
  await client.listResources();
  const { result, metadata } = await client.withMetadata.listResources();
  console.log(`resources: ${result.resources.length}, kept: ${metadata.cached}`);

  const uri = "test://watched-resource";
  await client.subscribeResource(uri);
  await client.callTool("touch_resource", { uri });
  const late = setTimeout(tell, 5000, false);
  console.log(`told of a change: ${await told}`);
  clearTimeout(late);
  await client.callTool("structured", { bad: true }, { validateOutput: true }).catch(({ kind, code, delivery }) => {
    console.log(`a result that does not fit: ${kind} ${code} ${delivery}`);
  });
  await client.close();
}
