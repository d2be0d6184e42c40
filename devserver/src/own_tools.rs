//! Tools of the options: their results, errors, delays and progress.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::description::{Described, Form, described};
use crate::jsonrpc;
use crate::options::Profile;
use crate::reading::Spelling;
use crate::tool_handlers::{self, ToolHandler};
use crate::tools::{self, Ready};

/// The longest delay.
const LONGEST_MS: u64 = 3_600_000;

described! {
    /// A tool of your own. Give one of `handler`, `result` and `error`, or `results`, which can be combined with one of the
    /// last two.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ToolOptions {
        /// The name.
        pub name: String,
        /// The title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// The description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
        /// The JSON Schema of the arguments; any object if absent.
        #[serde(default, rename = "inputSchema", skip_serializing_if = "Option::is_none")]
        pub input_schema: Option<Map<String, Value>>,
        /// The JSON Schema of the structured content.
        #[serde(default, rename = "outputSchema", skip_serializing_if = "Option::is_none")]
        pub output_schema: Option<Map<String, Value>>,
        /// The annotations, such as `readOnlyHint`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub annotations: Option<Map<String, Value>>,
        /// The result of every call: a result of MCP with `content` as it is; any other object as structured content and
        /// text; a string as text; other JSON as its text.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        pub result: Option<Value>,
        /// The function that returns the result of each call, as in `result`.
        #[serde(default, deserialize_with = "tool_handlers::none", skip_serializing)]
        pub handler: Option<ToolHandler>,
        /// Results by arguments; the first case that has the arguments of the call applies.
        #[serde(default)]
        pub results: Vec<ToolResult>,
        /// The text of a result with `isError`, for every call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub error: Option<String>,
        /// How long the tool takes, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub delay: Option<f64>,
        /// How long the tool takes, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub delay_ms: Option<u64>,
        /// Progress notifications before the response to a call with a progress token: their number, or their content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub progress: Option<ProgressOptions>,
    }
}

described! {
    /// The result of calls with these arguments. Give one of `result` and `error`.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ToolResult {
        /// The arguments: all of them, and no others.
        pub arguments: Map<String, Value>,
        /// The result, as that of the tool.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        pub result: Option<Value>,
        /// The text of a result with `isError`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub error: Option<String>,
    }
}

described! {
    /// One progress notification.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ProgressStep {
        /// The progress so far.
        pub progress: f64,
        /// The progress at the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub total: Option<f64>,
        /// The message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub message: Option<String>,
    }
}

/// Progress notifications of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ProgressOptions {
    /// This many, from 1 to the number.
    Count(u32),
    /// These.
    Steps(Vec<ProgressStep>),
}

impl Described for ProgressOptions {
    fn form() -> Form {
        Form::Either(vec![u32::form(), Vec::<ProgressStep>::form()])
    }
}

/// A result of null is a result.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Checks the tools of the options.
pub(crate) fn check(profile: Profile, given: &[ToolOptions], spelling: Spelling) -> Result<(), String> {
    match profile {
        Profile::Odock if !given.is_empty() => {
            return Err("tools: profile odock has those of its upstream; use upstream.tools".to_owned());
        }
        Profile::Gaia | Profile::Sema4 if !given.is_empty() => {
            return Err("tools: a registry has no tools; use profile generic, omni or octomind".to_owned());
        }
        _ => {}
    }
    for (at, tool) in given.iter().enumerate() {
        tool.check(&format!("tools[{at}]"), spelling)?;
        if given[..at].iter().any(|other| other.name == tool.name) {
            return Err(format!("tools[{at}].name: another tool has this name"));
        }
    }
    Ok(())
}

impl ToolOptions {
    fn check(&self, at: &str, spelling: Spelling) -> Result<(), String> {
        if self.name.is_empty() {
            return Err(format!("{at}.name: must not be empty"));
        }
        check_schema(self.input_schema.as_ref(), &format!("{at}.inputSchema"))?;
        check_schema(self.output_schema.as_ref(), &format!("{at}.outputSchema"))?;
        if self.result.is_some() && self.error.is_some() {
            return Err(format!("{at}.error: give only one of result and error"));
        }
        let has_results = self.result.is_some() || self.error.is_some() || !self.results.is_empty();
        match &self.handler {
            Some(_) if has_results => return Err(format!("{at}.handler: give no result, results or error with it")),
            None if !has_results => {
                return Err(format!("{at}.result: is required, unless handler, results or error is given"));
            }
            _ => {}
        }
        check_result(self.result.as_ref(), &format!("{at}.result"))?;
        for (n, case) in self.results.iter().enumerate() {
            let at = format!("{at}.results[{n}]");
            match (&case.result, &case.error) {
                (Some(_), Some(_)) => return Err(format!("{at}.error: give only one of result and error")),
                (None, None) => return Err(format!("{at}.result: is required, unless error is given")),
                _ => check_result(case.result.as_ref(), &format!("{at}.result"))?,
            }
        }
        if self.delay.is_some() && self.delay_ms.is_some() {
            return Err(format!("{at}.delay: is given twice"));
        }
        if self.delay.is_some_and(|seconds| !(0.0..=LONGEST_MS as f64 / 1000.0).contains(&seconds)) {
            return Err(format!("{at}.delay: must be a number of seconds from 0 to {}", LONGEST_MS / 1000));
        }
        if self.delay_ms.is_some_and(|ms| ms > LONGEST_MS) {
            let name = spelling.spell("delay_ms");
            return Err(format!("{at}.{name}: must be a number of milliseconds from 0 to {LONGEST_MS}"));
        }
        Ok(())
    }

