//! A token bucket for the retries of one client, so that an outage is not multiplied by retrying.

use std::sync::atomic::{AtomicU32, Ordering};

/// Tokens that one retry takes.
pub(crate) const RETRY_COST: u32 = 14;

/// Retries take tokens; a call that succeeds gives back what its retries took, and one more.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    capacity: Option<u32>,
    tokens: AtomicU32,
}

impl RetryBudget {
    /// `None` is a budget without limit.
    pub(crate) fn new(capacity: Option<u32>) -> Self {
        Self { capacity, tokens: AtomicU32::new(capacity.unwrap_or(0)) }
    }

    /// Takes one retry's tokens; false where too few are left.
    pub(crate) fn take(&self) -> bool {
        if self.capacity.is_none() {
            return true;
        }
        let taken =
            self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(RETRY_COST));
        taken.is_ok()
    }

    /// A call succeeded after `retries` retries.
    pub(crate) fn give_back(&self, retries: u32) {
        let Some(capacity) = self.capacity else { return };
        if retries == 0 && self.tokens.load(Ordering::Relaxed) >= capacity {
            return;
        }
        let amount = retries.saturating_mul(RETRY_COST).saturating_add(1);
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
            Some(tokens.saturating_add(amount).min(capacity))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_dry_and_recovers() {
        let budget = RetryBudget::new(Some(3 * RETRY_COST));
        assert!((0..3).all(|_| budget.take()));
        assert!(!budget.take());
        budget.give_back(1);
        assert!(budget.take());
        assert!(!budget.take());
        budget.give_back(100);
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 3 * RETRY_COST);
    }

    #[test]
    fn without_a_limit_it_never_runs_dry() {
        let budget = RetryBudget::new(None);
        assert!((0..10_000).all(|_| budget.take()));
    }
}
