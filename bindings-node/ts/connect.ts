/** Clients for the records of registries. */

import { Caller } from "./caller.js";
import { OmniMcpClient } from "./client.js";
import type { ClientOptions } from "./options.js";
import type { ServerRecordInput } from "./types.js";

/**
 * Connects to the server of a record of GAIA, Sema4.ai or Odock, which its members identify.
 *
 * @param record - The record, as the registry returned it.
 * @param options - Options that take precedence over the record; durations are in milliseconds.
 * @returns A connected client.
 * @throws {@link ConfigError} if a member of the record or an option is not valid; nothing was sent.
 * @throws {@link OmniMcpError} if the connection fails.
 */
export async function connect(record: ServerRecordInput, options?: ClientOptions): Promise<OmniMcpClient> {
  const client = new (OmniMcpClient as new (caller: Caller) => OmniMcpClient)(new Caller("record", options, record));
  try {
    await client.connect();
  } catch (failure) {
    await client.close();
    throw failure;
  }
  return client;
}
