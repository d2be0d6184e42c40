//! Levels of log messages.

/// From the least to the most severe.
const LEVELS: &[&str] = &["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// The index of a level; `None` for an unknown level.
pub(crate) fn place(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == level)
}
