//! The file of a recorded session: requests in the order of their arrival, each with its response.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

/// A recorded session.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recording {
    pub(super) format: u32,
    /// The status of the response to GET; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) get_status: Option<u16>,
    pub(super) exchanges: Vec<Recorded>,
}

/// A request or notification of the client, and its response.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    pub(super) method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) params: Option<Box<RawValue>>,
    /// Messages on the stream of GET between this request and the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) pushed: Vec<Box<RawValue>>,
    /// Absent if none arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<Response>,
}

/// A response: of JSON-RPC with `result` or `error`, or any other `body`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    /// Whether it opened a session.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) session: bool,
    /// The messages before the response in its event stream; absent if it was no stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) events: Option<Vec<Box<RawValue>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Box<RawValue>>,
    /// Whether the id of the response was null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) without_id: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    /// How an event stream ended, unless properly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Ended>,
}

/// How an event stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    /// Not at all, or by the client.
    Open,
    /// By the loss of the connection.
    Cut,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Recording {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let at = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{at} cannot be read: {error}"))?;
        let recording: Self = serde_json::from_str(&text).map_err(|error| {
            format!("{at} is not a recorded session (line {}, column {})", error.line(), error.column())
        })?;
        match recording.format {
            FORMAT => Ok(recording),
            other => Err(format!("{at} has format {other}, and only {FORMAT} can be read")),
        }
    }

    /// Writes a file in one step, so that no reader finds a part of it.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        std::fs::write(&part, text)?;
        std::fs::rename(&part, path)
    }
}
