//! Endpoint and transport of a server, and its tool filter.

use std::collections::HashSet;
use std::ffi::OsString;

use base64::Engine;
use url::Url;

use crate::config::client_options::ClientConfig;
use crate::config::inherited_variables::inherited_variables;
use crate::config::option_table::refuse_given;
use crate::config::profile::Profile;
use crate::config::urls::{is_web_url, refuse_plain_http, web_url};
use crate::error::{Code, Error, Result};
use crate::util::environment::Environment;
use crate::util::secret::Secret;
use crate::util::spelling::Spelling;
use crate::util::suggestion::did_you_mean;

/// Program of a stdio server.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) command: String,
    pub(crate) args: Vec<Secret>,
    /// Variables inherited from this process.
    pub(crate) inherited: Vec<(String, OsString)>,
    pub(crate) env: Vec<(String, Secret)>,
    pub(crate) cwd: Option<String>,
}

/// Transport and endpoint.
#[derive(Clone)]
pub(crate) enum Route {
    /// Streamable HTTP; with `or_sse`, falls back to HTTP+SSE (2024-11-05) at the same URL.
    StreamableHttp { url: Url, or_sse: bool },
    /// HTTP with SSE.
    Sse(Url),
    /// A process to start.
    Stdio(Program),
}

impl Route {
    /// The URL, except for stdio.
    pub(crate) fn url(&self) -> Option<&Url> {
        match self {
            Self::StreamableHttp { url, .. } | Self::Sse(url) => Some(url),
            Self::Stdio(_) => None,
        }
    }

    /// The server in messages: the origin of the URL, or the name of the program.
    pub(crate) fn server(&self) -> String {
        match self {
            Self::StreamableHttp { url, .. } | Self::Sse(url) => url.origin().ascii_serialization(),
            Self::Stdio(program) => {
                let name = std::path::Path::new(&program.command).file_name().and_then(|name| name.to_str());
                crate::util::sanitize::identifier(name.unwrap_or(&program.command).as_bytes())
            }
        }
    }
}

/// Parts of the names of arguments whose values are secrets.
const SECRET_NAMES: &[&str] = &["key", "token", "secret", "password", "passwd", "credential", "auth"];

impl Route {
    /// Possible secrets in the query of the URL, or in the arguments of the program.
    pub(crate) fn secrets(&self) -> Vec<String> {
        match self {
            Self::StreamableHttp { url, .. } | Self::Sse(url) => {
                url.query_pairs().map(|(_, value)| value.into_owned()).collect()
            }
            Self::Stdio(program) => secret_args(&program.args),
        }
    }
}

/// The password of a proxy URL: as written, decoded, and as sent.
pub(crate) fn secrets_of_proxy(proxy: &str) -> Vec<String> {
    let Some(url) = Url::parse(proxy.trim()).ok().filter(|url| url.password().is_some()) else { return Vec::new() };
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, written) = (decoded(url.username()), url.password().unwrap_or_default().to_owned());
    let password = decoded(&written);
    let sent = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    vec![password, written, sent]
}

/// Values of arguments such as `--api-key x` and `--token=x`.
fn secret_args(args: &[Secret]) -> Vec<String> {
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with('-') && SECRET_NAMES.iter().any(|part| name.contains(part))
    };
    let mut secrets = Vec::new();
    let mut before = "";
    for arg in args.iter().map(Secret::expose) {
        match arg.split_once('=') {
            Some((name, value)) if is_secret(name) => secrets.push(value.to_owned()),
            _ if is_secret(before) && !before.contains('=') => secrets.push(arg.to_owned()),
            _ => {}
        }
        before = arg;
    }
    secrets
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StreamableHttp { url, .. } | Self::Sse(url) => {
                crate::config::option_table::write_without_secrets(url, f)
            }
            // Its arguments may hold a secret.
            Self::Stdio(program) => write!(f, "{:?}", program.command),
        }
    }
}

/// Values of the option `transport`.
pub(crate) const TRANSPORTS: &[&str] = &["streamable_http", "sse", "stdio"];

