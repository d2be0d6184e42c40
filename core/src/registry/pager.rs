//! A list that is read a page at a time. Where it stands, and where it ends, is known here and nowhere else.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::sema4::Registry;

use crate::call_options::CallOptions;
use crate::error::Result;
use crate::pages::Cursors;
use crate::work::Work;

/// The pages of a registry's list.
#[derive(Debug)]
pub(crate) struct Pager {
    registry: Registry,
    limit: Option<u32>,
    options: CallOptions,
    position: Arc<Mutex<Position>>,
}

#[derive(Debug, Default)]
struct Position {
    /// `None` at the beginning.
    next: Option<String>,
    cursors: Cursors,
    ended: bool,
}

impl Pager {
    pub(super) fn new(registry: Registry, limit: Option<u32>, options: CallOptions) -> Self {
        Self { registry, limit, options, position: Arc::default() }
    }

    /// The request of the next page; `None` behind the last. A page that failed can be asked for again.
    pub(crate) fn next(&self) -> Result<Option<Work>> {
        let next = {
            let position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
            if position.ended {
                return Ok(None);
            }
            position.next.clone()
        };
        let work = self.registry.prepare_page(next.as_deref(), self.limit, &self.options)?;
        let position = Arc::clone(&self.position);
        let most = self.registry.place().core.settings.max_pages;
        Ok(Some(work.then(move |reply| {
            let page: Value = serde_json::from_slice(&reply.result).unwrap_or_default();
            let mut position = position.lock().unwrap_or_else(PoisonError::into_inner);
            let next = page["next"].as_str();
            let followed = match next {
                None => Ok(()),
                Some(next) => position.cursors.follow(next, most, &reply, "the registry repeats a page's token"),
            };
            position.ended = next.is_none() || followed.is_err();
            position.next = next.map(str::to_owned);
            followed?;
            Ok(reply)
        })))
    }
}
