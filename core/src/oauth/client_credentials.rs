//! Requests a token from a token endpoint (RFC 6749 section 4.4).

use std::pin::Pin;
use std::sync::Arc;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError, Scope, TokenResponse as _, TokenUrl,
};
use url::Url;

use crate::auth::client_authentication::{ClientAuthentication, is_client_refused, methods};
use crate::auth::client_credentials::ClientCredentials;
use crate::auth::token::Issued;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::http::plain;
use crate::http::status::{self, StatusUse};
use crate::oauth::discovery::{self, TokenEndpoint};
use crate::oauth::token_response::{self, TokenResponse};
use crate::observe::deviations::Deviation;
use crate::protocol::safety::Safety;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::executor;
use crate::retry::operation::{Operation, OperationName};
use crate::retry::plan::Plan;

/// Requests a token, retried like a safe call. If the endpoint refuses the client, another authentication method is tried; the one
/// that is accepted is kept.
pub(crate) fn request_token<'a>(
    context: &'a Arc<Context>,
    client: &'a ClientCredentials,
) -> Pin<Box<dyn Future<Output = Result<Issued, AttemptError>> + Send + 'a>> {
    // Boxed, because the loop over attempts that runs it also waits for it.
    Box::pin(async move {
        let TokenEndpoint { url, methods: listed } = match &client.token_url {
            Some(url) => TokenEndpoint { url: url.clone(), methods: None },
            None => discovery::token_endpoint(context).await?,
        };
        let kept = context.client_authentication.get();
        let methods =
            kept.map_or_else(|| methods(client, listed.as_deref(), context.settings.strict), std::slice::from_ref);
        let mut before: Option<(ClientAuthentication, AttemptError)> = None;
        for (index, method) in methods.iter().enumerate() {
            let request = TokenRequest { client, url: &url, method: *method };
            match executor::run(context, &Plan::internal(context, Safety::Safe), &request).await {
                Ok(issued) => {
                    if index > 0 {
                        let (refused, accepted) = (methods[0].name(), method.name());
                        context.accepts(Deviation::ClientAuthentication, || {
                            format!("the server's token endpoint refused {refused} and accepted {accepted}")
                        });
                    }
                    let _ = context.client_authentication.set(*method);
                    return Ok(issued);
                }
                Err(failure) => {
                    let has_next = index + 1 < methods.len() && is_client_refused(&failure);
                    let failure = match before.take() {
                        Some((first, refusal)) => both_refused(first, refusal, *method, failure),
                        None => failure,
                    };
                    if !has_next {
                        return Err(failure);
                    }
                    before = Some((*method, failure));
                }
            }
        }
        Err(before.map_or_else(|| unusable("there is no authentication method"), |(_, failure)| failure))
    })
}

/// The failure of two authentication methods: an `invalid_client` error first, then the other.
fn both_refused(
    first: ClientAuthentication,
    refusal: AttemptError,
    second: ClientAuthentication,
    failure: AttemptError,
) -> AttemptError {
    let is_of_client = |failure: &AttemptError| failure.error.info().service_code.as_deref() == Some("invalid_client");
    let ((method, mut main), (other_method, other)) = match is_of_client(&refusal) && !is_of_client(&failure) {
        true => ((first, refusal), (second, failure)),
        false => ((second, failure), (first, refusal)),
    };
    let other = &other.error.info().message;
    let info = main.error.info_mut();
    info.message = format!("{} (by {}; by {}: {other})", info.message, method.name(), other_method.name());
    main
}

struct TokenRequest<'a> {
    client: &'a ClientCredentials,
    url: &'a Url,
    method: ClientAuthentication,
}

