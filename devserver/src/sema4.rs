//! Sema4.ai's registry of MCP servers: five operations for every tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::Plan;
use crate::exchange::Exchange;
use crate::omni::auth;
use crate::options::{ErrorShape, KeyOptions, Options, TrailingSlash};
use crate::registry::{self, Change, Fields, Type};
use crate::server_state::{Scripted, Shared, lock};
use crate::service_error::{Row, ServiceError};
use crate::sessions::uuid;

/// The known fields of a body, each with its type. Other fields are kept unchanged.
const BODY: &[(&str, Type)] = &[
    ("name", Type::Text),
    ("transport", Type::Text),
    ("url", Type::Text),
    ("headers", Type::Object),
    ("command", Type::Text),
    ("args", Type::Array),
    ("env", Type::Object),
    ("cwd", Type::Text),
    ("force_serial_tool_calls", Type::Flag),
    ("type", Type::Text),
    ("icon", Type::Text),
    ("organization_type", Type::Text),
    ("oauth_client_config", Type::Object),
];

/// The fields that every record shows, null if unknown.
const SHOWN: &[&str] =
    &["id", "name", "transport", "url", "headers", "command", "args", "env", "cwd", "force_serial_tool_calls"];

/// Accepted but never shown.
const WRITE_ONLY: &str = "oauth_client_config";

/// The errors, with codes chosen by this emulator.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("bad_request", 400, "the request is not valid"),
    ("unauthorized", 401, "a valid API key is required"),
    ("forbidden", 403, "the API key may not do this"),
    ("not_found", 404, "there is no such thing"),
    ("conflict", 409, "an MCP server with this name exists"),
    ("precondition_failed", 412, "a precondition failed"),
    ("unprocessable_entity", 422, "the body is not valid"),
    ("internal_error", 500, "internal error"),
    ("service_unavailable", 503, "the service is unavailable"),
];

/// Makes page tokens opaque.
const TOKEN_MASK: usize = 0x5ea4_5ea4;

/// The page token of a list without an end.
const LOOP: &str = "loop";

/// The records of every tenant, in the order of their creation.
type Servers = Arc<Mutex<HashMap<String, Vec<Fields>>>>;

/// The state of the registry.
pub(crate) struct Sema4 {
    keys: Vec<KeyOptions>,
    tenant: Option<String>,
    page_size: usize,
    loop_next: bool,
    trailing_slash: TrailingSlash,
    redirect_location: Option<String>,
    shape: ErrorShape,
    first: Vec<Fields>,
    servers: Servers,
}

/// The target of a path.
struct Place<'a> {
    tenant: &'a str,
    /// The id of one record; `None` for the collection.
    id: Option<&'a str>,
    has_slash: bool,
}

fn place(path: &str) -> Option<Place<'_>> {
    let (tenant, rest) = path.strip_prefix("/tenants/")?.split_once('/')?;
    let rest = rest.strip_prefix("api/v2/mcp-servers")?;
    let (id, has_slash) = match rest {
        "" => (None, false),
        "/" => (None, true),
        _ => {
            let id = rest.strip_prefix('/')?;
            let bare = id.strip_suffix('/').unwrap_or(id);
            (Some(bare), bare.len() < id.len())
        }
    };
    let fits = !tenant.is_empty() && id.is_none_or(|id| !id.is_empty() && !id.contains('/'));
    fits.then_some(Place { tenant, id, has_slash })
}

impl ErrorShape {
    fn envelope(self, error: &ServiceError) -> Answer {
        let (code, message) = (&error.code, &error.message);
        let body = match self {
            Self::Error => json!({"error": {"code": code, "message": message}}),
            Self::Detail => json!({"detail": message}),
            Self::Message => json!({"message": message}),
        };
        error.sign(Answer::json(error.status, &body))
    }
}

fn error(code: &str) -> ServiceError {
    ServiceError::new(TABLE, code)
}

fn invalid(what: &str) -> ServiceError {
    error("unprocessable_entity").message(what)
}

