//! A request that is ready to run: of a registry, or for a page of a list.

use std::pin::Pin;
use std::sync::Arc;

use crate::error::Result;
use crate::protocol::raw_result::RawReply;
use crate::retry::call_state::CallState;

/// A request that is ready to run.
pub(crate) struct PreparedRequest {
    pub(crate) state: Arc<CallState>,
    running: Pin<Box<dyn Future<Output = Result<RawReply>> + Send>>,
}

impl PreparedRequest {
    pub(crate) fn new(state: Arc<CallState>, running: impl Future<Output = Result<RawReply>> + Send + 'static) -> Self {
        Self { state, running: Box::pin(running) }
    }

    /// Adds a step after a successful reply.
    pub(crate) fn then(self, next: impl FnOnce(RawReply) -> Result<RawReply> + Send + 'static) -> Self {
        let Self { state, running } = self;
        Self { state, running: Box::pin(async move { next(running.await?) }) }
    }
}

pub(crate) async fn run(work: PreparedRequest) -> Result<RawReply> {
    work.state.finish(work.running.await)
}
