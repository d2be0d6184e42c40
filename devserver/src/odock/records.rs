//! The configured servers of the gateway, and the options of the server behind it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::credentials::AuthOptions;
use crate::description::{Described, Field, Fields, Form};
use crate::options::{Options, Profile};
use crate::reading::{self, Spelling};

/// Placeholder for the address of the server behind the gateway.
const UPSTREAM: &str = "$UPSTREAM";

/// The token that the server behind the gateway requires.
const TOKEN: &str = "upstream_tool_token";

/// One server of the gateway.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Record {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default, rename = "name")]
    _name: String,
    pub(super) slug: String,
    pub(super) transport: String,
    #[serde(default)]
    pub(super) endpoint_url: Option<String>,
    #[serde(default)]
    pub(super) command: Option<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    #[serde(default)]
    auth_type: Option<String>,
    #[serde(default)]
    auth_config: Option<Value>,
    #[serde(default)]
    pub(super) allowed_tools: Vec<String>,
    #[serde(default)]
    pub(super) blocked_tools: Vec<String>,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

fn yes() -> bool {
    true
}

/// The credentials that the gateway sends to an upstream.
#[derive(Clone, Deserialize)]
#[serde(tag = "type", content = "config", rename_all = "UPPERCASE", deny_unknown_fields)]
pub(super) enum Auth {
    None {},
    Bearer { token: String },
    Basic { username: String, password: String },
    OAuth2(Client),
}

/// A client of a token endpoint.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Client {
    pub(super) token_url: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    #[serde(default)]
    pub(super) scope: Option<String>,
    #[serde(default)]
    pub(super) audience: Option<String>,
}

impl Record {
    fn auth(&self) -> Result<Auth, String> {
        let kind = self.auth_type.as_deref().unwrap_or("NONE");
        reading::check(&kind.into(), &auth_types(), "authType")?;
        let config = self.auth_config.clone().unwrap_or_else(|| json!({}));
        serde_json::from_value(json!({"type": kind, "config": config}))
            .map_err(|_| "authConfig: does not have the fields of this authType".to_owned())
    }
}

fn auth_types() -> Form {
    Form::Choice(["NONE", "BEARER", "BASIC", "OAUTH2"].map(str::to_owned).to_vec())
}

/// The form of one server of the option `servers`.
fn form() -> Form {
    let text = || String::form();
    let texts = || Vec::<String>::form();
    let field = |name: &str, required, form| Field { name: name.to_owned(), help: String::new(), required, form };
    Form::Fields(Fields {
        name: "Server",
        help: String::new(),
        fields: vec![
            field("id", false, text()),
            field("name", false, text()),
            field("slug", true, text()),
            field("transport", true, text()),
            field("endpointUrl", false, Option::<String>::form()),
            field("command", false, Option::<String>::form()),
            field("args", false, texts()),
            field("env", false, BTreeMap::<String, String>::form()),
            field("authType", false, Form::Nullable(Box::new(auth_types()))),
            field("authConfig", false, Form::Json),
            field("allowedTools", false, texts()),
            field("blockedTools", false, texts()),
            field("enabled", false, Form::Boolean),
        ],
    })
}

/// Checks the servers and the upstream of the options.
pub(crate) fn check(options: &Options, spelling: Spelling) -> Result<(), String> {
    upstream_options(options, spelling)?;
    servers(options, "").map(|_| ())
}

/// The servers of the options, with the address of the upstream inserted.
pub(super) fn servers(options: &Options, upstream_url: &str) -> Result<Vec<(Record, Auth)>, String> {
    let listed = match &options.servers {
        Some(servers) => servers.clone(),
        None => vec![default_server(options)?],
    };
    let put_in = |text: &mut String| *text = text.replace(UPSTREAM, upstream_url);
    let mut servers = Vec::new();
    for (at, server) in listed.into_iter().enumerate() {
        let wrong = |what: String| format!("servers[{at}]: {what}");
        reading::check(&server, &form(), &format!("servers[{at}]"))?;
        let mut record: Record = serde_json::from_value(server).map_err(|_| wrong("is not valid".to_owned()))?;
        if let Some(url) = &mut record.endpoint_url {
            put_in(url);
        }
        let mut auth = record.auth().map_err(wrong)?;
        if let Auth::OAuth2(client) = &mut auth {
            put_in(&mut client.token_url);
        }
        servers.push((record, auth));
    }
    Ok(servers)
}

/// The default server of the gateway, with the credentials that the upstream requires.
fn default_server(options: &Options) -> Result<Value, String> {
    let upstream = upstream_options(options, Spelling::Snake)?.unwrap_or_default();
    let own_key = || upstream.keys.first().map(|key| json!({"token": key.key}));
    let (kind, config) = match (&upstream.auth, &upstream.oauth) {
        (Some(AuthOptions::Bearer { token }), _) => ("BEARER", json!({"token": token})),
        (Some(AuthOptions::Basic { username, password }), _) => {
            ("BASIC", json!({"username": username, "password": password}))
        }
        (None, Some(oauth)) => {
            let client = oauth.clients.first();
            let mut config = json!({
                "tokenUrl": format!("{UPSTREAM}{}", oauth.path),
                "clientId": client.map_or("", |client| &client.id),
                "clientSecret": client.map_or("", |client| &client.secret),
            });
            for (name, value) in [("scope", &oauth.scope), ("audience", &oauth.audience)] {
                if let Some(value) = value {
                    config[name] = json!(value);
                }
            }
            ("OAUTH2", config)
        }
        (None, None) if upstream.require_key || matches!(upstream.profile, Profile::Omni | Profile::Octomind) => {
            ("BEARER", own_key().unwrap_or_default())
        }
        _ => ("NONE", json!({})),
    };
    Ok(json!({
        "id": "mcp_devserver_0001", "name": "Search Tools", "slug": "search-tools", "transport": "STREAMABLE_HTTP",
        "endpointUrl": format!("{UPSTREAM}/mcp"), "authType": kind, "authConfig": config,
        "allowedTools": [], "blockedTools": ["delete", "write"],
    }))
}

/// The options of the server behind the gateway; `None` for other profiles.
pub(crate) fn upstream_options(options: &Options, spelling: Spelling) -> Result<Option<Options>, String> {
    if options.profile != Profile::Odock {
        return Ok(None);
    }
    let mut all = match &options.upstream {
        None => Map::new(),
        Some(Value::Object(given)) => given.clone(),
        Some(_) => return Err("upstream must be an object".to_owned()),
    };
    all.entry("profile").or_insert(json!("generic"));
    if all["profile"] == "generic" {
        all.entry("sessions").or_insert(json!("optional"));
        all.entry("tool_names").or_insert(json!(["search", "open", "delete", "write"]));
        if !all.contains_key("oauth") && !all.contains_key("require_key") {
            all.entry("auth").or_insert(json!({"type": "bearer", "token": TOKEN}));
        }
    }
    let upstream: Options = reading::read(Value::Object(all), "upstream", spelling)?;
    if upstream.profile == Profile::Odock {
        return Err("upstream: must not be a gateway".to_owned());
    }
    upstream.checked(spelling).map(Some).map_err(|what| format!("upstream: {what}"))
}
