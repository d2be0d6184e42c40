//! Typed responses of registries.

use serde::de::DeserializeOwned;

use crate::error::{Code, Result};
use crate::protocol::raw_result::RawReply;

pub(super) fn decoded<T: DeserializeOwned>(reply: &RawReply) -> Result<T> {
    serde_json::from_slice(&reply.result)
        .map_err(|_| reply.unexpected(Code::InvalidAnswer, "the answer is not of the type that the registry documents"))
}
