//! The access token of requests, obtained once for all calls of a client.

use std::sync::Arc;

use http::HeaderMap;

use crate::auth::credentials::Credentials;
use crate::auth::token::{Issued, Token};
use crate::error::attempt_error::AttemptError;
use crate::oauth::client_credentials;
use crate::retry::context::Context;

/// The present token. `None` if the credentials are not renewed.
pub(crate) async fn current(context: &Arc<Context>) -> Result<Option<Arc<Token>>, AttemptError> {
    let token = match &context.settings.credentials {
        Credentials::None | Credentials::Fixed(..) => return Ok(None),
        Credentials::Provided => {
            let provide = |number| async move { token(context, number, context.settings.callbacks.token().await?) };
            context.tokens.get(provide).await
        }
        Credentials::OAuth2(client) => {
            let request = |number| async move {
                token(context, number, client_credentials::request_token(context, client).await?)
            };
            context.tokens.get(request).await
        }
    };
    token.map(Some)
}

fn token(context: &Context, number: u64, issued: Issued) -> Result<Token, AttemptError> {
    let token = Token::new(number, issued)?;
    context.keep_token(token.secret.clone());
    Ok(token)
}

/// Adds the present token to headers, and returns both.
pub(crate) async fn add_to(
    context: &Arc<Context>,
    mut headers: HeaderMap,
) -> Result<(HeaderMap, Option<Arc<Token>>), AttemptError> {
    let token = current(context).await?;
    if let Some(token) = &token {
        headers.insert(http::header::AUTHORIZATION, token.header.clone());
    }
    Ok((headers, token))
}
