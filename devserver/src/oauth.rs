//! The token endpoint for client credentials (RFC 6749 §4.4) and the metadata that names it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::credentials;
use crate::description::described;
use crate::exchange::Exchange;
use crate::omni::auth;
use crate::server_state::lock;

const FORM: &str = "application/x-www-form-urlencoded";
const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";
const OF_RESOURCE: &str = "/.well-known/oauth-protected-resource";
const OF_SERVER: &str = "/.well-known/oauth-authorization-server";

described! {
    /// A client of the token endpoint.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct OAuthClient {
        /// Its id.
        pub id: String,
        /// Its secret.
        pub secret: String,
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").field("id", &self.id).field("secret", &"[redacted]").finish()
    }
}

described! {
    /// The token endpoint. As JSON, every field is optional.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct OAuthOptions {
        /// Its path.
        pub path: String,
        /// The known clients; one default client if absent.
        pub clients: Vec<OAuthClient>,
        /// Lifetime of a token in seconds; null for tokens without an end and responses without `expires_in`.
        pub expires_in: Option<u64>,
        /// The scope that every request must have.
        pub scope: Option<String>,
        /// The audience that every request must have.
        pub audience: Option<String>,
        /// Serve the metadata of the resource and of the authorization server.
        pub metadata: bool,
        /// The address in the metadata, instead of the actual one.
        pub metadata_token_endpoint: Option<String>,
        /// The accepted methods of client authentication.
        pub methods: Vec<String>,
        /// The methods listed in the metadata; absent if null.
        pub metadata_methods: Value,
        /// Whether the id and the secret of HTTP Basic are form-encoded.
        pub basic_is_encoded: bool,
        /// Members of the response that replace or extend the usual ones.
        pub answer: Map<String, Value>,
        /// Members that are removed from the response.
        pub answer_without: Vec<String>,
        /// The media type of the response.
        pub answer_type: String,
    }
}

impl Default for OAuthOptions {
    fn default() -> Self {
        Self {
            path: "/oauth/token".to_owned(),
            clients: vec![OAuthClient {
                id: "client_devserver".to_owned(),
                secret: "secret_devserver_0001".to_owned(),
            }],
            expires_in: Some(3600),
            scope: None,
            audience: None,
            metadata: true,
            metadata_token_endpoint: None,
            methods: vec![BASIC.to_owned(), POST.to_owned()],
            metadata_methods: json!([BASIC, POST]),
            basic_is_encoded: true,
            answer: Map::new(),
            answer_without: Vec::new(),
            answer_type: "application/json".to_owned(),
        }
    }
}

impl OAuthOptions {
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self.path.starts_with('/') && !self.path.starts_with(crate::control::PREFIX) {
            true => Ok(()),
            false => Err("path must begin with / and must not be a control route"),
        }
    }
}

/// The valid tokens, each with its expiry.
#[derive(Default)]
struct Tokens {
    last: u64,
    live: HashMap<String, Option<Instant>>,
}

/// The authorization server of one dev server.
pub(crate) struct OAuth {
    options: OAuthOptions,
    url: String,
    tokens: Mutex<Tokens>,
}

/// An error of RFC 6749 §5.2.
struct Refusal {
    status: u16,
    error: &'static str,
    description: &'static str,
    challenge: bool,
}

fn refusal(error: &'static str, description: &'static str) -> Refusal {
    Refusal { status: 400, error, description, challenge: false }
}

impl Refusal {
    fn into_answer(self) -> Answer {
        let answer = Answer::json(self.status, &json!({"error": self.error, "error_description": self.description}));
        match self.challenge {
            true => answer.with("www-authenticate", "Basic realm=\"token endpoint\""),
            false => answer,
        }
    }
}

impl OAuth {
    pub(crate) fn new(options: OAuthOptions, url: &str) -> Self {
        Self { options, url: url.to_owned(), tokens: Mutex::default() }
    }

    /// The response on one of its routes; `None` on any other.
    pub(crate) fn serve(&self, exchange: &Exchange) -> Option<Answer> {
        if exchange.path == self.options.path {
            return Some(self.give_token(exchange));
        }
        let metadata = match exchange.path.as_str() {
            OF_RESOURCE => self.resource_metadata(),
            path if path.strip_prefix(OF_RESOURCE) == Some("/mcp") => self.resource_metadata(),
            OF_SERVER => self.server_metadata(),
            _ => return None,
        };
        Some(match (self.options.metadata, exchange.http_method == Method::GET) {
            (false, _) => Answer::empty(404),
            (true, false) => Answer::empty(405).with("allow", "GET"),
            (true, true) => Answer::json(200, &metadata),
        })
    }

    fn resource_metadata(&self) -> Value {
        let mut metadata = json!({
            "resource": format!("{}/mcp", self.url),
            "authorization_servers": [self.url],
            "bearer_methods_supported": ["header"],
        });
        if let Some(scope) = &self.options.scope {
            metadata["scopes_supported"] = scope.split(' ').collect();
        }
        metadata
    }

    fn server_metadata(&self) -> Value {
        let own = || format!("{}{}", self.url, self.options.path);
        let mut metadata = json!({
            "issuer": self.url,
            "token_endpoint": self.options.metadata_token_endpoint.clone().unwrap_or_else(own),
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
        });
        if !self.options.metadata_methods.is_null() {
            metadata["token_endpoint_auth_methods_supported"] = self.options.metadata_methods.clone();
        }
        metadata
    }

