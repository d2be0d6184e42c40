//! The objects of the protocol, of both eras: what only one era has, or requires, is optional.
//!
//! Made by `tools/protocol-types/generate.py` of the published schemas; not to be edited.

// A box around the larger variants would be in the way of everyone who looks inside.
#![allow(clippy::large_enum_variant)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::serde_helpers;

/// Members that are always the same text, by which objects are told apart.
pub mod tags {
    use crate::protocol::literal::tags;

    tags! {
        ArrayTag = "array";
        AudioTag = "audio";
        BooleanTag = "boolean";
        ElicitationCreateTag = "elicitation/create";
        FormTag = "form";
        ImageTag = "image";
        NotificationsCancelledTag = "notifications/cancelled";
        NotificationsElicitationCompleteTag = "notifications/elicitation/complete";
        NotificationsInitializedTag = "notifications/initialized";
        NotificationsMessageTag = "notifications/message";
        NotificationsProgressTag = "notifications/progress";
        NotificationsPromptsListChangedTag = "notifications/prompts/list_changed";
        NotificationsResourcesListChangedTag = "notifications/resources/list_changed";
        NotificationsResourcesUpdatedTag = "notifications/resources/updated";
        NotificationsRootsListChangedTag = "notifications/roots/list_changed";
        NotificationsSubscriptionsAcknowledgedTag = "notifications/subscriptions/acknowledged";
        NotificationsTasksStatusTag = "notifications/tasks/status";
        NotificationsToolsListChangedTag = "notifications/tools/list_changed";
        ObjectTag = "object";
        RefPromptTag = "ref/prompt";
        RefResourceTag = "ref/resource";
        ResourceTag = "resource";
        ResourceLinkTag = "resource_link";
        RootsListTag = "roots/list";
        SamplingCreateMessageTag = "sampling/createMessage";
        StringTag = "string";
        TextTag = "text";
        ToolResultTag = "tool_result";
        ToolUseTag = "tool_use";
        UrlTag = "url";
    }
}

/// Optional annotations for the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Annotations {
    /// Describes who the intended audience of this object or data is.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub audience: Option<Vec<Role>>,
    /// The moment the resource was last modified, as an ISO 8601 formatted string.
    #[serde(
        rename = "lastModified",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub last_modified: Option<String>,
    /// Describes how important this data is for operating the server.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub priority: Option<f64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Contents of a resource: text, or bytes as base64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AnyResourceContents {
    /// Text of a resource.
    Text(TextResourceContents),
    /// Bytes of a resource, as base64.
    Blob(BlobResourceContents),
    /// What is not known here, as it came.
    Other(Value),
}

