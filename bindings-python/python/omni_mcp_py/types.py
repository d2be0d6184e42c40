"""The objects of the protocol, of both eras: what only one era has, or requires, is not required.

They are plain dicts, and members beyond those named here are kept. Made by `tools/protocol-types/generate.py` of the
published schemas; not to be edited.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, Union

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    try:
        # Before 3.12, pydantic reads no other; where it is, this is.
        from typing_extensions import TypedDict
    except ImportError:
        from typing import TypedDict

__all__ = [
    "Annotations",
    "AnyResourceContents",
    "AudioContent",
    "BlobResourceContents",
    "BooleanSchema",
    "CacheScope",
    "CallToolRequestParams",
    "CallToolResult",
    "CancelTaskRequestParams",
    "CancelTaskResult",
    "CancelledNotification",
    "CancelledNotificationParams",
    "ClientCapabilities",
    "ClientTasksCapability",
    "ClientTasksCapabilityRequests",
    "ClientTasksCapabilityRequestsElicitation",
    "ClientTasksCapabilityRequestsSampling",
    "CompleteRequestParams",
    "CompleteResult",
    "Completion",
    "CompletionArgument",
    "CompletionContext",
    "CompletionReference",
    "ContentBlock",
    "CreateMessageRequest",
    "CreateMessageRequestParams",
    "CreateMessageResult",
    "CreateTaskResult",
    "Cursor",
    "DiscoverResult",
    "ElicitAction",
    "ElicitRequest",
    "ElicitRequestFormParams",
    "ElicitRequestParams",
    "ElicitRequestURLParams",
    "ElicitResult",
    "ElicitValue",
    "ElicitationCapability",
    "ElicitationCompleteNotification",
    "ElicitationCompleteNotificationParams",
    "EmbeddedResource",
    "EmptyResult",
    "EnumSchema",
    "ErrorObject",
    "GetPromptRequestParams",
    "GetPromptResult",
    "GetTaskPayloadRequestParams",
    "GetTaskPayloadResult",
    "GetTaskRequestParams",
    "GetTaskResult",
    "Icon",
    "IconTheme",
    "ImageContent",
    "Implementation",
    "IncludeContext",
    "InitializeRequestParams",
    "InitializeResult",
    "InitializedNotification",
    "InputRequest",
    "InputRequests",
    "InputRequiredResult",
    "InputResponse",
    "InputResponseRequestParams",
    "InputResponses",
    "LegacyTitledEnumSchema",
    "ListPromptsResult",
    "ListResourceTemplatesResult",
    "ListResourcesResult",
    "ListRootsRequest",
    "ListRootsResult",
    "ListTasksResult",
    "ListToolsResult",
    "LoggingLevel",
    "LoggingMessageNotification",
    "LoggingMessageNotificationParams",
    "MetaObject",
    "MissingRequiredClientCapabilityErrorData",
    "ModelHint",
    "ModelPreferences",
    "MultiSelectEnumSchema",
    "NotificationMetaObject",
    "NotificationParams",
    "NumberSchema",
    "NumberSchemaType",
    "PaginatedRequestParams",
    "PrimitiveSchemaDefinition",
    "Progress",
    "ProgressNotification",
    "ProgressNotificationParams",
    "ProgressToken",
    "Prompt",
    "PromptArgument",
    "PromptListChangedNotification",
    "PromptMessage",
    "PromptReference",
    "PromptsCapability",
    "ReadResourceRequestParams",
    "ReadResourceResult",
    "RelatedTaskMetadata",
    "RequestId",
    "RequestMetaObject",
    "RequestParams",
    "RequestedSchema",
    "Resource",
    "ResourceLink",
    "ResourceListChangedNotification",
    "ResourceRequestParams",
    "ResourceTemplate",
    "ResourceTemplateReference",
    "ResourceUpdatedNotification",
    "ResourceUpdatedNotificationParams",
    "ResourcesCapability",
    "ResultMetaObject",
    "ResultType",
    "Role",
    "Root",
    "RootsCapability",
    "RootsListChangedNotification",
    "SamplingCapability",
    "SamplingContent",
    "SamplingMessage",
    "SamplingMessageContentBlock",
    "ServerCapabilities",
    "ServerNotification",
    "ServerTasksCapability",
    "ServerTasksCapabilityRequests",
    "ServerTasksCapabilityRequestsTools",
    "SetLevelRequestParams",
    "SingleSelectEnumSchema",
    "StringFormat",
    "StringSchema",
    "SubscribeRequestParams",
    "SubscriptionFilter",
    "SubscriptionsAcknowledgedNotification",
    "SubscriptionsAcknowledgedNotificationParams",
    "SubscriptionsListenRequestParams",
    "SubscriptionsListenResult",
    "SubscriptionsListenResultMetaObject",
    "Task",
    "TaskAugmentedRequestParams",
    "TaskMetadata",
    "TaskStatus",
    "TaskStatusNotification",
    "TaskStatusNotificationParams",
    "TaskSupport",
    "TextContent",
    "TextResourceContents",
    "TitledMultiSelectEnumSchema",
    "TitledMultiSelectItems",
    "TitledOption",
    "TitledSingleSelectEnumSchema",
    "Tool",
    "ToolAnnotations",
    "ToolChoice",
    "ToolChoiceMode",
    "ToolExecution",
    "ToolListChangedNotification",
    "ToolResultContent",
    "ToolUseContent",
    "ToolsCapability",
    "URLElicitationRequiredErrorData",
    "UnsubscribeRequestParams",
    "UnsupportedProtocolVersionErrorData",
    "UntitledMultiSelectEnumSchema",
    "UntitledMultiSelectItems",
    "UntitledSingleSelectEnumSchema",
]


class Annotations(TypedDict, total=False):
    """Optional annotations for the client."""

    audience: list[Role]
    """Describes who the intended audience of this object or data is."""
    lastModified: str
    """The moment the resource was last modified, as an ISO 8601 formatted string."""
    priority: float
    """Describes how important this data is for operating the server."""


class _AudioContent(TypedDict):
    data: str
    """The base64-encoded audio data."""
    mimeType: str
    """The MIME type of the audio."""
    type: Literal["audio"]
    """What kind of object it is."""


class AudioContent(_AudioContent, total=False):
    """Audio provided to or from an LLM."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""


class _BlobResourceContents(TypedDict):
    blob: str
    """A base64-encoded string representing the binary data of the item."""
    uri: str
    """The URI of this resource."""


