//! Client options from a server record of a registry, or of Odock.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::client::Client;
use crate::config::auth::AuthConfig;
use crate::config::client_options::ClientConfig;
use crate::config::option_table::renamed;
use crate::error::{Code, Error, Result};
use crate::registry::record::Record;
use crate::registry::record_fields::{RecordFields, refuse};
use crate::util::environment::{self, Environment};
use crate::util::secret::Secret;

/// Connects a client to the server of a record of GAIA, Sema4.ai or Odock, detected from its members. Given options take
/// precedence over the record.
///
/// # Errors
/// A `config` error that names the member of the record, with nothing sent or started; otherwise any error of a call.
pub async fn connect(record: &Record, options: ClientConfig) -> Result<Client> {
    let client = client_of(record, options, &environment::of_process)?;
    match client.connect().await {
        Ok(_) => Ok(client),
        Err(error) => {
            client.close().await;
            Err(error)
        }
    }
}

/// Client for a record, not connected.
pub(crate) fn client_of(
    record: &Map<String, Value>,
    options: ClientConfig,
    variables: Environment<'_>,
) -> Result<Client> {
    let fields = RecordFields(record);
    let (config, names) = match Origin::of(&fields) {
        Origin::Gaia => (gaia(&fields)?, GAIA_NAMES),
        Origin::Sema4 => (sema4(&fields)?, SEMA4_NAMES),
        Origin::Odock => (odock(&fields)?, ODOCK_NAMES),
    };
    // The credentials of a record are for its server and its proxy only.
    for (name, given) in [
        ("endpoint", options.endpoint.is_some()),
        ("base_url", options.base_url.is_some()),
        ("slug", options.slug.is_some()),
        ("command", options.command.is_some()),
    ] {
        if given {
            return Err(Error::config(Code::InvalidOption, name, "is the record's own"));
        }
    }
    let own_credentials = options.auth.is_some() || options.api_key.is_some() || options.callbacks.token.is_some();
    let config = ClientConfig {
        auth: config.auth.filter(|_| !own_credentials),
        proxy_headers: config.proxy_headers.filter(|_| options.proxy.is_none()),
        ..config
    };
    options.or(config).build_in(variables).map_err(|error| renamed(error, names))
}

enum Origin {
    Gaia,
    Sema4,
    Odock,
}

impl Origin {
    fn of(fields: &RecordFields<'_>) -> Self {
        let has = |names: &[&str]| names.iter().any(|name| fields.0.contains_key(*name));
        let is_loud =
            fields.0.get("transport").and_then(Value::as_str).is_some_and(|text| text.chars().any(char::is_uppercase));
        if has(&["transportType"]) {
            Self::Gaia
        } else if is_loud || has(&["endpointUrl", "authType", "authConfig", "allowedTools", "blockedTools"]) {
            Self::Odock
        } else {
            Self::Sema4
        }
    }
}

/// Options, and the members of the record that they come from.
type Names = &'static [(&'static str, &'static str)];

const GAIA_NAMES: Names = &[
    ("endpoint", "url"),
    ("headers", "customHeaders"),
    ("timeout", "requestTimeout"),
    ("total_timeout", "maxTotalTimeout"),
    ("proxy", "proxyUrl"),
    ("proxy_headers", "proxyAuthHeader"),
    ("auth.client_id", "oauthClientId"),
    ("auth.client_secret", "oauthClientSecret"),
    ("auth.value", "customHeaders"),
];
const SEMA4_NAMES: Names = &[
    ("endpoint", "url"),
    ("auth.value", "headers"),
    ("auth.token_url", "oauth_client_config"),
    ("auth.client_id", "oauth_client_config"),
];
const ODOCK_NAMES: Names = &[
    ("endpoint", "endpointUrl"),
    ("allowed_tools", "allowedTools"),
    ("blocked_tools", "blockedTools"),
    ("auth.token", "authConfig"),
    ("auth.username", "authConfig"),
    ("auth.password", "authConfig"),
    ("auth.token_url", "authConfig"),
    ("auth.client_id", "authConfig"),
];

