//! The codec of the modern era (specification 2026-07-28). There is no handshake and no session: each request contains the
//! version, the capabilities and the client in its `_meta` (basic/index), and its method and name in headers
//! (basic/transports/streamable-http, Request Metadata).

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Result;
use crate::error::attempt_error::AttemptError;
use crate::protocol::era::{Execution, RequestParts, UNSUPPORTED_VERSION};
use crate::protocol::jsonrpc::INVALID_REQUEST;
use crate::protocol::methods::{DISCOVER, PING, SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE, protocol_method};
use crate::protocol::param_headers;
use crate::protocol::params::with_meta;
use crate::protocol::trace_context::TraceContext;

const PREFIX: &str = "io.modelcontextprotocol/";
const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");

/// How a method is carried out in this era.
pub(crate) fn execution(method: &str) -> Execution {
    match method {
        PING => Execution::OtherRequest(DISCOVER),
        SET_LEVEL => Execution::EachRequest,
        SUBSCRIBE | UNSUBSCRIBE => Execution::SubscriptionStream,
        _ => Execution::Request,
    }
}

/// Whether a refusal is that of a server of another era or version.
pub(crate) fn is_contradicted_by(refusal: &AttemptError) -> bool {
    let info = refusal.error.info();
    match info.rpc_code {
        Some(UNSUPPORTED_VERSION) => true,
        Some(-32000 | INVALID_REQUEST) => info.status == Some(400),
        _ => false,
    }
}

/// Encodes a request; `meta` are the members of [`meta`].
pub(crate) fn encode(request: &RequestParts<'_>, meta: &str, headers: &mut HeaderMap) -> Result<Bytes> {
    set_headers(headers, request.method, request.params);
    params(request.params, meta, request.log_level, request.trace)
}

/// The members in the `_meta` of every request, as JSON text.
pub(crate) fn meta(version: &str, capabilities: &str, client_info: &str) -> String {
    format!(
        "\"{PREFIX}protocolVersion\":\"{version}\",\"{PREFIX}clientInfo\":{client_info},\
         \"{PREFIX}clientCapabilities\":{capabilities}"
    )
}

/// Params with these members, and with the minimum level of log messages if one is set (server/utilities/logging).
fn params(params: &[u8], members: &str, log_level: Option<&str>, trace: &TraceContext) -> Result<Bytes> {
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

/// Adds the headers with the method, and with the name that the params contain, if the method has one.
fn set_headers(headers: &mut HeaderMap, method: &str, params: &[u8]) {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Named {
        name: Option<String>,
        uri: Option<String>,
    }
    headers.insert(MCP_METHOD, param_headers::encode(method));
    if let Some(member) = protocol_method(method).and_then(|known| known.named_by) {
        let named: Named = serde_json::from_slice(params).unwrap_or_default();
        if let Some(name) = if member == "uri" { named.uri } else { named.name } {
            headers.insert(MCP_NAME, param_headers::encode(&name));
        }
    }
}

/// The type of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultKind {
    Complete,
    /// The server requires input before it completes the call (basic/patterns/mrtr).
    InputRequired,
}

/// Reads the type of a result of `method`; a result without a type is complete.
///
/// # Errors
/// Where it is of a type that the client did not declare.
pub(crate) fn result_kind(method: &str, result: &[u8]) -> std::result::Result<ResultKind, AttemptError> {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "camelCase")]
    struct Typed<'a> {
        #[serde(borrow)]
        result_type: Option<&'a RawValue>,
    }
    let typed: Typed<'_> = serde_json::from_slice(result).unwrap_or_default();
    match typed.result_type.map(RawValue::get) {
        None | Some("\"complete\"") => Ok(ResultKind::Complete),
        Some("\"input_required\"") if protocol_method(method).is_some_and(|known| known.requests_input) => {
            Ok(ResultKind::InputRequired)
        }
        Some(other) => {
            let shown = crate::util::sanitize::preview(other.as_bytes());
            let message = format!("the result is of type {shown}, which {method} does not have");
            Err(AttemptError::unusable(message))
        }
    }
}

/// Converts the result of `server/discover` to one of `initialize`.
pub(crate) fn as_initialize_result(discovered: &[u8], version: &str) -> Bytes {
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

    fn members() -> String {
        meta("2026-07-28", "{}", r#"{"name":"n","version":"1"}"#)
    }

    #[test]
    fn the_type_of_a_result_is_read() {
        assert_eq!(result_kind("tools/list", b"{}").unwrap(), ResultKind::Complete);
        assert_eq!(
            result_kind("tools/call", br#"{"resultType":"input_required"}"#).unwrap(),
            ResultKind::InputRequired
        );
        for (method, result) in [
            ("tools/list", r#"{"resultType":"input_required"}"#),
            ("tools/call", r#"{"resultType":"task"}"#),
            ("tools/call", r#"{"resultType":5}"#),
        ] {
            assert!(result_kind(method, result.as_bytes()).is_err(), "{result}");
        }
    }

    #[test]
    fn each_request_has_the_metadata_of_the_client() {
        let text =
            params(br#"{"name":"t","_meta":{"a":1}}"#, &members(), Some("info"), &TraceContext::default()).unwrap();
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
        assert!(params(b"", &members(), None, &TraceContext::default()).unwrap().starts_with(b"{\"_meta\":{"));
    }

    #[test]
    fn the_name_is_copied_to_a_header() {
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
    fn what_was_discovered_reads_as_a_as_initialize_result() {
        let text = as_initialize_result(
            br#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"use it","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}}}"#,
            "2026-07-28",
        );
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(value["serverInfo"]["name"], "s");
        assert_eq!(value["protocolVersion"], "2026-07-28");
        assert_eq!(value["instructions"], "use it");
    }
}