impl Sema4 {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: options.keys.clone(),
            tenant: options.tenant.clone(),
            page_size: options.page_size,
            loop_next: options.loop_next,
            trailing_slash: options.trailing_slash,
            redirect_location: options.redirect_location.clone(),
            shape: options.error_shape,
            first: registry::from_options(options.servers.as_ref()).map(with_id).collect(),
            servers: Servers::default(),
        }
    }

    /// The error of a fault rule.
    pub(crate) fn scripted(&self, scripted: &Scripted<'_>) -> Answer {
        let answer = self.shape.envelope(&ServiceError::scripted(TABLE, scripted));
        match scripted.retry_after {
            Some(wait) => answer.with("retry-after", &wait.text()),
            None => answer,
        }
    }

    pub(crate) fn prepare(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Plan {
        if self.redirects(exchange) {
            return Plan::Answer(self.redirect(exchange));
        }
        self.route(shared, exchange).unwrap_or_else(|error| Plan::Answer(self.shape.envelope(&error)))
    }

    fn route(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Result<Plan, ServiceError> {
        let Some(place) = place(&exchange.path) else {
            return Err(error("not_found"));
        };
        let key = auth::check(&self.keys, &exchange.headers).map_err(|what| match what {
            "auth_rejected" => error("forbidden"),
            _ => error("unauthorized").header("www-authenticate", "Bearer"),
        })?;
        if self.tenant.as_ref().is_some_and(|tenant| tenant != place.tenant) {
            return Err(error("not_found"));
        }
        self.open(place.tenant);
        match (&exchange.http_method, place.id) {
            (&Method::GET, None) => self.list(exchange, place.tenant).map(Plan::Answer),
            (&Method::GET, Some(id)) => self.get(place.tenant, id).map(Plan::Answer),
            (&Method::POST, None) => self.put(shared, exchange, key, &place, "create"),
            (&Method::PUT, Some(_)) => self.put(shared, exchange, key, &place, "update"),
            (&Method::DELETE, Some(id)) => Ok(self.delete(shared, exchange, key, place.tenant, id)),
            (_, id) => {
                let allow = if id.is_some() { "GET, PUT, DELETE" } else { "GET, POST" };
                Err(ServiceError::method_not_allowed(allow))
            }
        }
    }

    fn redirects(&self, exchange: &Exchange) -> bool {
        self.trailing_slash == TrailingSlash::Redirect
            && place(&exchange.path).is_some_and(|place| place.id.is_none() && !place.has_slash)
    }

    fn redirect(&self, exchange: &Exchange) -> Answer {
        let query = exchange.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
        let own = || format!("{}/{query}", exchange.path);
        Answer::empty(307).with("location", &self.redirect_location.clone().unwrap_or_else(own))
    }

    /// A tenant begins with the records of the options.
    fn open(&self, tenant: &str) {
        lock(&self.servers).entry(tenant.to_owned()).or_insert_with(|| self.first.clone());
    }

    fn list(&self, exchange: &Exchange, tenant: &str) -> Result<Answer, ServiceError> {
        let bad = |message: &str| error("bad_request").message(message);
        let limit = match exchange.parameter("limit") {
            None => self.page_size,
            Some(text) => {
                text.parse().ok().filter(|n| *n > 0).ok_or_else(|| bad("limit must be a positive integer"))?
            }
        };
        let from = match exchange.parameter("next") {
            None => 0,
            Some(token) if self.loop_next && token == LOOP => 0,
            Some(token) => {
                let place = usize::from_str_radix(&token, 16).map(|place| place ^ TOKEN_MASK);
                place.map_err(|_| bad("next is not a page token"))?
            }
        };
        let servers = lock(&self.servers);
        let all = servers.get(tenant).map(Vec::as_slice).unwrap_or_default();
        let rest = all.get(from..).ok_or_else(|| bad("next is not a page token"))?;
        let page: Vec<Fields> = rest.iter().take(limit).map(shown).collect();
        let next = match (self.loop_next, page.len() < rest.len()) {
            (true, _) => Some(LOOP.to_owned()),
            (false, true) => Some(format!("{:08x}", (from + page.len()) ^ TOKEN_MASK)),
            (false, false) => None,
        };
        Ok(Answer::json(200, &json!({"next": next, "has_more": next.is_some(), "data": page})))
    }

    fn get(&self, tenant: &str, id: &str) -> Result<Answer, ServiceError> {
        let servers = lock(&self.servers);
        let found = servers.get(tenant).and_then(|all| all.iter().find(|server| server["id"] == id));
        found.map(|server| Answer::json(200, &Value::Object(shown(server)))).ok_or_else(|| error("not_found"))
    }

    /// Create, and update with a complete body.
    fn put(
        &self,
        shared: &Arc<Shared>,
        exchange: &Exchange,
        key: usize,
        place: &Place<'_>,
        tool: &'static str,
    ) -> Result<Plan, ServiceError> {
        if !exchange.is_json {
            return Err(error("bad_request").message("the body is not JSON"));
        }
        let mut body = exchange.body.as_object().cloned().ok_or_else(|| invalid("the body must be an object"))?;
        registry::check_types(&body, BODY, true).map_err(|what| invalid(&what))?;
        registry::required(&body, "name").map_err(|what| invalid(&what))?;
        body.remove("id");
        let change = Change::new(shared, exchange, key, tool, Value::Object(body.clone()));
        let (servers, shape) = (Arc::clone(&self.servers), self.shape);
        let (tenant, id) = (place.tenant.to_owned(), place.id.map(str::to_owned));
        Ok(Plan::Work(Box::pin(async move {
            let mut servers = lock(&servers);
            let all = servers.entry(tenant).or_default();
            let at = id.as_ref().map(|id| all.iter().position(|server| server["id"] == *id));
            if at == Some(None) {
                return shape.envelope(&error("not_found"));
            }
            if all.iter().enumerate().any(|(n, other)| other["name"] == body["name"] && at != Some(Some(n))) {
                return shape.envelope(&error("conflict"));
            }
            let status = if at.is_some() { 200 } else { 201 };
            if let Some(id) = id {
                body.insert("id".to_owned(), id.into());
            }
            let server = with_id(body);
            let answer = Answer::json(status, &Value::Object(shown(&server)));
            match at.flatten() {
                Some(at) => all[at] = server,
                None => all.push(server),
            }
            change.made();
            answer
        })))
    }

    fn delete(&self, shared: &Arc<Shared>, exchange: &Exchange, key: usize, tenant: &str, id: &str) -> Plan {
        let change = Change::new(shared, exchange, key, "delete", json!({"id": id}));
        let (servers, shape) = (Arc::clone(&self.servers), self.shape);
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        Plan::Work(Box::pin(async move {
            let mut servers = lock(&servers);
            let all = servers.entry(tenant).or_default();
            let before = all.len();
            all.retain(|server| server["id"] != id);
            if all.len() == before {
                return shape.envelope(&error("not_found"));
            }
            change.made();
            Answer::empty(204)
        }))
    }
}

fn with_id(mut server: Fields) -> Fields {
    server.entry("id").or_insert_with(|| uuid().into());
    server
}

fn shown(server: &Fields) -> Fields {
    let mut shown = server.clone();
    shown.remove(WRITE_ONLY);
    for name in SHOWN {
        shown.entry(*name).or_insert(Value::Null);
    }
    if shown["force_serial_tool_calls"].is_null() {
        shown["force_serial_tool_calls"] = false.into();
    }
    shown
}
