//! Protocol types, for all protocol versions. Unknown members are kept in `extra`, unknown kinds of content in a variant
//! `Other`. Invalid optional members are read as absent.
//!
//! ```
//! use omni_mcp::types::{CallToolResult, ContentBlock};
//!
//! let result = r#"{"content": [{"type": "text", "text": "hello"}, {"type": "hologram"}]}"#;
//! let result: CallToolResult = serde_json::from_str(result)?;
//! assert_eq!(result.content[0].text(), Some("hello"));
//! assert!(matches!(&result.content[1], ContentBlock::Other(kind) if kind["type"] == "hologram"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

pub use crate::protocol::schema::*;

impl CallToolResult {
    /// Whether a result without `is_error` looks like a failure: its first text begins with `Error:`. A hint, as some
    /// servers report failures like this.
    pub fn looks_like_error(&self) -> bool {
        let text = serde_json::json!({ "content": self.content, "isError": self.is_error }).to_string();
        crate::protocol::raw_result::looks_like_error(text.as_bytes())
    }
}

impl ContentBlock {
    /// The text, for text content.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(content) => Some(&content.text),
            Self::Other(item) => item.get("text").and_then(Value::as_str),
            _ => None,
        }
    }
}

/// An empty result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Empty;

impl<'de> Deserialize<'de> for Empty {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_members_are_kept() {
        let document = json!({
            "content": [{"type": "hologram", "depth": 3}, {"type": "text"}],
            "resultType": "complete",
            "com.example/more": [1]
        });
        let result: CallToolResult = serde_json::from_value(document.clone()).unwrap();
        assert!(matches!(result.content[..], [ContentBlock::Other(_), ContentBlock::Other(_)]));
        assert_eq!(result.extra["com.example/more"], json!([1]));
        assert_eq!(serde_json::to_value(&result).unwrap(), document);

        let level: LoggingLevel = serde_json::from_value(json!("verbose")).unwrap();
        assert_eq!(level, LoggingLevel::Other("verbose".to_owned()));
        let request = json!({"method": "sampling/later", "params": {}});
        let request: InputRequest = serde_json::from_value(request).unwrap();
        assert!(matches!(request, InputRequest::Other(_)));
    }

    #[test]
    fn invalid_hints_are_read_as_absent() {
        let tools =
            json!({"tools": [{"name": "a", "annotations": {"readOnlyHint": "yes"}, "icons": 5}], "ttlMs": "long"});
        let tools: ListToolsResult = serde_json::from_value(tools).unwrap();
        assert_eq!(tools.tools[0].annotations, Some(ToolAnnotations::default()));
        assert_eq!((&tools.tools[0].icons, tools.ttl_ms), (&None, None));
        let empty: CallToolResult = serde_json::from_value(json!({"structuredContent": 5})).unwrap();
        assert_eq!((empty.content.len(), empty.structured_content), (0, Some(json!(5))));
    }

    #[test]
    fn fields_of_forms_are_distinguished() {
        for (document, shown) in [
            (json!({"type": "string", "minLength": 3}), "String("),
            (json!({"type": "string", "enum": ["a"]}), "UntitledSingleSelect("),
            (json!({"type": "string", "enum": ["a"], "enumNames": ["A"]}), "LegacyTitled("),
            (json!({"type": "string", "oneOf": [{"const": "a", "title": "A"}]}), "TitledSingleSelect("),
            (json!({"type": "array", "items": {"type": "string", "enum": ["a"]}}), "UntitledMultiSelect("),
            (json!({"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}]}}), "TitledMultiSelect("),
            (json!({"type": "integer", "minimum": 1}), "Number("),
            (json!({"type": "boolean"}), "Boolean("),
            (json!({"type": "colour"}), "Other("),
        ] {
            let field: PrimitiveSchemaDefinition = serde_json::from_value(document.clone()).unwrap();
            assert!(format!("{field:?}").starts_with(shown), "{field:?}");
            assert_eq!(serde_json::to_value(&field).unwrap(), document);
        }
    }

    #[test]
    fn numbers_are_written_as_received() {
        for (number, written) in [(json!(50), "50"), (json!(0.5), "0.5"), (json!(50.0), "50")] {
            let params = json!({"progressToken": 1, "progress": number});
            let params: Progress = serde_json::from_value(params).unwrap();
            assert_eq!(serde_json::to_value(&params).unwrap()["progress"].to_string(), written);
        }
        let params = json!({"maxTokens": 100.0, "messages": []});
        let params: CreateMessageRequestParams = serde_json::from_value(params).unwrap();
        assert_eq!(params.max_tokens, 100);
    }
}