/// GAIA members used by requests and clients.
pub(super) fn gaia(fields: &RecordFields<'_>) -> Result<ClientConfig> {
    fields.required("name")?;
    let transport = fields.required("transportType")?;
    fields.one_of("transportType", &["stdio", "http", "sse"])?;
    let connection = fields.one_of("connectionType", &["direct", "proxy"])?.unwrap_or("proxy");
    fields.address_or_command(transport == "stdio", "url")?;
    let mut config = generic();
    if transport == "stdio" {
        config.command = fields.text("command")?.map(str::to_owned);
        config.args = secret_list(fields.list("args", split_command_line)?);
        config.env = fields.secrets("env")?;
    } else {
        config.endpoint = fields.url("url")?.map(Into::into);
        config.transport = (transport == "sse").then(|| "sse".to_owned());
    }
    let (headers, authorization) = split(custom_headers(fields)?);
    config.headers = Some(headers).filter(|_| transport != "stdio");
    config.auth = authorization.map(|value| AuthConfig::header("Authorization", value));
    if let Some(id) = fields.text("oauthClientId")?.filter(|id| !id.is_empty()) {
        if config.auth.is_some() {
            return refuse("customHeaders", "cannot hold Authorization together with an OAuth client");
        }
        let Some(secret) = fields.text("oauthClientSecret")?.filter(|secret| !secret.is_empty()) else {
            return crate::registry::record_fields::missing("oauthClientSecret", "is required with oauthClientId");
        };
        let mut auth = AuthConfig::client_credentials(id, secret);
        auth.scope = fields.text("oauthScope")?.map(str::to_owned);
        config.auth = Some(auth);
    }
    config.timeout = fields.millis("requestTimeout")?.map(Some);
    config.total_timeout = fields.millis("maxTotalTimeout")?.map(Some);
    if let (Some(request), Some(total)) = (config.timeout, config.total_timeout)
        && total < request
    {
        return refuse("maxTotalTimeout", "must not be less than requestTimeout");
    }
    let proxy = fields.url("proxyUrl")?;
    let token = fields.text("proxyAuthToken")?;
    let header = fields.text("proxyAuthHeader")?.unwrap_or("Authorization");
    if token.is_some() && proxy.is_none() {
        return refuse("proxyAuthToken", "needs proxyUrl");
    }
    if connection == "proxy" && transport != "stdio" {
        config.proxy = proxy.map(Into::into);
        config.proxy_headers = token.map(|token| BTreeMap::from([(header.to_owned(), proxy_token(header, token))]));
    }
    Ok(config)
}

/// A bare token in a credentials header is a bearer token.
fn proxy_token(header: &str, token: &str) -> Secret {
    let is_credential =
        header.eq_ignore_ascii_case("authorization") || header.eq_ignore_ascii_case("proxy-authorization");
    if is_credential && !token.contains(' ') { format!("Bearer {token}").into() } else { token.into() }
}

fn custom_headers(fields: &RecordFields<'_>) -> Result<BTreeMap<String, Secret>> {
    let items = match fields.get("customHeaders") {
        None => return Ok(BTreeMap::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return refuse("customHeaders", "must be a list of objects with name, value and enabled"),
    };
    let mut headers = BTreeMap::new();
    for item in items {
        let (Some(name), Some(value)) = (item["name"].as_str(), item["value"].as_str()) else {
            return refuse("customHeaders", "must be a list of objects with name, value and enabled");
        };
        check_header("customHeaders", name)?;
        match &item["enabled"] {
            Value::Null | Value::Bool(true) => {}
            Value::Bool(false) => continue,
            _ => return refuse("customHeaders", "must have true or false as enabled"),
        }
        if headers.insert(name.to_owned(), value.into()).is_some() {
            return refuse("customHeaders", format_args!("\"{name}\" is given twice"));
        }
    }
    Ok(headers)
}

fn check_header(field: &str, name: &str) -> Result<()> {
    if http::HeaderName::try_from(name).is_ok() {
        return Ok(());
    }
    let shown = crate::util::sanitize::preview(name.as_bytes());
    Err(Error::config(Code::InvalidOption, field, format_args!("\"{shown}\" is not a header name")))
}

/// Headers and credentials for the client, without `Content-Type` and `Accept`.
fn split(headers: BTreeMap<String, Secret>) -> (BTreeMap<String, Secret>, Option<Secret>) {
    let mut authorization = None;
    let mut others = BTreeMap::new();
    for (name, value) in headers {
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value),
            "accept" | "content-type" => {}
            _ => drop(others.insert(name, value)),
        }
    }
    (others, authorization)
}

