//! Access tokens from a token endpoint (OAuth 2.0 client credentials).

pub(crate) mod client_authentication;
pub(crate) mod client_credentials;
pub(crate) mod discovery;
pub(crate) mod token_response;
