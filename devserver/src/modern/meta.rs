//! The `_meta` members of every request of the modern era.

use serde_json::{Map, Value};

use crate::jsonrpc::Request;
use crate::log_level;

const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The `_meta` members of a request.
pub(crate) struct Meta {
    pub(crate) version: String,
    pub(crate) capabilities: Map<String, Value>,
    /// The index of the lowest requested log level.
    log_level: Option<usize>,
}

fn field<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.get("params")?.get("_meta")?.get(name)
}

/// The version in a message.
pub(crate) fn version(body: &Value) -> Option<&str> {
    field(body, PROTOCOL_VERSION)?.as_str()
}

/// Whether a message has any member that modern requests must have.
pub(crate) fn is_of_a_request(body: &Value) -> bool {
    field(body, PROTOCOL_VERSION).is_some() || field(body, CLIENT_CAPABILITIES).is_some()
}

impl Meta {
    /// Parses the required members; the error names what is missing.
    pub(crate) fn read(request: &Request<'_>) -> Result<Self, String> {
        let missing = |name: &str| format!("Invalid params: _meta must have {name}");
        let meta = request.param("_meta").and_then(Value::as_object).ok_or("Invalid params: _meta is missing")?;
        let version = meta.get(PROTOCOL_VERSION).and_then(Value::as_str).ok_or_else(|| missing(PROTOCOL_VERSION))?;
        let capabilities = meta.get(CLIENT_CAPABILITIES).and_then(Value::as_object);
        let log_level = match meta.get(LOG_LEVEL) {
            None => None,
            Some(level) => {
                let place = level.as_str().and_then(log_level::place);
                Some(place.ok_or_else(|| format!("Invalid params: {LOG_LEVEL} {level} is not a log level"))?)
            }
        };
        Ok(Self {
            version: version.to_owned(),
            capabilities: capabilities.ok_or_else(|| missing(CLIENT_CAPABILITIES))?.clone(),
            log_level,
        })
    }

    /// Whether log messages of this level are requested.
    pub(crate) fn wants_log(&self, level: &str) -> bool {
        let place = log_level::place(level);
        matches!((self.log_level, place), (Some(least), Some(place)) if place >= least)
    }

    /// The capabilities that a request to the client needs and the client did not declare.
    pub(crate) fn lacks(&self, request: &Value) -> Option<(&'static str, Value)> {
        let mode = || request.get("params").and_then(|params| params.get("mode")).and_then(Value::as_str);
        let (capability, within) = match request.get("method").and_then(Value::as_str)? {
            "elicitation/create" if mode() == Some("url") => ("elicitation", Some("url")),
            "elicitation/create" => ("elicitation", Some("form")),
            "sampling/createMessage" => ("sampling", None),
            "roots/list" => ("roots", None),
            _ => return None,
        };
        let declared = self.capabilities.get(capability).and_then(Value::as_object);
        let has = match (declared, within) {
            (None, _) => false,
            // An empty object stands for forms.
            (Some(modes), Some("form")) => modes.is_empty() || modes.contains_key("form"),
            (Some(modes), Some(mode)) => modes.contains_key(mode),
            (Some(_), None) => true,
        };
        let required = match within.filter(|mode| *mode != "form") {
            Some(mode) => Value::Object(Map::from_iter([(mode.to_owned(), Value::Object(Map::new()))])),
            None => Value::Object(Map::new()),
        };
        (!has).then_some((capability, required))
    }
}
