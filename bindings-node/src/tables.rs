//! What the facade asks the core for.

use napi_derive::napi;
use omni_mcp::{Spelling, bridge};

/// The tables of options, methods, kinds and codes, as JSON text.
#[napi(catch_unwind)]
pub fn tables() -> String {
    bridge::tables(Spelling::Camel)
}

/// The error for a value that JSON text cannot carry.
#[napi(catch_unwind)]
pub fn unsendable(field: String, reason: String) -> String {
    bridge::unsendable_argument(&field, &reason).to_json()
}