impl ClientConfig {
    /// Applies the first argument of a client: the URL of a server, whose profile is `generic` unless one is given, or an API
    /// key.
    ///
    /// # Errors
    /// A `config` error if an option contradicts it.
    pub(crate) fn with_first_argument(mut self, text: &str) -> Result<Self> {
        if !is_web_url(text) {
            // Node has no key as the first argument.
            if self.spelling == Spelling::Camel {
                let allowed = "must be the http or https URL of a server, or an object of options";
                return Err(Error::config(Code::InvalidArgument, "url", allowed));
            }
            if self.api_key.is_some() {
                return Err(Error::config(Code::InvalidOption, "api_key", "is given twice"));
            }
            return Ok(self.api_key(text));
        }
        refuse_given(
            &[
                ("endpoint", self.endpoint.is_some()),
                ("base_url", self.base_url.is_some()),
                ("command", self.command.is_some()),
            ],
            "cannot be given together with a URL as the first argument",
        )?;
        if self.profile.is_none() {
            self.profile = Some("generic".into());
        }
        Ok(self.endpoint(text))
    }

    pub(crate) fn route(
        &self,
        profile: &Profile,
        base_from_environment: Option<String>,
        variables: Environment<'_>,
    ) -> Result<Route> {
        let refuse = |field: &str, allowed: &str| Err(Error::config(Code::InvalidOption, field, allowed));
        let transport = match (self.transport.as_deref(), &self.command) {
            (Some(given @ ("streamable_http" | "sse" | "stdio")), _) => given,
            // As in registry records.
            (Some("streamable-http" | "http"), _) => "streamable_http",
            (Some(given), _) => {
                let meant = did_you_mean(given, TRANSPORTS.iter().copied());
                return refuse("transport", &format!("must be one of {}{meant}", TRANSPORTS.join(", ")));
            }
            (None, Some(_)) => "stdio",
            (None, None) => "streamable_http",
        };
        if transport == "stdio" {
            refuse_given(
                &[
                    ("endpoint", self.endpoint.is_some()),
                    ("base_url", self.base_url.is_some()),
                    ("api_key", self.api_key.is_some()),
                    ("headers", self.headers.as_ref().is_some_and(|headers| !headers.is_empty())),
                    ("x_session_id", self.x_session_id.is_some()),
                    ("slug", self.slug.is_some()),
                    ("proxy", self.proxy.is_some()),
                    ("proxy_headers", self.proxy_headers.is_some()),
                    ("ca_certs", self.ca_certs.is_some()),
                    ("client_cert", self.client_cert.is_some()),
                    ("client_key", self.client_key.is_some()),
                    ("min_tls_version", self.min_tls_version.is_some()),
                    ("cookies", self.cookies == Some(true)),
                    ("honours_idempotency_keys", self.honours_idempotency_keys == Some(true)),
                ],
                "does not belong to the transport stdio",
            )?;
            return self.program(variables).map(Route::Stdio);
        }
        refuse_given(
            &[
                ("command", self.command.is_some()),
                ("args", self.args.is_some()),
                ("env", self.env.is_some()),
                ("cwd", self.cwd.is_some()),
            ],
            "belongs to the transport stdio only",
        )?;
        let path = if transport == "sse" { &profile.sse_path } else { &profile.path };
        let (field, url) = self.endpoint_url(profile, path, base_from_environment)?;
        refuse_plain_http(field, &url, self.allow_http == Some(true))?;
        Ok(match transport {
            "sse" => Route::Sse(url),
            _ => Route::StreamableHttp { url, or_sse: profile.finds_sse && self.transport.is_none() },
        })
    }