class BlobResourceContents(_BlobResourceContents, total=False):
    """Bytes of a resource, as base64."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    mimeType: str
    """The MIME type of this resource, if known."""


class _BooleanSchema(TypedDict):
    type: Literal["boolean"]
    """What kind of object it is."""


class BooleanSchema(_BooleanSchema, total=False):
    """A field of a form that is true or false."""

    default: bool
    """The value that the field begins with."""
    description: str
    """What it is, for people."""
    title: str
    """The title, for people."""


class _CallToolRequestParams(TypedDict):
    name: str
    """The name of the tool."""


class CallToolRequestParams(_CallToolRequestParams, total=False):
    """Parameters for a `tools/call` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    arguments: dict[str, Any]
    """Arguments to use for the tool call."""
    inputResponses: InputResponses
    """The answers to what the server asked, by the same names."""
    requestState: str
    """The server's own state, to be sent back as it is."""
    task: TaskMetadata
    """If specified, the caller is requesting task-augmented execution for this request."""


class _CallToolResult(TypedDict):
    content: list[ContentBlock]
    """A list of content objects that represent the unstructured result of the tool call."""


class CallToolResult(_CallToolResult, total=False):
    """The result returned by the server for a `tools/call` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    isError: bool
    """Whether the tool call ended in an error."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    structuredContent: Any
    """An optional JSON value that represents the structured result of the tool call."""


class CancelTaskRequestParams(TypedDict):
    """The parameters of `tasks/cancel`."""

    taskId: str
    """The task identifier to cancel."""


class _CancelTaskResult(TypedDict):
    createdAt: str
    """ISO 8601 timestamp when the task was created."""
    lastUpdatedAt: str
    """ISO 8601 timestamp when the task was last updated."""
    status: TaskStatus
    """Current task state."""
    taskId: str
    """The task identifier."""
    ttl: int | None
    """Actual retention duration from creation in milliseconds, null for unlimited."""


class CancelTaskResult(_CancelTaskResult, total=False):
    """The response to a tasks/cancel request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    pollInterval: int
    """Suggested polling interval in milliseconds."""
    statusMessage: str
    """Optional human-readable message describing the current task state."""


class CancelledNotification(TypedDict):
    """A request is cancelled by its sender."""

    method: Literal["notifications/cancelled"]
    """The method."""
    params: CancelledNotificationParams
    """The parameters."""


class CancelledNotificationParams(TypedDict, total=False):
    """Parameters for a `notifications/cancelled` notification."""

    _meta: NotificationMetaObject
    """Metadata of the protocol and of its extensions."""
    reason: str
    """An optional string describing the reason for the cancellation."""
    requestId: RequestId
    """The ID of the request to cancel."""


class ClientCapabilities(TypedDict, total=False):
    """Capabilities a client may support."""

    elicitation: ElicitationCapability
    """Present if the client supports elicitation from the server."""
    experimental: dict[str, dict[str, Any]]
    """Experimental, non-standard capabilities that the client supports."""
    extensions: dict[str, dict[str, Any]]
    """Optional MCP extensions that the client supports."""
    roots: RootsCapability
    """Present if the client supports listing roots."""
    sampling: SamplingCapability
    """Present if the client supports sampling from an LLM."""
    tasks: ClientTasksCapability
    """Present if the client supports task-augmented requests."""


class ClientTasksCapability(TypedDict, total=False):
    """Present if the client supports task-augmented requests."""

    cancel: dict[str, Any]
    """Whether this client supports tasks/cancel."""
    list: dict[str, Any]
    """Whether this client supports tasks/list."""
    requests: ClientTasksCapabilityRequests
    """Specifies which request types can be augmented with tasks."""


class ClientTasksCapabilityRequests(TypedDict, total=False):
    """Specifies which request types can be augmented with tasks."""

    elicitation: ClientTasksCapabilityRequestsElicitation
    """Task support for elicitation-related requests."""
    sampling: ClientTasksCapabilityRequestsSampling
    """Task support for sampling-related requests."""


class ClientTasksCapabilityRequestsElicitation(TypedDict, total=False):
    """Task support for elicitation-related requests."""

    create: dict[str, Any]
    """Whether the client supports task-augmented elicitation/create requests."""


class ClientTasksCapabilityRequestsSampling(TypedDict, total=False):
    """Task support for sampling-related requests."""

    createMessage: dict[str, Any]
    """Whether the client supports task-augmented sampling/createMessage requests."""


class _CompleteRequestParams(TypedDict):
    argument: CompletionArgument
    """The argument's information."""
    ref: CompletionReference
    """What the argument belongs to."""


class CompleteRequestParams(_CompleteRequestParams, total=False):
    """Parameters for a `completion/complete` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    context: CompletionContext
    """Additional, optional context for completions."""


class _CompleteResult(TypedDict):
    completion: Completion
    """The completion."""


class CompleteResult(_CompleteResult, total=False):
    """The result returned by the server for a `completion/complete` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""


class _Completion(TypedDict):
    values: list[str]
    """An array of completion values."""


class Completion(_Completion, total=False):
    """The values that complete an argument."""

    hasMore: bool
    """Whether there are further values, even if their number is unknown."""
    total: int
    """The total number of completion options available."""


class CompletionArgument(TypedDict):
    """The argument to complete."""

    name: str
    """The name of the argument."""
    value: str
    """The value of the argument to use for completion matching."""


class CompletionContext(TypedDict, total=False):
    """What is known besides the argument to complete."""

    arguments: dict[str, str]
    """Previously-resolved variables in a URI template or prompt."""


class CreateMessageRequest(TypedDict):
    """A request from the server to sample an LLM via the client."""

    method: Literal["sampling/createMessage"]
    """The method."""
    params: CreateMessageRequestParams
    """The parameters."""


class _CreateMessageRequestParams(TypedDict):
    maxTokens: int
    """The requested maximum number of tokens to sample (to prevent runaway completions)."""
    messages: list[SamplingMessage]
    """The messages."""


class CreateMessageRequestParams(_CreateMessageRequestParams, total=False):
    """Parameters for a `sampling/createMessage` request."""

    includeContext: IncludeContext
    """A request to include context from one or more servers."""
    metadata: dict[str, Any]
    """Optional metadata to pass through to the LLM provider."""
    modelPreferences: ModelPreferences
    """The server's preferences for which model to select."""
    stopSequences: list[str]
    """Texts at which to stop."""
    systemPrompt: str
    """An optional system prompt the server wants to use for sampling."""
    temperature: float
    """How freely the model chooses."""
    toolChoice: ToolChoice
    """Controls how the model uses tools."""
    tools: list[Tool]
    """Tools that the model may use during generation."""
    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    task: TaskMetadata
    """If specified, the caller is requesting task-augmented execution for this request."""


class _CreateMessageResult(TypedDict):
    content: SamplingContent
    """The content."""
    model: str
    """The name of the model that generated the message."""
    role: Role
    """Who speaks."""


class CreateMessageResult(_CreateMessageResult, total=False):
    """The result returned by the client for a `sampling/createMessage` request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    stopReason: str
    """The reason why sampling stopped, if known."""


class _CreateTaskResult(TypedDict):
    task: Task
    """The task."""


class CreateTaskResult(_CreateTaskResult, total=False):
    """A response to a task-augmented request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""


