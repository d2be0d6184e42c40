/** A dev server and a client of it, closed when the test ends. */

import { OmniMcpClient, testing } from "@omni/omni-mcp-js";

export async function served(t, { server: serverOptions, client: clientOptions } = {}) {
  const server = await testing.DevServer.start(serverOptions);
  const client = new OmniMcpClient({
    apiKey: server.apiKey, baseUrl: server.url, backoffInitialMs: 1, backoffMaxMs: 2, ...clientOptions,
  });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  return { server, client };
}

/** The error that a promise rejects with. */
export const failureOf = (promise) =>
  promise.then((value) => {
    throw new Error(`it did not fail but gave ${JSON.stringify(value)}`);
  }, (error) => error);

export const onToolCall = (fault, rest = {}) => ({ on: { method: "tools/call" }, ...rest, fault });