    fn program(&self, variables: Environment<'_>) -> Result<Program> {
        let command = match self.command.as_deref() {
            None => return Err(Error::config(Code::MissingOption, "command", "is required by the transport stdio")),
            Some(command) if command.trim().is_empty() || command.contains('\0') => {
                return Err(Error::config(Code::InvalidOption, "command", "must be the name or path of a program"));
            }
            Some(command) => command.to_owned(),
        };
        if self.args.iter().flatten().any(|arg| arg.expose().contains('\0')) {
            return Err(Error::config(Code::InvalidOption, "args", "must be without NUL characters"));
        }
        let is_variable = |(name, value): &(&String, &Secret)| {
            !name.is_empty() && !name.contains(['=', '\0']) && !value.expose().contains('\0')
        };
        if !self.env.iter().flatten().all(|pair| is_variable(&pair)) {
            let allowed = "must have names without = and values without NUL characters";
            return Err(Error::config(Code::InvalidOption, "env", allowed));
        }
        let cwd = self.cwd.clone();
        if cwd.as_ref().is_some_and(|cwd| !std::path::Path::new(cwd).is_dir()) {
            return Err(Error::config(Code::InvalidOption, "cwd", "must be an existing directory"));
        }
        let env = self.env.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
        let inherited = inherited_variables(variables);
        Ok(Program { inherited, command, args: self.args.clone().unwrap_or_default(), env, cwd })
    }

    /// The URL, and the option that it comes from.
    fn endpoint_url(
        &self,
        profile: &Profile,
        path: &str,
        base_from_environment: Option<String>,
    ) -> Result<(&'static str, Url)> {
        match (&self.endpoint, &self.base_url) {
            (Some(_), Some(_)) => {
                Err(Error::config(Code::InvalidOption, "endpoint", "cannot be given together with base_url"))
            }
            (Some(_), None) if self.slug.is_some() => {
                Err(Error::config(Code::InvalidOption, "slug", "cannot be given together with endpoint"))
            }
            (Some(endpoint), None) => Ok(("endpoint", web_url("endpoint", endpoint.as_str())?)),
            (None, given) => {
                let base = given.as_ref().map(|given| given.as_str().to_owned());
                let base = base.or(base_from_environment).or(profile.base_url.as_deref().map(str::to_owned));
                let Some(base) = base else {
                    let allowed = format!("is required under the profile {}", profile.name);
                    return Err(Error::config(Code::MissingOption, "endpoint", allowed));
                };
                let mut url = web_url("base_url", &base)?;
                let path = self.with_slug(path)?;
                let base = url.path().trim_end_matches('/').to_owned();
                // A base URL that already ends with the path is used as is.
                if !base.ends_with(&*path) || path.is_empty() {
                    url.set_path(&format!("{base}{path}"));
                }
                Ok(("base_url", url))
            }
        }
    }

    fn with_slug(&self, path: &str) -> Result<String> {
        if !path.contains("{slug}") {
            return match &self.slug {
                Some(_) => Err(Error::config(Code::InvalidOption, "slug", "has no place in the profile's path")),
                None => Ok(path.to_owned()),
            };
        }
        let slug = self.slug.as_deref().ok_or_else(|| {
            Error::config(Code::MissingOption, "slug", "is required: it names the server behind the gateway")
        })?;
        let is_segment = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
        // Sub-paths are allowed; `.` and `..` are not.
        let fits = |part: &str| !part.is_empty() && part != "." && part != ".." && is_segment(part);
        if !slug.split('/').all(fits) {
            let allowed = "must be the slug or id of a server: letters, digits, - and _";
            return Err(Error::config(Code::InvalidOption, "slug", allowed));
        }
        Ok(path.replace("{slug}", slug))
    }
}

/// Allowed and blocked tools.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tools {
    allowed: Option<HashSet<String>>,
    blocked: HashSet<String>,
}

impl Tools {
    pub(crate) fn new(allowed: &Option<Vec<String>>, blocked: &Option<Vec<String>>) -> Result<Self> {
        for (name, list) in [("allowed_tools", allowed), ("blocked_tools", blocked)] {
            if list.iter().flatten().any(String::is_empty) {
                return Err(Error::config(Code::InvalidOption, name, "must be a list of names of tools"));
            }
        }
        let set = |list: &Vec<String>| list.iter().cloned().collect::<HashSet<_>>();
        Ok(Self { allowed: allowed.as_ref().map(set), blocked: blocked.as_ref().map(set).unwrap_or_default() })
    }

    /// Whether a tool may be called. `blocked_tools` takes precedence.
    pub(crate) fn allow(&self, tool: &str) -> bool {
        !self.blocked.contains(tool) && self.allowed.as_ref().is_none_or(|allowed| allowed.contains(tool))
    }
}
