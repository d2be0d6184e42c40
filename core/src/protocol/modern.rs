//! What a request of the modern era carries, as there is no session (specification 2026-07-28, basic/index, `_meta`, and
//! basic/transports/streamable-http, Request Metadata).

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Result;
use crate::error::attempt_error::AttemptError;
use crate::protocol::param_headers::encode;
use crate::protocol::params::with_meta;
use crate::protocol::trace_context::TraceContext;

pub(crate) const DISCOVER: &str = "server/discover";
const PREFIX: &str = "io.modelcontextprotocol/";
const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The members that go into the `_meta` of every request.
pub(crate) fn members(version: &str, capabilities: &str, client_info: &str) -> String {
    format!(
        "\"{PREFIX}protocolVersion\":\"{version}\",\"{PREFIX}clientInfo\":{client_info},\
         \"{PREFIX}clientCapabilities\":{capabilities}"
    )
}

/// Params with these members, and with the least level of log messages where one is set (server/utilities/logging).
pub(crate) fn params(params: &[u8], members: &str, log_level: Option<&str>, trace: &TraceContext) -> Result<Bytes> {
    let is_ours = |name: &str| {
        let name = name.strip_prefix(PREFIX);
        matches!(name, Some("protocolVersion" | "clientInfo" | "clientCapabilities"))
            || (name == Some("logLevel") && log_level.is_some())
    };
    let is_ours = |name: &str| trace.has(name) || is_ours(name);
    let level = log_level.map(|level| format!(",\"{PREFIX}logLevel\":\"{level}\"")).unwrap_or_default();
    let further = trace.members();
    let comma = if further.is_empty() { "" } else { "," };
    with_meta(params, &format!("{members}{level}{comma}{further}"), is_ours).map(Bytes::from)
}

/// Adds the method, and the name where the method has one.
pub(crate) fn set_headers(headers: &mut HeaderMap, method: &str, params: &[u8]) {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Named {
        name: Option<String>,
        uri: Option<String>,
    }
    headers.insert(MCP_METHOD, encode(method));
    if matches!(method, "tools/call" | "prompts/get" | "resources/read") {
        let named: Named = serde_json::from_slice(params).unwrap_or_default();
        if let Some(name) = if method == "resources/read" { named.uri } else { named.name } {
            headers.insert(MCP_NAME, encode(&name));
        }
    }
}

/// What a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultKind {
    Complete,
    /// The server wants more to go on (basic/patterns/mrtr).
    InputRequired,
}

/// The methods whose results may ask for input.
const ASKING: &[&str] = &["tools/call", "prompts/get", "resources/read"];

/// Reads the type of a result to `method`; one without a type is complete.
///
/// # Errors
/// Where it is of a type that we did not declare.
pub(crate) fn kind_of(method: &str, result: &[u8]) -> std::result::Result<ResultKind, AttemptError> {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "camelCase")]
    struct Typed<'a> {
        #[serde(borrow)]
        result_type: Option<&'a RawValue>,
    }
    let typed: Typed<'_> = serde_json::from_slice(result).unwrap_or_default();
    match typed.result_type.map(RawValue::get) {
        None | Some("\"complete\"") => Ok(ResultKind::Complete),
        Some("\"input_required\"") if ASKING.contains(&method) => Ok(ResultKind::InputRequired),
        Some(other) => {
            let shown = crate::util::sanitize::preview(other.as_bytes());
            let message = format!("the result is of type {shown}, which no answer to {method} has");
            Err(AttemptError::unusable(message))
        }
    }
}

/// The answer to `server/discover` in the form of that to `initialize`, in which a client keeps it.
pub(crate) fn welcome(discovered: &[u8], version: &str) -> Bytes {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Discovered<'a> {
        #[serde(borrow)]
        capabilities: Option<&'a RawValue>,
        #[serde(borrow)]
        instructions: Option<&'a RawValue>,
        #[serde(borrow, rename = "_meta")]
        meta: Option<Meta<'a>>,
        #[serde(borrow, rename = "serverInfo")]
        server_info: Option<&'a RawValue>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Meta<'a> {
        #[serde(borrow, rename = "io.modelcontextprotocol/serverInfo")]
        server_info: Option<&'a RawValue>,
    }
    let found: Discovered<'_> = serde_json::from_slice(discovered).unwrap_or_default();
    let info = found
        .meta
        .and_then(|meta| meta.server_info)
        .or(found.server_info)
        .map_or("{\"name\":\"\",\"version\":\"\"}", RawValue::get);
    let capabilities = found.capabilities.map_or("{}", RawValue::get);
    let instructions = found.instructions.map(|text| format!(",\"instructions\":{}", text.get())).unwrap_or_default();
    format!("{{\"protocolVersion\":\"{version}\",\"capabilities\":{capabilities},\"serverInfo\":{info}{instructions}}}")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> String {
        members("2026-07-28", "{}", r#"{"name":"n","version":"1"}"#)
    }

    #[test]
    fn types_of_results_are_told_apart() {
        assert_eq!(kind_of("tools/list", b"{}").unwrap(), ResultKind::Complete);
        assert_eq!(kind_of("tools/call", br#"{"resultType":"input_required"}"#).unwrap(), ResultKind::InputRequired);
        for (method, result) in [
            ("tools/list", r#"{"resultType":"input_required"}"#),
            ("tools/call", r#"{"resultType":"task"}"#),
            ("tools/call", r#"{"resultType":5}"#),
        ] {
            assert!(kind_of(method, result.as_bytes()).is_err(), "{result}");
        }
    }

    #[test]
    fn params_carry_what_a_session_would() {
        let text = params(br#"{"name":"t","_meta":{"a":1}}"#, &ours(), Some("info"), &TraceContext::default()).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(value["name"], "t");
        assert_eq!(value["_meta"]["a"], 1);
        assert_eq!(value["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
        assert_eq!(value["_meta"]["io.modelcontextprotocol/logLevel"], "info");
        assert!(value["_meta"]["io.modelcontextprotocol/clientCapabilities"].is_object());
        assert!(
            params(
                br#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"x"}}"#,
                "\"a\":1",
                None,
                &TraceContext::default()
            )
            .is_err()
        );
        assert!(
            params(
                br#"{"_meta":{"io.modelcontextprotocol/related-task":{}}}"#,
                "\"a\":1",
                None,
                &TraceContext::default()
            )
            .is_ok()
        );
        assert!(params(b"", &ours(), None, &TraceContext::default()).unwrap().starts_with(b"{\"_meta\":{"));
    }

    #[test]
    fn names_are_mirrored_verbatim_or_encoded() {
        let mut headers = HeaderMap::new();
        set_headers(&mut headers, "resources/read", br#"{"uri":"file:///a b","name":"x"}"#);
        assert_eq!(
            (&headers["mcp-method"], &headers["mcp-name"]),
            (&"resources/read".parse().unwrap(), &"file:///a b".parse().unwrap())
        );
        let mut headers = HeaderMap::new();
        set_headers(&mut headers, "tools/list", b"{}");
        assert!(!headers.contains_key("mcp-name"));
    }

    #[test]
    fn what_was_discovered_reads_as_a_welcome() {
        let text = welcome(
            br#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"use it","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}}}"#,
            "2026-07-28",
        );
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(value["serverInfo"]["name"], "s");
        assert_eq!(value["protocolVersion"], "2026-07-28");
        assert_eq!(value["instructions"], "use it");
    }
}