    fn give_token(&self, exchange: &Exchange) -> Answer {
        if exchange.http_method != Method::POST {
            return Answer::empty(405).with("allow", "POST");
        }
        let answer = match self.check_request(exchange) {
            Ok(()) => {
                let mut body = json!({"access_token": self.new_token(), "token_type": "Bearer"});
                if let Some(seconds) = self.options.expires_in {
                    body["expires_in"] = seconds.into();
                }
                for (name, value) in &self.options.answer {
                    body[name.as_str()] = value.clone();
                }
                if let Value::Object(members) = &mut body {
                    members.retain(|name, _| !self.options.answer_without.contains(name));
                }
                Answer::json(200, &body).with("content-type", &self.options.answer_type)
            }
            Err(refusal) => refusal.into_answer(),
        };
        answer.with("cache-control", "no-store")
    }

    fn check_request(&self, exchange: &Exchange) -> Result<(), Refusal> {
        let is_form = exchange
            .header(header::CONTENT_TYPE.as_str())
            .and_then(|value| value.split(';').next())
            .is_some_and(|value| value.trim().eq_ignore_ascii_case(FORM));
        if !is_form {
            return Err(refusal("invalid_request", "the body must be a form"));
        }
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(&exchange.bytes) {
            if form.insert(name, value).is_some() {
                return Err(refusal("invalid_request", "a parameter is given twice"));
            }
        }
        let field = |name: &str| form.get(name).map(AsRef::as_ref).filter(|value: &&str| !value.is_empty());
        self.check_client(exchange, field("client_id"), field("client_secret"))?;
        match field("grant_type") {
            Some("client_credentials") => {}
            Some(_) => return Err(refusal("unsupported_grant_type", "the grant must be client_credentials")),
            None => return Err(refusal("invalid_request", "grant_type is missing")),
        }
        if self.options.scope.is_some() && self.options.scope.as_deref() != field("scope") {
            return Err(refusal("invalid_scope", "the scope is not the one that this client may have"));
        }
        if self.options.audience.is_some() && self.options.audience.as_deref() != field("audience") {
            return Err(refusal("invalid_target", "the audience is not the one that this client may have"));
        }
        Ok(())
    }

    fn check_client(&self, exchange: &Exchange, id: Option<&str>, secret: Option<&str>) -> Result<(), Refusal> {
        let by_header = exchange.headers.contains_key(header::AUTHORIZATION);
        if by_header && secret.is_some() {
            return Err(refusal("invalid_request", "the client uses two authentication methods"));
        }
        let method = if by_header { BASIC } else { POST };
        if !self.options.methods.iter().any(|taken| taken == method) {
            return Err(Refusal {
                status: 401,
                challenge: by_header,
                ..refusal("invalid_client", "the client must use another authentication method")
            });
        }
        let decode = |text: String| if self.options.basic_is_encoded { decode(&text) } else { Some(text) };
        let known = match by_header {
            true => credentials::basic(&exchange.headers)
                .and_then(|(id, secret)| Some((decode(id)?, decode(secret)?)))
                .is_some_and(|(id, secret)| self.knows(&id, &secret)),
            false => id.zip(secret).is_some_and(|(id, secret)| self.knows(id, secret)),
        };
        match known {
            true => Ok(()),
            false => Err(Refusal {
                status: 401,
                challenge: by_header,
                ..refusal("invalid_client", "the client is not known, or its secret is wrong")
            }),
        }
    }

    fn knows(&self, id: &str, secret: &str) -> bool {
        self.options.clients.iter().any(|client| client.id == id && client.secret == secret)
    }

    fn new_token(&self) -> String {
        let ends = self.options.expires_in.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
        let mut tokens = lock(&self.tokens);
        tokens.last += 1;
        let token = format!("tok_devserver_{}", tokens.last);
        tokens.live.insert(token.clone(), ends);
        token
    }

    /// Revokes every token; later ones have other names.
    pub(crate) fn revoke_all(&self) {
        lock(&self.tokens).live.clear();
    }

    /// The challenge for a request without a valid token; `None` for one with it.
    pub(crate) fn refuses(&self, headers: &HeaderMap) -> Option<String> {
        let token = auth::bearer(headers);
        let counts = token.is_some_and(|token| match lock(&self.tokens).live.get(token) {
            Some(Some(ends)) => Instant::now() < *ends,
            Some(None) => true,
            None => false,
        });
        if counts {
            return None;
        }
        let mut parameters = Vec::new();
        if token.is_some() {
            parameters.push("error=\"invalid_token\"".to_owned());
        }
        if self.options.metadata {
            parameters.push(format!("resource_metadata=\"{}{OF_RESOURCE}/mcp\"", self.url));
        }
        Some(format!("Bearer {}", parameters.join(", ")).trim_end().to_owned())
    }
}

/// The id and the secret are form-encoded before they are joined (RFC 6749 §2.3.1).
fn decode(text: &str) -> Option<String> {
    let whole = format!("v={text}");
    let mut pairs = form_urlencoded::parse(whole.as_bytes());
    let (_, value) = pairs.next()?;
    pairs.next().is_none().then(|| value.into_owned())
}
