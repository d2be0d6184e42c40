/** What the compiler must accept and refuse; only compiled, never run. */

import {
  ConfigError, OmniMcpClient, OmniMcpError, RateLimitError, connect, looksLikeError, registry, testing, textOf,
  type CallToolResult, type CompleteResult, type CreateMessageRequestParams, type DiscoverResult, type ElicitRequestParams,
  type EmptyResult, type ErrorKind, type GetPromptResult, type Implementation, type InitializeResult,
  type ListPromptsResult, type ListResourceTemplatesResult, type ListResourcesResult, type ListToolsResult, type Metadata,
  type Prompt, type ReadResourceResult, type Resource, type ResourceTemplate, type Root, type ServerNotification, type ServerRecord, type Tool,
  type WithMetadata,
} from "@omni/omni-mcp-js";
import { DevServer, type Ledger } from "@omni/omni-mcp-js/testing";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <A, B>(_same: Same<A, B>): void => undefined;

interface Search {
  count: number;
}

export async function calls(): Promise<void> {
  await using client = new OmniMcpClient({ apiKey: "k", timeoutMs: null, headers: { "x-a": "b" } });
  new OmniMcpClient("https://mcp.example.com/mcp", { headers: { "x-a": "b" } });
  new OmniMcpClient(new URL("https://mcp.example.com/mcp"));
  const welcome = await client.initialize();
  is<typeof welcome, InitializeResult>(true);
  const tools = await client.withMetadata.listTools();
  is<typeof tools, WithMetadata<ListToolsResult>>(true);
  const plain = await client.callTool("t", { q: 1 }, "idem_1");
  is<typeof plain, CallToolResult>(true);
  const typed = await client.callTool<Search>("t", { q: 1 }, { timeoutMs: 5 });
  is<typeof typed.structuredContent, Search | undefined>(true);
  const known = await client.withMetadata.callTool<Search>("t", null, "idem_1", { timeoutMs: 5 });
  is<typeof known.metadata, Metadata>(true);
  is<typeof known.result.structuredContent, Search | undefined>(true);
  const also = await client.withMetadata.callTool("t", undefined, { idempotencyKey: "k" });
  is<typeof also, WithMetadata<CallToolResult>>(true);
  const any = await client.request("x/y", { a: 1 }, { signal: new AbortController().signal });
  is<typeof any, unknown>(true);
  const sure = await client.withMetadata.request<Search>("x/y");
  is<typeof sure, WithMetadata<Search>>(true);
  is<Awaited<ReturnType<typeof client.notify>>, void>(true);
  await client.callTool("t", {}, { onProgress: ({ progress, total }) => progress / (total ?? 1) });

  // @ts-expect-error there is no such option
  new OmniMcpClient({ retries: 3 });
  // @ts-expect-error metadata comes by `client.withMetadata`
  await client.ping({ withMetadata: true });
  // @ts-expect-error null is no value of this option
  new OmniMcpClient({ maxAttempts: null });
  // @ts-expect-error a duration is a number
  await client.ping({ timeoutMs: "5" });
  // @ts-expect-error arguments are an object
  await client.callTool("t", "text");
}

export async function lists(client: OmniMcpClient): Promise<void> {
  for await (const tool of client.iterTools({ timeoutMs: null })) is<typeof tool, Tool>(true);
  for await (const resource of client.iterResources()) is<typeof resource, Resource>(true);
  for await (const template of client.iterResourceTemplates()) is<typeof template, ResourceTemplate>(true);
  for await (const prompt of client.iterPrompts()) is<typeof prompt, Prompt>(true);
  is<Awaited<ReturnType<typeof client.listResources>>, ListResourcesResult>(true);
  is<Awaited<ReturnType<typeof client.listResourceTemplates>>, ListResourceTemplatesResult>(true);
  is<Awaited<ReturnType<typeof client.listPrompts>>, ListPromptsResult>(true);
  const { nextCursor } = await client.listResourcesPage(null, { fresh: true });
  const page = await client.withMetadata.listResourceTemplatesPage(nextCursor);
  is<typeof page, WithMetadata<ListResourceTemplatesResult>>(true);
  is<typeof page.metadata.cached, boolean>(true);
  const prompts = await client.listPromptsPage();
  is<typeof prompts, ListPromptsResult>(true);

  // @ts-expect-error items have no metadata
  client.withMetadata.iterTools();
  // @ts-expect-error a cursor is a string
  await client.listPromptsPage(5);
}

