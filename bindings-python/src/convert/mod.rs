//! Values and errors between Python and JSON text.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod errors;
pub(crate) mod json;
pub(crate) mod record;