/// Sema4.ai members used by requests and clients.
pub(super) fn sema4(fields: &RecordFields<'_>) -> Result<ClientConfig> {
    fields.required("name")?;
    let given = fields.one_of("transport", &["streamable-http", "streamable_http", "http", "sse", "stdio"])?;
    let has_command = fields.get("command").is_some_and(|command| command.as_str() != Some(""));
    let has_url = fields.get("url").is_some_and(|url| url.as_str() != Some(""));
    if has_command && has_url {
        return refuse("command", "cannot be given together with url");
    }
    let is_process = given.map_or(has_command, |transport| transport == "stdio");
    fields.address_or_command(is_process, "url")?;
    let mut config = generic();
    config.force_serial_tool_calls = fields.flag("force_serial_tool_calls")?;
    let headers = fields.secrets("headers")?.unwrap_or_default();
    for name in headers.keys() {
        check_header("headers", name)?;
    }
    let env = fields.secrets("env")?;
    let args = fields.list("args", |_| None)?;
    let cwd = fields.text("cwd")?.filter(|cwd| !cwd.is_empty());
    if is_process {
        config.command = fields.text("command")?.map(str::to_owned);
        config.args = secret_list(args);
        config.env = env;
        config.cwd = cwd.map(str::to_owned);
        return Ok(config);
    }
    config.endpoint = fields.url("url")?.map(Into::into);
    config.transport = match given {
        Some("sse") => Some("sse".to_owned()),
        Some("streamable-http" | "streamable_http") => Some("streamable_http".to_owned()),
        _ => None,
    };
    let (headers, authorization) = split(headers);
    config.headers = Some(headers);
    config.auth = authorization.map(|value| AuthConfig::header("Authorization", value));
    if config.auth.is_none() {
        config.auth = oauth_client(fields)?;
    }
    Ok(config)
}

/// OAuth settings of a record. Only client credentials are supported, no flows on behalf of a user.
fn oauth_client(fields: &RecordFields<'_>) -> Result<Option<AuthConfig>> {
    let client = match fields.get("oauth_client_config") {
        None => return Ok(None),
        Some(Value::Object(client)) => client,
        Some(_) => return refuse("oauth_client_config", "must be an object"),
    };
    let text = |names: [&str; 2]| names.iter().find_map(|name| client.get(*name)?.as_str());
    let (Some(id), Some(secret)) = (text(["client_id", "clientId"]), text(["client_secret", "clientSecret"])) else {
        let allowed = "must have client_id and client_secret for a client of its own; else give the option auth";
        return refuse("oauth_client_config", allowed);
    };
    let mut auth = AuthConfig::client_credentials(id, secret);
    auth.token_url = text(["token_url", "tokenUrl"]).map(Into::into);
    auth.scope = text(["scope", "scope"]).map(str::to_owned);
    auth.audience = text(["audience", "audience"]).map(str::to_owned);
    Ok(Some(auth))
}

fn odock(fields: &RecordFields<'_>) -> Result<ClientConfig> {
    fields.required("name")?;
    fields.required("transport")?;
    let transport = fields.one_of("transport", &["STREAMABLE_HTTP", "SSE", "STDIO"])?.unwrap_or_default();
    if fields.flag("enabled")? == Some(false) {
        return refuse("enabled", "must be true: the server is switched off");
    }
    fields.address_or_command(transport == "STDIO", "endpointUrl")?;
    let mut config = generic();
    let comma =
        |text: &str| Some(text.split(',').map(|tool| tool.trim().to_owned()).filter(|t| !t.is_empty()).collect());
    // An empty list is no rule, as at the gateway.
    config.allowed_tools = fields.list("allowedTools", comma)?.filter(|tools| !tools.is_empty());
    config.blocked_tools = fields.list("blockedTools", comma)?;
    if transport == "STDIO" {
        config.command = fields.text("command")?.map(str::to_owned);
        config.args = secret_list(fields.list("args", split_command_line)?);
        config.env = fields.secrets("env")?;
        return Ok(config);
    }
    config.endpoint = fields.url("endpointUrl")?.map(Into::into);
    config.transport = Some(if transport == "SSE" { "sse" } else { "streamable_http" }.to_owned());
    config.auth = odock_auth(fields)?;
    Ok(config)
}

