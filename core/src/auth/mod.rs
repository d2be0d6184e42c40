//! Credentials, and the tokens that are sent with requests.

pub(crate) mod client_authentication;
pub(crate) mod client_credentials;
pub(crate) mod credentials;
pub(crate) mod token;
