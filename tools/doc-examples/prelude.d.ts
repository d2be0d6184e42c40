// Names that blocks of the documentation use without defining them.

declare const apiKey: string;
declare const client: import("@omni/omni-mcp-js").OmniMcpClient;
declare const OmniMcpClient: typeof import("@omni/omni-mcp-js").OmniMcpClient;
declare function askUser(message: string, schema: unknown): Promise<Record<string, string>>;
