//! A token from a token endpoint (RFC 6749 section 4.4).

use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError, Scope, TokenResponse, TokenUrl,
};
use serde_json::Value;
use url::Url;

use super::Secret;
use super::discovery;
use super::token::Issued;
use crate::attempts::{self, Name, Operation, Plan};
use crate::core::Core;
use crate::error::{Code, Error};
use crate::failure::Failure;
use crate::http::Http;
use crate::limits::Limits;
use crate::retry::{Happened, Safety};
use crate::transport::plain;

/// A client of an authorization server.
#[derive(Debug, Clone)]
pub(crate) struct ClientCredentials {
    pub(crate) token_url: Option<Url>,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
}

impl ClientCredentials {
    /// Texts that no message may show: the secret, and the form in which it is sent.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let form = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let both = format!("{}:{}", form(&self.client_id), form(self.client_secret.expose()));
        vec![self.client_secret.clone(), base64::engine::general_purpose::STANDARD.encode(both).into()]
    }
}

/// Asks for a token, again by the rules of a safe call.
pub(crate) fn ask<'a>(
    core: &'a Arc<Core>,
    client: &'a ClientCredentials,
) -> Pin<Box<dyn Future<Output = Result<Issued, Failure>> + Send + 'a>> {
    // Boxed, as it runs in the loop over attempts that also waits for it.
    Box::pin(async move {
        let url = match &client.token_url {
            Some(url) => url.clone(),
            None => discovery::token_endpoint(core).await?,
        };
        attempts::run(core, &Plan::of_its_own(core, Safety::Safe), &Asking { client, url }).await
    })
}

struct Asking<'a> {
    client: &'a ClientCredentials,
    url: Url,
}

impl Operation for Asking<'_> {
    type Ground = ();
    type Reply = Issued;
    const WITH_TOKEN: bool = false;
    const OPENS: bool = true;

    fn name(&self) -> Name {
        Name::of("token")
    }

    async fn prepare(&self, _: &Arc<Core>) -> Result<(), Failure> {
        Ok(())
    }

    async fn attempt(&self, core: &Arc<Core>, (): &(), turn: &attempts::Turn) -> Result<Issued, Failure> {
        let (http, limits) = (core.http.here(), core.settings.limits.of_documents());
        let send = move |request: HttpRequest| {
            let http = http.clone();
            async move { send(&http, request, &limits).await.map_err(Unanswered) }
        };
        let client = BasicClient::new(ClientId::new(self.client.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client.client_secret.expose().to_owned()))
            .set_auth_type(AuthType::BasicAuth)
            .set_token_uri(TokenUrl::from_url(self.url.clone()));
        let mut request = client.exchange_client_credentials();
        if let Some(scope) = &self.client.scope {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if let Some(audience) = &self.client.audience {
            request = request.add_extra_param("audience", audience);
        }
        match turn.in_time(async { Ok(request.request_async(&send).await) }).await? {
            Ok(answer) => Ok(Issued {
                token: answer.access_token().secret().as_str().into(),
                expires_in: answer.expires_in().filter(|holds| !holds.is_zero()),
            }),
            Err(RequestTokenError::Request(Unanswered(mut failure))) => {
                let info = failure.error.info_mut();
                info.message =
                    format!("the token endpoint at {}: {}", self.url.origin().ascii_serialization(), info.message);
                Err(failure)
            }
            Err(RequestTokenError::ServerResponse(refusal)) => Err(refused(&self.url, &refusal)),
            Err(_) => Err(unusable("the token endpoint's answer is not that of RFC 6749 section 5.1")),
        }
    }
}

/// What the endpoint says is for people: an answer of its own that we cannot use would be the same again.
fn refused(url: &Url, refusal: &oauth2::StandardErrorResponse<BasicErrorResponseType>) -> Failure {
    let word = refusal.error().as_ref();
    let said = refusal.error_description().map_or("", String::as_str);
    let said = crate::text::preview(format!("{word} {said}").trim().as_bytes());
    let message = format!("the token endpoint at {} refused: {said}", url.origin().ascii_serialization());
    let mut failure = Failure::of(Happened::Refused, Error::new(Code::TokenRefused, message));
    failure.error.info_mut().service_code = Some(crate::text::word(word.as_bytes()));
    failure
}

pub(crate) fn unusable(message: impl Into<String>) -> Failure {
    Failure::of(Happened::Refused, Error::new(Code::TokenUnavailable, message))
}

/// A refusal in the form of RFC 6749 goes back to be read; what says nothing of the client is a failure by its status.
async fn send(http: &Http, request: HttpRequest, limits: &Limits) -> Result<HttpResponse, Failure> {
    let request = reqwest::Request::try_from(request).map_err(|_| unusable("the token request cannot be formed"))?;
    let answer = plain::request(http, request, limits).await?;
    let status = answer.status;
    let happened = match status.as_u16() {
        200..=299 | 400 | 401 | 403 => None,
        429 => Some((Happened::RateLimited, Code::RateLimited)),
        408 | 500..=599 => Some((Happened::ServerFault, Code::ServerUnavailable)),
        _ => Some((Happened::Refused, Code::TokenUnavailable)),
    };
    let unreadable = status.is_client_error() && serde_json::from_slice::<serde_json::Value>(&answer.body).is_err();
    let happened = happened.or(unreadable.then_some((Happened::Refused, Code::TokenRefused)));
    if let Some((happened, code)) = happened {
        let mut failure =
            Failure::new(happened, code, format!("it answered with HTTP {status}")).answered(status, &answer.headers);
        let wait = crate::retry_after::read(&answer.headers, std::time::SystemTime::now());
        failure.error.info_mut().retry_after = wait.map(|wait| wait.as_secs_f64());
        return Err(failure);
    }
    let body = if status.is_success() { in_order(&answer.body) } else { answer.body.to_vec() };
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// The answer as the library reads it: in use are also times that are texts or fractions, and types that are left out.
fn in_order(body: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(body) else { return body.to_vec() };
    answer.entry("token_type").or_insert_with(|| "Bearer".into());
    let seconds = match answer.remove("expires_in") {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    if let Some(seconds) = seconds.filter(|seconds| (1.0..1e10).contains(seconds)) {
        answer.insert("expires_in".to_owned(), Value::from(seconds as u64));
    }
    Value::Object(answer).to_string().into_bytes()
}

#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct Unanswered(Failure);