class _DiscoverResult(TypedDict):
    capabilities: ServerCapabilities
    """The capabilities of the server."""
    supportedVersions: list[str]
    """MCP Protocol Versions this server supports."""


class DiscoverResult(_DiscoverResult, total=False):
    """The result returned by the server for a `server/discover` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    cacheScope: CacheScope
    """Who may share the result where it is kept."""
    instructions: str
    """Natural-language guidance describing the server and its features."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    ttlMs: int
    """How long the result may be kept, in milliseconds; a hint."""


class ElicitRequest(TypedDict):
    """A request from the server to elicit additional information from the user via the client."""

    method: Literal["elicitation/create"]
    """The method."""
    params: ElicitRequestParams
    """The parameters."""


class _ElicitRequestFormParams(TypedDict):
    message: str
    """The message to present to the user describing what information is being requested."""
    requestedSchema: RequestedSchema
    """A restricted subset of JSON Schema."""


class ElicitRequestFormParams(_ElicitRequestFormParams, total=False):
    """The parameters for a request to elicit non-sensitive information from the user via a form in the client."""

    mode: Literal["form"]
    """The elicitation mode."""
    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    task: TaskMetadata
    """If specified, the caller is requesting task-augmented execution for this request."""


class _ElicitRequestURLParams(TypedDict):
    message: str
    """The message to present to the user explaining why the interaction is needed."""
    mode: Literal["url"]
    """The elicitation mode."""
    url: str
    """The URL that the user should navigate to."""


class ElicitRequestURLParams(_ElicitRequestURLParams, total=False):
    """The parameters for a request to elicit information from the user via a URL in the client."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    elicitationId: str
    """The ID of the elicitation, which must be unique within the context of the server."""
    task: TaskMetadata
    """If specified, the caller is requesting task-augmented execution for this request."""


class _ElicitResult(TypedDict):
    action: ElicitAction
    """The user action in response to the elicitation."""


class ElicitResult(_ElicitResult, total=False):
    """The result returned by the client for an `elicitation/create` request."""

    content: dict[str, ElicitValue]
    """The submitted form data, only present when action is `"accept"` and mode was `"form"`."""
    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""


class ElicitationCapability(TypedDict, total=False):
    """Present if the client supports elicitation from the server."""

    form: dict[str, Any]
    """Whether forms can be shown."""
    url: dict[str, Any]
    """Whether URLs can be opened."""


class ElicitationCompleteNotification(TypedDict):
    """An elicitation by URL is complete."""

    method: Literal["notifications/elicitation/complete"]
    """The method."""
    params: ElicitationCompleteNotificationParams
    """The parameters."""


class ElicitationCompleteNotificationParams(TypedDict):
    """Parameters for a `notifications/elicitation/complete` notification."""

    elicitationId: str
    """The ID of the elicitation that completed."""


class _EmbeddedResource(TypedDict):
    resource: AnyResourceContents
    """The resource."""
    type: Literal["resource"]
    """What kind of object it is."""


class EmbeddedResource(_EmbeddedResource, total=False):
    """The contents of a resource, embedded into a prompt or tool call result."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""


class EmptyResult(TypedDict, total=False):
    """Common result fields."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""


class _ErrorObject(TypedDict):
    code: int
    """The error type that occurred."""
    message: str
    """A short description of the error."""


class ErrorObject(_ErrorObject, total=False):
    """An error of JSON-RPC."""

    data: Any
    """Additional information about the error."""


class _GetPromptRequestParams(TypedDict):
    name: str
    """The name of the prompt or prompt template."""


class GetPromptRequestParams(_GetPromptRequestParams, total=False):
    """Parameters for a `prompts/get` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    arguments: dict[str, str]
    """Arguments to use for templating the prompt."""
    inputResponses: InputResponses
    """The answers to what the server asked, by the same names."""
    requestState: str
    """The server's own state, to be sent back as it is."""


class _GetPromptResult(TypedDict):
    messages: list[PromptMessage]
    """The messages."""


class GetPromptResult(_GetPromptResult, total=False):
    """The result returned by the server for a `prompts/get` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    description: str
    """An optional description for the prompt."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""


class GetTaskPayloadRequestParams(TypedDict):
    """The parameters of `tasks/result`."""

    taskId: str
    """The task identifier to retrieve results for."""


class GetTaskPayloadResult(TypedDict, total=False):
    """The response to a tasks/result request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""


class GetTaskRequestParams(TypedDict):
    """The parameters of `tasks/get`."""

    taskId: str
    """The task identifier to query."""


class _GetTaskResult(TypedDict):
    createdAt: str
    """ISO 8601 timestamp when the task was created."""
    lastUpdatedAt: str
    """ISO 8601 timestamp when the task was last updated."""
    status: TaskStatus
    """Current task state."""
    taskId: str
    """The task identifier."""
    ttl: int | None
    """Actual retention duration from creation in milliseconds, null for unlimited."""


class GetTaskResult(_GetTaskResult, total=False):
    """The response to a tasks/get request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    pollInterval: int
    """Suggested polling interval in milliseconds."""
    statusMessage: str
    """Optional human-readable message describing the current task state."""


class _Icon(TypedDict):
    src: str
    """A standard URI pointing to an icon resource."""


class Icon(_Icon, total=False):
    """An optionally-sized icon that can be displayed in a user interface."""

    mimeType: str
    """Optional MIME type override if the source MIME type is missing or generic."""
    sizes: list[str]
    """Optional array of strings that specify sizes at which the icon can be used."""
    theme: IconTheme
    """Optional specifier for the theme this icon is designed for."""


class _ImageContent(TypedDict):
    data: str
    """The base64-encoded image data."""
    mimeType: str
    """The MIME type of the image."""
    type: Literal["image"]
    """What kind of object it is."""


class ImageContent(_ImageContent, total=False):
    """An image provided to or from an LLM."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""


class _Implementation(TypedDict):
    name: str
    """The name for programs."""
    version: str
    """The version of this implementation."""


class Implementation(_Implementation, total=False):
    """Describes the MCP implementation."""

    description: str
    """An optional human-readable description of what this implementation does."""
    icons: list[Icon]
    """Optional set of sized icons that the client can display in a user interface."""
    title: str
    """The name for people."""
    websiteUrl: str
    """An optional URL of the website for this implementation."""


class _InitializeRequestParams(TypedDict):
    capabilities: ClientCapabilities
    """What the sender can do."""
    clientInfo: Implementation
    """Who the client is."""
    protocolVersion: str
    """The latest version of the Model Context Protocol that the client supports."""


class InitializeRequestParams(_InitializeRequestParams, total=False):
    """Parameters for an `initialize` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class _InitializeResult(TypedDict):
    capabilities: ServerCapabilities
    """What the sender can do."""
    protocolVersion: str
    """The version of the Model Context Protocol that the server wants to use."""
    serverInfo: Implementation
    """Who the server is."""


