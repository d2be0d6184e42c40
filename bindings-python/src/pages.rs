//! Lists that are read a page at a time.

use omni_mcp::bridge::{Bridge, Pages, Prepared};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::async_client::AsyncClient;
use crate::client::SyncClient;
use crate::encode;
use crate::errors::raised;
use crate::given_up::GivenUp;
use crate::runtime::Local;

/// The list of a method, for params and call options. A registry has one list.
pub(crate) fn of(
    py: Python<'_>,
    bridge: &Bridge,
    name: &str,
    params: &Bound<'_, PyDict>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Pages> {
    let pages = encode::params(params).and_then(|params| bridge.pages(name, &params, &encode::options(options)?));
    pages.map_err(|error| raised(py, &error))
}

/// The pages of a sync client.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct SyncPages {
    pub(crate) client: Py<SyncClient>,
    pub(crate) pages: Local<Pages>,
}

#[pymethods]
impl SyncPages {
    /// The next page; None behind the last.
    #[pyo3(signature = (given_up=None))]
    fn next(&self, py: Python<'_>, given_up: Option<&Bound<'_, GivenUp>>) -> PyResult<Option<Py<PyAny>>> {
        let client = self.client.get();
        next(py, &self.pages)?.map(|prepared| client.run_page(py, prepared, given_up)).transpose()
    }
}

/// The pages of an async client.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct AsyncPages {
    pub(crate) client: Py<AsyncClient>,
    pub(crate) pages: Local<Pages>,
}

#[pymethods]
impl AsyncPages {
    /// The next page; None behind the last.
    async fn next(&self) -> PyResult<Option<Py<PyAny>>> {
        let client = self.client.get();
        match Python::attach(|py| next(py, &self.pages))? {
            Some(prepared) => client.run_page(prepared).await.map(Some),
            None => Ok(None),
        }
    }
}

fn next(py: Python<'_>, pages: &Local<Pages>) -> PyResult<Option<Prepared>> {
    pages.get(py)?.next().map_err(|error| raised(py, &error))
}
