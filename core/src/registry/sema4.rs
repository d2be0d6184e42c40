//! Sema4.ai registry (tenant API v2.5): list, get, create, update, delete.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use crate::config::call_options::CallOptions;
use crate::error::{Code, Delivery, Error, Result};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::registry::config::{RegistryConfig, RegistryContext, RegistryKind};
use crate::registry::decoded::decoded;
use crate::registry::pager::Pager;
use crate::registry::record::Record;
use crate::registry::record_fields::RecordFields;
use crate::registry::record_to_client;
use crate::registry::rest_call::RestCall;
use crate::retry::prepared;
use crate::util::environment::{self, Environment};

const KIND: RegistryKind =
    RegistryKind { name: "sema4", api_key_variable: "SEMA4_API_KEY", base_url_variable: "SEMA4_BASE_URL" };

/// A client of a Sema4.ai registry.
#[derive(Debug, Clone)]
pub struct Sema4Registry {
    place: RegistryContext,
}

/// One page of servers.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct RecordPage {
    /// The records of the servers.
    pub data: Vec<Record>,
    /// The token of the next page.
    pub next: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

impl Sema4Registry {
    /// Creates a client from its options. Sends nothing.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn new(config: &RegistryConfig) -> Result<Self> {
        Self::new_in(config, &environment::of_process)
    }

    pub(crate) fn new_in(config: &RegistryConfig, variables: Environment<'_>) -> Result<Self> {
        if config.path.is_some() {
            return Err(Error::config(Code::InvalidOption, "path", "does not belong to this registry"));
        }
        let path = match config.tenant {
            Some(_) => "/tenants/{slug}/api/v2/mcp-servers",
            None => "/mcp-servers",
        };
        Ok(Self { place: config.resolve(&KIND, path, "/mcp-servers", variables)? })
    }

    /// Lists all servers, one page at a time.
    ///
    /// # Errors
    /// A `config` error if `limit`, the number of servers per page, is zero.
    pub fn list(&self, limit: Option<u32>) -> Result<RegistryPages> {
        Ok(RegistryPages(self.pager(limit, &CallOptions::default())?))
    }

    /// Gets one page: the first, or the page of a token.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn list_page(&self, next: Option<&str>, limit: Option<u32>) -> Result<RecordPage> {
        decoded(&prepared::run(self.prepare_page("list_page", next, limit, &CallOptions::default())?).await?)
    }

    /// Gets a server.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn get(&self, id: &str) -> Result<Record> {
        decoded(&prepared::run(self.prepare(Method::GET, Some(id), None, &CallOptions::default())?).await?)
    }

    /// Creates a server. Not retried after an ambiguous failure.
    ///
    /// # Errors
    /// A `config` error that names a member, with nothing sent; otherwise any error of a call.
    pub async fn create(&self, server: &Record) -> Result<Record> {
        decoded(
            &prepared::run(self.prepare(Method::POST, None, Some(server.0.clone()), &CallOptions::default())?).await?,
        )
    }

    /// Replaces a server.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub async fn update(&self, id: &str, server: &Record) -> Result<Record> {
        let options = CallOptions::default();
        decoded(&prepared::run(self.prepare(Method::PUT, Some(id), Some(server.0.clone()), &options)?).await?)
    }

    /// Deletes a server. A 404 after an attempt without a response counts as success.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn delete(&self, id: &str) -> Result<()> {
        prepared::run(self.prepare(Method::DELETE, Some(id), None, &CallOptions::default())?).await.map(drop)
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

    pub(crate) fn pager(&self, limit: Option<u32>, options: &CallOptions) -> Result<Pager> {
        check_limit(limit)?;
        Ok(Pager::new(self.clone(), limit, options.clone()))
    }

    pub(crate) fn prepare_page(
        &self,
        name: &str,
        next: Option<&str>,
        limit: Option<u32>,
        options: &CallOptions,
    ) -> Result<prepared::PreparedRequest> {
        check_limit(limit)?;
        let mut url = self.place.collection.clone();
        if let Some(limit) = limit {
            url.query_pairs_mut().append_pair("limit", &limit.to_string());
        }
        if let Some(next) = next {
            url.query_pairs_mut().append_pair("next", next);
        }
        let call = RestCall::new(&self.place.context, name, (Method::GET, url), None, Safety::Safe, options)?;
        let context = Arc::clone(&self.place.context);
        Ok(prepared::PreparedRequest::new(Arc::clone(&call.plan.state), async move { page(call.run(&context).await?) }))
    }

    pub(super) fn prepare(
        &self,
        method: Method,
        id: Option<&str>,
        server: Option<Map<String, Value>>,
        options: &CallOptions,
    ) -> Result<prepared::PreparedRequest> {
        let body = server.map(body).transpose()?;
        let url = id.map_or_else(|| Ok(self.place.collection.clone()), |id| self.url_of(id))?;
        let safety = if method == Method::POST { Safety::Plain } else { Safety::Safe };
        let deletes = method == Method::DELETE;
        let name = match method {
            Method::POST => "create",
            Method::PUT => "update",
            Method::DELETE => "delete",
            _ => "get",
        };
        let call = RestCall::new(&self.place.context, name, (method, url), body.as_ref(), safety, options)?;
        let context = Arc::clone(&self.place.context);
        Ok(prepared::PreparedRequest::new(Arc::clone(&call.plan.state), async move {
            match call.run(&context).await {
                Err(error) if deletes && was_deleted_before(&error) => Ok(RawReply {
                    result: Bytes::from_static(b"null"),
                    status: StatusCode::NOT_FOUND,
                    attempts: error.info().attempts,
                    request_id: error.info().request_id.clone(),
                    ..RawReply::default()
                }),
                ended => ended,
            }
        }))
    }

    fn url_of(&self, id: &str) -> Result<Url> {
        if id.trim().is_empty() || matches!(id, "." | "..") || id.chars().any(char::is_control) {
            return Err(Error::config(Code::InvalidArgument, "id", "must be the id of a server"));
        }
        let mut url = self.place.collection.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(id);
        }
        Ok(url)
    }
}

