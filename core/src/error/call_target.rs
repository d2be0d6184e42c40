//! Where an error occurred: the server, the method and the tool of the call.

use std::sync::Arc;

use crate::error::Error;

/// What a call is addressed to.
#[derive(Debug, Clone)]
pub(crate) struct CallTarget {
    server: Arc<str>,
    method: Option<String>,
    tool: Option<String>,
}

impl CallTarget {
    /// A server, by its origin or the name of its program.
    pub(crate) fn of_server(server: &Arc<str>) -> Self {
        Self { server: Arc::clone(server), method: None, tool: None }
    }

    /// A method of the server. `method` and `tool` are shown in messages, so they are sanitized.
    pub(crate) fn of_call(server: &Arc<str>, method: String, tool: Option<String>) -> Self {
        Self { server: Arc::clone(server), method: Some(method), tool }
    }

    /// Adds the target to an error that has none.
    pub(crate) fn add_to(&self, mut error: Error) -> Error {
        let info = error.info_mut();
        if info.server.is_none() {
            info.server = Some((*self.server).to_owned());
        }
        if info.method.is_none() {
            info.method.clone_from(&self.method);
            info.tool.clone_from(&self.tool);
        }
        error
    }
}
