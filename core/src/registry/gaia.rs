//! GAIA registry: create, list, and other requests.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use chrono::DateTime;
use http::Method;
use serde_json::{Map, Value};

use crate::config::call_options::CallOptions;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Error, Result};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::registry::config::{RegistryConfig, RegistryContext, RegistryKind};
use crate::registry::decoded::decoded;
use crate::registry::record::Record;
use crate::registry::record_fields::RecordFields;
use crate::registry::record_to_client;
use crate::registry::rest_call::{RestCall, is_answer_lost};
use crate::retry::prepared;
use crate::util::environment::{self, Environment};

const KIND: RegistryKind =
    RegistryKind { name: "gaia", api_key_variable: "GAIA_API_KEY", base_url_variable: "GAIA_BASE_URL" };

/// Members of a server in a create request.
const MEMBERS: &[&str] = &[
    "projectId",
    "name",
    "transportType",
    "description",
    "url",
    "connectionType",
    "command",
    "args",
    "env",
    "customHeaders",
    "oauthClientId",
    "oauthClientSecret",
    "oauthScope",
    "proxyUrl",
    "proxyAuthToken",
    "proxyAuthHeader",
    "requestTimeout",
    "maxTotalTimeout",
];

/// A client of a GAIA registry.
#[derive(Debug, Clone)]
pub struct GaiaRegistry {
    place: RegistryContext,
}

impl GaiaRegistry {
    /// Creates a client from its options. Sends nothing.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn new(config: &RegistryConfig) -> Result<Self> {
        Self::new_in(config, &environment::of_process)
    }

    pub(crate) fn new_in(config: &RegistryConfig, variables: Environment<'_>) -> Result<Self> {
        if config.tenant.is_some() {
            return Err(Error::config(Code::InvalidOption, "tenant", "does not belong to this registry"));
        }
        let path = config.path.as_deref().unwrap_or("/api/mcp/servers");
        if !path.starts_with('/') || path.contains(['?', '#', '{']) {
            return Err(Error::config(Code::InvalidOption, "path", "must be a path that begins with /"));
        }
        let path = path.trim_end_matches('/');
        Ok(Self { place: config.resolve(&KIND, path, path, variables)? })
    }

    /// Creates a server. Returns `{success, message, serverId}`. After an ambiguous failure, the server is looked up by name
    /// and creation time.
    ///
    /// # Errors
    /// A `config` error that names a member, with nothing sent; otherwise any error of a call.
    pub async fn create(&self, server: &Record) -> Result<Record> {
        decoded(&prepared::run(self.prepare_create(server.0.clone(), &CallOptions::default())?).await?)
    }

    /// Lists the servers of a project.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn list(&self, project_id: &str) -> Result<Vec<Record>> {
        decoded(&prepared::run(self.prepare_list(project_id, &CallOptions::default())?).await?)
    }

    /// Sends a request to a path below the base URL. GET, PUT and DELETE are retried like safe calls.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn request(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        self.place.request(method, path, body).await
    }

    /// Closes the client and refuses further calls.
    pub async fn close(&self) {
        self.place.context.close();
    }

    pub(super) fn place(&self) -> &RegistryContext {
        &self.place
    }

    pub(super) fn prepare_list(&self, project_id: &str, options: &CallOptions) -> Result<prepared::PreparedRequest> {
        let call = self.list_call(project_id, options)?;
        let context = Arc::clone(&self.place.context);
        Ok(prepared::PreparedRequest::new(Arc::clone(&call.plan.state), async move {
            let reply = call.run(&context).await?;
            member(reply, "servers")
        }))
    }

    fn list_call(&self, project_id: &str, options: &CallOptions) -> Result<RestCall> {
        if project_id.trim().is_empty() {
            return Err(Error::config(Code::MissingOption, "project_id", "must not be empty"));
        }
        let mut url = self.place.collection.clone();
        url.query_pairs_mut().append_pair("projectId", project_id);
        RestCall::new(&self.place.context, "list", (Method::GET, url), None, Safety::Safe, options)
    }

    pub(super) fn prepare_create(
        &self,
        server: Map<String, Value>,
        options: &CallOptions,
    ) -> Result<prepared::PreparedRequest> {
        let body = body(server)?;
        let RegistryContext { context, collection, .. } = self.place.clone();
        let sought = Sought::of(&body);
        let call = RestCall::new(&context, "create", (Method::POST, collection), Some(&body), Safety::Plain, options)?;
        let look = self.list_call(&sought.project_id, &CallOptions { request_id: None, ..options.clone() })?;
        Ok(prepared::PreparedRequest::new(Arc::clone(&call.plan.state), async move {
            let begun = Instant::now();
            let failure = match call.run_unredacted(&context).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let error = || call.redacted(&context, &failure);
            if !is_answer_lost(&failure) {
                return Err(error());
            }
            let Ok(list) = look.run(&context).await else { return Err(error()) };
            match sought.find(&list, begun.elapsed()) {
                Some(id) => Ok(found(list, &failure, &id)),
                None => Err(error()),
            }
        }))
    }
}