class InitializeResult(_InitializeResult, total=False):
    """After receiving an initialize request from the client, the server sends this response."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    instructions: str
    """Instructions describing how to use the server and its features."""


class _InitializedNotification(TypedDict):
    method: Literal["notifications/initialized"]
    """The method."""


class InitializedNotification(_InitializedNotification, total=False):
    """Initialization has finished."""

    params: NotificationParams
    """The parameters."""


class _InputRequiredResult(TypedDict):
    resultType: str
    """`complete` (as where there is none) or `input_required`."""


class InputRequiredResult(_InputRequiredResult, total=False):
    """Says that the server needs input before the request can be completed."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    inputRequests: InputRequests
    """What the server asks, by names of its own."""
    requestState: str
    """The server's own state, to be sent back as it is."""


class _InputResponseRequestParams(TypedDict):
    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class InputResponseRequestParams(_InputResponseRequestParams, total=False):
    """Parameters of a request that carries answers to what the server asked."""

    inputResponses: InputResponses
    """The answers to what the server asked, by the same names."""
    requestState: str
    """The server's own state, to be sent back as it is."""


class _LegacyTitledEnumSchema(TypedDict):
    enum: list[str]
    """The values to choose from."""
    enumNames: list[str]
    """(Legacy) Display names for enum values."""
    type: Literal["string"]
    """What kind of object it is."""


class LegacyTitledEnumSchema(_LegacyTitledEnumSchema, total=False):
    """Use `TitledSingleSelectEnumSchema` instead."""

    default: str
    """The value that the field begins with."""
    description: str
    """What it is, for people."""
    title: str
    """The title, for people."""


class _ListPromptsResult(TypedDict):
    prompts: list[Prompt]
    """The prompts."""


class ListPromptsResult(_ListPromptsResult, total=False):
    """The result returned by the server for a `prompts/list` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    cacheScope: CacheScope
    """Who may share the result where it is kept."""
    nextCursor: str
    """An opaque token representing the pagination position after the last returned result."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    ttlMs: int
    """How long the result may be kept, in milliseconds; a hint."""


class _ListResourceTemplatesResult(TypedDict):
    resourceTemplates: list[ResourceTemplate]
    """The templates."""


class ListResourceTemplatesResult(_ListResourceTemplatesResult, total=False):
    """The result returned by the server for a `resources/templates/list` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    cacheScope: CacheScope
    """Who may share the result where it is kept."""
    nextCursor: str
    """An opaque token representing the pagination position after the last returned result."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    ttlMs: int
    """How long the result may be kept, in milliseconds; a hint."""


class _ListResourcesResult(TypedDict):
    resources: list[Resource]
    """The resources."""


class ListResourcesResult(_ListResourcesResult, total=False):
    """The result returned by the server for a `resources/list` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    cacheScope: CacheScope
    """Who may share the result where it is kept."""
    nextCursor: str
    """An opaque token representing the pagination position after the last returned result."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    ttlMs: int
    """How long the result may be kept, in milliseconds; a hint."""


class _ListRootsRequest(TypedDict):
    method: Literal["roots/list"]
    """The method."""


class ListRootsRequest(_ListRootsRequest, total=False):
    """Sent from the server to request a list of root URIs from the client."""

    params: RequestParams
    """The parameters."""


class _ListRootsResult(TypedDict):
    roots: list[Root]
    """The roots."""


class ListRootsResult(_ListRootsResult, total=False):
    """The result returned by the client for a `roots/list` request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""


class _ListTasksResult(TypedDict):
    tasks: list[Task]
    """The tasks."""


class ListTasksResult(_ListTasksResult, total=False):
    """The response to a tasks/list request."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    nextCursor: str
    """An opaque token representing the pagination position after the last returned result."""


class _ListToolsResult(TypedDict):
    tools: list[Tool]
    """The tools."""


class ListToolsResult(_ListToolsResult, total=False):
    """The result returned by the server for a `tools/list` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    cacheScope: CacheScope
    """Who may share the result where it is kept."""
    nextCursor: str
    """An opaque token representing the pagination position after the last returned result."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    ttlMs: int
    """How long the result may be kept, in milliseconds; a hint."""


class LoggingMessageNotification(TypedDict):
    """JSONRPCNotification of a log message passed from server to client."""

    method: Literal["notifications/message"]
    """The method."""
    params: LoggingMessageNotificationParams
    """The parameters."""


class _LoggingMessageNotificationParams(TypedDict):
    data: Any
    """The data to be logged, such as a string message or an object."""
    level: LoggingLevel
    """The severity of this log message."""


class LoggingMessageNotificationParams(_LoggingMessageNotificationParams, total=False):
    """Parameters for a `notifications/message` notification."""

    _meta: NotificationMetaObject
    """Metadata of the protocol and of its extensions."""
    logger: str
    """An optional name of the logger issuing this message."""


class MissingRequiredClientCapabilityErrorData(TypedDict):
    """What the client would have to be able to do."""

    requiredCapabilities: ClientCapabilities
    """The capabilities the server requires from the client to process this request."""


class ModelHint(TypedDict, total=False):
    """Hints to use for model selection."""

    name: str
    """A hint for a model name."""


class ModelPreferences(TypedDict, total=False):
    """The server's preferences for model selection, requested of the client during sampling."""

    costPriority: float
    """How much to prioritize cost when selecting a model."""
    hints: list[ModelHint]
    """Optional hints to use for model selection."""
    intelligencePriority: float
    """How much to prioritize intelligence and capabilities when selecting a model."""
    speedPriority: float
    """How much to prioritize sampling speed (latency) when selecting a model."""


_NotificationMetaObjectKeys = TypedDict(
    "_NotificationMetaObjectKeys",
    {
        # Identifies the subscription stream a notification was delivered on.
        "io.modelcontextprotocol/subscriptionId": "RequestId",
    },
    total=False,
)


class NotificationMetaObject(_NotificationMetaObjectKeys, total=False):
    """Extends `MetaObject` with additional notification-specific fields."""


class NotificationParams(TypedDict, total=False):
    """Common params for any notification."""

    _meta: NotificationMetaObject
    """Metadata of the protocol and of its extensions."""


class _NumberSchema(TypedDict):
    type: NumberSchemaType
    """What kind of object it is."""


class NumberSchema(_NumberSchema, total=False):
    """A field of a form that is a number."""

    default: float
    """The value that the field begins with."""
    description: str
    """What it is, for people."""
    maximum: float
    """The largest value."""
    minimum: float
    """The smallest value."""
    title: str
    """The title, for people."""


