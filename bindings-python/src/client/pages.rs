//! Lists that are read a page at a time.

use omni_mcp::bridge::{self, Bridge, Prepared};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::encode;
use crate::convert::errors::raised;
use crate::runtime::process_local::ProcessLocal;

/// The pages of a list. Its client fetches them.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct Pages(ProcessLocal<bridge::Pages>);

impl Pages {
    /// The list of a method, for params and call options. A registry has one list.
    pub(crate) fn new(
        bridge: &Bridge,
        name: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let pages = encode::params(params).and_then(|params| bridge.pages(name, &params, &encode::options(options)?));
        pages.map(|pages| Self(ProcessLocal::new(pages))).map_err(|error| raised(params.py(), &error))
    }

    /// The request of the next page; `None` after the last.
    pub(crate) fn next(&self, py: Python<'_>) -> PyResult<Option<Prepared>> {
        self.0.get(py)?.next().map_err(|error| raised(py, &error))
    }
}
