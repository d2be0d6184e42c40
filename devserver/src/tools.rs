//! The tools: names, schemas and results.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::calendar::Day;
use crate::client_requests::Talk;
use crate::everything;
use crate::octomind;
use crate::options::{Options, Profile, Transport};
use crate::own_tools::{OwnCall, ToolOptions};
use crate::sample_data;
use crate::server_state::Shared;

/// Maximum number of bytes of `big`.
const BIGGEST: u64 = 1 << 30;

/// Maximum number of milliseconds of `slow`.
const SLOWEST: u64 = 3_600_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Search,
    Series,
    Echo,
    Fail,
    Big,
    Idle,
    Slow,
    Env,
    Crash,
    Octomind(&'static octomind::Spec),
    Everything,
    Own,
}

/// One tool and its entry in `tools/list`.
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    definition: String,
    /// The entry after the tools have changed.
    changed: Option<String>,
    /// The tool of the options.
    own: Option<Arc<ToolOptions>>,
}

impl Tool {
    /// A tool of the options.
    fn of_options(own: &ToolOptions) -> Self {
        Self { own: Some(Arc::new(own.clone())), ..tool(&own.name, Kind::Own, &own.definition()) }
    }

    /// The current entry.
    pub(crate) fn definition(&self, shared: &Shared) -> &str {
        self.changed.as_deref().filter(|_| shared.everything.tools_changed()).unwrap_or(&self.definition)
    }

    /// Sets the entry for after the tools have changed.
    pub(crate) fn changing_to(mut self, definition: &Value) -> Self {
        self.changed = Some(tool(&self.name, self.kind, definition).definition);
        self
    }
}

/// Arguments that a tool does not accept.
#[derive(Debug)]
pub(crate) struct BadArguments {
    pub(crate) omni_code: &'static str,
    pub(crate) message: String,
}

/// A tool with checked arguments.
pub(crate) enum Ready {
    Search { query: String, limit: usize },
    Series { series_id: String, from: Option<Day>, to: Option<Day>, limit: usize },
    Echo(Box<RawValue>),
    Fail(String),
    Big(usize),
    Idle(String),
    Slow(u64),
    Env(Vec<String>),
    Crash,
    Octomind(octomind::Run),
    Act(Act),
    Talk(Talk),
    Own(OwnCall),
}

/// What a tool does when it runs.
pub(crate) type Act = Box<dyn FnOnce() -> Result<Arc<str>, Failed> + Send>;

/// The error of a tool that failed.
pub(crate) struct Failed(pub(crate) String);

/// The tools of a server with these options.
pub(crate) fn offered(options: &Options, url: &str) -> Vec<Tool> {
    let mut tools = match options.profile {
        _ if !options.tools.is_empty() => options.tools.iter().map(Tool::of_options).collect(),
        Profile::Octomind => octomind::offered(),
        _ => vec![
            tool("fred.search", Kind::Search, &search_definition()),
            tool("fred.series", Kind::Series, &series_definition()),
        ],
    };
    let has_samples = options.tools.is_empty();
    if options.profile == Profile::Generic && has_samples {
        tools.extend(generic_tools());
    }
    if options.transport == Transport::Stdio && has_samples {
        tools.extend(stdio_tools());
    }
    if options.everything {
        tools.extend(everything::offered(url));
    }
    for name in &options.tool_names {
        let definition = json!({"description": "Returns its arguments.", "inputSchema": {"type": "object"}});
        tools.push(tool(name, Kind::Echo, &definition));
    }
    for n in 1..=options.extra_tools {
        tools.push(tool(
            &format!("tool.{n:03}"),
            Kind::Idle,
            &json!({
                "description": "Does nothing.",
                "inputSchema": {"type": "object"}
            }),
        ));
    }
    tools
}

/// Additional tools of profile `generic`.
fn generic_tools() -> Vec<Tool> {
    vec![
        tool(
            "echo",
            Kind::Echo,
            &json!({
                "title": "Echo",
                "description": "Returns its arguments.",
                "inputSchema": {"type": "object"},
                "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}
            }),
        ),
        tool(
            "fail",
            Kind::Fail,
            &json!({
                "title": "Fail",
                "description": "Returns a result with isError.",
                "inputSchema": {"type": "object", "properties": {"message": {"type": "string"}}}
            }),
        ),
        tool(
            "big",
            Kind::Big,
            &json!({
                "title": "Big",
                "description": "Returns a text of this many bytes.",
                "inputSchema": {
                    "type": "object",
                    "properties": {"bytes": {"type": "integer", "minimum": 0, "maximum": BIGGEST}},
                    "required": ["bytes"]
                }
            }),
        ),
        tool(
            "slow",
            Kind::Slow,
            &json!({
                "title": "Slow",
                "description": "Returns after this many milliseconds.",
                "inputSchema": {
                    "type": "object",
                    "properties": {"ms": {"type": "integer", "minimum": 0, "maximum": SLOWEST}},
                    "required": ["ms"]
                },
                "annotations": {"readOnlyHint": true, "idempotentHint": true}
            }),
        ),
    ]
}