class PaginatedRequestParams(TypedDict, total=False):
    """Common params for paginated requests."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    cursor: str
    """An opaque token representing the current pagination position."""


class ProgressNotification(TypedDict):
    """An out-of-band notification used to inform the receiver of a progress update for a long-running request."""

    method: Literal["notifications/progress"]
    """The method."""
    params: ProgressNotificationParams
    """The parameters."""


class _ProgressNotificationParams(TypedDict):
    progress: float
    """The progress thus far."""
    progressToken: ProgressToken
    """The token that was given in the request."""


class ProgressNotificationParams(_ProgressNotificationParams, total=False):
    """Parameters for a `notifications/progress` notification."""

    _meta: NotificationMetaObject
    """Metadata of the protocol and of its extensions."""
    message: str
    """An optional message describing the current progress."""
    total: float
    """Total number of items to process (or total progress required), if known."""


class _Prompt(TypedDict):
    name: str
    """The name for programs."""


class Prompt(_Prompt, total=False):
    """A prompt or prompt template that the server offers."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    arguments: list[PromptArgument]
    """A list of arguments to use for templating the prompt."""
    description: str
    """An optional description of what this prompt provides."""
    icons: list[Icon]
    """Optional set of sized icons that the client can display in a user interface."""
    title: str
    """The name for people."""


class _PromptArgument(TypedDict):
    name: str
    """The name for programs."""


class PromptArgument(_PromptArgument, total=False):
    """Describes an argument that a prompt can accept."""

    description: str
    """A human-readable description of the argument."""
    required: bool
    """Whether this argument must be provided."""
    title: str
    """The name for people."""


class _PromptListChangedNotification(TypedDict):
    method: Literal["notifications/prompts/list_changed"]
    """The method."""


class PromptListChangedNotification(_PromptListChangedNotification, total=False):
    """The list of prompts has changed."""

    params: NotificationParams
    """The parameters."""


class PromptMessage(TypedDict):
    """Describes a message returned as part of a prompt."""

    content: ContentBlock
    """The content."""
    role: Role
    """Who speaks."""


class _PromptReference(TypedDict):
    name: str
    """The name for programs."""
    type: Literal["ref/prompt"]
    """What kind of object it is."""


class PromptReference(_PromptReference, total=False):
    """Identifies a prompt."""

    title: str
    """The name for people."""


class PromptsCapability(TypedDict, total=False):
    """Present if the server offers any prompt templates."""

    listChanged: bool
    """Whether this server supports notifications for changes to the prompt list."""


class _ReadResourceRequestParams(TypedDict):
    uri: str
    """The URI of the resource."""


class ReadResourceRequestParams(_ReadResourceRequestParams, total=False):
    """Parameters for a `resources/read` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    inputResponses: InputResponses
    """The answers to what the server asked, by the same names."""
    requestState: str
    """The server's own state, to be sent back as it is."""


class _ReadResourceResult(TypedDict):
    contents: list[AnyResourceContents]
    """The contents."""


class ReadResourceResult(_ReadResourceResult, total=False):
    """The result returned by the server for a `resources/read` request."""

    _meta: ResultMetaObject
    """Metadata of the protocol and of its extensions."""
    cacheScope: CacheScope
    """Who may share the result where it is kept."""
    resultType: str
    """`complete` (as where there is none) or `input_required`."""
    ttlMs: int
    """How long the result may be kept, in milliseconds; a hint."""


class RelatedTaskMetadata(TypedDict):
    """Metadata for associating messages with a task."""

    taskId: str
    """The task identifier this message is associated with."""


_RequestMetaObjectKeys = TypedDict(
    "_RequestMetaObjectKeys",
    {
        # The client's capabilities for this specific request.
        "io.modelcontextprotocol/clientCapabilities": "ClientCapabilities",
        # Identifies the client software making the request.
        "io.modelcontextprotocol/clientInfo": "Implementation",
        # The desired log level for this request.
        "io.modelcontextprotocol/logLevel": "LoggingLevel",
        # The MCP Protocol Version being used for this request.
        "io.modelcontextprotocol/protocolVersion": "str",
    },
    total=False,
)


class RequestMetaObject(_RequestMetaObjectKeys, total=False):
    """Metadata of the protocol and of its extensions."""

    progressToken: ProgressToken
    """Asks for progress notifications, which will carry this token."""


class RequestParams(TypedDict, total=False):
    """Common params for any request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class _RequestedSchema(TypedDict):
    properties: dict[str, PrimitiveSchemaDefinition]
    """The fields by name."""
    type: Literal["object"]
    """What kind of object it is."""


_RequestedSchemaKeys = TypedDict(
    "_RequestedSchemaKeys",
    {
        # The dialect of the schema.
        "$schema": "str",
    },
    total=False,
)


class RequestedSchema(_RequestedSchema, _RequestedSchemaKeys, total=False):
    """The fields of a form."""

    required: list[str]
    """The names of the fields that must be filled in."""


class _Resource(TypedDict):
    name: str
    """The name for programs."""
    uri: str
    """The URI of this resource."""


class Resource(_Resource, total=False):
    """A known resource that the server is capable of reading."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""
    description: str
    """A description of what this resource represents."""
    icons: list[Icon]
    """Optional set of sized icons that the client can display in a user interface."""
    mimeType: str
    """The MIME type of this resource, if known."""
    size: int
    """The size of the raw resource content, in bytes (i.e., before base64 encoding or any tokenization), if known."""
    title: str
    """The name for people."""


class _ResourceLink(TypedDict):
    name: str
    """The name for programs."""
    type: Literal["resource_link"]
    """What kind of object it is."""
    uri: str
    """The URI of this resource."""


class ResourceLink(_ResourceLink, total=False):
    """A resource that the server is capable of reading, included in a prompt or tool call result."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""
    description: str
    """A description of what this resource represents."""
    icons: list[Icon]
    """Optional set of sized icons that the client can display in a user interface."""
    mimeType: str
    """The MIME type of this resource, if known."""
    size: int
    """The size of the raw resource content, in bytes (i.e., before base64 encoding or any tokenization), if known."""
    title: str
    """The name for people."""


class _ResourceListChangedNotification(TypedDict):
    method: Literal["notifications/resources/list_changed"]
    """The method."""


class ResourceListChangedNotification(_ResourceListChangedNotification, total=False):
    """The list of resources has changed."""

    params: NotificationParams
    """The parameters."""


class _ResourceRequestParams(TypedDict):
    uri: str
    """The URI of the resource."""


class ResourceRequestParams(_ResourceRequestParams, total=False):
    """Common params for resource-related requests."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class _ResourceTemplate(TypedDict):
    name: str
    """The name for programs."""
    uriTemplate: str
    """A URI template (according to RFC 6570) that can be used to construct resource URIs."""


