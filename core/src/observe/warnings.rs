//! Warnings for the next caller.

use std::sync::{Mutex, PoisonError};

/// Pending warnings.
#[derive(Default)]
pub(crate) struct Warnings(Mutex<Vec<String>>);

/// Maximum number of pending warnings.
const MAX_WARNINGS: usize = 16;

impl Warnings {
    pub(crate) fn add(&self, warning: String) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.len() < MAX_WARNINGS {
            warnings.push(warning);
        }
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
