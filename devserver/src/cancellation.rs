//! `notifications/cancelled` of the modern era on standard input and output.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::exchange::Exchange;
use crate::modern::meta;
use crate::options::Era;
use crate::server_state::{Shared, lock};

/// The running requests by id. A removed one has ended.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<String, oneshot::Sender<()>>>);

impl Running {
    /// Registers a request of the modern era. The receiver resolves when the client cancels it.
    pub(crate) fn begins(&self, shared: &Shared, exchange: &Exchange) -> Option<oneshot::Receiver<()>> {
        if shared.options.era == Era::Legacy || !meta::is_of_a_request(&exchange.body) {
            return None;
        }
        let (stop, stopped) = oneshot::channel();
        lock(&self.0).insert(exchange.rpc_id().to_string(), stop);
        Some(stopped)
    }

    /// Stops the call or subscription that a message cancels.
    pub(crate) fn heed(&self, shared: &Shared, exchange: &Exchange) {
        let id = exchange.body.get("params").and_then(|params| params.get("requestId"));
        if let (Some("notifications/cancelled"), Some(id)) = (exchange.rpc_method(), id) {
            self.ends(id);
            shared.open_streams.cancel(id);
        }
    }

    pub(crate) fn ends(&self, id: &Value) {
        lock(&self.0).remove(&id.to_string());
    }
}
