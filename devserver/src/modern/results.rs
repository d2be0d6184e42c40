//! Results of the modern era: with their type, the server's name, and their time to live.

use serde_json::Value;

use crate::answer::{Answer, Outcome};
use crate::jsonrpc::Request;
use crate::methods;
use crate::server_state::Shared;

/// A result of this type: the members that every result has, and then those of this one, as JSON text.
pub(crate) fn of_type(result_type: &str, hints: &str, result: &str) -> String {
    let own = result.strip_prefix('{').unwrap_or(result);
    let comma = if own.trim_start().starts_with('}') { "" } else { "," };
    let server = methods::server_info();
    format!(
        r#"{{"resultType":"{result_type}","_meta":{{"io.modelcontextprotocol/serverInfo":{server}}}{hints}{comma}{own}"#
    )
}

/// A response with status 200, as JSON or event stream as the options specify.
pub(crate) fn reply(shared: &Shared, id: Value, outcome: Outcome, before: Vec<String>) -> Answer {
    let outcome = match outcome {
        Outcome::Result(result) => Outcome::Result(of_type("complete", "", &result).into()),
        error @ Outcome::Error(_) => error,
    };
    methods::reply(shared, id, outcome, before)
}

/// A cacheable result, public or private.
pub(crate) fn cacheable(shared: &Shared, request: &Request<'_>, result: &str, scope: &str) -> Answer {
    let hints = format!(r#","ttlMs":{},"cacheScope":"{scope}""#, shared.options.ttl_ms);
    methods::answer(shared, request, of_type("complete", &hints, result), Vec::new())
}
