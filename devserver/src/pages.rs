//! Lists in pages.

use serde_json::Value;

use crate::jsonrpc::Request;

/// Makes cursors opaque.
const CURSOR_MASK: usize = 0x5eed_5eed;

/// The requested page of a list, as a result with this member; `None` for an unknown cursor.
pub(crate) fn page(name: &str, all: &[&str], size: Option<usize>, request: &Request<'_>) -> Option<String> {
    let from = match request.param("cursor") {
        None | Some(Value::Null) => 0,
        Some(cursor) => cursor_place(cursor.as_str()?)?,
    };
    let rest = all.get(from..)?;
    let page = &rest[..size.unwrap_or(rest.len()).min(rest.len())];
    let next = match page.len() < rest.len() {
        true => format!(r#","nextCursor":"{:08x}""#, (from + page.len()) ^ CURSOR_MASK),
        false => String::new(),
    };
    Some(format!(r#"{{"{name}":[{}]{next}}}"#, page.join(",")))
}

fn cursor_place(cursor: &str) -> Option<usize> {
    let place = usize::from_str_radix(cursor, 16).ok()? ^ CURSOR_MASK;
    (place > 0).then_some(place)
}