/// Additional tools of a server on standard input and output.
fn stdio_tools() -> Vec<Tool> {
    vec![
        tool(
            "env",
            Kind::Env,
            &json!({
                "title": "Environment",
                "description": "Returns the working directory and the requested variables.",
                "inputSchema": {
                    "type": "object",
                    "properties": {"names": {"type": "array", "items": {"type": "string"}}}
                }
            }),
        ),
        tool(
            "crash",
            Kind::Crash,
            &json!({
                "title": "Crash",
                "description": "Ends the program instead of responding.",
                "inputSchema": {"type": "object"}
            }),
        ),
    ]
}

pub(crate) fn tool(name: &str, kind: Kind, definition: &Value) -> Tool {
    let mut definition = definition.clone();
    definition["name"] = name.into();
    Tool { name: name.to_owned(), kind, definition: definition.to_string(), changed: None, own: None }
}

fn read_only(title: &str) -> Value {
    json!({
        "title": title, "readOnlyHint": true, "destructiveHint": false,
        "idempotentHint": true, "openWorldHint": true
    })
}

fn head_properties() -> Value {
    json!({
        "series_id": {"type": "string"},
        "title": {"type": "string"},
        "frequency": {"type": "string"},
        "units": {"type": "string"},
        "seasonal_adjustment": {"type": "string"},
        "last_updated": {"type": "string"}
    })
}

fn search_definition() -> Value {
    json!({
        "title": "Search FRED series",
        "description": "Finds FRED economic data series by search terms.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "q": {"type": "string", "description": "Search terms."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}
            },
            "required": ["q"]
        },
        "outputSchema": {
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "count": {"type": "integer"},
                "results": {"type": "array", "items": {
                    "type": "object", "properties": head_properties(), "required": ["series_id", "title"]
                }}
            },
            "required": ["query", "count", "results"]
        },
        "annotations": read_only("Search FRED series")
    })
}

fn series_definition() -> Value {
    let mut properties = head_properties();
    properties["sample"] = json!({
        "type": "boolean", "description": "The values are sample values, not FRED data."
    });
    properties["observations"] = json!({"type": "array", "items": {
        "type": "object",
        "properties": {"date": {"type": "string"}, "value": {"type": ["number", "null"]}},
        "required": ["date", "value"]
    }});
    json!({
        "title": "Get FRED series",
        "description": "Returns the observations of one FRED series.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "series_id": {"type": "string", "description": "Such as CPIAUCSL."},
                "observation_start": {"type": "string", "description": "YYYY-MM-DD"},
                "observation_end": {"type": "string", "description": "YYYY-MM-DD"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1000}
            },
            "required": ["series_id"]
        },
        "outputSchema": {
            "type": "object",
            "properties": properties,
            "required": ["series_id", "title", "observations"]
        },
        "annotations": read_only("Get FRED series")
    })
}

/// Checks the arguments of a call. `body` is the text of the request, for tools that must keep all digits.
pub(crate) fn check(tool: &Tool, arguments: &Map<String, Value>, body: &[u8]) -> Result<Ready, BadArguments> {
    Ok(match tool.kind {
        Kind::Search => Ready::Search {
            query: required_text(arguments, "q", "missing_q")?,
            limit: integer(arguments, "limit", 1, 50)?.unwrap_or(10),
        },
        Kind::Series => {
            let series_id = required_text(arguments, "series_id", "missing_series_id")?;
            let from = day(arguments, "observation_start")?;
            let to = day(arguments, "observation_end")?;
            if let (Some(from), Some(to)) = (from, to)
                && from > to
            {
                return Err(invalid("observation_start is later than observation_end"));
            }
            Ready::Series { series_id, from, to, limit: integer(arguments, "limit", 1, 100_000)?.unwrap_or(1000) }
        }
        Kind::Echo => Ready::Echo(raw_arguments(body)),
        Kind::Fail => Ready::Fail(match arguments.get("message") {
            Some(Value::String(message)) => message.clone(),
            _ => "it failed, as requested".to_owned(),
        }),
        Kind::Big => Ready::Big(integer(arguments, "bytes", 0, BIGGEST)?.ok_or_else(|| invalid("bytes is missing"))?),
        Kind::Idle => Ready::Idle(tool.name.clone()),
        Kind::Slow => {
            let ms = integer(arguments, "ms", 0, SLOWEST)?.ok_or_else(|| invalid("ms is missing"))?;
            Ready::Slow(ms as u64)
        }
        Kind::Env => Ready::Env(names(arguments)?),
        Kind::Crash => Ready::Crash,
        Kind::Own => match &tool.own {
            Some(own) => Ready::Own(OwnCall::new(own, arguments)),
            None => Ready::Idle(tool.name.clone()),
        },
        // Checked before.
        Kind::Everything => Ready::Idle(tool.name.clone()),
        Kind::Octomind(spec) => Ready::Octomind(spec.check(arguments).map_err(|what| invalid(&what))?),
    })
}

