//! Odock's gateway: its routes, and all checks before a request is forwarded to its server.

mod errors;
mod http;
pub(crate) mod records;
mod stdio;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ::http::{HeaderValue, Method};
use bytes::Bytes;
use serde_json::Value;

use self::errors::{TABLE, envelope, error};
use self::records::Record;
use crate::answer::{Answer, Payload};
use crate::calls::Plan;
use crate::exchange::{self, Exchange};
use crate::faults::RetryAfter;
use crate::omni::auth;
use crate::omni::rate_limit::Limiter;
use crate::options::{KeyOptions, Options};
use crate::registry::Change;
use crate::server_state::{Scripted, Shared, lock};
use crate::service_error::ServiceError;

const PREFIX: &str = "/v1/mcp/";

/// The scope of a key that may use MCP servers.
const SCOPE: &str = "mcp";

/// Maximum number of requests whose callers are kept.
const REMEMBERED: usize = 4096;

/// One server of the gateway, with its connection state.
struct Server {
    record: Record,
    http: Arc<http::Upstream>,
    stdio: Arc<stdio::Upstream>,
}

/// The state of the gateway.
pub(crate) struct Odock {
    keys: Vec<KeyOptions>,
    servers: Vec<Server>,
    keywords: Vec<String>,
    budget_spent: bool,
    quota_spent: bool,
    retry_after_header: bool,
    limiter: Option<Limiter>,
    callers: Mutex<VecDeque<Caller>>,
}

/// The caller of a request, by request id.
struct Caller {
    request_id: String,
    seq: u64,
    key: usize,
}

fn text(status: u16, text: &'static str) -> Answer {
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    Answer::new(status, Payload::Body { content_type, bytes: Bytes::from_static(text.as_bytes()) })
}

impl Odock {
    /// The options must have been checked.
    pub(crate) fn new(options: &Options, upstream_url: &str) -> Self {
        let servers = records::servers(options, upstream_url).unwrap_or_default();
        Self {
            keys: options.keys.clone(),
            servers: servers
                .into_iter()
                .map(|(record, auth)| Server {
                    http: Arc::new(http::Upstream::new(auth)),
                    stdio: Arc::new(stdio::Upstream::new(&record)),
                    record,
                })
                .collect(),
            keywords: options.keywords.iter().map(|keyword| keyword.to_lowercase()).collect(),
            budget_spent: options.budget_spent,
            quota_spent: options.quota_spent,
            retry_after_header: options.retry_after_header,
            limiter: options.rate_limit.map(|limit| Limiter::new(limit, options.keys.len())),
            callers: Mutex::default(),
        }
    }

    pub(crate) fn prepare(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Plan {
        // These responses precede the gateway, and do not have its envelope.
        let Some(rest) = exchange.path.strip_prefix(PREFIX) else {
            return Plan::Answer(text(404, "404 page not found\n"));
        };
        if !matches!(exchange.http_method, Method::GET | Method::POST) {
            return Plan::Answer(text(405, "Method Not Allowed\n").with("allow", "GET, POST"));
        }
        self.check(shared, exchange, rest).unwrap_or_else(|error| Plan::Answer(envelope(&error)))
    }

    /// The checks, in the order of the gateway.
    fn check(&self, shared: &Arc<Shared>, exchange: &Exchange, rest: &str) -> Result<Plan, ServiceError> {
        let key = self.key(exchange)?;
        let (name, path) = match rest.split_once('/') {
            Some((name, path)) => (name, Some(path)),
            None => (rest, None),
        };
        if name.is_empty() {
            return Err(error("invalid_mcp_ref"));
        }
        let named = |server: &&Server| server.record.slug == name || server.record.id == name;
        let server = self.servers.iter().find(named).filter(|server| server.record.enabled);
        let server = server.ok_or_else(|| error("mcp_not_found"))?;
        let record = &server.record;
        let granted = |slugs: &Vec<String>| slugs.contains(&record.slug) || slugs.contains(&record.id);
        if !self.keys[key].grants.as_ref().is_none_or(granted) || !auth::has_scopes(&self.keys[key], &[SCOPE]) {
            return Err(error("mcp_not_allowed"));
        }
        check_tools(record, &exchange.body)?;
        self.check_keywords(exchange)?;
        self.check_spending(key)?;
        self.remember(exchange, key);
        match record.transport.as_str() {
            "STREAMABLE_HTTP" | "SSE" => {
                let endpoint = record.endpoint_url.as_deref().filter(|url| !url.is_empty());
                let endpoint = endpoint.ok_or_else(|| error("mcp_missing_endpoint"))?;
                if record.transport == "SSE" {
                    return Err(error("mcp_upstream_error").message("this gateway does not support the SSE transport"));
                }
                let forward = http::Forward::new(endpoint, path, exchange);
                let upstream = Arc::clone(&server.http);
                Ok(Plan::Work(Box::pin(async move {
                    upstream.send(forward).await.unwrap_or_else(|error| envelope(&error))
                })))
            }
            "STDIO" if record.command.as_ref().is_none_or(String::is_empty) => Err(error("mcp_missing_stdio_command")),
            "STDIO" if exchange.http_method == Method::GET => {
                Ok(Plan::Answer(text(405, "Method Not Allowed\n").with("allow", "POST")))
            }
            "STDIO" => {
                let (upstream, message) = (Arc::clone(&server.stdio), Arc::clone(&exchange.body));
                let call = exchange.tool().map(|tool| {
                    let arguments = message["params"]["arguments"].clone();
                    Change::new(shared, exchange, key, tool, arguments)
                });
                Ok(Plan::Work(Box::pin(async move {
                    let answer = upstream.send(&message).await;
                    if let (Some(call), Ok(_)) = (call, &answer) {
                        call.made();
                    }
                    answer.unwrap_or_else(|error| envelope(&error))
                })))
            }
            _ => Err(error("invalid_transport")),
        }
    }

    fn key(&self, exchange: &Exchange) -> Result<usize, ServiceError> {
        let given = auth::bearer(&exchange.headers).or_else(|| exchange.header("x-api-key"));
        let at = given.and_then(|given| self.keys.iter().position(|key| key.key == given));
        let at = at.ok_or_else(|| error("unauthorized"))?;
        match &self.keys[at] {
            key if key.expired => Err(error("api_key_expired")),
            key if key.revoked => Err(error("api_key_revoked")),
            key if key.rejected => Err(error("unauthorized")),
            _ => Ok(at),
        }
    }

    fn check_keywords(&self, exchange: &Exchange) -> Result<(), ServiceError> {
        if self.keywords.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&exchange.bytes).to_lowercase();
        match self.keywords.iter().any(|keyword| text.contains(keyword)) {
            true => Err(error("mcp_guardrail_block").message("the request contains a forbidden keyword")),
            false => Ok(()),
        }
    }

