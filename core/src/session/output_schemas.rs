//! Checks structured results of tools by the tools' own schemas (specification 2026-07-28, server/tools, Output Schema).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::config::call_options::CallOptions;
use crate::error::{Code, Error, Result};
use crate::observe::deviations::Deviation;
use crate::protocol::json_schema::{self, Changes, Compiled, SchemaReading};
use crate::protocol::methods::TOOLS_LIST;
use crate::protocol::params;
use crate::protocol::raw_result::RawReply;
use crate::retry::opening_limits::OpeningLimits;
use crate::session::call::LogicalCall;
use crate::session::manager::SessionManager;
use crate::session::pagination;
use crate::util::sanitize::identifier;

/// The schemas of the tools, by name; `None` for a tool without one.
type Schemas = HashMap<String, Option<Schema>>;

/// A tool's schema, or the reason why it cannot be used.
pub(crate) type Schema = std::result::Result<Arc<Compiled>, String>;

/// The schemas of the tools, if they were listed.
#[derive(Default)]
pub(crate) struct OutputSchemas {
    known: RwLock<KnownSchema>,
}

/// The schemas, and how often they were invalidated: a list that was requested before is not kept.
#[derive(Default)]
struct KnownSchema {
    schemas: Option<Arc<Schemas>>,
    forgotten: u64,
}

impl OutputSchemas {
    /// Invalidates the schemas, because the tools have changed.
    pub(crate) fn forget(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.schemas = None;
        known.forgotten += 1;
    }

    fn known(&self) -> (Option<Arc<Schemas>>, u64) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.schemas.clone(), known.forgotten)
    }

    fn keep(&self, schemas: &Arc<Schemas>, requested: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == requested {
            known.schemas = Some(Arc::clone(schemas));
        }
    }
}

impl SessionManager {
    /// The schema of a tool's results; lists the tools within the limits of the call if it is not known. With `strict`, a tool whose schema cannot be
    /// used is not called, because its result could not be checked.
    pub(crate) async fn output_schema(
        self: &Arc<Self>,
        params: &Bytes,
        limits: &OpeningLimits,
    ) -> Result<Option<Arc<Compiled>>> {
        let schemas = match self.output_schemas.known() {
            (Some(schemas), _) => schemas,
            (None, requested) => {
                let none = Bytes::from_static(b"{}");
                let list = LogicalCall::prepare(self, TOOLS_LIST, "params", none, &CallOptions::default(), None)?
                    .within_limits(limits);
                // Boxed because a call awaits it, and it is a call itself.
                let list = Box::pin(pagination::all(self, list, "tools")).await?;
                let schemas = match read(list.result, self.reading()).await {
                    Ok(schemas) => schemas,
                    Err(why) => {
                        self.accepts_unchecked(&why)?;
                        Schemas::new()
                    }
                };
                let schemas = Arc::new(schemas);
                self.output_schemas.keep(&schemas, requested);
                schemas
            }
        };
        let name = params::check_tool_call(params)?;
        match schemas.get(&*name).cloned().flatten() {
            None => Ok(None),
            Some(Ok(schema)) => {
                self.report_changes(&schema.changes, &format!("the outputSchema of {}", identifier(name.as_bytes())));
                Ok(Some(schema))
            }
            Some(Err(why)) => self.accepts_unchecked(&why).map(|()| None),
        }
    }

    /// How schemas are read.
    pub(crate) fn reading(&self) -> SchemaReading {
        if self.context.settings.strict { SchemaReading::Strict } else { SchemaReading::Lenient }
    }

    /// Reports changes to a server's schema that were needed to check values by it.
    pub(crate) fn report_changes(&self, changes: &Changes, of: &str) {
        let Changes { unchecked, translated } = changes;
        if !unchecked.is_empty() {
            self.context.accepts(Deviation::SchemaKeyword, || {
                format!("the server has keywords in {of} that cannot be evaluated ({unchecked})")
            });
        }
        if !translated.is_empty() {
            self.context.accepts(Deviation::SchemaDialect, || {
                format!("the server has keywords of another dialect in {of} ({translated})")
            });
        }
    }

    /// Whether a result may stay unchecked.
    fn accepts_unchecked(&self, why: &str) -> Result<()> {
        match self
            .context
            .accepts(Deviation::UnusableSchema, || format!("the server has an outputSchema that cannot be used: {why}"))
        {
            true => Ok(()),
            false => Err(unusable(why)),
        }
    }
}

fn unusable(why: &str) -> Error {
    Error::new(
        Code::UnusableSchema,
        format!("the tool's outputSchema cannot be used: {why} (see the options strict and validate_output)"),
    )
}

/// Reads a list of tools. If it cannot be read, the results of all tools are checked by nothing, unless `strict` is set.
async fn read(list: Bytes, reading: SchemaReading) -> std::result::Result<Schemas, String> {
    #[derive(Deserialize)]
    struct List<'a> {
        #[serde(borrow)]
        tools: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Tool<'a> {
        name: String,
        #[serde(borrow, default)]
        output_schema: Option<&'a RawValue>,
    }
    let compile = move |schema: &RawValue| match serde_json::from_str(schema.get()) {
        Ok(schema) => json_schema::compile(&schema, reading).map(Arc::new),
        Err(_) => Err("it cannot be read".to_owned()),
    };
    let read = json_schema::on_own_thread(move || {
        let list: List<'_> = serde_json::from_slice(&list).ok()?;
        let tools = list.tools.iter().filter_map(|tool| serde_json::from_str::<Tool<'_>>(tool.get()).ok());
        Some(tools.map(|tool| (tool.name, tool.output_schema.map(compile))).collect())
    });
    read.await.ok_or("reading the schemas took too long")?.ok_or_else(|| "the list of tools cannot be read".to_owned())
}

/// Checks a result. Results of failed tools are not checked.
pub(crate) async fn check(manager: &SessionManager, schema: Arc<Compiled>, reply: &RawReply) -> Result<()> {
    let refused = |code: Code, message: String| {
        let mut error = reply.unexpected(code, message);
        error.info_mut().data = serde_json::from_slice(&reply.result).ok();
        Err(error)
    };
    let mut result: Value = serde_json::from_slice(&reply.result).unwrap_or_default();
    if result["isError"] == Value::Bool(true) {
        return Ok(());
    }
    let why = match result.get_mut("structuredContent").map(Value::take) {
        None => "there is none".to_owned(),
        Some(content) => match json_schema::fits_in_time(schema, content).await {
            Some(Ok(())) => return Ok(()),
            Some(Err(why)) => why,
            None => {
                let why = "checking by it took too long";
                return manager
                    .accepts_unchecked(why)
                    .or_else(|error| refused(Code::UnusableSchema, error.info().message.clone()));
            }
        },
    };
    refused(Code::InvalidOutput, format!("the tool's structuredContent does not fit its outputSchema: {why}"))
}
