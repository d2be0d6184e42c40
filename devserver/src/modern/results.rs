//! Results as the modern era wants them: with their type, the server's name, and how long they keep.

use serde_json::Value;

use crate::answer::{Answer, Outcome};
use crate::jsonrpc::Request;
use crate::methods;
use crate::shared::Shared;

/// A result of a type: the members that every result has, before those of this one, which are JSON text.
pub(crate) fn of_type(result_type: &str, hints: &str, result: &str) -> String {
    let own = result.strip_prefix('{').unwrap_or(result);
    let comma = if own.trim_start().starts_with('}') { "" } else { "," };
    let server = methods::server_info();
    format!(
        r#"{{"resultType":"{result_type}","_meta":{{"io.modelcontextprotocol/serverInfo":{server}}}{hints}{comma}{own}"#
    )
}

/// An answer with status 200, in the way that the options ask for.
pub(crate) fn reply(shared: &Shared, id: Value, outcome: Outcome, before: Vec<String>) -> Answer {
    let outcome = match outcome {
        Outcome::Result(result) => Outcome::Result(of_type("complete", "", &result).into()),
        error @ Outcome::Error(_) => error,
    };
    methods::reply(shared, id, outcome, before)
}

/// A result that may be kept, by everybody or by the client alone.
pub(crate) fn cacheable(shared: &Shared, request: &Request<'_>, result: &str, scope: &str) -> Answer {
    let hints = format!(r#","ttlMs":{},"cacheScope":"{scope}""#, shared.options.ttl_ms);
    methods::answer(shared, request, of_type("complete", &hints, result), Vec::new())
}
