//! The options of a client and the settings that follow from them.

pub(crate) mod auth;
pub(crate) mod backoff;
pub(crate) mod call_options;
pub(crate) mod callbacks;
pub(crate) mod certificate_verifier;
pub(crate) mod client_options;
pub(crate) mod endpoint;
pub(crate) mod header_rules;
pub(crate) mod inherited_variables;
pub(crate) mod limits;
pub(crate) mod option_argument;
pub(crate) mod option_table;
pub(crate) mod pem;
pub(crate) mod profile;
pub(crate) mod proxies;
pub(crate) mod settings;
pub(crate) mod tls;
pub(crate) mod trusted_certificates;
pub(crate) mod urls;
pub(crate) mod values;
