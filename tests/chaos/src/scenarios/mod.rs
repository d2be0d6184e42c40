//! The scenarios, in the order of the table.

pub(crate) mod bombs;
pub(crate) mod cancels;
mod keyed;
mod malformed;
mod origins;
mod outage;
mod plain;
mod sessions;
pub(crate) mod streams;

use crate::plan::Plan;
use crate::row::{Failed, Row};

/// A scenario: its name and function.
pub(crate) type Scenario = (&'static str, fn(&Plan) -> Result<Row, Failed>);

/// All of them.
pub(crate) const ALL: &[Scenario] = &[
    ("keyed", keyed::run),
    ("plain", plain::run),
    ("malformed", malformed::run),
    ("streams", streams::run),
    ("bombs", bombs::run),
    ("outage", outage::run),
    ("sessions", sessions::run),
    ("origins", origins::run),
    ("cancels", cancels::run),
];
