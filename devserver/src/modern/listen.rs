//! `subscriptions/listen`: a stream of the notifications that a client selects.

use serde_json::{Map, Value, json};

use super::{Refusal, results};
use crate::answer::{Answer, Payload};
use crate::jsonrpc::{self, Request};
use crate::options::Transport;
use crate::push::Push;
use crate::server_state::Shared;

const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// A requested stream: the id of the request, and its filter.
pub(crate) struct Subscription {
    pub(crate) id: Value,
    /// The filter that the server accepted, as in the acknowledgement.
    filter: Map<String, Value>,
}

/// Opens the stream of a request.
pub(super) fn open(shared: &Shared, request: &Request<'_>) -> Result<Answer, Refusal> {
    let asked = request.param("notifications").and_then(Value::as_object);
    let asked = asked.ok_or_else(|| Refusal::invalid_params(200, "notifications must be an object"))?;
    let mut filter = Map::new();
    for kind in ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] {
        let supported = kind == "toolsListChanged" || shared.options.everything;
        if supported && asked.get(kind) == Some(&Value::Bool(true)) {
            filter.insert(kind.to_owned(), true.into());
        }
    }
    if let Some(uris) = asked.get("resourceSubscriptions").filter(|_| shared.options.everything) {
        if !uris.as_array().is_some_and(|uris| uris.iter().all(Value::is_string)) {
            return Err(Refusal::invalid_params(200, "resourceSubscriptions must be a list of strings"));
        }
        filter.insert("resourceSubscriptions".to_owned(), uris.clone());
    }
    let subscription = Subscription { id: request.id.clone(), filter };
    if shared.options.transport == Transport::Stdio {
        shared.open_streams.subscribe_stdout(subscription);
        // The response is sent when the subscription ends.
        return Ok(Answer::empty(200));
    }
    let (first, feed) = shared.open_streams.subscribe(subscription);
    Ok(Answer::new(200, Payload::Streamed(first, feed)).with("x-accel-buffering", "no"))
}

impl Subscription {
    /// The first message of the stream.
    pub(crate) fn acknowledgement(&self) -> String {
        let params = json!({"_meta": {SUBSCRIPTION_ID: self.id}, "notifications": self.filter});
        jsonrpc::notification("notifications/subscriptions/acknowledged", &params)
    }

    /// The last message of a stream that ends properly.
    pub(crate) fn result(&self) -> String {
        let mut result: Value = serde_json::from_str(&results::of_type("complete", "", "{}")).unwrap_or_default();
        result["_meta"][SUBSCRIPTION_ID] = self.id.clone();
        json!({"jsonrpc": "2.0", "id": self.id, "result": result}).to_string()
    }

    /// A message in the form of this stream; `None` if its filter does not select it.
    pub(crate) fn wording(&self, push: &Push) -> Option<String> {
        if !self.wants(push) {
            return None;
        }
        let mut message = push.message();
        if message.get("params").is_none() {
            message["params"] = json!({});
        }
        if let Some(params) = message["params"].as_object_mut() {
            let meta = params.entry("_meta").or_insert_with(|| json!({}));
            if let Some(meta) = meta.as_object_mut() {
                meta.insert(SUBSCRIPTION_ID.to_owned(), self.id.clone());
            }
        }
        Some(message.to_string())
    }

    fn wants(&self, push: &Push) -> bool {
        let has = |kind: &str| self.filter.contains_key(kind);
        match push.method.as_str() {
            "notifications/tools/list_changed" => has("toolsListChanged"),
            "notifications/prompts/list_changed" => has("promptsListChanged"),
            "notifications/resources/list_changed" => has("resourcesListChanged"),
            "notifications/resources/updated" => {
                let uri = push.params.as_ref().and_then(|params| params.get("uri"));
                let uris = self.filter.get("resourceSubscriptions").and_then(Value::as_array);
                uri.zip(uris).is_some_and(|(uri, uris)| uris.contains(uri))
            }
            // No filter can name it.
            _ => true,
        }
    }
}
