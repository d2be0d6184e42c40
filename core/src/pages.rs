//! A list over all of its pages (specification 2025-11-25, server/utilities/pagination).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::{RawValue, to_raw_value};

use crate::call::LogicalCall;
use crate::core::Core;
use crate::error::{Code, Result};
use crate::reply::RawReply;

/// Reads every page and joins the lists in `member`; the other members are those of the last page.
pub(crate) async fn all(core: &Arc<Core>, mut call: LogicalCall, member: &str) -> Result<RawReply> {
    let mut items: Vec<Box<RawValue>> = Vec::new();
    let mut seen = HashSet::new();
    let mut attempts = 0;
    loop {
        let mut reply = call.run(core).await?;
        attempts += reply.attempts;
        let invalid = || reply.unexpected(Code::InvalidAnswer, format!("the result has no list \"{member}\""));
        let mut page: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&reply.result).map_err(|_| invalid())?;
        let list = page.remove(member).ok_or_else(invalid)?;
        let mut list: Vec<Box<RawValue>> = serde_json::from_str(list.get()).map_err(|_| invalid())?;
        let next: Option<String> = match page.remove("nextCursor") {
            Some(cursor) => serde_json::from_str(cursor.get()).map_err(|_| invalid())?,
            None => None,
        };
        let Some(cursor) = next else {
            if items.is_empty() {
                // One page: as the server sent it.
                return Ok(reply);
            }
            items.append(&mut list);
            page.insert(member.to_owned(), to_raw_value(&items).map_err(|_| invalid())?);
            reply.result = serde_json::to_vec(&page).map_err(|_| invalid())?.into();
            reply.attempts = attempts;
            return Ok(reply);
        };
        items.append(&mut list);
        if !seen.insert(cursor.clone()) {
            return Err(reply.unexpected(Code::CursorLoop, "the server repeats a page cursor"));
        }
        if seen.len() >= core.settings.max_pages as usize {
            let message = format!("the list has more pages than max_pages ({})", core.settings.max_pages);
            return Err(reply.unexpected(Code::TooManyPages, message));
        }
        let params = serde_json::to_vec(&BTreeMap::from([("cursor", cursor)])).map_err(|_| invalid())?;
        call.set_params(Bytes::from(params));
    }
}
