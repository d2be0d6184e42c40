//! The scenarios, in the order of the table.

pub(crate) mod cancels;
mod keyed;
mod origins;

use crate::plan::Plan;
use crate::row::{Failed, Row};

/// A scenario: how it is called, and what it does.
pub(crate) type Scenario = (&'static str, fn(&Plan) -> Result<Row, Failed>);

/// All of them.
pub(crate) const ALL: &[Scenario] = &[("keyed", keyed::run), ("origins", origins::run), ("cancels", cancels::run)];
