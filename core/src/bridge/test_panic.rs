//! A bug on purpose, in debug builds alone: what becomes of a panic is tested in every language.

use std::sync::Arc;

use serde_json::Value;

use crate::retry::call_state::CallState;
use crate::retry::prepared::PreparedRequest;

/// A method that is in no table.
pub(crate) const METHOD: &str = "panic";

/// Panics: at once where the params say `{"when": "preparing"}`, else while the call runs.
pub(crate) fn panics(params: &[u8]) -> PreparedRequest {
    let params: Value = serde_json::from_slice(params).unwrap_or_default();
    assert!(params["when"] != "preparing", "provoked");
    PreparedRequest::new(Arc::<CallState>::default(), async {
        // Not at its first poll: a binding may be elsewhere by then.
        tokio::task::yield_now().await;
        panic!("provoked")
    })
}
