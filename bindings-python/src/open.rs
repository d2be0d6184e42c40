//! What clients are made of: options, or a record and options, of a server or of a registry.

use omni_mcp::Spelling;
use omni_mcp::bridge::{Bridge, Hooks, of_process, unsendable_argument};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::encode;
use crate::errors::raised;
use crate::hooks::Hooks as Functions;

/// What a client is made for.
pub(crate) enum What<'a, 'py> {
    /// The server that the options name.
    Server,
    /// The server of a record.
    Record(&'a Bound<'py, PyDict>),
    /// The registry of a kind.
    Registry(&'a str),
}

impl What<'_, '_> {
    /// The options without the caller's functions among them, and the functions. A registry has no use for any.
    /// `awaits` says whether the client can await them.
    pub(crate) fn split<'py>(
        &self,
        options: &Bound<'py, PyDict>,
        awaits: bool,
    ) -> PyResult<(Bound<'py, PyDict>, Functions)> {
        match self {
            Self::Registry(_) => Ok((options.clone(), Functions::default())),
            Self::Server | Self::Record(_) => Functions::split(options, awaits),
        }
    }

    /// Makes the client. `options` are without the caller's functions.
    pub(crate) fn open(&self, options: &Bound<'_, PyDict>, hooks: Hooks) -> PyResult<Bridge> {
        let py = options.py();
        let spelling = Spelling::Snake;
        let opened = encode::options(options).and_then(|options| match self {
            Self::Server => py.detach(|| Bridge::open(&options, hooks, spelling, &of_process)),
            Self::Record(record) => {
                let record = encode::value(record).map_err(|reason| unsendable_argument("record", reason))?;
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
