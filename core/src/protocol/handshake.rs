//! The messages that open a legacy session (specification 2025-11-25, basic/lifecycle).

use std::borrow::Cow;

use serde::Deserialize;

use crate::error::{Code, Result};
use crate::failure::Failure;
use crate::retry::Happened;

pub(crate) const INITIALIZED: &str = "notifications/initialized";

/// The params of `initialize`.
pub(crate) fn params(version: &str, capabilities: &str, client_info: &str) -> Vec<u8> {
    format!("{{\"protocolVersion\":\"{version}\",\"capabilities\":{capabilities},\"clientInfo\":{client_info}}}")
        .into_bytes()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Negotiated<'a> {
    #[serde(borrow)]
    protocol_version: Cow<'a, str>,
}

/// The version that the server chose, if we accept it.
pub(crate) fn negotiated(result: &[u8], accepted: &[Cow<'static, str>]) -> Result<String, Failure> {
    let chosen: Negotiated<'_> = serde_json::from_slice(result)
        .map_err(|_| Failure::bad_answer(Code::InvalidAnswer, "the answer to initialize names no protocolVersion"))?;
    if accepted.contains(&chosen.protocol_version) {
        return Ok(chosen.protocol_version.into_owned());
    }
    let shown = crate::text::preview(chosen.protocol_version.as_bytes());
    let message = format!("the server chose protocol version {shown}; accepted are {}", accepted.join(", "));
    Err(Failure::new(Happened::Refused, Code::UnsupportedVersion, message))
}
