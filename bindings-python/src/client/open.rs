//! Opening a native client from options, or from a record and options, for a server or a registry.

use omni_mcp::bridge::{Bridge, Hooks, bad_hook, of_process};
use omni_mcp::{Error, Spelling};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::callbacks::functions::Callbacks;
use crate::convert::encode;
use crate::convert::errors::raised;

/// What a client connects to.
pub(crate) enum ClientSource<'a, 'py> {
    /// The server of the options, and of the first argument of the constructor: its URL, or an API key.
    Server(Option<&'a Bound<'py, PyAny>>),
    /// The server of a record.
    Record(&'a Bound<'py, PyDict>),
    /// The registry of a kind.
    Registry(&'a str),
}

impl ClientSource<'_, '_> {
    /// Separates the callbacks from the other options. A registry has none. `awaits` is whether the client can await them.
    pub(crate) fn split<'py>(
        &self,
        options: &Bound<'py, PyDict>,
        awaits: bool,
    ) -> PyResult<(Bound<'py, PyDict>, Callbacks)> {
        match self {
            Self::Registry(_) => Ok((options.clone(), Callbacks::default())),
            Self::Server(_) | Self::Record(_) => Callbacks::split(options, awaits),
        }
    }

    /// Makes the client. `options` are without callbacks.
    pub(crate) fn open(&self, options: &Bound<'_, PyDict>, hooks: Hooks) -> PyResult<Bridge> {
        let py = options.py();
        let spelling = Spelling::Snake;
        let opened = encode::options(options).and_then(|options| match self {
            Self::Server(first) => {
                let first = first.map(first_argument).transpose()?;
                py.detach(|| Bridge::open(first.as_deref(), &options, hooks, spelling, &of_process))
            }
            Self::Record(record) => {
                let record = encode::value(record).map_err(|refused| refused.error("record"))?;
                py.detach(|| Bridge::open_record(&record, &options, hooks, spelling, &of_process))
            }
            Self::Registry(kind) => {
                let kind = (*kind).to_owned();
                py.detach(|| Bridge::open_registry(&kind, &options, spelling, &of_process))
            }
        });
        opened.map_err(|error| raised(py, &error))
    }
}

fn first_argument(first: &Bound<'_, PyAny>) -> Result<String, Error> {
    first.extract().map_err(|_| bad_hook("url_or_key", "must be a string: the URL of an MCP server, or an API key"))
}
