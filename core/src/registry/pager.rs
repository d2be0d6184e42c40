//! A list of a registry, read page by page.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::config::call_options::CallOptions;
use crate::error::Result;
use crate::registry::sema4::Sema4Registry;
use crate::retry::prepared::PreparedRequest;
use crate::session::pagination::Position;

/// The pages of a list of a registry.
#[derive(Debug)]
pub(crate) struct Pager {
    registry: Sema4Registry,
    limit: Option<u32>,
    options: CallOptions,
    position: Arc<Mutex<Position>>,
}

impl Pager {
    pub(super) fn new(registry: Sema4Registry, limit: Option<u32>, options: CallOptions) -> Self {
        Self { registry, limit, options, position: Arc::default() }
    }

    /// The request of the next page; `None` after the last. A failed page can be requested again.
    pub(crate) fn next(&self) -> Result<Option<PreparedRequest>> {
        let Some(next) = Position::of(&self.position) else { return Ok(None) };
        let work = self.registry.prepare_page("list", next.as_deref(), self.limit, &self.options)?;
        let position = Arc::clone(&self.position);
        let most = self.registry.place().context.settings.max_pages;
        Ok(Some(work.then(move |reply| {
            let page: Value = serde_json::from_slice(&reply.result).unwrap_or_default();
            let next = page["next"].as_str().map(str::to_owned);
            Position::follow(&position, next, most, &reply, "the registry repeats a page's token")?;
            Ok(reply)
        })))
    }
}
