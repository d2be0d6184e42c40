//! Headers that repeat values of a request's body, and must match it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Refusal;
use crate::exchange::Exchange;
use crate::headers::PROTOCOL_VERSION;
use crate::jsonrpc::Request;
use crate::server_state::Shared;

const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// Prefix of the header names of tool parameters.
pub(crate) const PARAMETER: &str = "mcp-param-";

/// The member of a parameter's schema that names its header.
const ANNOTATION: &str = "x-mcp-header";

/// The version in the headers.
pub(super) fn version(exchange: &Exchange) -> Result<&str, Refusal> {
    exchange
        .header(PROTOCOL_VERSION)
        .ok_or_else(|| Refusal::header_mismatch("MCP-Protocol-Version is missing".to_owned()))
}

/// A decoded header value.
fn decoded(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(coded) => String::from_utf8(STANDARD.decode(coded).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

/// `Mcp-Method`, and `Mcp-Name` where the method has one.
pub(super) fn check_standard(exchange: &Exchange, request: &Request<'_>) -> Result<(), Refusal> {
    let mismatch = |name: &str, is: Option<&str>, body: &str| {
        Refusal::header_mismatch(match is {
            None => format!("{name} is missing"),
            Some(is) => format!("{name} header value {is:?} does not match body value {body:?}"),
        })
    };
    let method = exchange.header(METHOD);
    if method != Some(request.method) {
        return Err(mismatch("Mcp-Method", method, request.method));
    }
    let named = match request.method {
        "tools/call" | "prompts/get" => request.param("name"),
        "resources/read" => request.param("uri"),
        _ => None,
    };
    if let Some(named) = named.and_then(Value::as_str) {
        let name = exchange.header(NAME);
        if name.and_then(decoded).as_deref() != Some(named) {
            return Err(mismatch("Mcp-Name", name, named));
        }
    }
    Ok(())
}

/// The headers of the annotated parameters of a tool call.
pub(super) fn check_arguments(shared: &Shared, exchange: &Exchange, request: &Request<'_>) -> Result<(), Refusal> {
    let tool = request.param("name").and_then(Value::as_str).and_then(|name| shared.tool(name));
    let Some(definition) = tool.map(|tool| tool.definition(shared)).filter(|text| text.contains(ANNOTATION)) else {
        return Ok(());
    };
    let definition: Value = serde_json::from_str(definition).unwrap_or_default();
    let nothing = Map::new();
    let arguments = request.param("arguments").and_then(Value::as_object).unwrap_or(&nothing);
    check_properties(exchange, &definition["inputSchema"], arguments)
}

fn check_properties(exchange: &Exchange, schema: &Value, arguments: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let given = arguments.get(name).filter(|given| !given.is_null());
        if let Some(header) = property.get(ANNOTATION).and_then(Value::as_str) {
            check_one(exchange, header, given)?;
        }
        let nothing = Map::new();
        check_properties(exchange, property, given.and_then(Value::as_object).unwrap_or(&nothing))?;
    }
    Ok(())
}

fn check_one(exchange: &Exchange, header: &str, given: Option<&Value>) -> Result<(), Refusal> {
    let name = format!("{PARAMETER}{}", header.to_ascii_lowercase());
    let mismatch = |what: &str| Err(Refusal::header_mismatch(format!("Mcp-Param-{header} {what}")));
    let Some(sent) = exchange.headers.get(&name) else {
        return if given.is_some() { mismatch("is missing") } else { Ok(()) };
    };
    let Some(value) = sent.to_str().ok().map(str::trim).and_then(decoded) else {
        return mismatch("is not a valid header value");
    };
    let same = match given {
        None => return mismatch("has no value in the body"),
        Some(Value::String(text)) => *text == value,
        Some(Value::Bool(flag)) => value == flag.to_string(),
        // 42 and 42.0 are equal.
        Some(Value::Number(number)) => *number.to_string() == *value || value.parse::<f64>().ok() == number.as_f64(),
        Some(_) => false,
    };
    if same { Ok(()) } else { mismatch("does not match the value of the body") }
}
