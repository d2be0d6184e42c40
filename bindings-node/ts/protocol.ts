/**
 * The objects of the protocol, of both eras: what only one era has, or requires, is optional.
 *
 * Made by `tools/protocol-types/generate.py` of the published schemas; not to be edited.
 */

/** Optional annotations for the client. */
export interface Annotations {
  /** Describes who the intended audience of this object or data is. */
  audience?: Role[];
  /** The moment the resource was last modified, as an ISO 8601 formatted string. */
  lastModified?: string;
  /** Describes how important this data is for operating the server. */
  priority?: number;
  [member: string]: unknown;
}

/** Contents of a resource: text, or bytes as base64. */
export type AnyResourceContents = TextResourceContents | BlobResourceContents;

/** Audio provided to or from an LLM. */
export interface AudioContent {
  /** The base64-encoded audio data. */
  data: string;
  /** The MIME type of the audio. */
  mimeType: string;
  /** What kind of object it is. */
  type: "audio";
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  [member: string]: unknown;
}

/** Bytes of a resource, as base64. */
export interface BlobResourceContents {
  /** A base64-encoded string representing the binary data of the item. */
  blob: string;
  /** The URI of this resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** The MIME type of this resource, if known. */
  mimeType?: string;
  [member: string]: unknown;
}

/** A field of a form that is true or false. */
export interface BooleanSchema {
  /** What kind of object it is. */
  type: "boolean";
  /** The value that the field begins with. */
  default?: boolean;
  /** What it is, for people. */
  description?: string;
  /** The title, for people. */
  title?: string;
  [member: string]: unknown;
}

/** Who may share the result where it is kept. */
export type CacheScope = "private" | "public";

/** Parameters for a `tools/call` request. */
export interface CallToolRequestParams {
  /** The name of the tool. */
  name: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** Arguments to use for the tool call. */
  arguments?: Record<string, unknown>;
  /** The answers to what the server asked, by the same names. */
  inputResponses?: InputResponses;
  /** The server's own state, to be sent back as it is. */
  requestState?: string;
  /** If specified, the caller is requesting task-augmented execution for this request. */
  task?: TaskMetadata;
  [member: string]: unknown;
}

