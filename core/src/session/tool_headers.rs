//! Arguments of tools that are also sent in headers, learned from lists of tools (specification 2026-07-28,
//! basic/transports/streamable-http, Custom Headers from Tool Parameters).

use std::collections::BTreeMap;
use std::sync::PoisonError;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::protocol::param_headers::{annotations, value_at};
use crate::session::manager::SessionManager;
use crate::util::sanitize::preview;

/// The most tools that are remembered.
const MAX_TOOLS: usize = 65_536;

impl SessionManager {
    /// Reads the annotations in a page of tools. Tools with invalid annotations are removed from the page, with a warning
    /// for each.
    pub(crate) fn learn_argument_headers(&self, page: Bytes) -> (Bytes, Vec<String>) {
        let mut known = self.argument_headers.write().unwrap_or_else(PoisonError::into_inner);
        // Most tools have no annotations, so most pages are not parsed. The name may also contain escapes.
        let contains = |text: &[u8]| page.windows(text.len()).any(|window| window == text);
        if known.is_empty() && !contains(b"\"x-mcp-header\"") && !contains(b"\\u") {
            return (page, Vec::new());
        }
        let Ok(mut list) = serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(&page) else {
            return (page, Vec::new());
        };
        let tools = list.get("tools").map_or("null", |tools| tools.get());
        let Ok(mut tools) = serde_json::from_str::<Vec<Box<RawValue>>>(tools) else { return (page, Vec::new()) };
        let mut warnings = Vec::new();
        tools.retain(|tool| {
            let read = serde_json::from_str::<Value>(tool.get());
            let name =
                read.as_ref().map(|tool| tool["name"].as_str().unwrap_or_default().to_owned()).unwrap_or_default();
            let found = match &read {
                Ok(tool) => annotations(&tool["inputSchema"]),
                // Its annotations cannot be read.
                Err(_) if tool.get().contains("x-mcp-header") => Err("it cannot be read".to_owned()),
                Err(_) => Ok(Vec::new()),
            };
            match found {
                Ok(found) => {
                    if known.len() == MAX_TOOLS {
                        // A server that keeps renaming its tools: keep those that it lists now.
                        known.clear();
                    }
                    known.insert(name, found.into());
                    true
                }
                Err(why) => {
                    let (name, why) = (preview(name.as_bytes()), preview(why.as_bytes()));
                    warnings.push(format!("the tool {name} was left out of the list: {why}"));
                    false
                }
            }
        });
        if warnings.is_empty() {
            return (page, warnings);
        }
        if let Ok(tools) = to_raw_value(&tools) {
            list.insert("tools".to_owned(), tools);
        }
        (serde_json::to_vec(&list).map_or(page, Bytes::from), warnings)
    }

    /// Adds the headers of a tool call.
    pub(crate) fn add_argument_headers(&self, headers: &mut HeaderMap, params: &[u8]) {
        let known = self.argument_headers.read().unwrap_or_else(PoisonError::into_inner);
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
