//! What is learnt from lists of tools for the headers of their calls (specification 2026-07-28,
//! basic/transports/streamable-http, Custom Headers from Tool Parameters).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::core::Core;
use crate::protocol::mirror::{Mirrored, annotations, value_at};

impl Core {
    /// Learns from a page of tools, and leaves out of it those whose annotations are not valid.
    pub(crate) fn learn_tools(&self, page: Bytes) -> Bytes {
        // Most tools have no annotations, and most pages are handed on as they came.
        if !page.windows(14).any(|window| window == b"\"x-mcp-header\"") {
            return page;
        }
        let Ok(Value::Object(mut list)) = serde_json::from_slice(&page) else { return page };
        let Some(Value::Array(tools)) = list.get_mut("tools") else { return page };
        let mut learnt: HashMap<String, Arc<[Mirrored]>> = HashMap::new();
        let before = tools.len();
        tools.retain(|tool| {
            let found = annotations(&tool["inputSchema"]);
            if let (Ok(found), Some(name)) = (&found, tool["name"].as_str()) {
                learnt.insert(name.to_owned(), found.as_slice().into());
            }
            found.is_ok()
        });
        let is_whole = tools.len() == before;
        self.mirrors.write().unwrap_or_else(PoisonError::into_inner).extend(learnt);
        if is_whole { page } else { Value::Object(list).to_string().into() }
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
