//! Runs one trick: a server, a client with canaries, all methods of the client, and the outcome.

use std::collections::BTreeMap;
use std::time::Duration;

use omni_mcp::registry::{Record, RegistryConfig, gaia, sema4};
use omni_mcp::{CallOptions, ClientBuilder, ClientConfig, Error, Secret, Spelling};
use omni_mcp_devserver::{DevServer, LedgerSnapshot};
use serde_json::{Value, json};

use super::canaries;
use super::tricks::{Client, Ends, Trick};
use super::witness::{Received, Witness};
use crate::row::Failed;

/// Maximum time of a trick.
const WITHIN: Duration = Duration::from_secs(10);

/// The servers of the tricks.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) evil: Witness,
    /// Another address of this machine, with the port of our server.
    pub(super) beside: Witness,
    pub(super) port: u16,
}

/// The outcome of a trick.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) canary_bytes: usize,
    pub(super) connections: usize,
    /// Why the outcome is wrong.
    pub(super) wrong: Option<String>,
}

impl Outcome {
    fn add(&mut self, received: &Received, sessions: &[&str]) {
        let canaries = canaries::ALL.iter().copied().chain([canaries::PROXY_PASSWORD]).chain(sessions.iter().copied());
        self.canary_bytes += canaries::found(&received.bytes, canaries).iter().map(|c| c.len()).sum::<usize>();
        self.connections += received.connections;
    }
}

impl Stage {
    pub(super) async fn play(&self, trick: &Trick) -> Result<Outcome, Failed> {
        let server = DevServer::start_json(&self.options(trick).to_string())?;
        server.script_json(&self.filled(&trick.rules.to_string()))?;
        let done = tokio::time::timeout(WITHIN, act(trick.client, &server)).await;
        let ledger = server.ledger();
        server.close();
        let mut outcome = self.received(&ledger);
        outcome.wrong = match done {
            Err(_) => Some("it hangs".to_owned()),
            Ok(errors) => judged(&errors?, trick.ends).or_else(|| stolen(&ledger)),
        };
        Ok(outcome)
    }

    /// What the other origin received since the last trick.
    pub(super) fn received(&self, ledger: &LedgerSnapshot) -> Outcome {
        let sessions: Vec<_> = ledger.requests.iter().filter_map(|r| r.headers.get("mcp-session-id")).collect();
        let mut outcome = Outcome::default();
        for witness in [&self.evil, &self.beside] {
            outcome.add(&witness.take(), &sessions);
        }
        outcome
    }

    /// What it received late. All clients must have been dropped.
    pub(super) fn received_late(&self) -> Result<Outcome, Failed> {
        let mut outcome = Outcome::default();
        for witness in [&self.evil, &self.beside] {
            outcome.add(&witness.take_last()?, &[]);
        }
        Ok(outcome)
    }

    pub(super) fn filled(&self, text: &str) -> String {
        let evil = format!("127.0.0.1:{}", self.evil.port);
        text.replace("{evil_port}", &self.evil.port.to_string())
            .replace("{evil}", &evil)
            .replace("{own}", &format!("127.0.0.1:{}", self.port))
            .replace("{port}", &self.port.to_string())
    }

    fn options(&self, trick: &Trick) -> Value {
        let mut options = json!({"profile": "generic", "port": self.port});
        let more = match trick.client {
            Client::Server => json!({"require_key": true, "keys": [{"key": canaries::KEY}]}),
            Client::Modern => json!({"require_key": true, "keys": [{"key": canaries::KEY}], "era": "modern"}),
            Client::Sse => json!({"transport": "sse"}),
            Client::Discovered | Client::Token => {
                json!({"oauth": {"clients": [{"id": "id", "secret": canaries::CLIENT_SECRET}]}})
            }
            Client::Gaia => json!({"profile": "gaia", "keys": [{"key": canaries::KEY}]}),
            Client::Sema4 => json!({"profile": "sema4", "keys": [{"key": canaries::KEY}]}),
        };
        let filled: Value = serde_json::from_str(&self.filled(&trick.server.to_string())).unwrap_or_default();
        for part in [more, filled] {
            if let (Value::Object(options), Value::Object(part)) = (&mut options, part) {
                options.extend(part);
            }
        }
        options
    }
}

fn judged(errors: &[Error], ends: Ends) -> Option<String> {
    let texts: Vec<_> = errors.iter().map(|error| format!("{}: {error}", error.code())).collect();
    let shown = errors.iter().find(|error| {
        let shown = format!("{error} {error:?}");
        // The idempotency key may be shown: the call can be repeated with it.
        canaries::ALL.iter().any(|canary| *canary != canaries::IDEMPOTENCY_KEY && shown.contains(canary))
    });
    match (errors, ends) {
        _ if shown.is_some() => Some(format!("an error shows a canary: {texts:?}")),
        ([], Ends::Well) => None,
        ([first, ..], Ends::In(code)) if first.code() == code => None,
        (_, ends) => Some(format!("expected {ends:?}, got {texts:?}")),
    }
}

