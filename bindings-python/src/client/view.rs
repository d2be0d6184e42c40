//! Views of clients: the options that their calls have as defaults.

use std::borrow::Cow;

use omni_mcp::bridge::{Bridge, CallDefaults};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::encode;
use crate::convert::errors::raised;

/// The defaults of a view: `options` over those of the view that it is made of.
pub(crate) fn call_defaults(
    bridge: &Bridge,
    options: &Bound<'_, PyDict>,
    outer: Option<&CallDefaults>,
) -> PyResult<CallDefaults> {
    let defaults = encode::options(options).and_then(|options| bridge.call_defaults(&options, outer));
    defaults.map_err(|error| raised(options.py(), &error))
}

/// The client of a view, or the client itself.
pub(crate) fn of_view<'a>(bridge: &'a Bridge, defaults: Option<&CallDefaults>) -> Cow<'a, Bridge> {
    defaults.map_or(Cow::Borrowed(bridge), |defaults| Cow::Owned(bridge.view(defaults)))
}