fn odock_auth(fields: &RecordFields<'_>) -> Result<Option<AuthConfig>> {
    let kind = fields.one_of("authType", &["NONE", "BEARER", "BASIC", "OAUTH2"])?.unwrap_or("NONE");
    let empty = Map::new();
    let members = match fields.get("authConfig") {
        None => &empty,
        Some(Value::Object(members)) => members,
        Some(_) => return refuse("authConfig", "must be an object"),
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let needed = |name: &str| match text(name) {
        Some(text) => Ok(text),
        None => refuse("authConfig", format_args!("must have {name} for the type {kind}")),
    };
    Ok(match kind {
        "BEARER" => Some(AuthConfig::bearer_token(needed("token")?)),
        "BASIC" => Some(AuthConfig::basic(needed("username")?, needed("password")?)),
        "OAUTH2" => {
            let mut auth = AuthConfig::client_credentials(needed("clientId")?, needed("clientSecret")?);
            auth.token_url = Some(needed("tokenUrl")?.into());
            auth.scope = text("scope").map(str::to_owned);
            auth.audience = text("audience").map(str::to_owned);
            Some(auth)
        }
        _ => None,
    })
}

/// Splits a command line with shell quoting. `#` does not start a comment.
fn split_command_line(line: &str) -> Option<Vec<String>> {
    const STANDS_FOR_HASH: &str = "\u{e023}";
    let parts = shlex::split(&line.replace('#', STANDS_FOR_HASH))?;
    Some(parts.into_iter().map(|part| part.replace(STANDS_FOR_HASH, "#")).collect())
}

/// Secrets in arguments.
fn secret_list(list: Option<Vec<String>>) -> Option<Vec<Secret>> {
    list.map(|items| items.into_iter().map(Secret::from).collect())
}

fn generic() -> ClientConfig {
    ClientConfig::default().profile("generic")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(record: Value) -> String {
        let Value::Object(record) = record else { unreachable!() };
        client_of(&record, ClientConfig::default(), &|_| None).unwrap_err().info().field.clone().unwrap()
    }

    #[test]
    fn a_record_that_cannot_be_a_client_names_its_member() {
        use serde_json::json;
        for (record, field) in [
            (json!({"name": "a", "transportType": "http", "url": "http://127.0.0.1/", "command": "x"}), "command"),
            (json!({"name": "a", "transportType": "stdio", "url": "http://127.0.0.1/", "command": "x"}), "url"),
            (json!({"name": "a", "transportType": "http"}), "url"),
            (json!({"name": "a", "transportType": "grpc", "url": "http://127.0.0.1/"}), "transportType"),
            (json!({"name": " ", "transportType": "http", "url": "http://127.0.0.1/"}), "name"),
            (json!({"name": "a", "transportType": "http", "url": "/mcp"}), "url"),
            (json!({"name": "a", "transportType": "http", "url": "http://example.com/"}), "url"),
            (
                json!({"name": "a", "transportType": "http", "url": "http://127.0.0.1/", "requestTimeout": 0}),
                "requestTimeout",
            ),
            (
                json!({"name": "a", "transportType": "http", "url": "http://127.0.0.1/", "customHeaders": [{"name": "x y", "value": "1"}]}),
                "customHeaders",
            ),
            (json!({"name": "a", "transport": "carrier-pigeon", "url": "http://127.0.0.1/"}), "transport"),
            (json!({"name": "a", "url": "http://127.0.0.1/", "command": "x"}), "command"),
            (json!({"name": "a"}), "url"),
            (json!({"name": "a", "url": "http://127.0.0.1/", "headers": {"x y": "1"}}), "headers"),
            (json!({"name": "a", "url": "http://127.0.0.1/", "headers": {"Host": "1"}}), "headers"),
            (json!({"name": "a", "transport": "STREAMABLE_HTTP"}), "endpointUrl"),
            (json!({"name": "a", "transport": "STDIO", "endpointUrl": "http://127.0.0.1/"}), "endpointUrl"),
            (json!({"name": "a", "transport": "TCP", "endpointUrl": "http://127.0.0.1/"}), "transport"),
            (json!({"name": "a", "transport": "SSE", "endpointUrl": "http://127.0.0.1/", "enabled": false}), "enabled"),
            (
                json!({"name": "a", "transport": "SSE", "endpointUrl": "http://127.0.0.1/", "authType": "BASIC"}),
                "authConfig",
            ),
        ] {
            assert_eq!(refusal(record.clone()), field, "{record}");
        }
    }

    #[test]
    fn options_take_precedence_over_the_record() {
        let record =
            serde_json::json!({"name": "a", "url": "http://127.0.0.1/x", "headers": {"Authorization": "Bearer r"}});
        let Value::Object(record) = record else { unreachable!() };
        let client = client_of(&record, ClientConfig::default().api_key("own_key_1"), &|_| None).unwrap();
        assert!(format!("{client:?}").contains("http://127.0.0.1/x"));
    }
}
