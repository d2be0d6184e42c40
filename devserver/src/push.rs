//! Messages that the server sends outside of calls.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::description::described;

described! {
    /// A notification, or with an id a request.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Push {
        /// The JSON-RPC method.
        pub method: String,
        /// The JSON-RPC params.
        #[serde(default)]
        pub params: Option<Value>,
        /// The JSON-RPC id of a request.
        #[serde(default)]
        pub id: Option<Value>,
    }
}

/// A message that cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("bad push: {0}")]
pub struct PushError(pub(crate) String);

impl Push {
    /// A notification.
    pub fn notification(method: &str, params: Option<Value>) -> Self {
        Self { method: method.to_owned(), params, id: None }
    }

    /// A request to the client.
    pub fn request(id: impl Into<Value>, method: &str, params: Option<Value>) -> Self {
        Self { method: method.to_owned(), params, id: Some(id.into()) }
    }

    pub(crate) fn text(&self) -> String {
        self.message().to_string()
    }

    pub(crate) fn message(&self) -> Value {
        let mut message = json!({"jsonrpc": "2.0", "method": self.method});
        if let Some(id) = &self.id {
            message["id"] = id.clone();
        }
        if let Some(params) = &self.params {
            message["params"] = params.clone();
        }
        message
    }
}