/// Audio provided to or from an LLM.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AudioContent {
    /// The base64-encoded audio data.
    pub data: String,
    /// The MIME type of the audio.
    #[serde(rename = "mimeType")]
    pub mime_type: String,
    /// What kind of object it is.
    pub r#type: tags::AudioTag,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Bytes of a resource, as base64.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BlobResourceContents {
    /// A base64-encoded string representing the binary data of the item.
    pub blob: String,
    /// The URI of this resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// The MIME type of this resource, if known.
    #[serde(
        rename = "mimeType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub mime_type: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A field of a form that is true or false.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BooleanSchema {
    /// What kind of object it is.
    pub r#type: tags::BooleanTag,
    /// The value that the field begins with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<bool>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// The title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Who may share the result where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CacheScope {
    /// `private`.
    #[serde(rename = "private")]
    Private,
    /// `public`.
    #[serde(rename = "public")]
    Public,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Parameters for a `tools/call` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CallToolRequestParams {
    /// The name of the tool.
    pub name: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Arguments to use for the tool call.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub arguments: Option<Map<String, Value>>,
    /// The answers to what the server asked, by the same names.
    #[serde(
        rename = "inputResponses",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub input_responses: Option<InputResponses>,
    /// The server's own state, to be sent back as it is.
    #[serde(
        rename = "requestState",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub request_state: Option<String>,
    /// If specified, the caller is requesting task-augmented execution for this request.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub task: Option<TaskMetadata>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `tools/call` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CallToolResult {
    /// A list of content objects that represent the unstructured result of the tool call.
    #[serde(default)]
    pub content: Vec<ContentBlock>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Whether the tool call ended in an error.
    #[serde(
        rename = "isError",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub is_error: Option<bool>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// An optional JSON value that represents the structured result of the tool call.
    #[serde(rename = "structuredContent", default, skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The parameters of `tasks/cancel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CancelTaskRequestParams {
    /// The task identifier to cancel.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The response to a tasks/cancel request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelTaskResult {
    /// ISO 8601 timestamp when the task was created.
    #[serde(rename = "createdAt")]
    pub created_at: String,
    /// ISO 8601 timestamp when the task was last updated.
    #[serde(rename = "lastUpdatedAt")]
    pub last_updated_at: String,
    /// Current task state.
    pub status: TaskStatus,
    /// The task identifier.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Actual retention duration from creation in milliseconds, null for unlimited.
    pub ttl: Option<i64>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Suggested polling interval in milliseconds.
    #[serde(
        rename = "pollInterval",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub poll_interval: Option<i64>,
    /// Optional human-readable message describing the current task state.
    #[serde(
        rename = "statusMessage",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub status_message: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A request is cancelled by its sender.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CancelledNotification {
    /// The method.
    pub method: tags::NotificationsCancelledTag,
    /// The parameters.
    pub params: CancelledNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/cancelled` notification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CancelledNotificationParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<NotificationMetaObject>,
    /// An optional string describing the reason for the cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub reason: Option<String>,
    /// The ID of the request to cancel.
    #[serde(
        rename = "requestId",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub request_id: Option<RequestId>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Capabilities a client may support.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientCapabilities {
    /// Present if the client supports elicitation from the server.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub elicitation: Option<ElicitationCapability>,
    /// Experimental, non-standard capabilities that the client supports.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub experimental: Option<BTreeMap<String, Map<String, Value>>>,
    /// Optional MCP extensions that the client supports.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub extensions: Option<BTreeMap<String, Map<String, Value>>>,
    /// Present if the client supports listing roots.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub roots: Option<RootsCapability>,
    /// Present if the client supports sampling from an LLM.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub sampling: Option<SamplingCapability>,
    /// Present if the client supports task-augmented requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub tasks: Option<ClientTasksCapability>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Present if the client supports task-augmented requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientTasksCapability {
    /// Whether this client supports tasks/cancel.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub cancel: Option<Map<String, Value>>,
    /// Whether this client supports tasks/list.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub list: Option<Map<String, Value>>,
    /// Specifies which request types can be augmented with tasks.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub requests: Option<ClientTasksCapabilityRequests>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Specifies which request types can be augmented with tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientTasksCapabilityRequests {
    /// Task support for elicitation-related requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub elicitation: Option<ClientTasksCapabilityRequestsElicitation>,
    /// Task support for sampling-related requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub sampling: Option<ClientTasksCapabilityRequestsSampling>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Task support for elicitation-related requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientTasksCapabilityRequestsElicitation {
    /// Whether the client supports task-augmented elicitation/create requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub create: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Task support for sampling-related requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientTasksCapabilityRequestsSampling {
    /// Whether the client supports task-augmented sampling/createMessage requests.
    #[serde(
        rename = "createMessage",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub create_message: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `completion/complete` request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompleteRequestParams {
    /// The argument's information.
    pub argument: CompletionArgument,
    /// What the argument belongs to.
    pub r#ref: CompletionReference,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Additional, optional context for completions.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub context: Option<CompletionContext>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `completion/complete` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompleteResult {
    /// The completion.
    pub completion: Completion,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The values that complete an argument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// An array of completion values.
    pub values: Vec<String>,
    /// Whether there are further values, even if their number is unknown.
    #[serde(
        rename = "hasMore",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub has_more: Option<bool>,
    /// The total number of completion options available.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient_whole")]
    pub total: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The argument to complete.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompletionArgument {
    /// The name of the argument.
    pub name: String,
    /// The value of the argument to use for completion matching.
    pub value: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What is known besides the argument to complete.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompletionContext {
    /// Previously-resolved variables in a URI template or prompt.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub arguments: Option<BTreeMap<String, String>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the argument to complete belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CompletionReference {
    /// Identifies a prompt.
    Prompt(PromptReference),
    /// A reference to a resource or resource template definition.
    ResourceTemplate(ResourceTemplateReference),
    /// What is not known here, as it came.
    Other(Value),
}

/// Text, an image or another item of a message or result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ContentBlock {
    /// Text provided to or from an LLM.
    Text(TextContent),
    /// An image provided to or from an LLM.
    Image(ImageContent),
    /// Audio provided to or from an LLM.
    Audio(AudioContent),
    /// A resource that the server is capable of reading, included in a prompt or tool call result.
    ResourceLink(ResourceLink),
    /// The contents of a resource, embedded into a prompt or tool call result.
    EmbeddedResource(EmbeddedResource),
    /// What is not known here, as it came.
    Other(Value),
}

/// A request from the server to sample an LLM via the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateMessageRequest {
    /// The method.
    pub method: tags::SamplingCreateMessageTag,
    /// The parameters.
    pub params: CreateMessageRequestParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `sampling/createMessage` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateMessageRequestParams {
    /// The requested maximum number of tokens to sample (to prevent runaway completions).
    #[serde(rename = "maxTokens", deserialize_with = "serde_helpers::whole")]
    pub max_tokens: i64,
    /// The messages.
    pub messages: Vec<SamplingMessage>,
    /// A request to include context from one or more servers.
    #[serde(
        rename = "includeContext",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub include_context: Option<IncludeContext>,
    /// Optional metadata to pass through to the LLM provider.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub metadata: Option<Map<String, Value>>,
    /// The server's preferences for which model to select.
    #[serde(
        rename = "modelPreferences",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub model_preferences: Option<ModelPreferences>,
    /// Texts at which to stop.
    #[serde(
        rename = "stopSequences",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub stop_sequences: Option<Vec<String>>,
    /// An optional system prompt the server wants to use for sampling.
    #[serde(
        rename = "systemPrompt",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub system_prompt: Option<String>,
    /// How freely the model chooses.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub temperature: Option<f64>,
    /// Controls how the model uses tools.
    #[serde(
        rename = "toolChoice",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub tool_choice: Option<ToolChoice>,
    /// Tools that the model may use during generation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub tools: Option<Vec<Tool>>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// If specified, the caller is requesting task-augmented execution for this request.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub task: Option<TaskMetadata>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the client for a `sampling/createMessage` request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateMessageResult {
    /// The content.
    pub content: SamplingContent,
    /// The name of the model that generated the message.
    pub model: String,
    /// Who speaks.
    pub role: Role,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// The reason why sampling stopped, if known.
    #[serde(
        rename = "stopReason",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub stop_reason: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A response to a task-augmented request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateTaskResult {
    /// The task.
    pub task: Task,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An opaque token used to represent a cursor for pagination.
pub type Cursor = String;

/// The result returned by the server for a `server/discover` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DiscoverResult {
    /// The capabilities of the server.
    pub capabilities: ServerCapabilities,
    /// MCP Protocol Versions this server supports.
    #[serde(rename = "supportedVersions")]
    pub supported_versions: Vec<String>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Who may share the result where it is kept.
    #[serde(
        rename = "cacheScope",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub cache_scope: Option<CacheScope>,
    /// Natural-language guidance describing the server and its features.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub instructions: Option<String>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// How long the result may be kept, in milliseconds; a hint.
    #[serde(
        rename = "ttlMs",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub ttl_ms: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the user did.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ElicitAction {
    /// `accept`.
    #[serde(rename = "accept")]
    Accept,
    /// `cancel`.
    #[serde(rename = "cancel")]
    Cancel,
    /// `decline`.
    #[serde(rename = "decline")]
    Decline,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// A request from the server to elicit additional information from the user via the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElicitRequest {
    /// The method.
    pub method: tags::ElicitationCreateTag,
    /// The parameters.
    pub params: ElicitRequestParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The parameters for a request to elicit non-sensitive information from the user via a form in the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ElicitRequestFormParams {
    /// The message to present to the user describing what information is being requested.
    pub message: String,
    /// A restricted subset of JSON Schema.
    #[serde(rename = "requestedSchema")]
    pub requested_schema: RequestedSchema,
    /// The elicitation mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<tags::FormTag>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// If specified, the caller is requesting task-augmented execution for this request.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub task: Option<TaskMetadata>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The parameters of a request for the user's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ElicitRequestParams {
    /// The parameters for a request to elicit non-sensitive information from the user via a form in the client.
    Form(ElicitRequestFormParams),
    /// The parameters for a request to elicit information from the user via a URL in the client.
    Url(ElicitRequestURLParams),
    /// What is not known here, as it came.
    Other(Value),
}

/// The parameters for a request to elicit information from the user via a URL in the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ElicitRequestURLParams {
    /// The message to present to the user explaining why the interaction is needed.
    pub message: String,
    /// The elicitation mode.
    pub mode: tags::UrlTag,
    /// The URL that the user should navigate to.
    pub url: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// The ID of the elicitation, which must be unique within the context of the server.
    #[serde(
        rename = "elicitationId",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub elicitation_id: Option<String>,
    /// If specified, the caller is requesting task-augmented execution for this request.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub task: Option<TaskMetadata>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the client for an `elicitation/create` request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElicitResult {
    /// The user action in response to the elicitation.
    pub action: ElicitAction,
    /// The submitted form data, only present when action is `"accept"` and mode was `"form"`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub content: Option<BTreeMap<String, ElicitValue>>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the user filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ElicitValue {
    /// Several.
    List(Vec<String>),
    /// Text.
    Text(String),
    /// A number.
    Number(#[serde(serialize_with = "serde_helpers::number")] f64),
    /// True or false.
    Bool(bool),
    /// What is not known here, as it came.
    Other(Value),
}

/// Present if the client supports elicitation from the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ElicitationCapability {
    /// Whether forms can be shown.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub form: Option<Map<String, Value>>,
    /// Whether URLs can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub url: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An elicitation by URL is complete.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ElicitationCompleteNotification {
    /// The method.
    pub method: tags::NotificationsElicitationCompleteTag,
    /// The parameters.
    pub params: ElicitationCompleteNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/elicitation/complete` notification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ElicitationCompleteNotificationParams {
    /// The ID of the elicitation that completed.
    #[serde(rename = "elicitationId")]
    pub elicitation_id: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The contents of a resource, embedded into a prompt or tool call result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedResource {
    /// The resource.
    pub resource: AnyResourceContents,
    /// What kind of object it is.
    pub r#type: tags::ResourceTag,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Common result fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EmptyResult {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A field of a form with values to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EnumSchema {
    /// Schema for single-selection enumeration with display titles for each option.
    TitledSingleSelect(TitledSingleSelectEnumSchema),
    /// Use `TitledSingleSelectEnumSchema` instead.
    LegacyTitled(LegacyTitledEnumSchema),
    /// Schema for single-selection enumeration without display titles for options.
    UntitledSingleSelect(UntitledSingleSelectEnumSchema),
    /// Schema for multiple-selection enumeration with display titles for each option.
    TitledMultiSelect(TitledMultiSelectEnumSchema),
    /// Schema for multiple-selection enumeration without display titles for options.
    UntitledMultiSelect(UntitledMultiSelectEnumSchema),
    /// What is not known here, as it came.
    Other(Value),
}

/// An error of JSON-RPC.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// The error type that occurred.
    #[serde(deserialize_with = "serde_helpers::whole")]
    pub code: i64,
    /// A short description of the error.
    pub message: String,
    /// Additional information about the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `prompts/get` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetPromptRequestParams {
    /// The name of the prompt or prompt template.
    pub name: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Arguments to use for templating the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub arguments: Option<BTreeMap<String, String>>,
    /// The answers to what the server asked, by the same names.
    #[serde(
        rename = "inputResponses",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub input_responses: Option<InputResponses>,
    /// The server's own state, to be sent back as it is.
    #[serde(
        rename = "requestState",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub request_state: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `prompts/get` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetPromptResult {
    /// The messages.
    pub messages: Vec<PromptMessage>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// An optional description for the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The parameters of `tasks/result`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetTaskPayloadRequestParams {
    /// The task identifier to retrieve results for.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The response to a tasks/result request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetTaskPayloadResult {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The parameters of `tasks/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetTaskRequestParams {
    /// The task identifier to query.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The response to a tasks/get request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetTaskResult {
    /// ISO 8601 timestamp when the task was created.
    #[serde(rename = "createdAt")]
    pub created_at: String,
    /// ISO 8601 timestamp when the task was last updated.
    #[serde(rename = "lastUpdatedAt")]
    pub last_updated_at: String,
    /// Current task state.
    pub status: TaskStatus,
    /// The task identifier.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Actual retention duration from creation in milliseconds, null for unlimited.
    pub ttl: Option<i64>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Suggested polling interval in milliseconds.
    #[serde(
        rename = "pollInterval",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub poll_interval: Option<i64>,
    /// Optional human-readable message describing the current task state.
    #[serde(
        rename = "statusMessage",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub status_message: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An optionally-sized icon that can be displayed in a user interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Icon {
    /// A standard URI pointing to an icon resource.
    pub src: String,
    /// Optional MIME type override if the source MIME type is missing or generic.
    #[serde(
        rename = "mimeType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub mime_type: Option<String>,
    /// Optional array of strings that specify sizes at which the icon can be used.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub sizes: Option<Vec<String>>,
    /// Optional specifier for the theme this icon is designed for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub theme: Option<IconTheme>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Optional specifier for the theme this icon is designed for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IconTheme {
    /// `dark`.
    #[serde(rename = "dark")]
    Dark,
    /// `light`.
    #[serde(rename = "light")]
    Light,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// An image provided to or from an LLM.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageContent {
    /// The base64-encoded image data.
    pub data: String,
    /// The MIME type of the image.
    #[serde(rename = "mimeType")]
    pub mime_type: String,
    /// What kind of object it is.
    pub r#type: tags::ImageTag,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Describes the MCP implementation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Implementation {
    /// The name for programs.
    pub name: String,
    /// The version of this implementation.
    #[serde(default)]
    pub version: String,
    /// An optional human-readable description of what this implementation does.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional set of sized icons that the client can display in a user interface.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub icons: Option<Vec<Icon>>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// An optional URL of the website for this implementation.
    #[serde(
        rename = "websiteUrl",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub website_url: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A request to include context from one or more servers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IncludeContext {
    /// `allServers`.
    #[serde(rename = "allServers")]
    AllServers,
    /// `none`.
    #[serde(rename = "none")]
    None,
    /// `thisServer`.
    #[serde(rename = "thisServer")]
    ThisServer,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Parameters for an `initialize` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InitializeRequestParams {
    /// What the sender can do.
    pub capabilities: ClientCapabilities,
    /// Who the client is.
    #[serde(rename = "clientInfo")]
    pub client_info: Implementation,
    /// The latest version of the Model Context Protocol that the client supports.
    #[serde(rename = "protocolVersion")]
    pub protocol_version: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// After receiving an initialize request from the client, the server sends this response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InitializeResult {
    /// What the sender can do.
    #[serde(default)]
    pub capabilities: ServerCapabilities,
    /// The version of the Model Context Protocol that the server wants to use.
    #[serde(rename = "protocolVersion")]
    pub protocol_version: String,
    /// Who the server is.
    #[serde(rename = "serverInfo", default)]
    pub server_info: Implementation,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Instructions describing how to use the server and its features.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub instructions: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Initialization has finished.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InitializedNotification {
    /// The method.
    pub method: tags::NotificationsInitializedTag,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub params: Option<NotificationParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Something that the server asks of the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InputRequest {
    /// A request from the server to sample an LLM via the client.
    CreateMessage(CreateMessageRequest),
    /// Sent from the server to request a list of root URIs from the client.
    ListRoots(ListRootsRequest),
    /// A request from the server to elicit additional information from the user via the client.
    Elicit(ElicitRequest),
    /// What is not known here, as it came.
    Other(Value),
}

/// A map of server-initiated requests that the client must fulfill.
pub type InputRequests = BTreeMap<String, InputRequest>;

/// Says that the server needs input before the request can be completed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputRequiredResult {
    /// `complete` (as where there is none) or `input_required`.
    #[serde(rename = "resultType")]
    pub result_type: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// What the server asks, by names of its own.
    #[serde(
        rename = "inputRequests",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub input_requests: Option<InputRequests>,
    /// The server's own state, to be sent back as it is.
    #[serde(
        rename = "requestState",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub request_state: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An answer to something that the server asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InputResponse {
    /// The result returned by the client for a `sampling/createMessage` request.
    CreateMessage(CreateMessageResult),
    /// The result returned by the client for a `roots/list` request.
    ListRoots(ListRootsResult),
    /// The result returned by the client for an `elicitation/create` request.
    Elicit(ElicitResult),
    /// What is not known here, as it came.
    Other(Value),
}

/// Parameters of a request that carries answers to what the server asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputResponseRequestParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(rename = "_meta")]
    pub meta: RequestMetaObject,
    /// The answers to what the server asked, by the same names.
    #[serde(
        rename = "inputResponses",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub input_responses: Option<InputResponses>,
    /// The server's own state, to be sent back as it is.
    #[serde(
        rename = "requestState",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub request_state: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A map of client responses to server-initiated requests.
pub type InputResponses = BTreeMap<String, InputResponse>;

/// Use `TitledSingleSelectEnumSchema` instead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LegacyTitledEnumSchema {
    /// The values to choose from.
    pub r#enum: Vec<String>,
    /// (Legacy) Display names for enum values.
    #[serde(rename = "enumNames")]
    pub enum_names: Vec<String>,
    /// What kind of object it is.
    pub r#type: tags::StringTag,
    /// The value that the field begins with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<String>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// The title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `prompts/list` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListPromptsResult {
    /// The prompts.
    pub prompts: Vec<Prompt>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Who may share the result where it is kept.
    #[serde(
        rename = "cacheScope",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub cache_scope: Option<CacheScope>,
    /// An opaque token representing the pagination position after the last returned result.
    #[serde(
        rename = "nextCursor",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub next_cursor: Option<String>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// How long the result may be kept, in milliseconds; a hint.
    #[serde(
        rename = "ttlMs",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub ttl_ms: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `resources/templates/list` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListResourceTemplatesResult {
    /// The templates.
    #[serde(rename = "resourceTemplates")]
    pub resource_templates: Vec<ResourceTemplate>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Who may share the result where it is kept.
    #[serde(
        rename = "cacheScope",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub cache_scope: Option<CacheScope>,
    /// An opaque token representing the pagination position after the last returned result.
    #[serde(
        rename = "nextCursor",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub next_cursor: Option<String>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// How long the result may be kept, in milliseconds; a hint.
    #[serde(
        rename = "ttlMs",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub ttl_ms: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `resources/list` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListResourcesResult {
    /// The resources.
    pub resources: Vec<Resource>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Who may share the result where it is kept.
    #[serde(
        rename = "cacheScope",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub cache_scope: Option<CacheScope>,
    /// An opaque token representing the pagination position after the last returned result.
    #[serde(
        rename = "nextCursor",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub next_cursor: Option<String>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// How long the result may be kept, in milliseconds; a hint.
    #[serde(
        rename = "ttlMs",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub ttl_ms: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Sent from the server to request a list of root URIs from the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListRootsRequest {
    /// The method.
    pub method: tags::RootsListTag,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub params: Option<RequestParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the client for a `roots/list` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListRootsResult {
    /// The roots.
    pub roots: Vec<Root>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The response to a tasks/list request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListTasksResult {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// An opaque token representing the pagination position after the last returned result.
    #[serde(
        rename = "nextCursor",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub next_cursor: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `tools/list` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListToolsResult {
    /// The tools.
    pub tools: Vec<Tool>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Who may share the result where it is kept.
    #[serde(
        rename = "cacheScope",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub cache_scope: Option<CacheScope>,
    /// An opaque token representing the pagination position after the last returned result.
    #[serde(
        rename = "nextCursor",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub next_cursor: Option<String>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// How long the result may be kept, in milliseconds; a hint.
    #[serde(
        rename = "ttlMs",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub ttl_ms: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The severity of a log message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoggingLevel {
    /// `alert`.
    #[serde(rename = "alert")]
    Alert,
    /// `critical`.
    #[serde(rename = "critical")]
    Critical,
    /// `debug`.
    #[serde(rename = "debug")]
    Debug,
    /// `emergency`.
    #[serde(rename = "emergency")]
    Emergency,
    /// `error`.
    #[serde(rename = "error")]
    Error,
    /// `info`.
    #[serde(rename = "info")]
    Info,
    /// `notice`.
    #[serde(rename = "notice")]
    Notice,
    /// `warning`.
    #[serde(rename = "warning")]
    Warning,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// JSONRPCNotification of a log message passed from server to client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggingMessageNotification {
    /// The method.
    pub method: tags::NotificationsMessageTag,
    /// The parameters.
    pub params: LoggingMessageNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/message` notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggingMessageNotificationParams {
    /// The data to be logged, such as a string message or an object.
    pub data: Value,
    /// The severity of this log message.
    pub level: LoggingLevel,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<NotificationMetaObject>,
    /// An optional name of the logger issuing this message.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub logger: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The contents of a `_meta` member: metadata by name.
pub type MetaObject = Map<String, Value>;

/// What the client would have to be able to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MissingRequiredClientCapabilityErrorData {
    /// The capabilities the server requires from the client to process this request.
    #[serde(rename = "requiredCapabilities")]
    pub required_capabilities: ClientCapabilities,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Hints to use for model selection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelHint {
    /// A hint for a model name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub name: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The server's preferences for model selection, requested of the client during sampling.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelPreferences {
    /// How much to prioritize cost when selecting a model.
    #[serde(
        rename = "costPriority",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub cost_priority: Option<f64>,
    /// Optional hints to use for model selection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub hints: Option<Vec<ModelHint>>,
    /// How much to prioritize intelligence and capabilities when selecting a model.
    #[serde(
        rename = "intelligencePriority",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub intelligence_priority: Option<f64>,
    /// How much to prioritize sampling speed (latency) when selecting a model.
    #[serde(
        rename = "speedPriority",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub speed_priority: Option<f64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A field of a form with several values to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MultiSelectEnumSchema {
    /// Schema for multiple-selection enumeration with display titles for each option.
    TitledMultiSelect(TitledMultiSelectEnumSchema),
    /// Schema for multiple-selection enumeration without display titles for options.
    UntitledMultiSelect(UntitledMultiSelectEnumSchema),
    /// What is not known here, as it came.
    Other(Value),
}

/// Extends `MetaObject` with additional notification-specific fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NotificationMetaObject {
    /// Identifies the subscription stream a notification was delivered on.
    #[serde(
        rename = "io.modelcontextprotocol/subscriptionId",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub subscription_id: Option<RequestId>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Common params for any notification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NotificationParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<NotificationMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A field of a form that is a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberSchema {
    /// What kind of object it is.
    pub r#type: NumberSchemaType,
    /// The value that the field begins with.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub default: Option<f64>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// The largest value.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub maximum: Option<f64>,
    /// The smallest value.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub minimum: Option<f64>,
    /// The title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whether fractions are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NumberSchemaType {
    /// `integer`.
    #[serde(rename = "integer")]
    Integer,
    /// `number`.
    #[serde(rename = "number")]
    Number,
}

/// Common params for paginated requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PaginatedRequestParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// An opaque token representing the current pagination position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub cursor: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PrimitiveSchemaDefinition {
    /// A field of a form that is a number.
    Number(NumberSchema),
    /// A field of a form that is true or false.
    Boolean(BooleanSchema),
    /// Schema for single-selection enumeration with display titles for each option.
    TitledSingleSelect(TitledSingleSelectEnumSchema),
    /// Use `TitledSingleSelectEnumSchema` instead.
    LegacyTitled(LegacyTitledEnumSchema),
    /// Schema for single-selection enumeration without display titles for options.
    UntitledSingleSelect(UntitledSingleSelectEnumSchema),
    /// Schema for multiple-selection enumeration with display titles for each option.
    TitledMultiSelect(TitledMultiSelectEnumSchema),
    /// Schema for multiple-selection enumeration without display titles for options.
    UntitledMultiSelect(UntitledMultiSelectEnumSchema),
    /// A field of a form that is text.
    String(StringSchema),
    /// What is not known here, as it came.
    Other(Value),
}

/// How far a call is.
pub type Progress = ProgressNotificationParams;

/// An out-of-band notification used to inform the receiver of a progress update for a long-running request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressNotification {
    /// The method.
    pub method: tags::NotificationsProgressTag,
    /// The parameters.
    pub params: ProgressNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/progress` notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressNotificationParams {
    /// The progress thus far.
    #[serde(serialize_with = "serde_helpers::number")]
    pub progress: f64,
    /// The token that was given in the request.
    #[serde(rename = "progressToken")]
    pub progress_token: ProgressToken,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<NotificationMetaObject>,
    /// An optional message describing the current progress.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub message: Option<String>,
    /// Total number of items to process (or total progress required), if known.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient",
        serialize_with = "serde_helpers::some_number"
    )]
    pub total: Option<f64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A progress token, used to associate progress notifications with the original request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ProgressToken {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// What is not known here, as it came.
    Other(Value),
}

/// A prompt or prompt template that the server offers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prompt {
    /// The name for programs.
    pub name: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// A list of arguments to use for templating the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub arguments: Option<Vec<PromptArgument>>,
    /// An optional description of what this prompt provides.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional set of sized icons that the client can display in a user interface.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub icons: Option<Vec<Icon>>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Describes an argument that a prompt can accept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptArgument {
    /// The name for programs.
    pub name: String,
    /// A human-readable description of the argument.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Whether this argument must be provided.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub required: Option<bool>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The list of prompts has changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptListChangedNotification {
    /// The method.
    pub method: tags::NotificationsPromptsListChangedTag,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub params: Option<NotificationParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Describes a message returned as part of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptMessage {
    /// The content.
    pub content: ContentBlock,
    /// Who speaks.
    pub role: Role,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Identifies a prompt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptReference {
    /// The name for programs.
    pub name: String,
    /// What kind of object it is.
    pub r#type: tags::RefPromptTag,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Present if the server offers any prompt templates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptsCapability {
    /// Whether this server supports notifications for changes to the prompt list.
    #[serde(
        rename = "listChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub list_changed: Option<bool>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `resources/read` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadResourceRequestParams {
    /// The URI of the resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// The answers to what the server asked, by the same names.
    #[serde(
        rename = "inputResponses",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub input_responses: Option<InputResponses>,
    /// The server's own state, to be sent back as it is.
    #[serde(
        rename = "requestState",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub request_state: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result returned by the server for a `resources/read` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadResourceResult {
    /// The contents.
    pub contents: Vec<AnyResourceContents>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<ResultMetaObject>,
    /// Who may share the result where it is kept.
    #[serde(
        rename = "cacheScope",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub cache_scope: Option<CacheScope>,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// How long the result may be kept, in milliseconds; a hint.
    #[serde(
        rename = "ttlMs",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub ttl_ms: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Metadata for associating messages with a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RelatedTaskMetadata {
    /// The task identifier this message is associated with.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A uniquely identifying ID for a request in JSON-RPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RequestId {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// What is not known here, as it came.
    Other(Value),
}

/// Metadata of the protocol and of its extensions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestMetaObject {
    /// Asks for progress notifications, which will carry this token.
    #[serde(
        rename = "progressToken",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub progress_token: Option<ProgressToken>,
    /// The client's capabilities for this specific request.
    #[serde(
        rename = "io.modelcontextprotocol/clientCapabilities",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub client_capabilities: Option<ClientCapabilities>,
    /// Identifies the client software making the request.
    #[serde(
        rename = "io.modelcontextprotocol/clientInfo",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub client_info: Option<Implementation>,
    /// The desired log level for this request.
    #[serde(
        rename = "io.modelcontextprotocol/logLevel",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub log_level: Option<LoggingLevel>,
    /// The MCP Protocol Version being used for this request.
    #[serde(
        rename = "io.modelcontextprotocol/protocolVersion",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub protocol_version: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Common params for any request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The fields of a form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestedSchema {
    /// The fields by name.
    pub properties: BTreeMap<String, PrimitiveSchemaDefinition>,
    /// What kind of object it is.
    pub r#type: tags::ObjectTag,
    /// The dialect of the schema.
    #[serde(
        rename = "$schema",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub schema: Option<String>,
    /// The names of the fields that must be filled in.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub required: Option<Vec<String>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A known resource that the server is capable of reading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The name for programs.
    pub name: String,
    /// The URI of this resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// A description of what this resource represents.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional set of sized icons that the client can display in a user interface.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub icons: Option<Vec<Icon>>,
    /// The MIME type of this resource, if known.
    #[serde(
        rename = "mimeType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub mime_type: Option<String>,
    /// The size of the raw resource content, in bytes (i.e., before base64 encoding or any tokenization), if known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient_whole")]
    pub size: Option<i64>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A resource that the server is capable of reading, included in a prompt or tool call result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceLink {
    /// The name for programs.
    pub name: String,
    /// What kind of object it is.
    pub r#type: tags::ResourceLinkTag,
    /// The URI of this resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// A description of what this resource represents.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional set of sized icons that the client can display in a user interface.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub icons: Option<Vec<Icon>>,
    /// The MIME type of this resource, if known.
    #[serde(
        rename = "mimeType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub mime_type: Option<String>,
    /// The size of the raw resource content, in bytes (i.e., before base64 encoding or any tokenization), if known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient_whole")]
    pub size: Option<i64>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The list of resources has changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceListChangedNotification {
    /// The method.
    pub method: tags::NotificationsResourcesListChangedTag,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub params: Option<NotificationParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Common params for resource-related requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceRequestParams {
    /// The URI of the resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A template description for resources available on the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceTemplate {
    /// The name for programs.
    pub name: String,
    /// A URI template (according to RFC 6570) that can be used to construct resource URIs.
    #[serde(rename = "uriTemplate")]
    pub uri_template: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// A description of what this template is for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional set of sized icons that the client can display in a user interface.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub icons: Option<Vec<Icon>>,
    /// The MIME type for all resources that match this template.
    #[serde(
        rename = "mimeType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub mime_type: Option<String>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A reference to a resource or resource template definition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceTemplateReference {
    /// What kind of object it is.
    pub r#type: tags::RefResourceTag,
    /// The URI or URI template of the resource.
    pub uri: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A resource has changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceUpdatedNotification {
    /// The method.
    pub method: tags::NotificationsResourcesUpdatedTag,
    /// The parameters.
    pub params: ResourceUpdatedNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/resources/updated` notification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceUpdatedNotificationParams {
    /// The URI of the resource that has been updated.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<NotificationMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Present if the server offers any resources to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourcesCapability {
    /// Whether this server supports notifications for changes to the resource list.
    #[serde(
        rename = "listChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub list_changed: Option<bool>,
    /// Whether this server supports subscribing to resource updates.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub subscribe: Option<bool>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Extends `MetaObject` with additional result-specific fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResultMetaObject {
    /// Identifies the server software producing the response.
    #[serde(
        rename = "io.modelcontextprotocol/serverInfo",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub server_info: Option<Implementation>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Indicates the type of a `Result` object, allowing the client to determine how to parse the response.
pub type ResultType = String;

/// The sender or recipient of messages and data in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// `assistant`.
    #[serde(rename = "assistant")]
    Assistant,
    /// `user`.
    #[serde(rename = "user")]
    User,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Represents a root directory or file that the server can operate on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Root {
    /// The URI identifying the root.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// An optional name for the root.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub name: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Present if the client supports listing roots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RootsCapability {
    /// Whether the client supports notifications for changes to the roots list.
    #[serde(
        rename = "listChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub list_changed: Option<bool>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A notification from the client to the server, informing it that the list of roots has changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RootsListChangedNotification {
    /// The method.
    pub method: tags::NotificationsRootsListChangedTag,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub params: Option<NotificationParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Present if the client supports sampling from an LLM.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SamplingCapability {
    /// Whether the client supports context inclusion via `includeContext` parameter.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub context: Option<Map<String, Value>>,
    /// Whether the client supports tool use via `tools` and `toolChoice` parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub tools: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One content block or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SamplingContent {
    /// Several.
    Many(Vec<SamplingMessageContentBlock>),
    /// An item of a message to or from a model.
    One(SamplingMessageContentBlock),
}

/// Describes a message issued to or received from an LLM API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SamplingMessage {
    /// The content.
    pub content: SamplingContent,
    /// Who speaks.
    pub role: Role,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An item of a message to or from a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SamplingMessageContentBlock {
    /// Text provided to or from an LLM.
    Text(TextContent),
    /// An image provided to or from an LLM.
    Image(ImageContent),
    /// Audio provided to or from an LLM.
    Audio(AudioContent),
    /// A request from the assistant to call a tool.
    ToolUse(ToolUseContent),
    /// The result of a tool use, provided by the user back to the assistant.
    ToolResult(ToolResultContent),
    /// What is not known here, as it came.
    Other(Value),
}

/// Capabilities that a server may support.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerCapabilities {
    /// Present if the server supports argument autocompletion suggestions.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub completions: Option<Map<String, Value>>,
    /// Experimental, non-standard capabilities that the server supports.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub experimental: Option<BTreeMap<String, Map<String, Value>>>,
    /// Optional MCP extensions that the server supports.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub extensions: Option<BTreeMap<String, Map<String, Value>>>,
    /// Present if the server supports sending log messages to the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub logging: Option<Map<String, Value>>,
    /// Present if the server offers any prompt templates.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub prompts: Option<PromptsCapability>,
    /// Present if the server offers any resources to read.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub resources: Option<ResourcesCapability>,
    /// Present if the server offers any tools to call.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub tools: Option<ToolsCapability>,
    /// Present if the server supports task-augmented requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub tasks: Option<ServerTasksCapability>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a server sends by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ServerNotification {
    /// A request is cancelled by its sender.
    Cancelled(CancelledNotification),
    /// An out-of-band notification used to inform the receiver of a progress update for a long-running request.
    Progress(ProgressNotification),
    /// The list of resources has changed.
    ResourceListChanged(ResourceListChangedNotification),
    /// A subscription has been established.
    SubscriptionsAcknowledged(SubscriptionsAcknowledgedNotification),
    /// A resource has changed.
    ResourceUpdated(ResourceUpdatedNotification),
    /// The list of prompts has changed.
    PromptListChanged(PromptListChangedNotification),
    /// The list of tools has changed.
    ToolListChanged(ToolListChangedNotification),
    /// JSONRPCNotification of a log message passed from server to client.
    LoggingMessage(LoggingMessageNotification),
    /// An optional notification from the receiver to the requestor, informing them that a task's status has changed.
    TaskStatus(TaskStatusNotification),
    /// An elicitation by URL is complete.
    ElicitationComplete(ElicitationCompleteNotification),
    /// What is not known here, as it came.
    Other(Value),
}

/// Present if the server supports task-augmented requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerTasksCapability {
    /// Whether this server supports tasks/cancel.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub cancel: Option<Map<String, Value>>,
    /// Whether this server supports tasks/list.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub list: Option<Map<String, Value>>,
    /// Specifies which request types can be augmented with tasks.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub requests: Option<ServerTasksCapabilityRequests>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Specifies which request types can be augmented with tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerTasksCapabilityRequests {
    /// Task support for tool-related requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub tools: Option<ServerTasksCapabilityRequestsTools>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Task support for tool-related requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerTasksCapabilityRequestsTools {
    /// Whether the server supports task-augmented tools/call requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub call: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `logging/setLevel` request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetLevelRequestParams {
    /// The level of logging that the client wants to receive from the server.
    pub level: LoggingLevel,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A field of a form with one value to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SingleSelectEnumSchema {
    /// Schema for single-selection enumeration with display titles for each option.
    TitledSingleSelect(TitledSingleSelectEnumSchema),
    /// Schema for single-selection enumeration without display titles for options.
    UntitledSingleSelect(UntitledSingleSelectEnumSchema),
    /// What is not known here, as it came.
    Other(Value),
}

/// What the text must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StringFormat {
    /// `date`.
    #[serde(rename = "date")]
    Date,
    /// `date-time`.
    #[serde(rename = "date-time")]
    DateTime,
    /// `email`.
    #[serde(rename = "email")]
    Email,
    /// `uri`.
    #[serde(rename = "uri")]
    Uri,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// A field of a form that is text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StringSchema {
    /// What kind of object it is.
    pub r#type: tags::StringTag,
    /// The value that the field begins with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<String>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// What the text must be.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub format: Option<StringFormat>,
    /// The most characters.
    #[serde(
        rename = "maxLength",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub max_length: Option<i64>,
    /// The fewest characters.
    #[serde(
        rename = "minLength",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub min_length: Option<i64>,
    /// The title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `resources/subscribe` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SubscribeRequestParams {
    /// The URI of the resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The set of notification types a client may opt in to on a `subscriptions/listen` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionFilter {
    /// If true, receive `notifications/prompts/list_changed`.
    #[serde(
        rename = "promptsListChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub prompts_list_changed: Option<bool>,
    /// Subscribe to `notifications/resources/updated` for these resource URIs.
    #[serde(
        rename = "resourceSubscriptions",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub resource_subscriptions: Option<Vec<String>>,
    /// If true, receive `notifications/resources/list_changed`.
    #[serde(
        rename = "resourcesListChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub resources_list_changed: Option<bool>,
    /// If true, receive `notifications/tools/list_changed`.
    #[serde(
        rename = "toolsListChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub tools_list_changed: Option<bool>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A subscription has been established.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsAcknowledgedNotification {
    /// The method.
    pub method: tags::NotificationsSubscriptionsAcknowledgedTag,
    /// The parameters.
    pub params: SubscriptionsAcknowledgedNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/subscriptions/acknowledged` notification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsAcknowledgedNotificationParams {
    /// The subset of requested notification types the server agreed to honor.
    pub notifications: SubscriptionFilter,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<NotificationMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `subscriptions/listen` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsListenRequestParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(rename = "_meta")]
    pub meta: RequestMetaObject,
    /// The notifications the client opts in to on this stream.
    pub notifications: SubscriptionFilter,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The end of a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsListenResult {
    /// Metadata of the protocol and of its extensions.
    #[serde(rename = "_meta")]
    pub meta: SubscriptionsListenResultMetaObject,
    /// `complete` (as where there is none) or `input_required`.
    #[serde(
        rename = "resultType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub result_type: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Extends `MetaObject` with the subscription-stream identifier carried by a `SubscriptionsListenResult`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsListenResultMetaObject {
    /// The subscription that this response closes.
    #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
    pub subscription_id: RequestId,
    /// Identifies the server software producing the response.
    #[serde(
        rename = "io.modelcontextprotocol/serverInfo",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub server_info: Option<Implementation>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Data associated with a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// ISO 8601 timestamp when the task was created.
    #[serde(rename = "createdAt")]
    pub created_at: String,
    /// ISO 8601 timestamp when the task was last updated.
    #[serde(rename = "lastUpdatedAt")]
    pub last_updated_at: String,
    /// Current task state.
    pub status: TaskStatus,
    /// The task identifier.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Actual retention duration from creation in milliseconds, null for unlimited.
    pub ttl: Option<i64>,
    /// Suggested polling interval in milliseconds.
    #[serde(
        rename = "pollInterval",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub poll_interval: Option<i64>,
    /// Optional human-readable message describing the current task state.
    #[serde(
        rename = "statusMessage",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub status_message: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Common params for any task-augmented request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskAugmentedRequestParams {
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// If specified, the caller is requesting task-augmented execution for this request.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub task: Option<TaskMetadata>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Metadata for augmenting a request with task execution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskMetadata {
    /// Requested duration in milliseconds to retain task from creation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient_whole")]
    pub ttl: Option<i64>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The status of a task.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskStatus {
    /// `cancelled`.
    #[serde(rename = "cancelled")]
    Cancelled,
    /// `completed`.
    #[serde(rename = "completed")]
    Completed,
    /// `failed`.
    #[serde(rename = "failed")]
    Failed,
    /// `input_required`.
    #[serde(rename = "input_required")]
    InputRequired,
    /// `working`.
    #[serde(rename = "working")]
    Working,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// An optional notification from the receiver to the requestor, informing them that a task's status has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskStatusNotification {
    /// The method.
    pub method: tags::NotificationsTasksStatusTag,
    /// The parameters.
    pub params: TaskStatusNotificationParams,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `notifications/tasks/status` notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskStatusNotificationParams {
    /// ISO 8601 timestamp when the task was created.
    #[serde(rename = "createdAt")]
    pub created_at: String,
    /// ISO 8601 timestamp when the task was last updated.
    #[serde(rename = "lastUpdatedAt")]
    pub last_updated_at: String,
    /// Current task state.
    pub status: TaskStatus,
    /// The task identifier.
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// Actual retention duration from creation in milliseconds, null for unlimited.
    pub ttl: Option<i64>,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Suggested polling interval in milliseconds.
    #[serde(
        rename = "pollInterval",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub poll_interval: Option<i64>,
    /// Optional human-readable message describing the current task state.
    #[serde(
        rename = "statusMessage",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub status_message: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Indicates whether this tool supports task-augmented execution.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskSupport {
    /// `forbidden`.
    #[serde(rename = "forbidden")]
    Forbidden,
    /// `optional`.
    #[serde(rename = "optional")]
    Optional,
    /// `required`.
    #[serde(rename = "required")]
    Required,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Text provided to or from an LLM.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TextContent {
    /// The text content of the message.
    pub text: String,
    /// What kind of object it is.
    pub r#type: tags::TextTag,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional annotations for the client.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<Annotations>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Text of a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TextResourceContents {
    /// The text of the item.
    pub text: String,
    /// The URI of this resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// The MIME type of this resource, if known.
    #[serde(
        rename = "mimeType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub mime_type: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Schema for multiple-selection enumeration with display titles for each option.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TitledMultiSelectEnumSchema {
    /// Schema for array items with enum options and display labels.
    pub items: TitledMultiSelectItems,
    /// What kind of object it is.
    pub r#type: tags::ArrayTag,
    /// Optional default value.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<Vec<String>>,
    /// Optional description for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Maximum number of items to select.
    #[serde(
        rename = "maxItems",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub max_items: Option<i64>,
    /// Minimum number of items to select.
    #[serde(
        rename = "minItems",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub min_items: Option<i64>,
    /// Optional title for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The values to choose from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TitledMultiSelectItems {
    /// Array of enum options with values and display labels.
    #[serde(rename = "anyOf")]
    pub any_of: Vec<TitledOption>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A value and its title.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TitledOption {
    /// The constant enum value.
    pub r#const: String,
    /// Display title for this option.
    pub title: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Schema for single-selection enumeration with display titles for each option.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TitledSingleSelectEnumSchema {
    /// Array of enum options with values and display labels.
    #[serde(rename = "oneOf")]
    pub one_of: Vec<TitledOption>,
    /// What kind of object it is.
    pub r#type: tags::StringTag,
    /// Optional default value.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<String>,
    /// Optional description for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional title for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Definition for a tool the client can call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// A JSON Schema object defining the expected parameters for the tool.
    #[serde(rename = "inputSchema", default)]
    pub input_schema: Value,
    /// The name for programs.
    pub name: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Optional additional tool information.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub annotations: Option<ToolAnnotations>,
    /// A human-readable description of the tool.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional set of sized icons that the client can display in a user interface.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub icons: Option<Vec<Icon>>,
    /// A JSON Schema of `structuredContent`.
    #[serde(rename = "outputSchema", default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Execution-related properties for this tool.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub execution: Option<ToolExecution>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Additional properties describing a `Tool` to clients.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolAnnotations {
    /// If true, the tool may perform destructive updates to its environment.
    #[serde(
        rename = "destructiveHint",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub destructive_hint: Option<bool>,
    /// If true, further calls with the same arguments have no additional effect.
    #[serde(
        rename = "idempotentHint",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub idempotent_hint: Option<bool>,
    /// If true, this tool may interact with an "open world" of external entities.
    #[serde(
        rename = "openWorldHint",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub open_world_hint: Option<bool>,
    /// If true, the tool does not modify its environment.
    #[serde(
        rename = "readOnlyHint",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub read_only_hint: Option<bool>,
    /// A human-readable title for the tool.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Controls tool selection behavior for sampling requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolChoice {
    /// Controls the tool use ability of the model.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub mode: Option<ToolChoiceMode>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Controls the tool use ability of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToolChoiceMode {
    /// `auto`.
    #[serde(rename = "auto")]
    Auto,
    /// `none`.
    #[serde(rename = "none")]
    None,
    /// `required`.
    #[serde(rename = "required")]
    Required,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Execution-related properties for a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolExecution {
    /// Indicates whether this tool supports task-augmented execution.
    #[serde(
        rename = "taskSupport",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub task_support: Option<TaskSupport>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The list of tools has changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolListChangedNotification {
    /// The method.
    pub method: tags::NotificationsToolsListChangedTag,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub params: Option<NotificationParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The result of a tool use, provided by the user back to the assistant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolResultContent {
    /// The unstructured result content of the tool use.
    pub content: Vec<ContentBlock>,
    /// The ID of the tool use this result corresponds to.
    #[serde(rename = "toolUseId")]
    pub tool_use_id: String,
    /// What kind of object it is.
    pub r#type: tags::ToolResultTag,
    /// Optional metadata about the tool result.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Whether the tool use resulted in an error.
    #[serde(
        rename = "isError",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub is_error: Option<bool>,
    /// An optional structured result value.
    #[serde(rename = "structuredContent", default, skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A request from the assistant to call a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolUseContent {
    /// A unique identifier for this tool use.
    pub id: String,
    /// The arguments to pass to the tool, conforming to the tool's input schema.
    pub input: Map<String, Value>,
    /// The name of the tool to call.
    pub name: String,
    /// What kind of object it is.
    pub r#type: tags::ToolUseTag,
    /// Optional metadata about the tool use.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<Map<String, Value>>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Present if the server offers any tools to call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolsCapability {
    /// Whether this server supports notifications for changes to the tool list.
    #[serde(
        rename = "listChanged",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub list_changed: Option<bool>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the user must do first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct URLElicitationRequiredErrorData {
    /// What the user must be asked.
    pub elicitations: Vec<ElicitRequestURLParams>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Parameters for a `resources/unsubscribe` request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UnsubscribeRequestParams {
    /// The URI of the resource.
    pub uri: String,
    /// Metadata of the protocol and of its extensions.
    #[serde(
        rename = "_meta",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient"
    )]
    pub meta: Option<RequestMetaObject>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What was asked for, and what there is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UnsupportedProtocolVersionErrorData {
    /// The protocol version that was requested by the client.
    pub requested: String,
    /// Protocol versions the server supports.
    pub supported: Vec<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Schema for multiple-selection enumeration without display titles for options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UntitledMultiSelectEnumSchema {
    /// Schema for the array items.
    pub items: UntitledMultiSelectItems,
    /// What kind of object it is.
    pub r#type: tags::ArrayTag,
    /// Optional default value.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<Vec<String>>,
    /// Optional description for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Maximum number of items to select.
    #[serde(
        rename = "maxItems",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub max_items: Option<i64>,
    /// Minimum number of items to select.
    #[serde(
        rename = "minItems",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "serde_helpers::lenient_whole"
    )]
    pub min_items: Option<i64>,
    /// Optional title for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The values to choose from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UntitledMultiSelectItems {
    /// Array of enum values to choose from.
    pub r#enum: Vec<String>,
    /// What kind of object it is.
    pub r#type: tags::StringTag,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Schema for single-selection enumeration without display titles for options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UntitledSingleSelectEnumSchema {
    /// Array of enum values to choose from.
    pub r#enum: Vec<String>,
    /// What kind of object it is.
    pub r#type: tags::StringTag,
    /// Optional default value.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub default: Option<String>,
    /// Optional description for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub description: Option<String>,
    /// Optional title for the enum field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "serde_helpers::lenient")]
    pub title: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
