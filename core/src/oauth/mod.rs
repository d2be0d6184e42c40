//! Access tokens from a token endpoint (OAuth 2.0 client credentials).

pub(crate) mod access_token;
pub(crate) mod client_credentials;
pub(crate) mod discovery;
pub(crate) mod token_response;