pub(crate) fn invalid(message: &str) -> BadArguments {
    BadArguments { omni_code: "invalid_parameter", message: message.to_owned() }
}

fn required_text(arguments: &Map<String, Value>, name: &str, missing: &'static str) -> Result<String, BadArguments> {
    match arguments.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
        None | Some(Value::Null | Value::String(_)) => {
            Err(BadArguments { omni_code: missing, message: format!("{name} is required") })
        }
        Some(_) => Err(invalid(&format!("{name} must be a string"))),
    }
}

fn integer(arguments: &Map<String, Value>, name: &str, least: u64, most: u64) -> Result<Option<usize>, BadArguments> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|n| (least..=most).contains(n))
            .and_then(|n| usize::try_from(n).ok())
            .map(Some)
            .ok_or_else(|| invalid(&format!("{name} must be an integer from {least} to {most}"))),
    }
}

fn names(arguments: &Map<String, Value>) -> Result<Vec<String>, BadArguments> {
    match arguments.get("names") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(names) => serde_json::from_value(names.clone()).map_err(|_| invalid("names must be a list of strings")),
    }
}

fn day(arguments: &Map<String, Value>, name: &str) -> Result<Option<Day>, BadArguments> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_str()
            .and_then(Day::parse)
            .map(Some)
            .ok_or_else(|| invalid(&format!("{name} must be a date, YYYY-MM-DD"))),
    }
}

/// The arguments as text.
fn raw_arguments(body: &[u8]) -> Box<RawValue> {
    #[derive(serde::Deserialize)]
    struct Body {
        params: Params,
    }
    #[derive(serde::Deserialize)]
    struct Params {
        arguments: Option<Box<RawValue>>,
    }
    serde_json::from_slice::<Body>(body)
        .ok()
        .and_then(|body| body.params.arguments)
        .unwrap_or_else(|| RawValue::NULL.to_owned())
}

impl Ready {
    /// How long the tool takes.
    pub(crate) fn lasts(&self) -> Duration {
        match self {
            Self::Slow(ms) => Duration::from_millis(*ms),
            Self::Own(call) => call.lasts(),
            _ => Duration::ZERO,
        }
    }

    /// Runs the tool; the result is JSON text.
    pub(crate) fn run(self) -> Result<Arc<str>, Failed> {
        Ok(match self {
            Self::Search { query, limit } => structured(&sample_data::search(&query, limit)),
            Self::Series { series_id, from, to, limit } => {
                let series = sample_data::find(&series_id)
                    .ok_or_else(|| Failed("Bad Request. The series does not exist.".to_owned()))?;
                structured(&series.observations(from, to, limit).to_string())
            }
            Self::Echo(arguments) => match arguments.get() {
                "null" => structured("{}"),
                text => structured(text),
            },
            Self::Fail(message) => failure(&message),
            Self::Big(bytes) => text(&"x".repeat(bytes)),
            Self::Idle(name) => text(&name),
            Self::Slow(ms) => structured(&json!({"ms": ms}).to_string()),
            Self::Env(names) => structured(&environment(&names).to_string()),
            // The program ends before this is sent.
            Self::Crash => text("crashing"),
            Self::Octomind(run) => return run.run(),
            Self::Act(act) => return act(),
            Self::Own(call) => call.run(),
            Self::Talk(_) => return Err(Failed("the client cannot receive requests".to_owned())),
        })
    }
}

fn environment(names: &[String]) -> Value {
    let cwd = std::env::current_dir().map(|path| path.to_string_lossy().into_owned()).ok();
    let set = names.iter().filter_map(|name| Some((name.clone(), Value::String(std::env::var(name).ok()?))));
    json!({"cwd": cwd, "env": set.collect::<Map<String, Value>>()})
}

pub(crate) fn structured(json: &str) -> Arc<str> {
    let text = Value::String(json.to_owned());
    format!(r#"{{"content":[{{"type":"text","text":{text}}}],"structuredContent":{json}}}"#).into()
}

pub(crate) fn text(text: &str) -> Arc<str> {
    let text = Value::String(text.to_owned());
    format!(r#"{{"content":[{{"type":"text","text":{text}}}]}}"#).into()
}

/// A result with `isError`.
pub(crate) fn failure(message: &str) -> Arc<str> {
    let text = Value::String(message.to_owned());
    format!(r#"{{"content":[{{"type":"text","text":{text}}}],"isError":true}}"#).into()
}
