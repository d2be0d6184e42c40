//! What is learnt from lists of tools for the headers of their calls (specification 2026-07-28,
//! basic/transports/streamable-http, Custom Headers from Tool Parameters).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::core::Core;
use crate::protocol::mirror::{Mirrored, annotations, value_at};
use crate::text::preview;

impl Core {
    /// Learns from a page of tools, and leaves out of it those whose annotations are not valid; a warning for each.
    pub(crate) fn learn_tools(&self, page: Bytes) -> (Bytes, Vec<String>) {
        // Most tools have no annotations, and most pages are handed on as they came.
        if !page.windows(14).any(|window| window == b"\"x-mcp-header\"") {
            return (page, Vec::new());
        }
        let Ok(Value::Object(mut list)) = serde_json::from_slice(&page) else { return (page, Vec::new()) };
        let Some(Value::Array(tools)) = list.get_mut("tools") else { return (page, Vec::new()) };
        let mut learnt: HashMap<String, Arc<[Mirrored]>> = HashMap::new();
        let mut warnings = Vec::new();
        tools.retain(|tool| {
            let name = tool["name"].as_str().unwrap_or_default();
            match annotations(&tool["inputSchema"]) {
                Ok(found) => {
                    learnt.insert(name.to_owned(), found.into());
                    true
                }
                Err(why) => {
                    let (name, why) = (preview(name.as_bytes()), preview(why.as_bytes()));
                    warnings.push(format!("the tool {name} was left out of the list: {why}"));
                    false
                }
            }
        });
        self.mirrors.write().unwrap_or_else(PoisonError::into_inner).extend(learnt);
        let page = if warnings.is_empty() { page } else { Value::Object(list).to_string().into() };
        (page, warnings)
    }

    /// Adds the headers of a tool's call.
    pub(crate) fn mirror_arguments(&self, headers: &mut HeaderMap, params: &[u8]) {
        let known = self.mirrors.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return;
        }
        let params: Value = serde_json::from_slice(params).unwrap_or_default();
        let Some(mirrored) = params["name"].as_str().and_then(|name| known.get(name)) else { return };
        for one in mirrored.iter() {
            if let Some(value) = value_at(&params["arguments"], &one.path) {
                headers.insert(one.header.clone(), value);
            }
        }
    }
}
