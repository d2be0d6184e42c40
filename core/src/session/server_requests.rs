//! Requests of the server to the client: sampling, elicitation and roots, in both eras.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::config::callbacks::{CallbackError, Callbacks, ELICITATION, ROOTS, SAMPLING};
use crate::observe::deviations::Deviation;
use crate::observe::log::log_event;
use crate::observe::warnings::Warnings;
use crate::protocol::elicitation::{self, Elicitation, Form};
use crate::protocol::era::Era;
use crate::protocol::{client_features, json_schema, jsonrpc};
use crate::retry::context::Context;
use crate::session::manager::SessionManager;
use crate::util::bounded_queue::{BoundedQueue, QueueLimit};
use crate::util::sanitize::preview;

/// The largest form that is read on the current thread, in bytes of JSON text.
const READ_AT_ONCE: usize = 16 << 10;

/// A request that a server may send.
struct ServerRequest {
    method: &'static str,
    callback: &'static str,
    capability: &'static str,
}

const SERVER_REQUESTS: &[ServerRequest] = &[
    ServerRequest { method: "sampling/createMessage", callback: SAMPLING, capability: "sampling" },
    ServerRequest { method: elicitation::CREATE, callback: ELICITATION, capability: "elicitation" },
    ServerRequest { method: "roots/list", callback: ROOTS, capability: "roots" },
];

/// The reason why a server's request has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestRefusal {
    /// The client has not declared this capability.
    Undeclared,
    /// The request violates the specification.
    Malformed(String),
    /// The callback failed, or returned no valid result.
    Failed(CallbackError),
}

/// The queue of requests that wait for a response. Those beyond `max_server_requests` get none, and are counted.
pub(crate) fn queue(context: &Context) -> Arc<BoundedQueue> {
    let settings = &context.settings;
    let limit = QueueLimit { messages: settings.max_server_requests as usize, ..settings.limits.of_queue() };
    BoundedQueue::new(limit, &context.counts.unanswered)
}

/// The capabilities of the client, which follow from its callbacks, as JSON text (specification 2025-11-25,
/// basic/lifecycle; 2026-07-28, basic/index, `_meta`).
pub(crate) fn capabilities(callbacks: &Callbacks, era: Era) -> String {
    let mut declared = serde_json::Map::new();
    for request in SERVER_REQUESTS.iter().filter(|request| callbacks.requests.contains_key(request.callback)) {
        let settings = match request.callback {
            ELICITATION => json!({ "form": {}, "url": {} }),
            ROOTS if era.has_roots_list_changed() => json!({ "listChanged": true }),
            _ => json!({}),
        };
        declared.insert(request.capability.to_owned(), settings);
    }
    Value::Object(declared).to_string()
}

/// The name of a request in logs: only names of the specification are shown.
pub(crate) fn known_as(method: &str) -> &'static str {
    SERVER_REQUESTS
        .iter()
        .map(|request| request.method)
        .chain(["ping"])
        .find(|known| *known == method)
        .unwrap_or("unknown")
}

/// Whether there is a callback for this request.
pub(crate) fn has_callback(callbacks: &Callbacks, method: &str) -> bool {
    SERVER_REQUESTS.iter().any(|request| request.method == method && callbacks.requests.contains_key(request.callback))
}

/// The response to a request of the server (specification 2025-11-25, basic/utilities/ping, client/sampling,
/// client/elicitation, client/roots). `None` if the callback took too long.
pub(crate) async fn response_to(
    manager: &Arc<SessionManager>,
    id: &str,
    method: &str,
    params: Option<String>,
    warnings: &Warnings,
) -> Option<Bytes> {
    if method == "ping" {
        return Some(jsonrpc::result(id, "{}"));
    }
    let response = call(manager, method, params.as_deref());
    let result = match manager.context.settings.total_timeout {
        Some(within) => tokio::time::timeout(within, response).await.ok()?,
        None => response.await,
    };
    Some(match result {
        Ok(result) => jsonrpc::result(id, &result),
        Err(RequestRefusal::Undeclared) => {
            log_event!(
                manager.context.log(),
                DEBUG,
                "the server sent a request that the client does not support",
                method = known_as(method),
            );
            jsonrpc::error(id, jsonrpc::METHOD_NOT_FOUND, "Method not found")
        }
        // The server may not show its error to anybody, so the client warns too.
        Err(RequestRefusal::Malformed(why)) => {
            log_event!(
                manager.context.log(),
                WARN,
                "the server sent an invalid request; the callback was not called",
                method = known_as(method),
            );
            let shown = preview(why.as_bytes());
            warnings
                .add(format!("the request {method} of the server is invalid; the callback was not called: {shown}"));
            jsonrpc::error(id, jsonrpc::INVALID_PARAMS, &format!("Invalid params: {why}"))
        }
        // The reason is for the caller, not for the server.
        Err(RequestRefusal::Failed(why)) => {
            log_event!(
                manager.context.log(),
                WARN,
                "the callback for a request of the server failed",
                method = known_as(method)
            );
            warnings.add(format!("the callback for {method} failed: {}", preview(why.reason.as_bytes())));
            jsonrpc::error(id, jsonrpc::INTERNAL_ERROR, "The client could not answer")
        }
    })
}

