//! What a request of the modern era carries, as there is no session (specification 2026-07-28, basic/index, `_meta`, and
//! basic/transports/streamable-http, Request Metadata).

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::arguments::with_meta;
use super::mirror::encode;
use crate::error::{Code, Result};
use crate::failure::Failure;

pub(crate) const DISCOVER: &str = "server/discover";
const PREFIX: &str = "io.modelcontextprotocol/";
const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The members that go into the `_meta` of every request.
pub(crate) fn members(version: &str) -> String {
    format!(
        "\"{PREFIX}protocolVersion\":\"{version}\",\"{PREFIX}clientInfo\":{{\"name\":\"omni-mcp\",\"title\":\"omni-mcp\",\
         \"version\":\"{}\"}},\"{PREFIX}clientCapabilities\":{{}}",
        env!("CARGO_PKG_VERSION")
    )
}

/// Params with these members.
pub(crate) fn params(params: &[u8], members: &str) -> Result<Bytes> {
    with_meta(params, members, |name| name.starts_with(PREFIX)).map(Bytes::from)
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

/// A result of another type than `complete` is not one that we asked for; one without a type is complete.
pub(crate) fn check_complete(result: &[u8]) -> std::result::Result<(), Failure> {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "camelCase")]
    struct Typed {
        result_type: Option<String>,
    }
    let typed: Typed = serde_json::from_slice(result).unwrap_or_default();
    match typed.result_type.as_deref() {
        None | Some("complete") => Ok(()),
        Some(other) => {
            let shown = crate::text::preview(other.as_bytes());
            let message = format!("the result is of type {shown}, which this client did not declare");
            Err(Failure::bad_answer(Code::InvalidAnswer, message))
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

    #[test]
    fn params_carry_what_a_session_would() {
        let text = params(br#"{"name":"t","_meta":{"a":1}}"#, &members("2026-07-28")).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(value["name"], "t");
        assert_eq!(value["_meta"]["a"], 1);
        assert_eq!(value["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
        assert!(value["_meta"]["io.modelcontextprotocol/clientCapabilities"].is_object());
        assert!(params(br#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"x"}}"#, "\"a\":1").is_err());
        assert!(params(b"", &members("2026-07-28")).unwrap().starts_with(b"{\"_meta\":{"));
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