class ResourceTemplate(_ResourceTemplate, total=False):
    """A template description for resources available on the server."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""
    description: str
    """A description of what this template is for."""
    icons: list[Icon]
    """Optional set of sized icons that the client can display in a user interface."""
    mimeType: str
    """The MIME type for all resources that match this template."""
    title: str
    """The name for people."""


class ResourceTemplateReference(TypedDict):
    """A reference to a resource or resource template definition."""

    type: Literal["ref/resource"]
    """What kind of object it is."""
    uri: str
    """The URI or URI template of the resource."""


class ResourceUpdatedNotification(TypedDict):
    """A resource has changed."""

    method: Literal["notifications/resources/updated"]
    """The method."""
    params: ResourceUpdatedNotificationParams
    """The parameters."""


class _ResourceUpdatedNotificationParams(TypedDict):
    uri: str
    """The URI of the resource that has been updated."""


class ResourceUpdatedNotificationParams(_ResourceUpdatedNotificationParams, total=False):
    """Parameters for a `notifications/resources/updated` notification."""

    _meta: NotificationMetaObject
    """Metadata of the protocol and of its extensions."""


class ResourcesCapability(TypedDict, total=False):
    """Present if the server offers any resources to read."""

    listChanged: bool
    """Whether this server supports notifications for changes to the resource list."""
    subscribe: bool
    """Whether this server supports subscribing to resource updates."""


_ResultMetaObjectKeys = TypedDict(
    "_ResultMetaObjectKeys",
    {
        # Identifies the server software producing the response.
        "io.modelcontextprotocol/serverInfo": "Implementation",
    },
    total=False,
)


class ResultMetaObject(_ResultMetaObjectKeys, total=False):
    """Extends `MetaObject` with additional result-specific fields."""


class _Root(TypedDict):
    uri: str
    """The URI identifying the root."""


class Root(_Root, total=False):
    """Represents a root directory or file that the server can operate on."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    name: str
    """An optional name for the root."""


class RootsCapability(TypedDict, total=False):
    """Present if the client supports listing roots."""

    listChanged: bool
    """Whether the client supports notifications for changes to the roots list."""


class _RootsListChangedNotification(TypedDict):
    method: Literal["notifications/roots/list_changed"]
    """The method."""


class RootsListChangedNotification(_RootsListChangedNotification, total=False):
    """A notification from the client to the server, informing it that the list of roots has changed."""

    params: NotificationParams
    """The parameters."""


class SamplingCapability(TypedDict, total=False):
    """Present if the client supports sampling from an LLM."""

    context: dict[str, Any]
    """Whether the client supports context inclusion via `includeContext` parameter."""
    tools: dict[str, Any]
    """Whether the client supports tool use via `tools` and `toolChoice` parameters."""


class _SamplingMessage(TypedDict):
    content: SamplingContent
    """The content."""
    role: Role
    """Who speaks."""


class SamplingMessage(_SamplingMessage, total=False):
    """Describes a message issued to or received from an LLM API."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""


class ServerCapabilities(TypedDict, total=False):
    """Capabilities that a server may support."""

    completions: dict[str, Any]
    """Present if the server supports argument autocompletion suggestions."""
    experimental: dict[str, dict[str, Any]]
    """Experimental, non-standard capabilities that the server supports."""
    extensions: dict[str, dict[str, Any]]
    """Optional MCP extensions that the server supports."""
    logging: dict[str, Any]
    """Present if the server supports sending log messages to the client."""
    prompts: PromptsCapability
    """Present if the server offers any prompt templates."""
    resources: ResourcesCapability
    """Present if the server offers any resources to read."""
    tools: ToolsCapability
    """Present if the server offers any tools to call."""
    tasks: ServerTasksCapability
    """Present if the server supports task-augmented requests."""


class ServerTasksCapability(TypedDict, total=False):
    """Present if the server supports task-augmented requests."""

    cancel: dict[str, Any]
    """Whether this server supports tasks/cancel."""
    list: dict[str, Any]
    """Whether this server supports tasks/list."""
    requests: ServerTasksCapabilityRequests
    """Specifies which request types can be augmented with tasks."""


class ServerTasksCapabilityRequests(TypedDict, total=False):
    """Specifies which request types can be augmented with tasks."""

    tools: ServerTasksCapabilityRequestsTools
    """Task support for tool-related requests."""


class ServerTasksCapabilityRequestsTools(TypedDict, total=False):
    """Task support for tool-related requests."""

    call: dict[str, Any]
    """Whether the server supports task-augmented tools/call requests."""


class _SetLevelRequestParams(TypedDict):
    level: LoggingLevel
    """The level of logging that the client wants to receive from the server."""


class SetLevelRequestParams(_SetLevelRequestParams, total=False):
    """Parameters for a `logging/setLevel` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class _StringSchema(TypedDict):
    type: Literal["string"]
    """What kind of object it is."""


class StringSchema(_StringSchema, total=False):
    """A field of a form that is text."""

    default: str
    """The value that the field begins with."""
    description: str
    """What it is, for people."""
    format: StringFormat
    """What the text must be."""
    maxLength: int
    """The most characters."""
    minLength: int
    """The fewest characters."""
    title: str
    """The title, for people."""


class _SubscribeRequestParams(TypedDict):
    uri: str
    """The URI of the resource."""


class SubscribeRequestParams(_SubscribeRequestParams, total=False):
    """Parameters for a `resources/subscribe` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class SubscriptionFilter(TypedDict, total=False):
    """The set of notification types a client may opt in to on a `subscriptions/listen` request."""

    promptsListChanged: bool
    """If true, receive `notifications/prompts/list_changed`."""
    resourceSubscriptions: list[str]
    """Subscribe to `notifications/resources/updated` for these resource URIs."""
    resourcesListChanged: bool
    """If true, receive `notifications/resources/list_changed`."""
    toolsListChanged: bool
    """If true, receive `notifications/tools/list_changed`."""


class SubscriptionsAcknowledgedNotification(TypedDict):
    """A subscription has been established."""

    method: Literal["notifications/subscriptions/acknowledged"]
    """The method."""
    params: SubscriptionsAcknowledgedNotificationParams
    """The parameters."""


class _SubscriptionsAcknowledgedNotificationParams(TypedDict):
    notifications: SubscriptionFilter
    """The subset of requested notification types the server agreed to honor."""


class SubscriptionsAcknowledgedNotificationParams(_SubscriptionsAcknowledgedNotificationParams, total=False):
    """Parameters for a `notifications/subscriptions/acknowledged` notification."""

    _meta: NotificationMetaObject
    """Metadata of the protocol and of its extensions."""


class SubscriptionsListenRequestParams(TypedDict):
    """Parameters for a `subscriptions/listen` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    notifications: SubscriptionFilter
    """The notifications the client opts in to on this stream."""


class _SubscriptionsListenResult(TypedDict):
    _meta: SubscriptionsListenResultMetaObject
    """Metadata of the protocol and of its extensions."""


class SubscriptionsListenResult(_SubscriptionsListenResult, total=False):
    """The end of a subscription."""

    resultType: str
    """`complete` (as where there is none) or `input_required`."""


_SubscriptionsListenResultMetaObject = TypedDict(
    "_SubscriptionsListenResultMetaObject",
    {
        # The subscription that this response closes.
        "io.modelcontextprotocol/subscriptionId": "RequestId",
    },
)


