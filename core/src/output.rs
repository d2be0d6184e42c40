//! Structured results of tools, checked by the tools' own schemas (specification 2026-07-28, server/tools, Output Schema).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use jsonschema::Validator;
use serde_json::Value;

use crate::call::LogicalCall;
use crate::call_options::CallOptions;
use crate::core::Core;
use crate::error::{Code, Error, Result};
use crate::methods::TOOLS_LIST;
use crate::pages;
use crate::protocol::json_schema;
use crate::reply::RawReply;

/// The schemas of a server's tools, by name; `None` for a tool without one.
type Schemas = HashMap<String, Option<Arc<Schema>>>;

/// A tool's schema, or why it cannot be used.
pub(crate) type Schema = std::result::Result<Validator, String>;

/// What is known of a server's tools.
#[derive(Default)]
pub(crate) struct OutputSchemas {
    known: RwLock<Option<Arc<Schemas>>>,
}

impl OutputSchemas {
    /// The tools have changed.
    pub(crate) fn forget(&self) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn known(&self) -> Option<Arc<Schemas>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Core {
    /// The schema of a tool's results; reads the list of tools where it is not known. Before the tool is called: what cannot
    /// be checked is not run.
    pub(crate) async fn output_schema(self: &Arc<Self>, params: &Bytes) -> Result<Option<Arc<Schema>>> {
        let schemas = match self.output_schemas.known() {
            Some(schemas) => schemas,
            None => {
                let none = Bytes::from_static(b"{}");
                let list = LogicalCall::prepare(self, TOOLS_LIST, "params", none, &CallOptions::default(), None)?;
                // Boxed, as a call may ask for it and it is one itself.
                let list = Box::pin(pages::all(self, list, "tools")).await?;
                let schemas = Arc::new(read(&list.result));
                *self.output_schemas.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&schemas));
                schemas
            }
        };
        let params: Value = serde_json::from_slice(params).unwrap_or_default();
        let schema = params["name"].as_str().and_then(|name| schemas.get(name).cloned().flatten());
        match schema.as_deref() {
            Some(Err(why)) => {
                Err(Error::new(Code::UnusableSchema, format!("the tool's outputSchema cannot be used: {why}")))
            }
            _ => Ok(schema),
        }
    }
}

fn read(list: &[u8]) -> Schemas {
    let list: Value = serde_json::from_slice(list).unwrap_or_default();
    let tools = list["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = tools.iter().filter_map(|tool| Some((tool["name"].as_str()?.to_owned(), tool.get("outputSchema"))));
    named.map(|(name, schema)| (name, schema.map(|schema| Arc::new(json_schema::compile(schema))))).collect()
}

/// Checks a result. A tool that failed has nothing to show.
pub(crate) fn check(schema: &Schema, reply: &RawReply) -> Result<()> {
    let Ok(schema) = schema else { return Ok(()) };
    let result: Value = serde_json::from_slice(&reply.result).unwrap_or_default();
    if result["isError"] == Value::Bool(true) {
        return Ok(());
    }
    let why = match result.get("structuredContent") {
        None => "there is none".to_owned(),
        Some(content) => match json_schema::fits(schema, content) {
            Ok(()) => return Ok(()),
            Err(why) => why,
        },
    };
    let message = format!("the tool's structuredContent does not fit its outputSchema: {why}");
    let mut error = reply.unexpected(Code::InvalidOutput, message);
    error.info_mut().data = serde_json::from_slice(&reply.result).ok();
    Err(error)
}