/** The result returned by the server for a `tools/call` request. */
export interface CallToolResult<T = Record<string, unknown>> {
  /** A list of content objects that represent the unstructured result of the tool call. */
  content: ContentBlock[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Whether the tool call ended in an error. */
  isError?: boolean;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** An optional JSON value that represents the structured result of the tool call. */
  structuredContent?: T;
  [member: string]: unknown;
}

/** The parameters of `tasks/cancel`. */
export interface CancelTaskRequestParams {
  /** The task identifier to cancel. */
  taskId: string;
  [member: string]: unknown;
}

/** The response to a tasks/cancel request. */
export interface CancelTaskResult {
  /** ISO 8601 timestamp when the task was created. */
  createdAt: string;
  /** ISO 8601 timestamp when the task was last updated. */
  lastUpdatedAt: string;
  /** Current task state. */
  status: TaskStatus;
  /** The task identifier. */
  taskId: string;
  /** Actual retention duration from creation in milliseconds, null for unlimited. */
  ttl: number | null;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Suggested polling interval in milliseconds. */
  pollInterval?: number;
  /** Optional human-readable message describing the current task state. */
  statusMessage?: string;
  [member: string]: unknown;
}

/** A request is cancelled by its sender. */
export interface CancelledNotification {
  /** The method. */
  method: "notifications/cancelled";
  /** The parameters. */
  params: CancelledNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/cancelled` notification. */
export interface CancelledNotificationParams {
  /** Metadata of the protocol and of its extensions. */
  _meta?: NotificationMetaObject;
  /** An optional string describing the reason for the cancellation. */
  reason?: string;
  /** The ID of the request to cancel. */
  requestId?: RequestId;
  [member: string]: unknown;
}

/** Capabilities a client may support. */
export interface ClientCapabilities {
  /** Present if the client supports elicitation from the server. */
  elicitation?: ElicitationCapability;
  /** Experimental, non-standard capabilities that the client supports. */
  experimental?: Record<string, Record<string, unknown>>;
  /** Optional MCP extensions that the client supports. */
  extensions?: Record<string, Record<string, unknown>>;
  /** Present if the client supports listing roots. */
  roots?: RootsCapability;
  /** Present if the client supports sampling from an LLM. */
  sampling?: SamplingCapability;
  /** Present if the client supports task-augmented requests. */
  tasks?: ClientTasksCapability;
  [member: string]: unknown;
}

/** Present if the client supports task-augmented requests. */
export interface ClientTasksCapability {
  /** Whether this client supports tasks/cancel. */
  cancel?: Record<string, unknown>;
  /** Whether this client supports tasks/list. */
  list?: Record<string, unknown>;
  /** Specifies which request types can be augmented with tasks. */
  requests?: ClientTasksCapabilityRequests;
  [member: string]: unknown;
}

/** Specifies which request types can be augmented with tasks. */
export interface ClientTasksCapabilityRequests {
  /** Task support for elicitation-related requests. */
  elicitation?: ClientTasksCapabilityRequestsElicitation;
  /** Task support for sampling-related requests. */
  sampling?: ClientTasksCapabilityRequestsSampling;
  [member: string]: unknown;
}

/** Task support for elicitation-related requests. */
export interface ClientTasksCapabilityRequestsElicitation {
  /** Whether the client supports task-augmented elicitation/create requests. */
  create?: Record<string, unknown>;
  [member: string]: unknown;
}

/** Task support for sampling-related requests. */
export interface ClientTasksCapabilityRequestsSampling {
  /** Whether the client supports task-augmented sampling/createMessage requests. */
  createMessage?: Record<string, unknown>;
  [member: string]: unknown;
}

/** Parameters for a `completion/complete` request. */
export interface CompleteRequestParams {
  /** The argument's information. */
  argument: CompletionArgument;
  /** What the argument belongs to. */
  ref: CompletionReference;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** Additional, optional context for completions. */
  context?: CompletionContext;
  [member: string]: unknown;
}

/** The result returned by the server for a `completion/complete` request. */
export interface CompleteResult {
  /** The completion. */
  completion: Completion;
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  [member: string]: unknown;
}

/** The values that complete an argument. */
export interface Completion {
  /** An array of completion values. */
  values: string[];
  /** Whether there are further values, even if their number is unknown. */
  hasMore?: boolean;
  /** The total number of completion options available. */
  total?: number;
  [member: string]: unknown;
}

/** The argument to complete. */
export interface CompletionArgument {
  /** The name of the argument. */
  name: string;
  /** The value of the argument to use for completion matching. */
  value: string;
  [member: string]: unknown;
}

/** What is known besides the argument to complete. */
export interface CompletionContext {
  /** Previously-resolved variables in a URI template or prompt. */
  arguments?: Record<string, string>;
  [member: string]: unknown;
}

/** What the argument to complete belongs to. */
export type CompletionReference = PromptReference | ResourceTemplateReference;

/** Text, an image or another item of a message or result. */
export type ContentBlock = TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource;

/** A request from the server to sample an LLM via the client. */
export interface CreateMessageRequest {
  /** The method. */
  method: "sampling/createMessage";
  /** The parameters. */
  params: CreateMessageRequestParams;
  [member: string]: unknown;
}

/** Parameters for a `sampling/createMessage` request. */
export interface CreateMessageRequestParams {
  /** The requested maximum number of tokens to sample (to prevent runaway completions). */
  maxTokens: number;
  /** The messages. */
  messages: SamplingMessage[];
  /** A request to include context from one or more servers. */
  includeContext?: IncludeContext;
  /** Optional metadata to pass through to the LLM provider. */
  metadata?: Record<string, unknown>;
  /** The server's preferences for which model to select. */
  modelPreferences?: ModelPreferences;
  /** Texts at which to stop. */
  stopSequences?: string[];
  /** An optional system prompt the server wants to use for sampling. */
  systemPrompt?: string;
  /** How freely the model chooses. */
  temperature?: number;
  /** Controls how the model uses tools. */
  toolChoice?: ToolChoice;
  /** Tools that the model may use during generation. */
  tools?: Tool[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** If specified, the caller is requesting task-augmented execution for this request. */
  task?: TaskMetadata;
  [member: string]: unknown;
}

/** The result returned by the client for a `sampling/createMessage` request. */
export interface CreateMessageResult {
  /** The content. */
  content: SamplingContent;
  /** The name of the model that generated the message. */
  model: string;
  /** Who speaks. */
  role: Role;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** The reason why sampling stopped, if known. */
  stopReason?: string;
  [member: string]: unknown;
}

/** A response to a task-augmented request. */
export interface CreateTaskResult {
  /** The task. */
  task: Task;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** An opaque token used to represent a cursor for pagination. */
export type Cursor = string;

/** The result returned by the server for a `server/discover` request. */
export interface DiscoverResult {
  /** The capabilities of the server. */
  capabilities: ServerCapabilities;
  /** MCP Protocol Versions this server supports. */
  supportedVersions: string[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Who may share the result where it is kept. */
  cacheScope?: CacheScope;
  /** Natural-language guidance describing the server and its features. */
  instructions?: string;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** How long the result may be kept, in milliseconds; a hint. */
  ttlMs?: number;
  [member: string]: unknown;
}

/** What the user did. */
export type ElicitAction = "accept" | "cancel" | "decline";

/** A request from the server to elicit additional information from the user via the client. */
export interface ElicitRequest {
  /** The method. */
  method: "elicitation/create";
  /** The parameters. */
  params: ElicitRequestParams;
  [member: string]: unknown;
}

/** The parameters for a request to elicit non-sensitive information from the user via a form in the client. */
export interface ElicitRequestFormParams {
  /** The message to present to the user describing what information is being requested. */
  message: string;
  /** A restricted subset of JSON Schema. */
  requestedSchema: RequestedSchema;
  /** The elicitation mode. */
  mode?: "form";
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** If specified, the caller is requesting task-augmented execution for this request. */
  task?: TaskMetadata;
  [member: string]: unknown;
}

/** The parameters of a request for the user's input. */
export type ElicitRequestParams = ElicitRequestFormParams | ElicitRequestURLParams;

/** The parameters for a request to elicit information from the user via a URL in the client. */
export interface ElicitRequestURLParams {
  /** The message to present to the user explaining why the interaction is needed. */
  message: string;
  /** The elicitation mode. */
  mode: "url";
  /** The URL that the user should navigate to. */
  url: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** The ID of the elicitation, which must be unique within the context of the server. */
  elicitationId?: string;
  /** If specified, the caller is requesting task-augmented execution for this request. */
  task?: TaskMetadata;
  [member: string]: unknown;
}

/** The result returned by the client for an `elicitation/create` request. */
export interface ElicitResult {
  /** The user action in response to the elicitation. */
  action: ElicitAction;
  /** The submitted form data, only present when action is `"accept"` and mode was `"form"`. */
  content?: Record<string, ElicitValue>;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** What the user filled in. */
export type ElicitValue = string[] | string | number | boolean;

/** Present if the client supports elicitation from the server. */
export interface ElicitationCapability {
  /** Whether forms can be shown. */
  form?: Record<string, unknown>;
  /** Whether URLs can be opened. */
  url?: Record<string, unknown>;
  [member: string]: unknown;
}

/** An elicitation by URL is complete. */
export interface ElicitationCompleteNotification {
  /** The method. */
  method: "notifications/elicitation/complete";
  /** The parameters. */
  params: ElicitationCompleteNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/elicitation/complete` notification. */
export interface ElicitationCompleteNotificationParams {
  /** The ID of the elicitation that completed. */
  elicitationId: string;
  [member: string]: unknown;
}

/** The contents of a resource, embedded into a prompt or tool call result. */
export interface EmbeddedResource {
  /** The resource. */
  resource: AnyResourceContents;
  /** What kind of object it is. */
  type: "resource";
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  [member: string]: unknown;
}

/** Common result fields. */
export interface EmptyResult {
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  [member: string]: unknown;
}

/** A field of a form with values to choose from. */
export type EnumSchema =
  | TitledSingleSelectEnumSchema
  | LegacyTitledEnumSchema
  | UntitledSingleSelectEnumSchema
  | TitledMultiSelectEnumSchema
  | UntitledMultiSelectEnumSchema;

/** An error of JSON-RPC. */
export interface ErrorObject {
  /** The error type that occurred. */
  code: number;
  /** A short description of the error. */
  message: string;
  /** Additional information about the error. */
  data?: unknown;
  [member: string]: unknown;
}

/** Parameters for a `prompts/get` request. */
export interface GetPromptRequestParams {
  /** The name of the prompt or prompt template. */
  name: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** Arguments to use for templating the prompt. */
  arguments?: Record<string, string>;
  /** The answers to what the server asked, by the same names. */
  inputResponses?: InputResponses;
  /** The server's own state, to be sent back as it is. */
  requestState?: string;
  [member: string]: unknown;
}

/** The result returned by the server for a `prompts/get` request. */
export interface GetPromptResult {
  /** The messages. */
  messages: PromptMessage[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** An optional description for the prompt. */
  description?: string;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  [member: string]: unknown;
}

/** The parameters of `tasks/result`. */
export interface GetTaskPayloadRequestParams {
  /** The task identifier to retrieve results for. */
  taskId: string;
  [member: string]: unknown;
}

/** The response to a tasks/result request. */
export interface GetTaskPayloadResult {
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** The parameters of `tasks/get`. */
export interface GetTaskRequestParams {
  /** The task identifier to query. */
  taskId: string;
  [member: string]: unknown;
}

/** The response to a tasks/get request. */
export interface GetTaskResult {
  /** ISO 8601 timestamp when the task was created. */
  createdAt: string;
  /** ISO 8601 timestamp when the task was last updated. */
  lastUpdatedAt: string;
  /** Current task state. */
  status: TaskStatus;
  /** The task identifier. */
  taskId: string;
  /** Actual retention duration from creation in milliseconds, null for unlimited. */
  ttl: number | null;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Suggested polling interval in milliseconds. */
  pollInterval?: number;
  /** Optional human-readable message describing the current task state. */
  statusMessage?: string;
  [member: string]: unknown;
}

/** An optionally-sized icon that can be displayed in a user interface. */
export interface Icon {
  /** A standard URI pointing to an icon resource. */
  src: string;
  /** Optional MIME type override if the source MIME type is missing or generic. */
  mimeType?: string;
  /** Optional array of strings that specify sizes at which the icon can be used. */
  sizes?: string[];
  /** Optional specifier for the theme this icon is designed for. */
  theme?: IconTheme;
  [member: string]: unknown;
}

/** Optional specifier for the theme this icon is designed for. */
export type IconTheme = "dark" | "light";

/** An image provided to or from an LLM. */
export interface ImageContent {
  /** The base64-encoded image data. */
  data: string;
  /** The MIME type of the image. */
  mimeType: string;
  /** What kind of object it is. */
  type: "image";
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  [member: string]: unknown;
}

/** Describes the MCP implementation. */
export interface Implementation {
  /** The name for programs. */
  name: string;
  /** The version of this implementation. */
  version: string;
  /** An optional human-readable description of what this implementation does. */
  description?: string;
  /** Optional set of sized icons that the client can display in a user interface. */
  icons?: Icon[];
  /** The name for people. */
  title?: string;
  /** An optional URL of the website for this implementation. */
  websiteUrl?: string;
  [member: string]: unknown;
}

/** A request to include context from one or more servers. */
export type IncludeContext = "allServers" | "none" | "thisServer";

/** Parameters for an `initialize` request. */
export interface InitializeRequestParams {
  /** What the sender can do. */
  capabilities: ClientCapabilities;
  /** Who the client is. */
  clientInfo: Implementation;
  /** The latest version of the Model Context Protocol that the client supports. */
  protocolVersion: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  [member: string]: unknown;
}

/** After receiving an initialize request from the client, the server sends this response. */
export interface InitializeResult {
  /** What the sender can do. */
  capabilities: ServerCapabilities;
  /** The version of the Model Context Protocol that the server wants to use. */
  protocolVersion: string;
  /** Who the server is. */
  serverInfo: Implementation;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Instructions describing how to use the server and its features. */
  instructions?: string;
  [member: string]: unknown;
}

/** Initialization has finished. */
export interface InitializedNotification {
  /** The method. */
  method: "notifications/initialized";
  /** The parameters. */
  params?: NotificationParams;
  [member: string]: unknown;
}

/** Something that the server asks of the client. */
export type InputRequest = CreateMessageRequest | ListRootsRequest | ElicitRequest;

/** A map of server-initiated requests that the client must fulfill. */
export type InputRequests = Record<string, InputRequest>;

/** Says that the server needs input before the request can be completed. */
export interface InputRequiredResult {
  /** `complete` (as where there is none) or `input_required`. */
  resultType: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** What the server asks, by names of its own. */
  inputRequests?: InputRequests;
  /** The server's own state, to be sent back as it is. */
  requestState?: string;
  [member: string]: unknown;
}

/** An answer to something that the server asked. */
export type InputResponse = CreateMessageResult | ListRootsResult | ElicitResult;

/** Parameters of a request that carries answers to what the server asked. */
export interface InputResponseRequestParams {
  /** Metadata of the protocol and of its extensions. */
  _meta: RequestMetaObject;
  /** The answers to what the server asked, by the same names. */
  inputResponses?: InputResponses;
  /** The server's own state, to be sent back as it is. */
  requestState?: string;
  [member: string]: unknown;
}

/** A map of client responses to server-initiated requests. */
export type InputResponses = Record<string, InputResponse>;

/** Use `TitledSingleSelectEnumSchema` instead. */
export interface LegacyTitledEnumSchema {
  /** The values to choose from. */
  enum: string[];
  /** (Legacy) Display names for enum values. */
  enumNames: string[];
  /** What kind of object it is. */
  type: "string";
  /** The value that the field begins with. */
  default?: string;
  /** What it is, for people. */
  description?: string;
  /** The title, for people. */
  title?: string;
  [member: string]: unknown;
}

/** The result returned by the server for a `prompts/list` request. */
export interface ListPromptsResult {
  /** The prompts. */
  prompts: Prompt[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Who may share the result where it is kept. */
  cacheScope?: CacheScope;
  /** An opaque token representing the pagination position after the last returned result. */
  nextCursor?: string;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** How long the result may be kept, in milliseconds; a hint. */
  ttlMs?: number;
  [member: string]: unknown;
}

/** The result returned by the server for a `resources/templates/list` request. */
export interface ListResourceTemplatesResult {
  /** The templates. */
  resourceTemplates: ResourceTemplate[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Who may share the result where it is kept. */
  cacheScope?: CacheScope;
  /** An opaque token representing the pagination position after the last returned result. */
  nextCursor?: string;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** How long the result may be kept, in milliseconds; a hint. */
  ttlMs?: number;
  [member: string]: unknown;
}

/** The result returned by the server for a `resources/list` request. */
export interface ListResourcesResult {
  /** The resources. */
  resources: Resource[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Who may share the result where it is kept. */
  cacheScope?: CacheScope;
  /** An opaque token representing the pagination position after the last returned result. */
  nextCursor?: string;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** How long the result may be kept, in milliseconds; a hint. */
  ttlMs?: number;
  [member: string]: unknown;
}

/** Sent from the server to request a list of root URIs from the client. */
export interface ListRootsRequest {
  /** The method. */
  method: "roots/list";
  /** The parameters. */
  params?: RequestParams;
  [member: string]: unknown;
}

/** The result returned by the client for a `roots/list` request. */
export interface ListRootsResult {
  /** The roots. */
  roots: Root[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** The response to a tasks/list request. */
export interface ListTasksResult {
  /** The tasks. */
  tasks: Task[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** An opaque token representing the pagination position after the last returned result. */
  nextCursor?: string;
  [member: string]: unknown;
}

/** The result returned by the server for a `tools/list` request. */
export interface ListToolsResult {
  /** The tools. */
  tools: Tool[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Who may share the result where it is kept. */
  cacheScope?: CacheScope;
  /** An opaque token representing the pagination position after the last returned result. */
  nextCursor?: string;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** How long the result may be kept, in milliseconds; a hint. */
  ttlMs?: number;
  [member: string]: unknown;
}

/** The severity of a log message. */
export type LoggingLevel = "alert" | "critical" | "debug" | "emergency" | "error" | "info" | "notice" | "warning";

/** JSONRPCNotification of a log message passed from server to client. */
export interface LoggingMessageNotification {
  /** The method. */
  method: "notifications/message";
  /** The parameters. */
  params: LoggingMessageNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/message` notification. */
export interface LoggingMessageNotificationParams {
  /** The data to be logged, such as a string message or an object. */
  data: unknown;
  /** The severity of this log message. */
  level: LoggingLevel;
  /** Metadata of the protocol and of its extensions. */
  _meta?: NotificationMetaObject;
  /** An optional name of the logger issuing this message. */
  logger?: string;
  [member: string]: unknown;
}

/** The contents of a `_meta` member: metadata by name. */
export type MetaObject = Record<string, unknown>;

/** What the client would have to be able to do. */
export interface MissingRequiredClientCapabilityErrorData {
  /** The capabilities the server requires from the client to process this request. */
  requiredCapabilities: ClientCapabilities;
  [member: string]: unknown;
}

/** Hints to use for model selection. */
export interface ModelHint {
  /** A hint for a model name. */
  name?: string;
  [member: string]: unknown;
}

/** The server's preferences for model selection, requested of the client during sampling. */
export interface ModelPreferences {
  /** How much to prioritize cost when selecting a model. */
  costPriority?: number;
  /** Optional hints to use for model selection. */
  hints?: ModelHint[];
  /** How much to prioritize intelligence and capabilities when selecting a model. */
  intelligencePriority?: number;
  /** How much to prioritize sampling speed (latency) when selecting a model. */
  speedPriority?: number;
  [member: string]: unknown;
}

/** A field of a form with several values to choose. */
export type MultiSelectEnumSchema = TitledMultiSelectEnumSchema | UntitledMultiSelectEnumSchema;

/** Extends `MetaObject` with additional notification-specific fields. */
export interface NotificationMetaObject {
  /** Identifies the subscription stream a notification was delivered on. */
  "io.modelcontextprotocol/subscriptionId"?: RequestId;
  [member: string]: unknown;
}

/** Common params for any notification. */
export interface NotificationParams {
  /** Metadata of the protocol and of its extensions. */
  _meta?: NotificationMetaObject;
  [member: string]: unknown;
}

/** A field of a form that is a number. */
export interface NumberSchema {
  /** What kind of object it is. */
  type: NumberSchemaType;
  /** The value that the field begins with. */
  default?: number;
  /** What it is, for people. */
  description?: string;
  /** The largest value. */
  maximum?: number;
  /** The smallest value. */
  minimum?: number;
  /** The title, for people. */
  title?: string;
  [member: string]: unknown;
}

/** Whether fractions are allowed. */
export type NumberSchemaType = "integer" | "number";

/** Common params for paginated requests. */
export interface PaginatedRequestParams {
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** An opaque token representing the current pagination position. */
  cursor?: string;
  [member: string]: unknown;
}

/** A field of a form. */
export type PrimitiveSchemaDefinition =
  | NumberSchema
  | BooleanSchema
  | TitledSingleSelectEnumSchema
  | LegacyTitledEnumSchema
  | UntitledSingleSelectEnumSchema
  | TitledMultiSelectEnumSchema
  | UntitledMultiSelectEnumSchema
  | StringSchema;

/** How far a call is. */
export type Progress = ProgressNotificationParams;

/** An out-of-band notification used to inform the receiver of a progress update for a long-running request. */
export interface ProgressNotification {
  /** The method. */
  method: "notifications/progress";
  /** The parameters. */
  params: ProgressNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/progress` notification. */
export interface ProgressNotificationParams {
  /** The progress thus far. */
  progress: number;
  /** The token that was given in the request. */
  progressToken: ProgressToken;
  /** Metadata of the protocol and of its extensions. */
  _meta?: NotificationMetaObject;
  /** An optional message describing the current progress. */
  message?: string;
  /** Total number of items to process (or total progress required), if known. */
  total?: number;
  [member: string]: unknown;
}

/** A progress token, used to associate progress notifications with the original request. */
export type ProgressToken = string | number;

/** A prompt or prompt template that the server offers. */
export interface Prompt {
  /** The name for programs. */
  name: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** A list of arguments to use for templating the prompt. */
  arguments?: PromptArgument[];
  /** An optional description of what this prompt provides. */
  description?: string;
  /** Optional set of sized icons that the client can display in a user interface. */
  icons?: Icon[];
  /** The name for people. */
  title?: string;
  [member: string]: unknown;
}

/** Describes an argument that a prompt can accept. */
export interface PromptArgument {
  /** The name for programs. */
  name: string;
  /** A human-readable description of the argument. */
  description?: string;
  /** Whether this argument must be provided. */
  required?: boolean;
  /** The name for people. */
  title?: string;
  [member: string]: unknown;
}

/** The list of prompts has changed. */
export interface PromptListChangedNotification {
  /** The method. */
  method: "notifications/prompts/list_changed";
  /** The parameters. */
  params?: NotificationParams;
  [member: string]: unknown;
}

/** Describes a message returned as part of a prompt. */
export interface PromptMessage {
  /** The content. */
  content: ContentBlock;
  /** Who speaks. */
  role: Role;
  [member: string]: unknown;
}

/** Identifies a prompt. */
export interface PromptReference {
  /** The name for programs. */
  name: string;
  /** What kind of object it is. */
  type: "ref/prompt";
  /** The name for people. */
  title?: string;
  [member: string]: unknown;
}

/** Present if the server offers any prompt templates. */
export interface PromptsCapability {
  /** Whether this server supports notifications for changes to the prompt list. */
  listChanged?: boolean;
  [member: string]: unknown;
}

/** Parameters for a `resources/read` request. */
export interface ReadResourceRequestParams {
  /** The URI of the resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** The answers to what the server asked, by the same names. */
  inputResponses?: InputResponses;
  /** The server's own state, to be sent back as it is. */
  requestState?: string;
  [member: string]: unknown;
}

/** The result returned by the server for a `resources/read` request. */
export interface ReadResourceResult {
  /** The contents. */
  contents: AnyResourceContents[];
  /** Metadata of the protocol and of its extensions. */
  _meta?: ResultMetaObject;
  /** Who may share the result where it is kept. */
  cacheScope?: CacheScope;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  /** How long the result may be kept, in milliseconds; a hint. */
  ttlMs?: number;
  [member: string]: unknown;
}

/** Metadata for associating messages with a task. */
export interface RelatedTaskMetadata {
  /** The task identifier this message is associated with. */
  taskId: string;
  [member: string]: unknown;
}

/** A uniquely identifying ID for a request in JSON-RPC. */
export type RequestId = string | number;

/** Metadata of the protocol and of its extensions. */
export interface RequestMetaObject {
  /** Asks for progress notifications, which will carry this token. */
  progressToken?: ProgressToken;
  /** The client's capabilities for this specific request. */
  "io.modelcontextprotocol/clientCapabilities"?: ClientCapabilities;
  /** Identifies the client software making the request. */
  "io.modelcontextprotocol/clientInfo"?: Implementation;
  /** The desired log level for this request. */
  "io.modelcontextprotocol/logLevel"?: LoggingLevel;
  /** The MCP Protocol Version being used for this request. */
  "io.modelcontextprotocol/protocolVersion"?: string;
  [member: string]: unknown;
}

/** Common params for any request. */
export interface RequestParams {
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  [member: string]: unknown;
}

/** The fields of a form. */
export interface RequestedSchema {
  /** The fields by name. */
  properties: Record<string, PrimitiveSchemaDefinition>;
  /** What kind of object it is. */
  type: "object";
  /** The dialect of the schema. */
  "$schema"?: string;
  /** The names of the fields that must be filled in. */
  required?: string[];
  [member: string]: unknown;
}

/** A known resource that the server is capable of reading. */
export interface Resource {
  /** The name for programs. */
  name: string;
  /** The URI of this resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  /** A description of what this resource represents. */
  description?: string;
  /** Optional set of sized icons that the client can display in a user interface. */
  icons?: Icon[];
  /** The MIME type of this resource, if known. */
  mimeType?: string;
  /** The size of the raw resource content, in bytes (i.e., before base64 encoding or any tokenization), if known. */
  size?: number;
  /** The name for people. */
  title?: string;
  [member: string]: unknown;
}

/** A resource that the server is capable of reading, included in a prompt or tool call result. */
export interface ResourceLink {
  /** The name for programs. */
  name: string;
  /** What kind of object it is. */
  type: "resource_link";
  /** The URI of this resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  /** A description of what this resource represents. */
  description?: string;
  /** Optional set of sized icons that the client can display in a user interface. */
  icons?: Icon[];
  /** The MIME type of this resource, if known. */
  mimeType?: string;
  /** The size of the raw resource content, in bytes (i.e., before base64 encoding or any tokenization), if known. */
  size?: number;
  /** The name for people. */
  title?: string;
  [member: string]: unknown;
}

/** The list of resources has changed. */
export interface ResourceListChangedNotification {
  /** The method. */
  method: "notifications/resources/list_changed";
  /** The parameters. */
  params?: NotificationParams;
  [member: string]: unknown;
}

/** Common params for resource-related requests. */
export interface ResourceRequestParams {
  /** The URI of the resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  [member: string]: unknown;
}

/** A template description for resources available on the server. */
export interface ResourceTemplate {
  /** The name for programs. */
  name: string;
  /** A URI template (according to RFC 6570) that can be used to construct resource URIs. */
  uriTemplate: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  /** A description of what this template is for. */
  description?: string;
  /** Optional set of sized icons that the client can display in a user interface. */
  icons?: Icon[];
  /** The MIME type for all resources that match this template. */
  mimeType?: string;
  /** The name for people. */
  title?: string;
  [member: string]: unknown;
}

/** A reference to a resource or resource template definition. */
export interface ResourceTemplateReference {
  /** What kind of object it is. */
  type: "ref/resource";
  /** The URI or URI template of the resource. */
  uri: string;
  [member: string]: unknown;
}

/** A resource has changed. */
export interface ResourceUpdatedNotification {
  /** The method. */
  method: "notifications/resources/updated";
  /** The parameters. */
  params: ResourceUpdatedNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/resources/updated` notification. */
export interface ResourceUpdatedNotificationParams {
  /** The URI of the resource that has been updated. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: NotificationMetaObject;
  [member: string]: unknown;
}

/** Present if the server offers any resources to read. */
export interface ResourcesCapability {
  /** Whether this server supports notifications for changes to the resource list. */
  listChanged?: boolean;
  /** Whether this server supports subscribing to resource updates. */
  subscribe?: boolean;
  [member: string]: unknown;
}

/** Extends `MetaObject` with additional result-specific fields. */
export interface ResultMetaObject {
  /** Identifies the server software producing the response. */
  "io.modelcontextprotocol/serverInfo"?: Implementation;
  [member: string]: unknown;
}

/** Indicates the type of a `Result` object, allowing the client to determine how to parse the response. */
export type ResultType = string;

/** The sender or recipient of messages and data in a conversation. */
export type Role = "assistant" | "user";

/** Represents a root directory or file that the server can operate on. */
export interface Root {
  /** The URI identifying the root. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** An optional name for the root. */
  name?: string;
  [member: string]: unknown;
}

/** Present if the client supports listing roots. */
export interface RootsCapability {
  /** Whether the client supports notifications for changes to the roots list. */
  listChanged?: boolean;
  [member: string]: unknown;
}

/** A notification from the client to the server, informing it that the list of roots has changed. */
export interface RootsListChangedNotification {
  /** The method. */
  method: "notifications/roots/list_changed";
  /** The parameters. */
  params?: NotificationParams;
  [member: string]: unknown;
}

/** Present if the client supports sampling from an LLM. */
export interface SamplingCapability {
  /** Whether the client supports context inclusion via `includeContext` parameter. */
  context?: Record<string, unknown>;
  /** Whether the client supports tool use via `tools` and `toolChoice` parameters. */
  tools?: Record<string, unknown>;
  [member: string]: unknown;
}

/** One content block or several. */
export type SamplingContent = SamplingMessageContentBlock[] | SamplingMessageContentBlock;

/** Describes a message issued to or received from an LLM API. */
export interface SamplingMessage {
  /** The content. */
  content: SamplingContent;
  /** Who speaks. */
  role: Role;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** An item of a message to or from a model. */
export type SamplingMessageContentBlock =
  | TextContent
  | ImageContent
  | AudioContent
  | ToolUseContent
  | ToolResultContent;

/** Capabilities that a server may support. */
export interface ServerCapabilities {
  /** Present if the server supports argument autocompletion suggestions. */
  completions?: Record<string, unknown>;
  /** Experimental, non-standard capabilities that the server supports. */
  experimental?: Record<string, Record<string, unknown>>;
  /** Optional MCP extensions that the server supports. */
  extensions?: Record<string, Record<string, unknown>>;
  /** Present if the server supports sending log messages to the client. */
  logging?: Record<string, unknown>;
  /** Present if the server offers any prompt templates. */
  prompts?: PromptsCapability;
  /** Present if the server offers any resources to read. */
  resources?: ResourcesCapability;
  /** Present if the server offers any tools to call. */
  tools?: ToolsCapability;
  /** Present if the server supports task-augmented requests. */
  tasks?: ServerTasksCapability;
  [member: string]: unknown;
}

/** What a server sends by itself. */
export type ServerNotification =
  | CancelledNotification
  | ProgressNotification
  | ResourceListChangedNotification
  | SubscriptionsAcknowledgedNotification
  | ResourceUpdatedNotification
  | PromptListChangedNotification
  | ToolListChangedNotification
  | LoggingMessageNotification
  | TaskStatusNotification
  | ElicitationCompleteNotification;

/** Present if the server supports task-augmented requests. */
export interface ServerTasksCapability {
  /** Whether this server supports tasks/cancel. */
  cancel?: Record<string, unknown>;
  /** Whether this server supports tasks/list. */
  list?: Record<string, unknown>;
  /** Specifies which request types can be augmented with tasks. */
  requests?: ServerTasksCapabilityRequests;
  [member: string]: unknown;
}

/** Specifies which request types can be augmented with tasks. */
export interface ServerTasksCapabilityRequests {
  /** Task support for tool-related requests. */
  tools?: ServerTasksCapabilityRequestsTools;
  [member: string]: unknown;
}

/** Task support for tool-related requests. */
export interface ServerTasksCapabilityRequestsTools {
  /** Whether the server supports task-augmented tools/call requests. */
  call?: Record<string, unknown>;
  [member: string]: unknown;
}

/** Parameters for a `logging/setLevel` request. */
export interface SetLevelRequestParams {
  /** The level of logging that the client wants to receive from the server. */
  level: LoggingLevel;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  [member: string]: unknown;
}

/** A field of a form with one value to choose. */
export type SingleSelectEnumSchema = TitledSingleSelectEnumSchema | UntitledSingleSelectEnumSchema;

/** What the text must be. */
export type StringFormat = "date" | "date-time" | "email" | "uri";

/** A field of a form that is text. */
export interface StringSchema {
  /** What kind of object it is. */
  type: "string";
  /** The value that the field begins with. */
  default?: string;
  /** What it is, for people. */
  description?: string;
  /** What the text must be. */
  format?: StringFormat;
  /** The most characters. */
  maxLength?: number;
  /** The fewest characters. */
  minLength?: number;
  /** The title, for people. */
  title?: string;
  [member: string]: unknown;
}

/** Parameters for a `resources/subscribe` request. */
export interface SubscribeRequestParams {
  /** The URI of the resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  [member: string]: unknown;
}

/** The set of notification types a client may opt in to on a `subscriptions/listen` request. */
export interface SubscriptionFilter {
  /** If true, receive `notifications/prompts/list_changed`. */
  promptsListChanged?: boolean;
  /** Subscribe to `notifications/resources/updated` for these resource URIs. */
  resourceSubscriptions?: string[];
  /** If true, receive `notifications/resources/list_changed`. */
  resourcesListChanged?: boolean;
  /** If true, receive `notifications/tools/list_changed`. */
  toolsListChanged?: boolean;
  [member: string]: unknown;
}

/** A subscription has been established. */
export interface SubscriptionsAcknowledgedNotification {
  /** The method. */
  method: "notifications/subscriptions/acknowledged";
  /** The parameters. */
  params: SubscriptionsAcknowledgedNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/subscriptions/acknowledged` notification. */
export interface SubscriptionsAcknowledgedNotificationParams {
  /** The subset of requested notification types the server agreed to honor. */
  notifications: SubscriptionFilter;
  /** Metadata of the protocol and of its extensions. */
  _meta?: NotificationMetaObject;
  [member: string]: unknown;
}

/** Parameters for a `subscriptions/listen` request. */
export interface SubscriptionsListenRequestParams {
  /** Metadata of the protocol and of its extensions. */
  _meta: RequestMetaObject;
  /** The notifications the client opts in to on this stream. */
  notifications: SubscriptionFilter;
  [member: string]: unknown;
}

/** The end of a subscription. */
export interface SubscriptionsListenResult {
  /** Metadata of the protocol and of its extensions. */
  _meta: SubscriptionsListenResultMetaObject;
  /** `complete` (as where there is none) or `input_required`. */
  resultType?: string;
  [member: string]: unknown;
}

/** Extends `MetaObject` with the subscription-stream identifier carried by a `SubscriptionsListenResult`. */
export interface SubscriptionsListenResultMetaObject {
  /** The subscription that this response closes. */
  "io.modelcontextprotocol/subscriptionId": RequestId;
  /** Identifies the server software producing the response. */
  "io.modelcontextprotocol/serverInfo"?: Implementation;
  [member: string]: unknown;
}

/** Data associated with a task. */
export interface Task {
  /** ISO 8601 timestamp when the task was created. */
  createdAt: string;
  /** ISO 8601 timestamp when the task was last updated. */
  lastUpdatedAt: string;
  /** Current task state. */
  status: TaskStatus;
  /** The task identifier. */
  taskId: string;
  /** Actual retention duration from creation in milliseconds, null for unlimited. */
  ttl: number | null;
  /** Suggested polling interval in milliseconds. */
  pollInterval?: number;
  /** Optional human-readable message describing the current task state. */
  statusMessage?: string;
  [member: string]: unknown;
}

/** Common params for any task-augmented request. */
export interface TaskAugmentedRequestParams {
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  /** If specified, the caller is requesting task-augmented execution for this request. */
  task?: TaskMetadata;
  [member: string]: unknown;
}

/** Metadata for augmenting a request with task execution. */
export interface TaskMetadata {
  /** Requested duration in milliseconds to retain task from creation. */
  ttl?: number;
  [member: string]: unknown;
}

/** The status of a task. */
export type TaskStatus = "cancelled" | "completed" | "failed" | "input_required" | "working";

/** An optional notification from the receiver to the requestor, informing them that a task's status has changed. */
export interface TaskStatusNotification {
  /** The method. */
  method: "notifications/tasks/status";
  /** The parameters. */
  params: TaskStatusNotificationParams;
  [member: string]: unknown;
}

/** Parameters for a `notifications/tasks/status` notification. */
export interface TaskStatusNotificationParams {
  /** ISO 8601 timestamp when the task was created. */
  createdAt: string;
  /** ISO 8601 timestamp when the task was last updated. */
  lastUpdatedAt: string;
  /** Current task state. */
  status: TaskStatus;
  /** The task identifier. */
  taskId: string;
  /** Actual retention duration from creation in milliseconds, null for unlimited. */
  ttl: number | null;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Suggested polling interval in milliseconds. */
  pollInterval?: number;
  /** Optional human-readable message describing the current task state. */
  statusMessage?: string;
  [member: string]: unknown;
}

/** Indicates whether this tool supports task-augmented execution. */
export type TaskSupport = "forbidden" | "optional" | "required";

/** Text provided to or from an LLM. */
export interface TextContent {
  /** The text content of the message. */
  text: string;
  /** What kind of object it is. */
  type: "text";
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional annotations for the client. */
  annotations?: Annotations;
  [member: string]: unknown;
}

/** Text of a resource. */
export interface TextResourceContents {
  /** The text of the item. */
  text: string;
  /** The URI of this resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** The MIME type of this resource, if known. */
  mimeType?: string;
  [member: string]: unknown;
}

/** Schema for multiple-selection enumeration with display titles for each option. */
export interface TitledMultiSelectEnumSchema {
  /** Schema for array items with enum options and display labels. */
  items: TitledMultiSelectItems;
  /** What kind of object it is. */
  type: "array";
  /** Optional default value. */
  default?: string[];
  /** Optional description for the enum field. */
  description?: string;
  /** Maximum number of items to select. */
  maxItems?: number;
  /** Minimum number of items to select. */
  minItems?: number;
  /** Optional title for the enum field. */
  title?: string;
  [member: string]: unknown;
}

/** The values to choose from. */
export interface TitledMultiSelectItems {
  /** Array of enum options with values and display labels. */
  anyOf: TitledOption[];
  [member: string]: unknown;
}

/** A value and its title. */
export interface TitledOption {
  /** The constant enum value. */
  const: string;
  /** Display title for this option. */
  title: string;
  [member: string]: unknown;
}

/** Schema for single-selection enumeration with display titles for each option. */
export interface TitledSingleSelectEnumSchema {
  /** Array of enum options with values and display labels. */
  oneOf: TitledOption[];
  /** What kind of object it is. */
  type: "string";
  /** Optional default value. */
  default?: string;
  /** Optional description for the enum field. */
  description?: string;
  /** Optional title for the enum field. */
  title?: string;
  [member: string]: unknown;
}

/** Definition for a tool the client can call. */
export interface Tool {
  /** A JSON Schema object defining the expected parameters for the tool. */
  inputSchema: Record<string, unknown>;
  /** The name for programs. */
  name: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: Record<string, unknown>;
  /** Optional additional tool information. */
  annotations?: ToolAnnotations;
  /** A human-readable description of the tool. */
  description?: string;
  /** Optional set of sized icons that the client can display in a user interface. */
  icons?: Icon[];
  /** A JSON Schema of `structuredContent`. */
  outputSchema?: Record<string, unknown>;
  /** The name for people. */
  title?: string;
  /** Execution-related properties for this tool. */
  execution?: ToolExecution;
  [member: string]: unknown;
}

/** Additional properties describing a `Tool` to clients. */
export interface ToolAnnotations {
  /** If true, the tool may perform destructive updates to its environment. */
  destructiveHint?: boolean;
  /** If true, further calls with the same arguments have no additional effect. */
  idempotentHint?: boolean;
  /** If true, this tool may interact with an "open world" of external entities. */
  openWorldHint?: boolean;
  /** If true, the tool does not modify its environment. */
  readOnlyHint?: boolean;
  /** A human-readable title for the tool. */
  title?: string;
  [member: string]: unknown;
}

/** Controls tool selection behavior for sampling requests. */
export interface ToolChoice {
  /** Controls the tool use ability of the model. */
  mode?: ToolChoiceMode;
  [member: string]: unknown;
}

/** Controls the tool use ability of the model. */
export type ToolChoiceMode = "auto" | "none" | "required";

/** Execution-related properties for a tool. */
export interface ToolExecution {
  /** Indicates whether this tool supports task-augmented execution. */
  taskSupport?: TaskSupport;
  [member: string]: unknown;
}

/** The list of tools has changed. */
export interface ToolListChangedNotification {
  /** The method. */
  method: "notifications/tools/list_changed";
  /** The parameters. */
  params?: NotificationParams;
  [member: string]: unknown;
}

/** The result of a tool use, provided by the user back to the assistant. */
export interface ToolResultContent {
  /** The unstructured result content of the tool use. */
  content: ContentBlock[];
  /** The ID of the tool use this result corresponds to. */
  toolUseId: string;
  /** What kind of object it is. */
  type: "tool_result";
  /** Optional metadata about the tool result. */
  _meta?: Record<string, unknown>;
  /** Whether the tool use resulted in an error. */
  isError?: boolean;
  /** An optional structured result value. */
  structuredContent?: unknown;
  [member: string]: unknown;
}

/** A request from the assistant to call a tool. */
export interface ToolUseContent {
  /** A unique identifier for this tool use. */
  id: string;
  /** The arguments to pass to the tool, conforming to the tool's input schema. */
  input: Record<string, unknown>;
  /** The name of the tool to call. */
  name: string;
  /** What kind of object it is. */
  type: "tool_use";
  /** Optional metadata about the tool use. */
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** Present if the server offers any tools to call. */
export interface ToolsCapability {
  /** Whether this server supports notifications for changes to the tool list. */
  listChanged?: boolean;
  [member: string]: unknown;
}

/** What the user must do first. */
export interface URLElicitationRequiredErrorData {
  /** What the user must be asked. */
  elicitations: ElicitRequestURLParams[];
  [member: string]: unknown;
}

/** Parameters for a `resources/unsubscribe` request. */
export interface UnsubscribeRequestParams {
  /** The URI of the resource. */
  uri: string;
  /** Metadata of the protocol and of its extensions. */
  _meta?: RequestMetaObject;
  [member: string]: unknown;
}

/** What was asked for, and what there is. */
export interface UnsupportedProtocolVersionErrorData {
  /** The protocol version that was requested by the client. */
  requested: string;
  /** Protocol versions the server supports. */
  supported: string[];
  [member: string]: unknown;
}

/** Schema for multiple-selection enumeration without display titles for options. */
export interface UntitledMultiSelectEnumSchema {
  /** Schema for the array items. */
  items: UntitledMultiSelectItems;
  /** What kind of object it is. */
  type: "array";
  /** Optional default value. */
  default?: string[];
  /** Optional description for the enum field. */
  description?: string;
  /** Maximum number of items to select. */
  maxItems?: number;
  /** Minimum number of items to select. */
  minItems?: number;
  /** Optional title for the enum field. */
  title?: string;
  [member: string]: unknown;
}

/** The values to choose from. */
export interface UntitledMultiSelectItems {
  /** Array of enum values to choose from. */
  enum: string[];
  /** What kind of object it is. */
  type: "string";
  [member: string]: unknown;
}

/** Schema for single-selection enumeration without display titles for options. */
export interface UntitledSingleSelectEnumSchema {
  /** Array of enum values to choose from. */
  enum: string[];
  /** What kind of object it is. */
  type: "string";
  /** Optional default value. */
  default?: string;
  /** Optional description for the enum field. */
  description?: string;
  /** Optional title for the enum field. */
  title?: string;
  [member: string]: unknown;
}
