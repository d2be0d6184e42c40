/** Registries of MCP servers. Every method is one line. */

import { Caller } from "./caller.js";
import { badOption } from "./errors.js";
import { hidden } from "./records.js";
import { asyncDispose } from "./symbols.js";
import type {
  GaiaCreated, RegistryCallOptions, RegistryOptions, ServerPage, ServerRecord, ServerRecordInput,
} from "./types.js";

abstract class Registry {
  protected readonly caller: Caller;

  protected constructor(kind: "gaia" | "sema4", options?: RegistryOptions) {
    this.caller = new Caller(kind, options);
    Object.defineProperty(this, "caller", { enumerable: false });
  }

  /** Sends any request below the base URL. GET, PUT and DELETE are sent again by the rules of safe calls. */
  async request<T = unknown>(method: string, path: string, body?: object | null, options?: RegistryCallOptions): Promise<T> {
    return (await this.caller.call("request", "body", { body }, { method, path, body: body ?? undefined }, options)) as T;
  }

  /** Refuses further calls. Never rejects, and may be called again. */
  async close(): Promise<void> {
    await this.caller.close();
  }

  /** For `await using`: closes the registry's client. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A client of a GAIA registry. */
export class GaiaRegistry extends Registry {
  /** Nothing is sent yet. Throws a `ConfigError` for a bad option. */
  constructor(options?: RegistryOptions) {
    super("gaia", options);
  }

  /** Creates a server. After an ambiguous failure it is looked up by its name. */
  async create(server: ServerRecordInput, options?: RegistryCallOptions): Promise<GaiaCreated> {
    return (await this.caller.call("create", "server", server, { server }, options)) as GaiaCreated;
  }

  /** The servers of a project. */
  async list(projectId: string, options?: RegistryCallOptions): Promise<ServerRecord[]> {
    return ((await this.caller.call("list", "project_id", {}, { project_id: projectId }, options)) as unknown[]).map(hidden);
  }
}

/** A client of a Sema4.ai registry. */
export class Sema4Registry extends Registry {
  /** Nothing is sent yet. Throws a `ConfigError` for a bad option. */
  constructor(options?: RegistryOptions) {
    super("sema4", options);
  }

  /** All servers, over all pages, which are fetched as they are needed. */
  async *list(page?: { limit?: number } | null, options?: RegistryCallOptions): AsyncGenerator<ServerRecord> {
    for await (const { data } of this.caller.pages("list", asked(page, "limit"), options) as AsyncIterable<ServerPage>) yield* data.map(hidden);
  }

  /** One page of servers: the first, or the one of a token. */
  async listPage(page?: { next?: string | null; limit?: number } | null, options?: RegistryCallOptions): Promise<ServerPage> {
    return hiddenPage(await this.caller.call("list_page", "page", asked(page, "next, limit"), asked(page, "next, limit"), options));
  }

  /** One server. */
  async get(id: string, options?: RegistryCallOptions): Promise<ServerRecord> {
    return hidden(await this.caller.call("get", "id", {}, { id }, options));
  }

  /** Creates a server. After an ambiguous failure it is not sent again. */
  async create(server: ServerRecordInput, options?: RegistryCallOptions): Promise<ServerRecord> {
    return hidden(await this.caller.call("create", "server", server, { server }, options));
  }

  /** Replaces a server. */
  async update(id: string, server: ServerRecordInput, options?: RegistryCallOptions): Promise<ServerRecord> {
    return hidden(await this.caller.call("update", "server", server, { id, server }, options));
  }

  /** Deletes a server. */
  async delete(id: string, options?: RegistryCallOptions): Promise<void> {
    await this.caller.call("delete", "id", {}, { id }, options);
  }
}

function asked(page: object | null | undefined, members: string): object {
  if (page !== undefined && page !== null && (typeof page !== "object" || Array.isArray(page))) throw badOption("page", `must be an object with ${members}`);
  return { ...page };
}

function hiddenPage(page: unknown): ServerPage {
  const read = page as ServerPage;
  read.data.forEach(hidden);
  return { data: read.data, next: read.next, hasMore: (page as { has_more: boolean }).has_more };
}
