//! Levels of log messages.

/// From the least to the most severe.
const LEVELS: &[&str] = &["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// The place of a level among all; none where there is no such level.
pub(crate) fn place(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == level)
}
