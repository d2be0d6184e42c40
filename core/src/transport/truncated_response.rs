//! Responses that end too early: what their beginning proves.

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::protocol::jsonrpc;

/// The failure of a response that ends early. If its beginning shows a result for this request, the call ran.
pub(crate) fn failure(text: &[u8], id: u64, message: String, code: Code) -> AttemptError {
    let failure = AttemptError::bad_answer(code, message);
    match jsonrpc::truncated_response(text).is_some_and(|known| known.id == Some(id) && known.has_result) {
        true => failure.executed(),
        false => failure,
    }
}