_SubscriptionsListenResultMetaObjectKeys = TypedDict(
    "_SubscriptionsListenResultMetaObjectKeys",
    {
        # Identifies the server software producing the response.
        "io.modelcontextprotocol/serverInfo": "Implementation",
    },
    total=False,
)


class SubscriptionsListenResultMetaObject(
    _SubscriptionsListenResultMetaObject, _SubscriptionsListenResultMetaObjectKeys, total=False
):
    """Extends `MetaObject` with the subscription-stream identifier carried by a `SubscriptionsListenResult`."""


class _Task(TypedDict):
    createdAt: str
    """ISO 8601 timestamp when the task was created."""
    lastUpdatedAt: str
    """ISO 8601 timestamp when the task was last updated."""
    status: TaskStatus
    """Current task state."""
    taskId: str
    """The task identifier."""
    ttl: int | None
    """Actual retention duration from creation in milliseconds, null for unlimited."""


class Task(_Task, total=False):
    """Data associated with a task."""

    pollInterval: int
    """Suggested polling interval in milliseconds."""
    statusMessage: str
    """Optional human-readable message describing the current task state."""


class TaskAugmentedRequestParams(TypedDict, total=False):
    """Common params for any task-augmented request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""
    task: TaskMetadata
    """If specified, the caller is requesting task-augmented execution for this request."""


class TaskMetadata(TypedDict, total=False):
    """Metadata for augmenting a request with task execution."""

    ttl: int
    """Requested duration in milliseconds to retain task from creation."""


class TaskStatusNotification(TypedDict):
    """An optional notification from the receiver to the requestor, informing them that a task's status has changed."""

    method: Literal["notifications/tasks/status"]
    """The method."""
    params: TaskStatusNotificationParams
    """The parameters."""


class _TaskStatusNotificationParams(TypedDict):
    createdAt: str
    """ISO 8601 timestamp when the task was created."""
    lastUpdatedAt: str
    """ISO 8601 timestamp when the task was last updated."""
    status: TaskStatus
    """Current task state."""
    taskId: str
    """The task identifier."""
    ttl: int | None
    """Actual retention duration from creation in milliseconds, null for unlimited."""


class TaskStatusNotificationParams(_TaskStatusNotificationParams, total=False):
    """Parameters for a `notifications/tasks/status` notification."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    pollInterval: int
    """Suggested polling interval in milliseconds."""
    statusMessage: str
    """Optional human-readable message describing the current task state."""


class _TextContent(TypedDict):
    text: str
    """The text content of the message."""
    type: Literal["text"]
    """What kind of object it is."""


class TextContent(_TextContent, total=False):
    """Text provided to or from an LLM."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: Annotations
    """Optional annotations for the client."""


class _TextResourceContents(TypedDict):
    text: str
    """The text of the item."""
    uri: str
    """The URI of this resource."""


class TextResourceContents(_TextResourceContents, total=False):
    """Text of a resource."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    mimeType: str
    """The MIME type of this resource, if known."""


class _TitledMultiSelectEnumSchema(TypedDict):
    items: TitledMultiSelectItems
    """Schema for array items with enum options and display labels."""
    type: Literal["array"]
    """What kind of object it is."""


class TitledMultiSelectEnumSchema(_TitledMultiSelectEnumSchema, total=False):
    """Schema for multiple-selection enumeration with display titles for each option."""

    default: list[str]
    """Optional default value."""
    description: str
    """Optional description for the enum field."""
    maxItems: int
    """Maximum number of items to select."""
    minItems: int
    """Minimum number of items to select."""
    title: str
    """Optional title for the enum field."""


class TitledMultiSelectItems(TypedDict):
    """The values to choose from."""

    anyOf: list[TitledOption]
    """Array of enum options with values and display labels."""


class TitledOption(TypedDict):
    """A value and its title."""

    const: str
    """The constant enum value."""
    title: str
    """Display title for this option."""


class _TitledSingleSelectEnumSchema(TypedDict):
    oneOf: list[TitledOption]
    """Array of enum options with values and display labels."""
    type: Literal["string"]
    """What kind of object it is."""


class TitledSingleSelectEnumSchema(_TitledSingleSelectEnumSchema, total=False):
    """Schema for single-selection enumeration with display titles for each option."""

    default: str
    """Optional default value."""
    description: str
    """Optional description for the enum field."""
    title: str
    """Optional title for the enum field."""


class _Tool(TypedDict):
    inputSchema: dict[str, Any]
    """A JSON Schema object defining the expected parameters for the tool."""
    name: str
    """The name for programs."""


class Tool(_Tool, total=False):
    """Definition for a tool the client can call."""

    _meta: dict[str, Any]
    """Metadata of the protocol and of its extensions."""
    annotations: ToolAnnotations
    """Optional additional tool information."""
    description: str
    """A human-readable description of the tool."""
    icons: list[Icon]
    """Optional set of sized icons that the client can display in a user interface."""
    outputSchema: dict[str, Any]
    """A JSON Schema of `structuredContent`."""
    title: str
    """The name for people."""
    execution: ToolExecution
    """Execution-related properties for this tool."""


class ToolAnnotations(TypedDict, total=False):
    """Additional properties describing a `Tool` to clients."""

    destructiveHint: bool
    """If true, the tool may perform destructive updates to its environment."""
    idempotentHint: bool
    """If true, further calls with the same arguments have no additional effect."""
    openWorldHint: bool
    """If true, this tool may interact with an "open world" of external entities."""
    readOnlyHint: bool
    """If true, the tool does not modify its environment."""
    title: str
    """A human-readable title for the tool."""


class ToolChoice(TypedDict, total=False):
    """Controls tool selection behavior for sampling requests."""

    mode: ToolChoiceMode
    """Controls the tool use ability of the model."""


class ToolExecution(TypedDict, total=False):
    """Execution-related properties for a tool."""

    taskSupport: TaskSupport
    """Indicates whether this tool supports task-augmented execution."""


class _ToolListChangedNotification(TypedDict):
    method: Literal["notifications/tools/list_changed"]
    """The method."""


class ToolListChangedNotification(_ToolListChangedNotification, total=False):
    """The list of tools has changed."""

    params: NotificationParams
    """The parameters."""


class _ToolResultContent(TypedDict):
    content: list[ContentBlock]
    """The unstructured result content of the tool use."""
    toolUseId: str
    """The ID of the tool use this result corresponds to."""
    type: Literal["tool_result"]
    """What kind of object it is."""


class ToolResultContent(_ToolResultContent, total=False):
    """The result of a tool use, provided by the user back to the assistant."""

    _meta: dict[str, Any]
    """Optional metadata about the tool result."""
    isError: bool
    """Whether the tool use resulted in an error."""
    structuredContent: Any
    """An optional structured result value."""


class _ToolUseContent(TypedDict):
    id: str
    """A unique identifier for this tool use."""
    input: dict[str, Any]
    """The arguments to pass to the tool, conforming to the tool's input schema."""
    name: str
    """The name of the tool to call."""
    type: Literal["tool_use"]
    """What kind of object it is."""