    /// The entry in `tools/list`, without its name.
    pub(crate) fn definition(&self) -> Value {
        let mut definition = json!({"inputSchema": {"type": "object"}});
        let texts = [("title", &self.title), ("description", &self.description)];
        for (name, text) in texts {
            if let Some(text) = text {
                definition[name] = text.as_str().into();
            }
        }
        let objects = [
            ("inputSchema", &self.input_schema),
            ("outputSchema", &self.output_schema),
            ("annotations", &self.annotations),
        ];
        for (name, object) in objects {
            if let Some(object) = object {
                definition[name] = object.clone().into();
            }
        }
        definition
    }
}

/// MCP requires schemas of objects.
fn check_schema(schema: Option<&Map<String, Value>>, at: &str) -> Result<(), String> {
    match schema.map(|schema| schema.get("type").and_then(Value::as_str)) {
        None | Some(Some("object")) => Ok(()),
        Some(_) => Err(format!("{at}.type: must be \"object\"")),
    }
}

/// Checks a result that is sent as it is.
fn check_result(result: Option<&Value>, at: &str) -> Result<(), String> {
    match result.and_then(|result| result.get("content")) {
        Some(content) if content.is_array() => {
            let typed = |item: &Value| item.get("type").is_some_and(Value::is_string);
            match content.as_array().into_iter().flatten().position(|item| !typed(item)) {
                Some(n) => Err(format!("{at}.content[{n}]: must be an object with a type, such as \"text\"")),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// A call of a tool of the options.
pub(crate) struct OwnCall {
    tool: Arc<ToolOptions>,
    arguments: Map<String, Value>,
}

impl OwnCall {
    pub(crate) fn new(tool: &Arc<ToolOptions>, arguments: &Map<String, Value>) -> Self {
        Self { tool: Arc::clone(tool), arguments: arguments.clone() }
    }

    /// The call, ready to run: a handler sends the progress that it reports to this token.
    pub(crate) fn ready(self, token: Option<&Value>) -> Ready {
        match self.tool.handler.clone() {
            Some(handler) => Ready::Talk(tool_handlers::talk(handler, self, token.cloned())),
            None => Ready::Own(self),
        }
    }

    /// The name of the tool, and the arguments.
    pub(crate) fn into_parts(self) -> (String, Map<String, Value>) {
        (self.tool.name.clone(), self.arguments)
    }

    /// How long the tool takes.
    pub(crate) fn lasts(&self) -> Duration {
        match (self.tool.delay, self.tool.delay_ms) {
            (Some(seconds), _) => Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            (_, Some(ms)) => Duration::from_millis(ms),
            _ => Duration::ZERO,
        }
    }

    /// The result, as JSON text.
    pub(crate) fn run(&self) -> Arc<str> {
        let case = self.tool.results.iter().find(|case| case.arguments == self.arguments);
        let (result, error) = match case {
            Some(case) => (&case.result, &case.error),
            None => (&self.tool.result, &self.tool.error),
        };
        match (result, error) {
            (Some(result), _) => wrapped(result),
            (None, Some(error)) => tools::failure(error),
            (None, None) => {
                tools::failure(&format!("{}: no entry of results has the arguments of this call", self.tool.name))
            }
        }
    }

    /// The progress notifications of a call with this token.
    pub(crate) fn progress(&self, token: Option<&Value>) -> Vec<String> {
        let (Some(token), Some(progress)) = (token, &self.tool.progress) else {
            return Vec::new();
        };
        let steps = match progress {
            ProgressOptions::Count(total) => {
                (1..=*total).map(|n| json!({"progressToken": token, "progress": n, "total": total})).collect()
            }
            ProgressOptions::Steps(steps) => steps.iter().map(|step| step_params(step, token)).collect::<Vec<_>>(),
        };
        steps.iter().map(|params| jsonrpc::notification("notifications/progress", params)).collect()
    }
}

fn step_params(step: &ProgressStep, token: &Value) -> Value {
    let mut params = serde_json::to_value(step).unwrap_or_default();
    params["progressToken"] = token.clone();
    params
}

/// A result of MCP, from any JSON.
pub(crate) fn wrapped(result: &Value) -> Arc<str> {
    match result {
        Value::Object(fields) if fields.get("content").is_some_and(Value::is_array) => result.to_string().into(),
        Value::Object(_) => tools::structured(&result.to_string()),
        Value::String(text) => tools::text(text),
        other => tools::text(&other.to_string()),
    }
}