/// The pages of a list.
#[derive(Debug)]
pub struct RegistryPages(Pager);

impl RegistryPages {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// Any error of a call; `cursor_loop` if the registry repeats a token.
    pub async fn next(&self) -> Result<Option<Vec<Record>>> {
        let Some(work) = self.0.next()? else { return Ok(None) };
        let page: RecordPage = decoded(&prepared::run(work).await?)?;
        Ok(Some(page.data))
    }
}

/// 404 to a repeated DELETE: an earlier attempt had deleted the server.
fn was_deleted_before(error: &Error) -> bool {
    error.info().status == Some(404) && error.info().attempts > 1 && error.delivery() == Delivery::MaybeExecuted
}

fn check_limit(limit: Option<u32>) -> Result<()> {
    if limit == Some(0) {
        return Err(Error::config(Code::InvalidArgument, "limit", "must be a whole number greater than zero"));
    }
    Ok(())
}

/// The validated body. Unknown members are passed on.
fn body(server: Map<String, Value>) -> Result<Value> {
    let fields = RecordFields(&server);
    fields.required("name")?;
    for name in ["type", "icon", "organization_type"] {
        fields.text(name)?;
    }
    if fields.get("oauth_client_config").is_some_and(|config| !config.is_object()) {
        return Err(Error::config(Code::InvalidOption, "oauth_client_config", "must be an object"));
    }
    // The registry does not interpret these members.
    let mut checked = server.clone();
    checked.remove("oauth_client_config");
    let names_a_server = ["url", "command", "transport"].iter().any(|name| fields.get(name).is_some());
    if names_a_server {
        record_to_client::sema4(&RecordFields(&checked))?;
    }
    Ok(Value::Object(server))
}

/// Normalizes a page: `next` is present only if there is a next page.
fn page(reply: RawReply) -> Result<RawReply> {
    let invalid = || reply.unexpected(Code::InvalidAnswer, "the answer is not a page: data, next and has_more");
    let mut answer: Map<String, Value> = serde_json::from_slice(&reply.result).map_err(|_| invalid())?;
    if !answer.get("data").is_some_and(Value::is_array) {
        return Err(invalid());
    }
    let next = match answer.get("next") {
        None | Some(Value::Null) => None,
        Some(Value::String(next)) => Some(next.clone()),
        Some(_) => return Err(invalid()),
    };
    let has_more = answer.get("has_more").and_then(Value::as_bool);
    if has_more == Some(true) && next.is_none() {
        // An incomplete list must not look complete.
        return Err(invalid());
    }
    let more = has_more != Some(false) && next.is_some();
    answer.insert("next".to_owned(), if more { next.into() } else { Value::Null });
    answer.insert("has_more".to_owned(), more.into());
    Ok(RawReply { result: Value::Object(answer).to_string().into(), ..reply })
}
