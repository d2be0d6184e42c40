//! What a case calls: a client, made as the case says, or a registry.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use omni_mcp::registry::{Record, RegistryConfig, connect, gaia, sema4};
use omni_mcp::{Client, ClientConfig, Error, ProvidedToken, Spelling};
use omni_mcp_devserver::{Certificates, DevServer};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

pub(crate) enum Subject {
    Client { client: Client, heard: watch::Receiver<Vec<Value>>, asked: Asked, told: Told },
    Registry(AnyRegistry),
}

/// What the functions of the case were asked, in order.
type Asked = Arc<Mutex<Vec<Value>>>;

/// What the functions that hear of the client's work have heard, by their names.
type Told = Arc<Mutex<Map<String, Value>>>;

pub(crate) enum AnyRegistry {
    Gaia(gaia::GaiaRegistry),
    Sema4(sema4::Sema4Registry),
}

pub(crate) async fn open(case: &Value, server: &DevServer) -> Result<Subject, Error> {
    let options = options(case, server).to_string();
    if let Some(kind) = case["registry"].as_str() {
        let config = RegistryConfig::from_json(&options, Spelling::Snake)?;
        return Ok(Subject::Registry(match kind {
            "gaia" => AnyRegistry::Gaia(gaia::GaiaRegistry::new(&config)?),
            _ => AnyRegistry::Sema4(sema4::Sema4Registry::new(&config)?),
        }));
    }
    let (told, heard) = watch::channel(Vec::new());
    let mut config = ClientConfig::from_json(&options, Spelling::Snake)?;
    if case["on_notification"] == json!(true) {
        config = config.on_notification(move |notification| told.send_modify(|heard| heard.push(json!(notification))));
    }
    let told = Told::default();
    for hook in case["hears"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let told = Arc::clone(&told);
        let hear = move |hook: &str, what: Value| {
            let mut told = told.lock().unwrap();
            told.entry(hook).or_insert_with(|| json!([])).as_array_mut().unwrap().push(what);
        };
        config = match hook {
            "on_log" => config.on_log(move |record| hear("on_log", json!(record))),
            "on_state" => config.on_state(move |change| hear("on_state", json!(change))),
            other => panic!("the runner knows no function {other}"),
        };
    }
    if let Some(tokens) = case["token_provider"].as_array() {
        let tokens = Mutex::new(VecDeque::from(tokens.clone()));
        config = config.token_provider(move || {
            let mut tokens = tokens.lock().unwrap();
            let next = if tokens.len() > 1 { tokens.pop_front() } else { tokens.front().cloned() };
            let given = provided(&next.unwrap_or_default());
            async move { given }
        });
    }
    let asked = Asked::default();
    for (hook, given) in case["answers"].as_object().into_iter().flatten() {
        let answers = answers(hook.clone(), given, &asked);
        config = match hook.as_str() {
            "on_sampling" => config.on_sampling(answers),
            "on_elicitation" => config.on_elicitation(answers),
            "on_roots" => config.on_roots(move || answers(json!({}))),
            other => panic!("the runner knows no function {other}"),
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
    Ok(Subject::Client { client, heard, asked, told })
}

/// A function that gives these one after the other, the last one again and again.
fn answers(
    hook: String,
    given: &Value,
    asked: &Asked,
) -> impl Fn(Value) -> std::future::Ready<Result<Value, String>> + Send + Sync + use<> {
    let given = Mutex::new(VecDeque::from(given.as_array().cloned().unwrap_or_default()));
    let asked = Arc::clone(asked);
    move |params| {
        asked.lock().unwrap().push(json!({ "hook": hook, "params": params }));
        let mut given = given.lock().unwrap();
        let next = if given.len() > 1 { given.pop_front() } else { given.front().cloned() }.unwrap_or_default();
        std::future::ready(match next["fails"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(next),
        })
    }
}

fn provided(given: &Value) -> Result<ProvidedToken, String> {
    if let Some(why) = given["fails"].as_str() {
        return Err(why.to_owned());
    }
    match given {
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

/// Puts the server's URL and key, and the path of its program, in.
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

impl Subject {
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

    /// What the client has heard, once it is so many.
    pub(crate) async fn heard(&self, count: usize) -> Vec<Value> {
        let Self::Client { heard, .. } = self else { return Vec::new() };
        let mut heard = heard.clone();
        let enough = heard.wait_for(|heard| heard.len() >= count);
        let _ = tokio::time::timeout(Duration::from_secs(5), async { drop(enough.await) }).await;
        heard.borrow().clone()
    }

    pub(crate) fn asked(&self) -> Vec<Value> {
        let Self::Client { asked, .. } = self else { return Vec::new() };
        asked.lock().unwrap().clone()
    }

    pub(crate) fn told(&self) -> Value {
        let Self::Client { told, .. } = self else { return Value::Null };
        Value::Object(told.lock().unwrap().clone())
    }

    pub(crate) async fn close(&self) {
        if let Self::Client { client, .. } = self {
            client.close().await;
        }
    }
}