export async function others(client: OmniMcpClient): Promise<void> {
  is<Awaited<ReturnType<typeof client.discover>>, DiscoverResult>(true);
  const found = await client.withMetadata.discover();
  is<typeof found, WithMetadata<DiscoverResult>>(true);
  const read = await client.readResource("file:///a");
  is<typeof read, ReadResourceResult>(true);
  const kept = await client.withMetadata.readResource("file:///a");
  is<typeof kept, WithMetadata<ReadResourceResult>>(true);
  const done = await client.subscribeResource("file:///a", { signal: new AbortController().signal });
  is<typeof done, EmptyResult>(true);
  is<Awaited<ReturnType<typeof client.unsubscribeResource>>, EmptyResult>(true);
  const prompt = await client.getPrompt("p", { a: "b" });
  is<typeof prompt, GetPromptResult>(true);
  const known = await client.withMetadata.getPrompt("p", null);
  is<typeof known, WithMetadata<GetPromptResult>>(true);
  const values = await client.complete({ type: "ref/prompt", name: "p" }, { name: "a", value: "b" }, { arguments: { c: "d" } });
  is<typeof values, CompleteResult>(true);
  const more = await client.withMetadata.complete({ type: "ref/resource", uri: "a" }, { name: "a", value: "" }, null);
  is<typeof more, WithMetadata<CompleteResult>>(true);
  await client.setLoggingLevel("warning", { timeoutMs: 5 });
  await client.callTool("t", {}, { validateOutput: true });
  await client.callTool("t", {}, { signal: null, onProgress: null, idempotencyKey: null });

  // @ts-expect-error there is no such level
  await client.setLoggingLevel("loud");
  // @ts-expect-error arguments of a prompt are strings
  await client.getPrompt("p", { a: 1 });
  // @ts-expect-error the reference has a type
  await client.complete({ name: "p" }, { name: "a", value: "b" });
}

export function functions(): void {
  new OmniMcpClient({
    clientName: "a", clientVersion: "1", validateOutput: true, cache: false, maxInputRounds: 3,
    onSampling: (params) => {
      is<typeof params, CreateMessageRequestParams>(true);
      return { role: "assistant", model: "m", content: { type: "text", text: "x" } };
    },
    onElicitation: async (params) => {
      is<typeof params, ElicitRequestParams>(true);
      if (params.mode === "url") return Promise.resolve({ action: "decline" });
      return Promise.resolve({ action: "accept", content: { a: 1, b: ["c"] } });
    },
    onRoots: async (): Promise<Root[]> => Promise.resolve([{ uri: "file:///a" }]),
  });
  new OmniMcpClient({ onRoots: () => [{ uri: "file:///a", name: "A" }] });
  new OmniMcpClient({ minTlsVersion: "1.3", logLevel: "warn" });

  // @ts-expect-error there is no such version
  new OmniMcpClient({ minTlsVersion: "1.1" });
  // @ts-expect-error there is no such level
  new OmniMcpClient({ logLevel: "loud" });
  // @ts-expect-error there is no such action
  new OmniMcpClient({ onElicitation: () => ({ action: "maybe" }) });
  // @ts-expect-error the role is missing
  new OmniMcpClient({ onSampling: () => ({ model: "m", content: { type: "text", text: "x" } }) });
  // @ts-expect-error a folder has a URI
  new OmniMcpClient({ onRoots: () => ["file:///a"] });
}

export async function records(): Promise<void> {
  await using sema4 = new registry.Sema4Registry({ apiKey: "k", baseUrl: "https://example.com", tenant: "t", timeoutMs: null });
  for await (const record of sema4.list({ limit: 5 }, { signal: new AbortController().signal })) {
    is<typeof record, ServerRecord>(true);
    await using client = await connect(record, { onNotification: ({ method, params }) => `${method} ${Object.keys(params).length}` });
    is<typeof client.serverInfo, Implementation | undefined>(true);
  }
  const { data, next, hasMore } = await sema4.listPage();
  is<typeof data, ServerRecord[]>(true);
  is<typeof next, string | null>(true);
  is<typeof hasMore, boolean>(true);
  const { serverId } = await new registry.GaiaRegistry().create({ name: "a" });
  is<typeof serverId, string>(true);
  new OmniMcpClient({ auth: { type: "basic", username: "u", password: "p" }, profile: { name: "acme", versions: ["2025-11-25"] } });
  new OmniMcpClient({ tokenProvider: async () => Promise.resolve({ token: "t", expiresInMs: 1000 }), command: "x", args: ["y"] });
  is<ReturnType<typeof looksLikeError>, boolean>(true);
  is<ReturnType<typeof textOf>, string>(true);

  // @ts-expect-error there is no such type
  new OmniMcpClient({ auth: { type: "magic" } });
  // @ts-expect-error results of registries have no metadata
  await sema4.withMetadata.get("id");
  // @ts-expect-error a provider returns a token
  new OmniMcpClient({ tokenProvider: () => 5 });
}

export function texts({ content }: CallToolResult, asked: ElicitRequestParams, received: ServerNotification): string[] {
  if (asked.mode === "url") is<typeof asked.url, string>(true);
  if (received.method === "notifications/progress") is<typeof received.params.progress, number>(true);
  return content.flatMap((item) => (item.type === "text" ? [item.text] : []));
}

export function errors(error: unknown): ErrorKind | undefined {
  if (error instanceof RateLimitError) {
    is<typeof error.kind, "rate_limit">(true);
    is<typeof error.retryAfter, number | undefined>(true);
  }
  if (error instanceof ConfigError) is<typeof error.field, string | undefined>(true);
  // @ts-expect-error errors are not written to
  if (error instanceof OmniMcpError) error.code = "x";
  return error instanceof OmniMcpError ? OmniMcpError.fromJSON(error.toJSON()).kind : undefined;
}

export async function servers(): Promise<Ledger> {
  await using server = await testing.DevServer.start({ profile: "generic", faults: [{ fault: { kind: "truncate", bytes: 3 } }] });
  is<typeof server, DevServer>(true);
  // @ts-expect-error this fault needs its bytes
  server.script({ fault: { kind: "truncate" } });
  await server.wait({ count: "open_connections", atMost: 0 });
  return server.ledger();
}
