//! A deliberate panic, in debug builds only, for the tests of panics in the bindings.

use std::sync::Arc;

use serde_json::Value;

use crate::retry::call_state::CallState;
use crate::retry::prepared::PreparedRequest;

/// A method that is not in the table.
pub(crate) const METHOD: &str = "panic";

/// Panics: at once if the params are `{"when": "preparing"}`, else while the call runs.
pub(crate) fn panics(params: &[u8]) -> PreparedRequest {
    let params: Value = serde_json::from_slice(params).unwrap_or_default();
    assert!(params["when"] != "preparing", "provoked");
    PreparedRequest::new(Arc::<CallState>::default(), async {
        // Not in the first poll, which the binding may run on another thread.
        tokio::task::yield_now().await;
        panic!("provoked")
    })
}
