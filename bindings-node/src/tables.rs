//! Functions of the core that belong to no client.

use napi_derive::napi;
use omni_mcp::{Spelling, bridge};

/// The tables of options, methods, kinds and codes, as JSON text.
#[napi(catch_unwind)]
pub fn tables() -> String {
    bridge::tables(Spelling::Camel)
}

/// The error for a value that JSON cannot represent, as JSON text. `path` leads from the argument `field` to the value: names
/// and indexes, as JSON text. `got` is the type of the value.
#[napi(catch_unwind)]
pub fn unsendable(field: String, reason: String, path: String, got: Option<String>) -> String {
    let path = bridge::PathStep::read_all(&path);
    bridge::unsendable_value(&field, &path, &reason, got.as_deref(), Spelling::Camel).to_json()
}

/// A registry's record without its secrets, for display: JSON text in and out.
#[napi(catch_unwind)]
pub fn shown_record(record: String) -> String {
    bridge::shown_record(&record)
}

/// Whether a tool's result, as JSON text, looks like a failure although `isError` is not set.
#[napi(catch_unwind)]
pub fn looks_like_error(result: String) -> bool {
    bridge::looks_like_error(result.as_bytes())
}
