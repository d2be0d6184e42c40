//! Results as Rust values (specification 2025-11-25). Members that are not named here are kept in `extra`.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who a server or client is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Implementation {
    /// The name for programs.
    pub name: String,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The version.
    #[serde(default)]
    pub version: String,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the server said when the session was opened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeResult {
    /// The protocol version that the server chose.
    pub protocol_version: String,
    /// What the server can do.
    #[serde(default)]
    pub capabilities: Map<String, Value>,
    /// Who the server is.
    #[serde(default)]
    pub server_info: Implementation,
    /// How to use the server, for a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name to call it by.
    pub name: String,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does, for a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    #[serde(default)]
    pub input_schema: Value,
    /// JSON Schema of `structuredContent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Tools, all or one page of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListToolsResult {
    /// The tools.
    pub tools: Vec<Tool>,
    /// The cursor of the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a tool returned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallToolResult {
    /// Text, images and other items, as the server sent them.
    #[serde(default)]
    pub content: Vec<Value>,
    /// The result as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    /// Whether the tool reports a failure.
    #[serde(default)]
    pub is_error: bool,
    /// Members not named here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl CallToolResult {
    /// Whether the result reads like a failure although it does not say that it is one: its first text begins with
    /// `Error:` and `is_error` is not set. Some servers report failures so; it is a hint.
    pub fn looks_like_error(&self) -> bool {
        let text = serde_json::json!({ "content": self.content, "isError": self.is_error }).to_string();
        crate::reply::looks_like_error(text.as_bytes())
    }
}

/// How far a call is (specification 2025-11-25, basic/utilities/progress).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Grows with every notification.
    pub progress: f64,
    /// Where it ends, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A result without content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Empty;

impl<'de> Deserialize<'de> for Empty {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

pub type DiscoverResult = Value;
pub type CompleteResult = Value;
pub type GetPromptResult = Value;
pub type ListPromptsResult = Value;
pub type ListResourceTemplatesResult = Value;
pub type ListResourcesResult = Value;
pub type Prompt = Value;
pub type ReadResourceResult = Value;
pub type Resource = Value;
pub type ResourceTemplate = Value;
