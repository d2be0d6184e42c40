//! Warnings for the next caller.

use std::sync::{Mutex, PoisonError};

/// What a caller is to be warned of.
#[derive(Default)]
pub(crate) struct Warnings(Mutex<Vec<String>>);

/// The most warnings that are kept for the next call.
const WARNINGS_KEPT: usize = 16;

impl Warnings {
    pub(crate) fn add(&self, warning: String) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.len() < WARNINGS_KEPT {
            warnings.push(warning);
        }
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