/// The validated body, with the documented defaults.
fn body(mut server: Map<String, Value>) -> Result<Value> {
    server.retain(|_, value| !value.is_null());
    let fields = RecordFields(&server);
    fields.only(MEMBERS)?;
    fields.required("projectId")?;
    fields.text("description")?;
    // A server whose record makes no valid client is refused.
    record_to_client::gaia(&fields)?;
    let args = fields.list("args", |text| Some(vec![text.to_owned()]))?;
    if let (Some(Value::Array(_)), Some(list)) = (server.get("args"), args) {
        let joined = shlex::try_join(list.iter().map(String::as_str))
            .map_err(|_| Error::config(Code::InvalidOption, "args", "must be without NUL characters"))?;
        server.insert("args".to_owned(), joined.into());
    }
    server.entry("connectionType").or_insert_with(|| "proxy".into());
    if server.contains_key("proxyAuthToken") {
        server.entry("proxyAuthHeader").or_insert_with(|| "Authorization".into());
    }
    Ok(Value::Object(server))
}

/// A creation with an ambiguous result.
struct Sought {
    project_id: String,
    name: String,
    transport: String,
    url: Option<String>,
}

impl Sought {
    fn of(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            project_id: text("projectId"),
            name: text("name"),
            transport: text("transportType"),
            url: body["url"].as_str().map(str::to_owned),
        }
    }

    /// The id of the only server of this name created since then, by the clock of the registry.
    fn find(&self, list: &RawReply, since: Duration) -> Option<String> {
        let now = list.headers.get(http::header::DATE)?.to_str().ok()?;
        let begun = httpdate::parse_http_date(now).ok()?.checked_sub(since)?;
        let answer: Value = serde_json::from_slice(&list.result).ok()?;
        let mut found = answer["servers"].as_array()?.iter().filter(|server| {
            let created = server["createdAt"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            server["name"] == self.name.as_str()
                && server["transportType"] == self.transport.as_str()
                && self.url.as_ref().is_none_or(|url| server["url"] == url.as_str())
                && created.is_some_and(|created| SystemTime::from(created) >= begun)
        });
        let id = found.next()?["id"].as_str()?.to_owned();
        found.next().is_none().then_some(id)
    }
}

fn found(list: RawReply, failure: &AttemptError, id: &str) -> RawReply {
    let message = "the answer was lost; the server was found by its name";
    let result = serde_json::json!({ "success": true, "message": message, "serverId": id }).to_string();
    let info = failure.error.info();
    RawReply { result: Bytes::from(result), attempts: info.attempts, request_id: info.request_id.clone(), ..list }
}

/// One member of the response as the result.
fn member(reply: RawReply, name: &str) -> Result<RawReply> {
    let answer: Value = serde_json::from_slice(&reply.result).unwrap_or_default();
    match &answer[name] {
        found @ Value::Array(_) => Ok(RawReply { result: found.to_string().into(), ..reply }),
        _ => Err(reply.unexpected(Code::InvalidAnswer, format!("the answer has no list \"{name}\""))),
    }
}
