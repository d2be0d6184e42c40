/** A client for hosted MCP servers, for programs whose calls cost money. */

export { OmniMcpClient } from "./client.js";
export type { ClientWithMetadata } from "./client.js";
export { connect } from "./connect.js";
export {
  AuthenticationError, CallCancelledError, ClientClosedError, ConfigError, ConflictError, ConnectionFailedError,
  InternalError, InvalidRequestError, NotFoundError, OmniMcpError, PermissionDeniedError, ProtocolError,
  QuotaExceededError, RateLimitError, RequestTimeoutError, RpcError, ServerError, SessionError, ToolError,
} from "./errors.js";
export { looksLikeError } from "./records.js";
export { textOf } from "./text.js";
export * as registry from "./registry.js";
export type * from "./kinds.js";
export type * from "./options.js";
export type * from "./protocol.js";
export type * from "./types.js";
export * as testing from "./testing.js";