class ToolUseContent(_ToolUseContent, total=False):
    """A request from the assistant to call a tool."""

    _meta: dict[str, Any]
    """Optional metadata about the tool use."""


class ToolsCapability(TypedDict, total=False):
    """Present if the server offers any tools to call."""

    listChanged: bool
    """Whether this server supports notifications for changes to the tool list."""


class URLElicitationRequiredErrorData(TypedDict):
    """What the user must do first."""

    elicitations: list[ElicitRequestURLParams]
    """What the user must be asked."""


class _UnsubscribeRequestParams(TypedDict):
    uri: str
    """The URI of the resource."""


class UnsubscribeRequestParams(_UnsubscribeRequestParams, total=False):
    """Parameters for a `resources/unsubscribe` request."""

    _meta: RequestMetaObject
    """Metadata of the protocol and of its extensions."""


class UnsupportedProtocolVersionErrorData(TypedDict):
    """What was asked for, and what there is."""

    requested: str
    """The protocol version that was requested by the client."""
    supported: list[str]
    """Protocol versions the server supports."""


class _UntitledMultiSelectEnumSchema(TypedDict):
    items: UntitledMultiSelectItems
    """Schema for the array items."""
    type: Literal["array"]
    """What kind of object it is."""


class UntitledMultiSelectEnumSchema(_UntitledMultiSelectEnumSchema, total=False):
    """Schema for multiple-selection enumeration without display titles for options."""

    default: list[str]
    """Optional default value."""
    description: str
    """Optional description for the enum field."""
    maxItems: int
    """Maximum number of items to select."""
    minItems: int
    """Minimum number of items to select."""
    title: str
    """Optional title for the enum field."""


class UntitledMultiSelectItems(TypedDict):
    """The values to choose from."""

    enum: list[str]
    """Array of enum values to choose from."""
    type: Literal["string"]
    """What kind of object it is."""


class _UntitledSingleSelectEnumSchema(TypedDict):
    enum: list[str]
    """Array of enum values to choose from."""
    type: Literal["string"]
    """What kind of object it is."""


class UntitledSingleSelectEnumSchema(_UntitledSingleSelectEnumSchema, total=False):
    """Schema for single-selection enumeration without display titles for options."""

    default: str
    """Optional default value."""
    description: str
    """Optional description for the enum field."""
    title: str
    """Optional title for the enum field."""


CacheScope = Literal["private", "public"]
"""Who may share the result where it is kept."""


ElicitAction = Literal["accept", "cancel", "decline"]
"""What the user did."""


IconTheme = Literal["dark", "light"]
"""Optional specifier for the theme this icon is designed for."""


IncludeContext = Literal["allServers", "none", "thisServer"]
"""A request to include context from one or more servers."""


LoggingLevel = Literal["alert", "critical", "debug", "emergency", "error", "info", "notice", "warning"]
"""The severity of a log message."""


NumberSchemaType = Literal["integer", "number"]
"""Whether fractions are allowed."""


Role = Literal["assistant", "user"]
"""The sender or recipient of messages and data in a conversation."""


StringFormat = Literal["date", "date-time", "email", "uri"]
"""What the text must be."""


TaskStatus = Literal["cancelled", "completed", "failed", "input_required", "working"]
"""The status of a task."""


TaskSupport = Literal["forbidden", "optional", "required"]
"""Indicates whether this tool supports task-augmented execution."""


ToolChoiceMode = Literal["auto", "none", "required"]
"""Controls the tool use ability of the model."""


AnyResourceContents = Union[TextResourceContents, BlobResourceContents]
"""Contents of a resource: text, or bytes as base64."""


CompletionReference = Union[PromptReference, ResourceTemplateReference]
"""What the argument to complete belongs to."""


ContentBlock = Union[TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource]
"""Text, an image or another item of a message or result."""


Cursor = str
"""An opaque token used to represent a cursor for pagination."""


ElicitRequestParams = Union[ElicitRequestFormParams, ElicitRequestURLParams]
"""The parameters of a request for the user's input."""


ElicitValue = Union[list[str], str, float, bool]
"""What the user filled in."""


EnumSchema = Union[
    TitledSingleSelectEnumSchema,
    LegacyTitledEnumSchema,
    UntitledSingleSelectEnumSchema,
    TitledMultiSelectEnumSchema,
    UntitledMultiSelectEnumSchema,
]
"""A field of a form with values to choose from."""


InputRequest = Union[CreateMessageRequest, ListRootsRequest, ElicitRequest]
"""Something that the server asks of the client."""


InputResponse = Union[CreateMessageResult, ListRootsResult, ElicitResult]
"""An answer to something that the server asked."""


MetaObject = dict[str, Any]
"""The contents of a `_meta` member: metadata by name."""


MultiSelectEnumSchema = Union[TitledMultiSelectEnumSchema, UntitledMultiSelectEnumSchema]
"""A field of a form with several values to choose."""


PrimitiveSchemaDefinition = Union[
    NumberSchema,
    BooleanSchema,
    TitledSingleSelectEnumSchema,
    LegacyTitledEnumSchema,
    UntitledSingleSelectEnumSchema,
    TitledMultiSelectEnumSchema,
    UntitledMultiSelectEnumSchema,
    StringSchema,
]
"""A field of a form."""


Progress = ProgressNotificationParams
"""How far a call is."""


ProgressToken = Union[str, int]
"""A progress token, used to associate progress notifications with the original request."""


RequestId = Union[str, int]
"""A uniquely identifying ID for a request in JSON-RPC."""


ResultType = str
"""Indicates the type of a `Result` object, allowing the client to determine how to parse the response."""


SamplingMessageContentBlock = Union[TextContent, ImageContent, AudioContent, ToolUseContent, ToolResultContent]
"""An item of a message to or from a model."""


ServerNotification = Union[
    CancelledNotification,
    ProgressNotification,
    ResourceListChangedNotification,
    SubscriptionsAcknowledgedNotification,
    ResourceUpdatedNotification,
    PromptListChangedNotification,
    ToolListChangedNotification,
    LoggingMessageNotification,
    TaskStatusNotification,
    ElicitationCompleteNotification,
]
"""What a server sends by itself."""


SingleSelectEnumSchema = Union[TitledSingleSelectEnumSchema, UntitledSingleSelectEnumSchema]
"""A field of a form with one value to choose."""


InputRequests = dict[str, InputRequest]
"""A map of server-initiated requests that the client must fulfill."""


InputResponses = dict[str, InputResponse]
"""A map of client responses to server-initiated requests."""


SamplingContent = Union[list[SamplingMessageContentBlock], SamplingMessageContentBlock]
"""One content block or several."""
