//! The client of a case: a client or a registry, with the options of the case.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use omni_mcp::registry::{Record, RegistryConfig, connect, gaia, sema4};
use omni_mcp::{Client, ClientConfig, Error, ProvidedToken, Spelling};
use omni_mcp_devserver::{Certificates, DevServer};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

pub(crate) enum CaseClient {
    Client {
        client: Client,
        notifications: watch::Receiver<Vec<Value>>,
        server_requests: ServerRequests,
        events: CallbackEvents,
    },
    Registry(AnyRegistry),
}

/// The requests of the server that callbacks received, in order.
type ServerRequests = Arc<Mutex<Vec<Value>>>;

/// The events that callbacks received, by the callbacks' names.
type CallbackEvents = Arc<Mutex<Map<String, Value>>>;

pub(crate) enum AnyRegistry {
    Gaia(gaia::GaiaRegistry),
    Sema4(sema4::Sema4Registry),
}

pub(crate) async fn open(case: &Value, server: &DevServer) -> Result<CaseClient, Error> {
    let options = options(case, server).to_string();
    if let Some(kind) = case["registry"].as_str() {
        let config = RegistryConfig::from_json(&options, Spelling::Snake)?;
        return Ok(CaseClient::Registry(match kind {
            "gaia" => AnyRegistry::Gaia(gaia::GaiaRegistry::new(&config)?),
            _ => AnyRegistry::Sema4(sema4::Sema4Registry::new(&config)?),
        }));
    }
    let (sender, notifications) = watch::channel(Vec::new());
    let mut config = ClientConfig::from_json(&options, Spelling::Snake)?;
    if case["on_notification"] == json!(true) {
        config = config.on_notification(move |notification| sender.send_modify(|all| all.push(json!(notification))));
    }
    let events = CallbackEvents::default();
    for callback in case["callbacks"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let events = Arc::clone(&events);
        let keep = move |callback: &str, event: Value| {
            let mut events = events.lock().unwrap();
            events.entry(callback).or_insert_with(|| json!([])).as_array_mut().unwrap().push(event);
        };
        config = match callback {
            "on_log" => config.on_log(move |record| keep("on_log", json!(record))),
            "on_state" => config.on_state(move |change| keep("on_state", json!(change))),
            "on_request" => config.on_request(move |info| keep("on_request", json!(info))),
            "on_response" => config.on_response(move |info| keep("on_response", json!(info))),
            other => panic!("the runner knows no callback {other}"),
        };
    }
    if let Some(tokens) = case["token_provider"].as_array() {
        let tokens = Mutex::new(VecDeque::from(tokens.clone()));
        config = config.token_provider(move || {
            let mut tokens = tokens.lock().unwrap();
            let next = if tokens.len() > 1 { tokens.pop_front() } else { tokens.front().cloned() };
            let token = provided(&next.unwrap_or_default());
            async move { token }
        });
    }
    let server_requests = ServerRequests::default();
    for (callback, results) in case["callback_results"].as_object().into_iter().flatten() {
        let respond = callback_with_results(callback.clone(), results, &server_requests);
        config = match callback.as_str() {
            "on_sampling" => config.on_sampling(respond),
            "on_elicitation" => config.on_elicitation(respond),
            "on_roots" => config.on_roots(move || respond(json!({}))),
            other => panic!("the runner knows no callback {other}"),
        };
    }
    let client = match case.get("record") {
        None => config.build()?,
        Some(record) => {
            let mut record = record.clone();
            fill_in(&mut record, server);
            let record: Record = serde_json::from_value(record).unwrap();
            connect(&record, config).await?
        }
    };
    Ok(CaseClient::Client { client, notifications, server_requests, events })
}

