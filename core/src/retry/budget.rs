//! A token bucket for the retries of one client, so that retries do not multiply the load of an outage.
//!
//! One event, such as the restart of a server, fails all calls in flight at once. It costs as much as one retry: the first failure
//! takes tokens, and the other calls whose attempts began before it are retried without tokens, at most twice each. Attempts that
//! begin later take tokens, so the retries of an outage are limited by the calls in flight at its beginning and by the bucket. The
//! next event is free only after as many calls succeeded as were retried without tokens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Tokens that one retry takes.
pub(crate) const RETRY_COST: u32 = 14;
/// The retries without tokens of a call that was in flight at an event.
const FREE_RETRIES: u32 = 2;

/// Retries take tokens; a call that succeeds returns those of its retries, and one more.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    capacity: Option<u32>,
    state: Mutex<BudgetState>,
    /// Whether a success changes nothing, so that most successes need no lock.
    is_full: AtomicBool,
}

#[derive(Debug)]
struct BudgetState {
    tokens: u32,
    event: Option<Event>,
    /// Calls that retried without tokens, minus those that succeeded since.
    unpaid_retries: u32,
}

/// A failure after which other calls are likely to fail.
#[derive(Debug, Clone, Copy)]
struct Event {
    at: Instant,
    is_free: bool,
    /// Whether an attempt that began after it succeeded.
    is_over: bool,
}

/// The tokens and free retries that one operation has used.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    paid: u32,
    /// Free retries that are left; `None` before the first one.
    free: Option<u32>,
}

impl RetryBudget {
    /// `None` is a budget without limit.
    pub(crate) fn new(capacity: Option<u32>) -> Self {
        let state = BudgetState { tokens: capacity.unwrap_or(0), event: None, unpaid_retries: 0 };
        Self { capacity, state: Mutex::new(state), is_full: AtomicBool::new(true) }
    }

    /// Takes the cost of a retry after an attempt that began at `begun`. Returns whether the retry is allowed.
    pub(crate) fn take(&self, taken: &mut Taken, begun: Instant) -> bool {
        if self.capacity.is_none() {
            return true;
        }
        if let Some(left @ 1..) = &mut taken.free {
            *left -= 1;
            return true;
        }
        let mut state = self.locked();
        self.is_full.store(false, Ordering::Relaxed);
        let was_in_flight = state.event.is_some_and(|event| event.is_free && begun <= event.at);
        if was_in_flight && taken.free.is_none() {
            state.unpaid_retries += 1;
            taken.free = Some(FREE_RETRIES - 1);
            return true;
        }
        let Some(left) = state.tokens.checked_sub(RETRY_COST) else { return false };
        state.tokens = left;
        taken.paid += 1;
        if state.event.is_none_or(|event| event.is_over && begun > event.at) {
            state.event = Some(Event { at: Instant::now(), is_free: state.unpaid_retries == 0, is_over: false });
        }
        true
    }

    /// Returns tokens after an operation succeeded with an attempt that began at `begun`.
    pub(crate) fn give_back(&self, taken: &Taken, begun: Instant) {
        let Some(capacity) = self.capacity else { return };
        if taken.paid == 0 && self.is_full.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.locked();
        let amount = taken.paid.saturating_mul(RETRY_COST).saturating_add(1);
        state.tokens = state.tokens.saturating_add(amount).min(capacity);
        state.unpaid_retries = state.unpaid_retries.saturating_sub(1);
        if let Some(event) = &mut state.event {
            event.is_over |= begun > event.at;
        }
        let is_over = state.event.is_none_or(|event| event.is_over);
        self.is_full.store(is_over && state.unpaid_retries == 0 && state.tokens == capacity, Ordering::Relaxed);
    }

    fn locked(&self) -> MutexGuard<'_, BudgetState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Lets time pass, so that an attempt that begins now began after everything before.
    async fn later() -> Instant {
        tokio::time::advance(Duration::from_millis(1)).await;
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_exhausted_and_recovers() {
        let budget = RetryBudget::new(Some(3 * RETRY_COST));
        let mut taken = Taken::default();
        for _ in 0..3 {
            assert!(budget.take(&mut taken, later().await));
        }
        assert!(!budget.take(&mut taken, later().await));
        budget.give_back(&Taken { paid: 1, free: None }, later().await);
        assert!(budget.take(&mut taken, later().await));
        assert!(!budget.take(&mut taken, later().await));
        budget.give_back(&Taken { paid: 100, free: None }, later().await);
        assert_eq!(budget.locked().tokens, 3 * RETRY_COST);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_it_is_never_exhausted() {
        let budget = RetryBudget::new(None);
        let mut taken = Taken::default();
        for _ in 0..10_000 {
            assert!(budget.take(&mut taken, Instant::now()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_in_flight_at_one_event_pay_once() {
        let budget = RetryBudget::new(Some(3 * RETRY_COST));
        let begun = later().await;
        later().await;
        let mut calls: Vec<Taken> = (0..300).map(|_| Taken::default()).collect();
        for call in &mut calls {
            assert!(budget.take(call, begun));
        }
        // The server still does not respond.
        let again = later().await;
        later().await;
        assert!(calls.iter_mut().all(|call| budget.take(call, again)));
        assert_eq!(budget.locked().tokens, RETRY_COST, "only the first failure took tokens");
        for call in &calls {
            budget.give_back(call, later().await);
        }
        assert!(budget.is_full.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_fail_late_belong_to_the_event() {
        let budget = RetryBudget::new(Some(RETRY_COST));
        let begun = later().await;
        let (mut first, mut second) = (Taken::default(), Taken::default());
        assert!(budget.take(&mut first, begun));
        budget.give_back(&first, later().await);
        assert!(budget.take(&mut second, begun));
        assert_eq!(budget.locked().tokens, RETRY_COST);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_bounded_by_the_calls_in_flight_at_its_beginning_and_the_bucket() {
        let budget = RetryBudget::new(Some(35 * RETRY_COST));
        let mut retries = 0;
        // Sixty-four workers that call all the time; each call has at most three attempts.
        for _ in 0..1000 {
            let begun = later().await;
            let mut calls: Vec<Taken> = (0..64).map(|_| Taken::default()).collect();
            for attempt in 0..2 {
                let begun = if attempt == 0 { begun } else { later().await };
                later().await;
                retries += calls.iter_mut().filter_map(|call| budget.take(call, begun).then_some(())).count();
            }
        }
        assert!(retries <= 35 + 2 * 63, "{retries}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_event_is_for_free_only_once_the_calls_of_the_first_succeeded() {
        let budget = RetryBudget::new(Some(2 * RETRY_COST));
        let fail = |budget: &RetryBudget, begun| {
            let mut calls: Vec<Taken> = (0..10).map(|_| Taken::default()).collect();
            let sent = calls.iter_mut().filter_map(|call| budget.take(call, begun).then_some(())).count();
            (calls, sent)
        };
        let (calls, sent) = fail(&budget, later().await);
        assert_eq!(sent, 10);
        // One of them succeeds, nine do not.
        budget.give_back(&calls[1], later().await);
        let (_, sent) = fail(&budget, later().await);
        assert_eq!(sent, 1, "the rest of the bucket");
        for call in &calls {
            budget.give_back(call, later().await);
        }
        budget.give_back(&Taken { paid: 2, free: None }, later().await);
        assert_eq!(fail(&budget, later().await).1, 10);
    }
}