impl Operation for TokenRequest<'_> {
    type Prepared = ();
    type Reply = Issued;
    const OPENS: bool = true;

    fn name(&self) -> OperationName {
        OperationName::of("token")
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<(), AttemptError> {
        Ok(())
    }

    async fn send(&self, context: &Arc<Context>, (): &(), attempt: &Attempt) -> Result<Issued, AttemptError> {
        let unencoded = match self.method {
            ClientAuthentication::BasicUnencoded => self.client.unencoded_header(),
            ClientAuthentication::Basic | ClientAuthentication::Post => None,
        };
        let send = move |mut request: HttpRequest| {
            if let Some(header) = &unencoded {
                request.headers_mut().insert(http::header::AUTHORIZATION, header.clone());
            }
            let context = Arc::clone(context);
            async move { send(&context, request).await.map_err(TokenRequestError) }
        };
        let client = BasicClient::new(ClientId::new(self.client.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client.client_secret.expose().to_owned()))
            .set_auth_type(match self.method {
                ClientAuthentication::Post => AuthType::RequestBody,
                ClientAuthentication::Basic | ClientAuthentication::BasicUnencoded => AuthType::BasicAuth,
            })
            .set_token_uri(TokenUrl::from_url(self.url.clone()));
        let mut request = client.exchange_client_credentials();
        if let Some(scope) = &self.client.scope {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if let Some(audience) = &self.client.audience {
            request = request.add_extra_param("audience", audience);
        }
        match attempt.in_time(async { Ok(request.request_async(&send).await) }).await? {
            Ok(response) => Ok(Issued {
                token: response.access_token().secret().as_str().into(),
                expires_in: response.expires_in().filter(|valid| !valid.is_zero()),
            }),
            Err(RequestTokenError::Request(TokenRequestError(mut failure))) => {
                let info = failure.error.info_mut();
                let origin = self.url.origin().ascii_serialization();
                let colon = if info.code == Code::TokenRefused { "" } else { ":" };
                info.message = format!("the token endpoint at {origin}{colon} {}", info.message);
                Err(failure)
            }
            Err(_) => Err(unusable("the token endpoint's response is not that of RFC 6749 section 5.1")),
        }
    }
}

pub(crate) fn unusable(message: impl Into<String>) -> AttemptError {
    AttemptError::of(FailureClass::Refused, Error::new(Code::TokenUnavailable, message))
}

/// Sends a token request. Returns a token in the standard's form; any other response is a failure, by its status and its text.
async fn send(context: &Arc<Context>, request: HttpRequest) -> Result<HttpResponse, AttemptError> {
    let request = reqwest::Request::try_from(request).map_err(|_| unusable("the token request cannot be formed"))?;
    let response = plain::request_once(&context.http.here(), request, &context.settings.limits.of_documents()).await?;
    let status = response.status;
    let (class, code) = match (status::transient(status.as_u16(), StatusUse::Token), status.as_u16()) {
        (Some(FailureClass::RateLimited), _) => (FailureClass::RateLimited, Code::RateLimited),
        (Some(class), _) => (class, Code::ServerUnavailable),
        (None, 200..=299 | 400 | 401 | 403) => (FailureClass::Refused, Code::TokenRefused),
        (None, _) => (FailureClass::Refused, Code::TokenUnavailable),
    };
    let (service_code, text) = match token_response::read(status, &response.headers, &response.body) {
        TokenResponse::Token { body, deviations } => {
            if !deviations.is_empty() {
                let did = || format!("the server's token endpoint answered with {}", deviations.join(", "));
                if !context.accepts(Deviation::TokenResponse, did) {
                    return Err(unusable(format!(
                        "it answered with {} (see the option strict)",
                        deviations.join(", ")
                    )));
                }
            }
            let mut response = HttpResponse::new(body);
            *response.status_mut() = status;
            return Ok(response);
        }
        TokenResponse::Refused { code, text } => (code, text),
        TokenResponse::Unreadable => {
            return Err(unusable("its response is not that of RFC 6749 section 5.1")
                .with_response_head(status, &response.headers));
        }
    };
    let message = match (code, &service_code) {
        (Code::TokenRefused, Some(_)) => format!("refused: {text}"),
        (Code::TokenRefused, None) => format!("refused with HTTP {status}: {text}"),
        _ => format!("it answered with HTTP {status}: {text}"),
    };
    let message = message.trim_end_matches([':', ' ']).to_owned();
    let mut failure = AttemptError::new(class, code, message)
        .with_server_text(text, false)
        .with_response_head(status, &response.headers);
    let wait = crate::http::retry_after::read(&response.headers, std::time::SystemTime::now());
    let info = failure.error.info_mut();
    info.retry_after = wait.map(|wait| wait.as_secs_f64());
    info.service_code = service_code;
    Err(failure)
}

#[derive(Debug, thiserror::Error)]
#[error("no token response")]
struct TokenRequestError(AttemptError);
