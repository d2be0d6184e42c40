//! Structured results of tools, checked by the tools' own schemas (specification 2026-07-28, server/tools, Output Schema).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::call::LogicalCall;
use crate::call_options::CallOptions;
use crate::core::Core;
use crate::error::{Code, Error, Result};
use crate::methods::TOOLS_LIST;
use crate::pages;
use crate::protocol::json_schema::{self, Compiled};
use crate::reply::RawReply;

/// The schemas of a server's tools, by name; `None` for a tool without one.
type Schemas = HashMap<String, Option<Schema>>;

/// A tool's schema, or why it cannot be used.
pub(crate) type Schema = std::result::Result<Arc<Compiled>, String>;

/// What is known of a server's tools.
#[derive(Default)]
pub(crate) struct OutputSchemas {
    known: RwLock<Known>,
}

/// The schemas, and how often they were forgotten: a list that was asked for before that is not kept.
#[derive(Default)]
struct Known {
    schemas: Option<Arc<Schemas>>,
    forgotten: u64,
}

impl OutputSchemas {
    /// The tools have changed.
    pub(crate) fn forget(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.schemas = None;
        known.forgotten += 1;
    }

    fn known(&self) -> (Option<Arc<Schemas>>, u64) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.schemas.clone(), known.forgotten)
    }

    fn keep(&self, schemas: &Arc<Schemas>, asked: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == asked {
            known.schemas = Some(Arc::clone(schemas));
        }
    }
}

impl Core {
    /// The schema of a tool's results; reads the list of tools where it is not known. Before the tool is called: what cannot
    /// be checked is not run.
    pub(crate) async fn output_schema(self: &Arc<Self>, params: &Bytes) -> Result<Option<Arc<Compiled>>> {
        let schemas = match self.output_schemas.known() {
            (Some(schemas), _) => schemas,
            (None, asked) => {
                let none = Bytes::from_static(b"{}");
                let list = LogicalCall::prepare(self, TOOLS_LIST, "params", none, &CallOptions::default(), None)?;
                // Boxed, as a call may ask for it and it is one itself.
                let list = Box::pin(pages::all(self, list, "tools")).await?;
                let schemas = Arc::new(read(list.result).await.map_err(unusable)?);
                self.output_schemas.keep(&schemas, asked);
                schemas
            }
        };
        let params: Value = serde_json::from_slice(params).unwrap_or_default();
        let schema = params["name"].as_str().and_then(|name| schemas.get(name).cloned().flatten());
        schema.transpose().map_err(unusable)
    }
}

fn unusable(why: String) -> Error {
    Error::new(Code::UnusableSchema, format!("the tool's outputSchema cannot be used: {why}"))
}

/// A list that cannot be read says of no tool that it may go unchecked.
async fn read(list: Bytes) -> std::result::Result<Schemas, String> {
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
    let compile = |schema: &RawValue| match serde_json::from_str(schema.get()) {
        Ok(schema) => json_schema::compile(&schema).map(Arc::new),
        Err(_) => Err("it cannot be read".to_owned()),
    };
    let read = json_schema::beside(move || {
        let list: List<'_> = serde_json::from_slice(&list).ok()?;
        let tools = list.tools.iter().filter_map(|tool| serde_json::from_str::<Tool<'_>>(tool.get()).ok());
        Some(tools.map(|tool| (tool.name, tool.output_schema.map(compile))).collect())
    });
    read.await.ok_or("reading the schemas took too long")?.ok_or_else(|| "the list of tools cannot be read".to_owned())
}

/// Checks a result. A tool that failed has nothing to show.
pub(crate) async fn check(schema: Arc<Compiled>, reply: &RawReply) -> Result<()> {
    let refused = |code: Code, message: String| {
        let mut error = reply.unexpected(code, message);
        error.info_mut().data = serde_json::from_slice(&reply.result).ok();
        Err(error)
    };
    let result: Value = serde_json::from_slice(&reply.result).unwrap_or_default();
    if result["isError"] == Value::Bool(true) {
        return Ok(());
    }
    let why = match result.get("structuredContent") {
        None => "there is none".to_owned(),
        Some(content) => match json_schema::fits_in_time(schema, content.clone()).await {
            Some(Ok(())) => return Ok(()),
            Some(Err(why)) => why,
            None => {
                return refused(Code::UnusableSchema, "checking by the tool's outputSchema took too long".to_owned());
            }
        },
    };
    refused(Code::InvalidOutput, format!("the tool's structuredContent does not fit its outputSchema: {why}"))
}
