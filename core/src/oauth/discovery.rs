//! Finds the token endpoint by the server's metadata (specification 2025-11-25, basic/authorization).
//!
//! Only an endpoint of the server's own origin is used, because it receives the client secret. Any other one must be set by
//! `auth.token_url`.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::http::client::is_own;
use crate::http::plain;
use crate::http::status::{self, StatusUse};
use crate::oauth::client_credentials::unusable;
use crate::protocol::safety::Safety;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::executor;
use crate::retry::operation::{Operation, OperationName};
use crate::retry::plan::Plan;

/// A token endpoint.
pub(crate) struct TokenEndpoint {
    pub(crate) url: Url,
    /// The authentication methods that it accepts, if they are listed (RFC 8414 section 2).
    pub(crate) methods: Option<Vec<String>>,
}

/// The token endpoint in the metadata of the server's origin, else the default of revision 2025-03-26, `/token`.
pub(crate) async fn token_endpoint(context: &Arc<Context>) -> Result<TokenEndpoint, AttemptError> {
    let Some(server) = context.settings.route.url() else {
        return Err(unusable("a process has no token endpoint; give auth.token_url"));
    };
    let mut issuer = at(server, "/");
    let path = server.path().trim_end_matches('/');
    for place in
        [format!("/.well-known/oauth-protected-resource{path}"), "/.well-known/oauth-protected-resource".into()]
    {
        if let Some(document) = document(context, at(server, &place)).await? {
            if let Some(named) = strings(&document["authorization_servers"]).first() {
                issuer = own(server, named, "authorization server")?;
            }
            break;
        }
    }
    let path = issuer.path().trim_end_matches('/').to_owned();
    for place in [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ] {
        if let Some(document) = document(context, at(&issuer, &place)).await?
            && let Some(named) = document["token_endpoint"].as_str()
        {
            let methods = strings(&document["token_endpoint_auth_methods_supported"]);
            let url = own(server, named, "token endpoint")?;
            return Ok(TokenEndpoint { url, methods: (!methods.is_empty()).then_some(methods) });
        }
    }
    Ok(TokenEndpoint { url: at(server, "/token"), methods: None })
}

/// The strings of a list. Some servers write a list of one string as that string.
fn strings(list: &Value) -> Vec<String> {
    match list {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn at(origin: &Url, path: &str) -> Url {
    let mut url = origin.clone();
    url.set_path(path);
    url.set_query(None);
    url
}

fn own(server: &Url, named: &str, what: &str) -> Result<Url, AttemptError> {
    let url = server.join(named).map_err(|_| unusable(format!("the server's metadata names no {what}")))?;
    if !is_own(server, &url) {
        let origin = crate::util::sanitize::preview(url.origin().ascii_serialization().as_bytes());
        let message = format!(
            "the server's {what} is of another origin or has credentials, {origin}; give auth.token_url to trust it"
        );
        return Err(unusable(message));
    }
    Ok(url)
}

async fn document(context: &Arc<Context>, url: Url) -> Result<Option<Value>, AttemptError> {
    let text = executor::run(context, &Plan::internal(context, Safety::Safe), &MetadataRequest { url }).await?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// A request for one document of metadata; its reply is `None` if the server has none.
struct MetadataRequest {
    url: Url,
}

impl Operation for MetadataRequest {
    type Prepared = ();
    type Reply = Option<Bytes>;
    const OPENS: bool = true;

    fn name(&self) -> OperationName {
        OperationName::of("authorization metadata")
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<(), AttemptError> {
        Ok(())
    }

    async fn send(&self, context: &Arc<Context>, (): &(), attempt: &Attempt) -> Result<Option<Bytes>, AttemptError> {
        let request = reqwest::Request::new(http::Method::GET, self.url.clone());
        let response = attempt
            .in_time(plain::request_once(&context.http.here(), request, &context.settings.limits.of_documents()))
            .await?;
        if let Some(class) = status::transient(response.status.as_u16(), StatusUse::Metadata) {
            let message = format!("the server's metadata was answered with HTTP {}", response.status);
            return Err(AttemptError::new(class, Code::ServerUnavailable, message)
                .with_response_head(response.status, &response.headers));
        }
        Ok(response.status.is_success().then_some(response.body))
    }
}