    fn check_spending(&self, key: usize) -> Result<(), ServiceError> {
        if self.budget_spent {
            return Err(error("budget_exceeded"));
        }
        if self.quota_spent {
            return Err(error("quota_exceeded"));
        }
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter
            .try_take(key)
            .map_err(|wait| self.rate_limited(error("rate_limit_exceeded"), &RetryAfter::Seconds(wait)))
    }

    fn rate_limited(&self, error: ServiceError, wait: &RetryAfter) -> ServiceError {
        let limit = self.limiter.as_ref().map_or(60, |limiter| limiter.figures().1);
        self.with_wait(error.detail("scope", "api_key").detail("limit", limit), wait)
    }

    fn with_wait(&self, error: ServiceError, wait: &RetryAfter) -> ServiceError {
        let error = match wait {
            RetryAfter::Seconds(seconds) => error.detail("retry_after", *seconds),
            RetryAfter::Text(text) => error.detail("retry_after", text.as_str()),
        };
        match self.retry_after_header {
            true => error.header("retry-after", &wait.text()),
            false => error,
        }
    }

    /// The error of a fault rule.
    pub(crate) fn scripted(&self, scripted: &Scripted<'_>) -> Answer {
        let error = ServiceError::scripted(TABLE, scripted);
        envelope(&match (scripted.code, scripted.retry_after) {
            ("rate_limit_exceeded", wait) => self.rate_limited(error, wait.unwrap_or(&RetryAfter::Seconds(1))),
            (_, Some(wait)) => self.with_wait(error, wait),
            (_, None) => error,
        })
    }

    fn remember(&self, exchange: &Exchange, key: usize) {
        let mut callers = lock(&self.callers);
        if callers.len() == REMEMBERED {
            callers.pop_front();
        }
        let request_id = exchange.request_id_text().to_owned();
        callers.push_back(Caller { request_id, seq: exchange.entry.seq, key });
    }

    /// The number of the last request with this id, and its key.
    pub(crate) fn caller_of(&self, request_id: &str) -> Option<(u64, usize)> {
        let callers = lock(&self.callers);
        callers.iter().rev().find(|caller| caller.request_id == request_id).map(|caller| (caller.seq, caller.key))
    }
}

/// The tool rules, for `tools/call` only. The block list takes precedence.
fn check_tools(record: &Record, body: &Value) -> Result<(), ServiceError> {
    let messages = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
    for tool in messages.iter().filter_map(exchange::tool) {
        let listed = |list: &[String]| list.iter().any(|name| name == tool);
        let allowed = record.allowed_tools.is_empty() || listed(&record.allowed_tools);
        if !allowed || listed(&record.blocked_tools) {
            return Err(error("mcp_guardrail_block").message(&format!("the tool {tool:?} is not allowed")));
        }
    }
    Ok(())
}
