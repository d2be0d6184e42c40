//! Views of a client: the options that their calls have as defaults.

use std::sync::Arc;

use crate::bridge::errors::panicked;
use crate::bridge::{Backend, Bridge, guarded};
use crate::config::call_options::CallOptions;
use crate::error::Result;

/// The options of the calls of a view. Unlike a [`Bridge`], they refer to no client.
#[derive(Debug, Clone)]
pub struct CallDefaults(Arc<CallOptions>);

impl Bridge {
    /// The options of a view of the client: `options` as JSON text, over those of the view `outer`.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn call_defaults(&self, options: &str, outer: Option<&CallDefaults>) -> Result<CallDefaults> {
        guarded(|| {
            let Backend::Server(client) = &self.backend else { return Err(panicked()) };
            let options = CallOptions::from_json(options, self.spelling)?;
            let outer = outer.map(|outer| client.with_defaults(&outer.0));
            let view = outer.as_ref().unwrap_or(client).with_options(options)?;
            view.defaults().cloned().map(CallDefaults).ok_or_else(panicked)
        })
    }

    /// The client with the options of a view. Its `close` does nothing.
    #[must_use]
    pub fn view(&self, defaults: &CallDefaults) -> Self {
        let backend = match &self.backend {
            Backend::Server(client) => Backend::Server(client.with_defaults(&defaults.0)),
            Backend::Registry(registry) => Backend::Registry(registry.clone()),
        };
        Self { backend, spelling: self.spelling }
    }
}