/// A request of the test to an address that a trick uses.
fn stolen(ledger: &LedgerSnapshot) -> Option<String> {
    let request = ledger.requests.iter().find(|request| request.path.contains("stolen"))?;
    Some(format!("{} {} was asked for", request.http_method, request.path))
}

fn secrets(given: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    given.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect()
}

/// A client of `endpoint` with all canaries.
pub(super) fn client(endpoint: &str, options: Value) -> Result<ClientBuilder, Failed> {
    let mut given = json!({
        "profile": "generic", "endpoint": format!("{endpoint}?token={}", canaries::QUERY), "max_attempts": 2,
        "backoff_initial": 0.001, "backoff_max": 0.002, "x_session_id": canaries::STICKY,
    });
    if let (Value::Object(given), Value::Object(options)) = (&mut given, options) {
        given.extend(options);
    }
    let config = ClientConfig::from_json(&given.to_string(), Spelling::Snake)?;
    Ok(config.headers(secrets(&[("x-api-key", canaries::API_KEY_HEADER), ("x-team", canaries::HEADER)])))
}

/// Calls all methods of this kind of client; returns the errors in order.
async fn act(kind: Client, server: &DevServer) -> Result<Vec<Error>, Failed> {
    let url = server.url();
    let oauth = |token_url: Option<String>| {
        let mut auth = json!({"type": "oauth2", "client_id": "id", "client_secret": canaries::CLIENT_SECRET});
        if let Some(token_url) = token_url {
            auth["token_url"] = token_url.into();
        }
        json!({"auth": auth})
    };
    let (path, options) = match kind {
        Client::Server | Client::Modern => ("/mcp", json!({"api_key": canaries::KEY})),
        Client::Sse => ("/sse", json!({"api_key": canaries::KEY, "transport": "sse"})),
        Client::Discovered => ("/mcp", oauth(None)),
        Client::Token => ("/mcp", oauth(Some(format!("{url}/oauth/token")))),
        Client::Gaia => return list_and_create(url).await,
        Client::Sema4 => return write(url).await,
    };
    let builder = client(&format!("{url}{path}"), options)?;
    Ok(call_all(&builder.on_notification(|_| {}).build()?).await)
}

/// Connects, lists, calls, receives notifications, closes.
pub(super) async fn call_all(client: &omni_mcp::Client) -> Vec<Error> {
    let options = CallOptions::default().headers(secrets(&[("x-of-call", canaries::HEADER)]));
    let listed = client.list_tools().await.map(drop);
    let called = client
        .call_tool("echo", json!({"q": canaries::ARGUMENT}))
        .idempotency_key(canaries::IDEMPOTENCY_KEY)
        .options(options)
        .await
        .map(drop);
    client.close().await;
    [listed, called].into_iter().filter_map(Result::err).collect()
}

fn registry(url: &str) -> RegistryConfig {
    let backoff = Duration::from_millis(1);
    let config = RegistryConfig::default().api_key(canaries::KEY).base_url(url).max_attempts(2_u32);
    config.backoff_initial(backoff).headers(secrets(&[("x-api-key", canaries::API_KEY_HEADER)]))
}

fn record(given: Value) -> Record {
    serde_json::from_value(given).unwrap_or_default()
}

async fn list_and_create(url: &str) -> Result<Vec<Error>, Failed> {
    let gaia = gaia::GaiaRegistry::new(&registry(url))?;
    let server = record(json!({
        "projectId": "p", "name": "n", "transportType": "http", "url": "https://example.com/mcp",
        "customHeaders": [{"name": "x-key", "value": canaries::RECORD}],
    }));
    let listed = gaia.list("p").await.map(drop);
    let created = gaia.create(&server).await.map(drop);
    gaia.close().await;
    Ok([listed, created].into_iter().filter_map(Result::err).collect())
}

async fn write(url: &str) -> Result<Vec<Error>, Failed> {
    let sema4 = sema4::Sema4Registry::new(&registry(url).tenant("acme"))?;
    let server = record(json!({
        "name": "n", "transport": "streamable-http", "url": "https://example.com/mcp", "headers": {"x-key": canaries::RECORD},
    }));
    let created = sema4.create(&server).await;
    let id = created.as_ref().ok().and_then(|record| record["id"].as_str()).unwrap_or("none").to_owned();
    let updated = match &created {
        Ok(_) => sema4.update(&id, &server).await.map(drop),
        Err(_) => Ok(()),
    };
    sema4.close().await;
    Ok([created.map(drop), updated].into_iter().filter_map(Result::err).collect())
}
