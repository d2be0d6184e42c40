//! What remains of a client that is closed.

use std::sync::Arc;

use crate::bridge::errors::{closed, forked};
use crate::error::Error;
use crate::error::call_target::CallTarget;
use crate::observe::counters::Counts;
use crate::observe::state::State;

/// The properties that remain when a client is closed.
#[derive(Debug, Clone)]
pub struct ClosedClient {
    pub(super) server: Arc<str>,
    pub(super) counts: Option<Counts>,
    pub(super) description: String,
}

/// The property that describes a client in one line: profile, address without secrets, state. It is in no table.
pub(super) const DESCRIPTION: &str = "description";

impl ClosedClient {
    /// The error for the use of the client after `close`.
    pub fn closed(&self) -> Error {
        CallTarget::of_server(&self.server).add_to(closed())
    }

    /// The error for the use of the client after `fork`.
    pub fn forked(&self) -> Error {
        CallTarget::of_server(&self.server).add_to(forked())
    }

    /// A property of the table of properties as JSON text; `None` for those of an open client only.
    pub fn property(&self, name: &str) -> Option<String> {
        if name == DESCRIPTION {
            return serde_json::to_string(&self.description).ok();
        }
        let counts = self.counts.as_ref()?;
        match name {
            "state" => serde_json::to_string(&State::Closed).ok(),
            "counters" => serde_json::to_string(&counts.now()).ok(),
            _ => None,
        }
    }
}
