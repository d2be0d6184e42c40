//! GAIA's registry of MCP servers: create and list.

use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calendar;
use crate::calls::Plan;
use crate::exchange::Exchange;
use crate::omni::auth;
use crate::options::{KeyOptions, Options};
use crate::registry::{self, Change, Fields, Type};
use crate::server_state::{Scripted, Shared, lock};
use crate::service_error::{Row, ServiceError};

const DEFAULT_PATH: &str = "/api/mcp/servers";

/// The fields of a create, each with its type.
const BODY: &[(&str, Type)] = &[
    ("projectId", Type::Text),
    ("name", Type::Text),
    ("transportType", Type::Text),
    ("description", Type::Text),
    ("url", Type::Text),
    ("connectionType", Type::Text),
    ("command", Type::Text),
    ("args", Type::Text),
    ("env", Type::Object),
    ("customHeaders", Type::Array),
    ("oauthClientId", Type::Text),
    ("oauthClientSecret", Type::Text),
    ("oauthScope", Type::Text),
    ("proxyUrl", Type::Text),
    ("proxyAuthToken", Type::Text),
    ("proxyAuthHeader", Type::Text),
    ("requestTimeout", Type::Number),
    ("maxTotalTimeout", Type::Number),
];

/// The fields shown in the list.
const LISTED: &[&str] = &[
    "id",
    "projectId",
    "name",
    "description",
    "url",
    "transportType",
    "connectionType",
    "status",
    "capabilities",
    "lastConnectedAt",
    "createdAt",
    "updatedAt",
];

/// The errors, with codes chosen by this emulator.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("validation_error", 400, "The request is not valid"),
    ("unauthorized", 401, "Authentication is required"),
    ("not_found", 404, "Not found"),
    ("internal_error", 500, "Internal server error"),
];

/// The state of the registry.
pub(crate) struct Gaia {
    keys: Vec<KeyOptions>,
    path: String,
    projects: Option<Vec<String>>,
    servers: Arc<Mutex<Vec<Fields>>>,
}

fn envelope(error: &ServiceError) -> Answer {
    let body = json!({"success": false, "message": error.message, "error": error.code});
    error.sign(Answer::json(error.status, &body))
}

fn error(code: &str, message: &str) -> ServiceError {
    ServiceError::new(TABLE, code).message(message)
}

/// The error of a fault rule.
pub(crate) fn scripted(scripted: &Scripted<'_>) -> Answer {
    let answer = envelope(&ServiceError::scripted(TABLE, scripted));
    match scripted.retry_after {
        Some(wait) => answer.with("retry-after", &wait.text()),
        None => answer,
    }
}

fn invalid(message: &str) -> ServiceError {
    error("validation_error", message)
}

impl Gaia {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: options.keys.clone(),
            path: options.path.clone().unwrap_or_else(|| DEFAULT_PATH.to_owned()),
            projects: options.projects.clone(),
            servers: Arc::new(Mutex::new(registry::from_options(options.servers.as_ref()).map(complete).collect())),
        }
    }

    pub(crate) fn prepare(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Plan {
        let plan = match auth::check(&self.keys, &exchange.headers) {
            Err(_) => Err(error("unauthorized", "A valid API key is required")),
            Ok(_) if exchange.path != self.path => Err(error("not_found", "There is no such route")),
            Ok(key) => match exchange.http_method {
                Method::POST => self.create(shared, exchange, key),
                Method::GET => self.list(exchange).map(Plan::Answer),
                _ => Err(ServiceError::method_not_allowed("GET, POST")),
            },
        };
        plan.unwrap_or_else(|error| Plan::Answer(envelope(&error)))
    }

    fn check_project(&self, id: &str) -> Result<(), ServiceError> {
        match self.projects.as_ref().is_none_or(|projects| projects.iter().any(|project| project == id)) {
            true => Ok(()),
            false => Err(error("not_found", "Project not found")),
        }
    }

    fn create(&self, shared: &Arc<Shared>, exchange: &Exchange, key: usize) -> Result<Plan, ServiceError> {
        let body = exchange.body.as_object().ok_or_else(|| invalid("the body must be a JSON object"))?;
        check(body).map_err(|what| invalid(&what))?;
        self.check_project(registry::required(body, "projectId").unwrap_or_default())?;
        let change = Change::new(shared, exchange, key, "create", Value::Object(body.clone()));
        let servers = Arc::clone(&self.servers);
        let mut fields = body.clone();
        for own in ["id", "status", "capabilities", "lastConnectedAt", "createdAt", "updatedAt"] {
            fields.remove(own);
        }
        let server = complete(fields);
        Ok(Plan::Work(Box::pin(async move {
            let id = server["id"].clone();
            lock(&servers).push(server);
            change.made();
            Answer::json(200, &json!({"success": true, "message": "MCP server created successfully", "serverId": id}))
        })))
    }

    fn list(&self, exchange: &Exchange) -> Result<Answer, ServiceError> {
        let project = exchange
            .parameter("projectId")
            .filter(|id| !id.is_empty())
            .ok_or_else(|| invalid("projectId is required"))?;
        self.check_project(&project)?;
        let servers = lock(&self.servers);
        let of_project = servers.iter().filter(|server| server["projectId"] == *project);
        let shown: Vec<Fields> = of_project.map(listed).collect();
        Ok(Answer::json(200, &json!({"success": true, "servers": shown})))
    }
}

fn check(body: &Fields) -> Result<(), String> {
    registry::check_types(body, BODY, false)?;
    registry::required(body, "projectId")?;
    registry::required(body, "name")?;
    match registry::required(body, "transportType")? {
        "stdio" | "http" | "sse" => {}
        _ => return Err("transportType must be stdio, http or sse".to_owned()),
    }
    match body.get("connectionType").and_then(Value::as_str) {
        None | Some("direct" | "proxy") => Ok(()),
        Some(_) => Err("connectionType must be direct or proxy".to_owned()),
    }
}

/// A record with defaults for absent fields.
fn complete(mut server: Fields) -> Fields {
    let now = calendar::now();
    let id = format!("mcp_{:012x}", fastrand::u64(..) >> 16);
    let defaults = [
        ("id", json!(id)),
        ("projectId", Value::Null),
        ("description", Value::Null),
        ("url", Value::Null),
        ("connectionType", json!("proxy")),
        ("proxyAuthHeader", json!("Authorization")),
        ("status", json!("disconnected")),
        ("capabilities", json!({"tools": false, "resources": false, "prompts": false})),
        ("lastConnectedAt", Value::Null),
        ("createdAt", json!(now)),
        ("updatedAt", json!(now)),
    ];
    for (name, value) in defaults {
        server.entry(name).or_insert(value);
    }
    server
}

fn listed(server: &Fields) -> Fields {
    let value = |name: &&str| ((*name).to_owned(), server.get(*name).cloned().unwrap_or_default());
    LISTED.iter().map(value).collect()
}