/// A callback that returns these one after the other, and the last one from then on.
fn callback_with_results(
    callback: String,
    results: &Value,
    server_requests: &ServerRequests,
) -> impl Fn(Value) -> std::future::Ready<Result<Value, String>> + Send + Sync + use<> {
    let results = Mutex::new(VecDeque::from(results.as_array().cloned().unwrap_or_default()));
    let server_requests = Arc::clone(server_requests);
    move |params| {
        server_requests.lock().unwrap().push(json!({ "callback": callback, "params": params }));
        let mut results = results.lock().unwrap();
        let next = if results.len() > 1 { results.pop_front() } else { results.front().cloned() }.unwrap_or_default();
        std::future::ready(match next["raises"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(next),
        })
    }
}

fn provided(token: &Value) -> Result<ProvidedToken, String> {
    if let Some(why) = token["raises"].as_str() {
        return Err(why.to_owned());
    }
    match token {
        Value::String(token) => Ok(token.as_str().into()),
        other => ProvidedToken::from_json(&other.to_string(), Spelling::Snake).map_err(|error| error.to_string()),
    }
}

fn options(case: &Value, server: &DevServer) -> Value {
    let mut options = json!({"backoff_initial": 0.001, "backoff_max": 0.002});
    if case.get("record").is_none() {
        options["api_key"] = json!("$KEY");
        options["base_url"] = json!("$URL");
    }
    for (name, value) in case["client"].as_object().into_iter().flatten() {
        if value == &json!({"$unset": true}) {
            options.as_object_mut().unwrap().remove(name);
        } else {
            options[name] = value.clone();
        }
    }
    fill_in(&mut options, server);
    options
}

/// The value with its placeholders replaced.
pub(crate) fn filled_in(value: &Value, server: &DevServer) -> Value {
    let mut value = value.clone();
    fill_in(&mut value, server);
    value
}

/// Replaces the placeholders: the server's URL, key and certificates, and the path of its program.
fn fill_in(value: &mut Value, server: &DevServer) {
    match value {
        Value::String(text) => {
            *text = text.replace("$URL", server.url()).replace("$KEY", server.api_key()).replace("$STDIO", &program());
            *text = text.replace("$PROXY", server.proxy().unwrap_or_default());
            if let Some(Certificates { ca, client_cert, client_key }) = server.certificates() {
                *text = text.replace("$CLIENT_CERT", client_cert).replace("$CLIENT_KEY", client_key).replace("$CA", ca);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, server)),
        Value::Object(members) => members.values_mut().for_each(|member| fill_in(member, server)),
        _ => {}
    }
}

fn program() -> String {
    let named = std::env::var("OMNI_MCP_DEVSERVER");
    named.unwrap_or_else(|_| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
        let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| root.to_owned());
        format!("{target}/debug/omni-mcp-devserver")
    })
}

impl CaseClient {
    pub(crate) fn property(&self, name: &str) -> Value {
        let Self::Client { client, .. } = self else { return Value::Null };
        match name {
            "server_info" => json!(client.server_info()),
            "server_capabilities" => json!(client.server_capabilities()),
            "protocol_version" => json!(client.protocol_version()),
            "instructions" => json!(client.instructions()),
            "state" => json!(client.state()),
            "counters" => json!(client.counters()),
            other => panic!("the runner knows no property {other}"),
        }
    }

    /// The notifications that the client received; waits for so many, 5 s at most.
    pub(crate) async fn notifications(&self, count: usize) -> Vec<Value> {
        let Self::Client { notifications, .. } = self else { return Vec::new() };
        let mut notifications = notifications.clone();
        let enough = notifications.wait_for(|all| all.len() >= count);
        let _ = tokio::time::timeout(Duration::from_secs(5), async { drop(enough.await) }).await;
        notifications.borrow().clone()
    }

    pub(crate) fn server_requests(&self) -> Vec<Value> {
        let Self::Client { server_requests, .. } = self else { return Vec::new() };
        server_requests.lock().unwrap().clone()
    }

    pub(crate) fn callback_events(&self) -> Value {
        let Self::Client { events, .. } = self else { return Value::Null };
        Value::Object(events.lock().unwrap().clone())
    }

    pub(crate) async fn close(&self) {
        if let Self::Client { client, .. } = self {
            client.close().await;
        }
    }
}