/// Calls the callback. Returns the result as JSON text.
pub(crate) async fn call(
    manager: &SessionManager,
    method: &str,
    params: Option<&str>,
) -> Result<String, RequestRefusal> {
    let Some(request) = SERVER_REQUESTS.iter().find(|request| request.method == method) else {
        return Err(RequestRefusal::Undeclared);
    };
    let Some(callback) = manager.context.settings.callbacks.requests.get(request.callback) else {
        return Err(RequestRefusal::Undeclared);
    };
    let text = params.unwrap_or("{}");
    let params: Value =
        serde_json::from_str(text).map_err(|_| RequestRefusal::Malformed("params are not JSON".to_owned()))?;
    client_features::check(method, &params).map_err(RequestRefusal::Malformed)?;
    let elicitation = match method {
        elicitation::CREATE => Some(elicitation_of(manager, text, params).await.map_err(RequestRefusal::Malformed)?),
        _ => None,
    };
    let given = callback(text.to_owned()).await.map_err(RequestRefusal::Failed)?;
    let given: Value =
        serde_json::from_str(&given).map_err(|_| RequestRefusal::Failed("the result is not JSON".into()))?;
    let result = match elicitation {
        Some(elicitation) => elicitation_result(manager, &elicitation, given).await,
        None => client_features::result(method, given),
    };
    result.map(|result| result.to_string()).map_err(|why| RequestRefusal::Failed(why.into()))
}

/// Reads an elicitation, and reports how it deviates from the specification.
async fn elicitation_of(manager: &SessionManager, text: &str, params: Value) -> Result<Elicitation, String> {
    let reading = manager.reading();
    // Patterns and large forms take long.
    let elicitation = match text.len() > READ_AT_ONCE || text.contains("\"pattern\"") {
        true => json_schema::on_own_thread(move || elicitation::read(&params, reading)).await,
        false => Some(elicitation::read(&params, reading)),
    };
    let elicitation = elicitation.unwrap_or_else(|| Err("reading params.requestedSchema took too long".to_owned()))?;
    if let Elicitation::Form(form) = &elicitation {
        let Form { unusual_fields, unusable_defaults, .. } = &**form;
        if !unusual_fields.is_empty() {
            manager.context.accepts(Deviation::FormField, || {
                format!("the server sent a form that deviates from the specification ({unusual_fields})")
            });
        }
        if !unusable_defaults.is_empty() {
            manager.context.accepts(Deviation::FormDefault, || {
                format!("the server sent a form with a default that does not fit its field ({unusable_defaults})")
            });
        }
        manager.report_changes(&form.check.changes, "a form");
    }
    Ok(elicitation)
}

/// The result to send: with the defaults of absent fields, and checked by the form.
async fn elicitation_result(
    manager: &SessionManager,
    elicitation: &Elicitation,
    given: Value,
) -> Result<Value, String> {
    let result = elicitation::result(elicitation, given)?;
    let Some((check, content)) = elicitation::to_check(elicitation, &result) else { return Ok(result) };
    match json_schema::fits_in_time(check, content.clone()).await {
        Some(Ok(())) => Ok(result),
        Some(Err(why)) => Err(format!("content does not match the form: {why}")),
        None => {
            let did = || "the server sent a form that took too long to check (all keywords)".to_owned();
            let accepts = manager.context.accepts(Deviation::SchemaKeyword, did);
            accepts.then_some(result).ok_or_else(|| "checking the content by the form took too long".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::client_options::ClientConfig;
    use crate::protocol::era::Codec;

    fn callbacks(callback: &'static str, given: &'static str) -> Callbacks {
        let mut callbacks = Callbacks::default();
        callbacks.requests.insert(callback, Arc::new(move |_| Box::pin(async move { Ok(given.to_owned()) })));
        callbacks
    }

    #[tokio::test]
    async fn what_is_not_declared_is_not_answered() {
        let config = ClientConfig::default().profile("generic").endpoint("http://127.0.0.1:9/mcp");
        let mut settings = config.resolve(|_| None).unwrap();
        settings.callbacks = callbacks(ROOTS, "[]");
        let manager = SessionManager::new(settings).unwrap();
        for method in ["sampling/createMessage", "elicitation/create", "tools/call", ""] {
            assert_eq!(call(&manager, method, Some("{}")).await, Err(RequestRefusal::Undeclared), "{method}");
        }
        assert_eq!(call(&manager, "roots/list", None).await.unwrap(), r#"{"roots":[]}"#);
    }

    #[test]
    fn capabilities_follow_from_the_functions() {
        let with_handshake = Codec::with_handshake().era();
        let without = Codec::without_handshake("2026-07-28", |_| String::new(), "{}").era();
        assert_eq!(capabilities(&Callbacks::default(), without), "{}");
        assert_eq!(capabilities(&callbacks(ROOTS, ""), with_handshake), r#"{"roots":{"listChanged":true}}"#);
        assert_eq!(capabilities(&callbacks(ROOTS, ""), without), r#"{"roots":{}}"#);
        assert_eq!(capabilities(&callbacks(ELICITATION, ""), without), r#"{"elicitation":{"form":{},"url":{}}}"#);
    }
}
