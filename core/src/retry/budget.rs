//! A token bucket for the retries of one client, so that an outage is not multiplied by retrying.
//!
//! One event, such as the restart of a server, fails all calls in flight at once. Its cost is that of one retry: the failure
//! that shows it takes tokens, and the other calls whose attempts began before it are sent again without taking tokens, twice at
//! most each. Everything that begins later takes tokens, so that an outage costs no more than the calls in flight at its beginning
//! and the bucket. The next such event takes no tokens only when as many calls succeeded as were sent again without them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Tokens that one retry takes.
pub(crate) const RETRY_COST: u32 = 14;
/// The retries without tokens of a call that was in flight at an event.
const FREE_RETRIES: u32 = 2;

/// Retries take tokens; a call that succeeds gives back what its retries took, and one more.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    capacity: Option<u32>,
    state: Mutex<BudgetState>,
    /// Whether a success has nothing to change, so that most need no lock.
    is_at_rest: AtomicBool,
}

#[derive(Debug)]
struct BudgetState {
    tokens: u32,
    event: Option<Event>,
    /// Calls that retried without tokens, less those that succeeded since.
    unpaid_retries: u32,
}

/// A failure after which other calls are likely to fail.
#[derive(Debug, Clone, Copy)]
struct Event {
    at: Instant,
    is_free: bool,
    /// Whether an attempt that began behind it succeeded.
    is_over: bool,
}

/// What the retries of one operation took.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    paid: u32,
    /// Retries without tokens that are left, once there were some.
    free: Option<u32>,
}

impl RetryBudget {
    /// `None` is a budget without limit.
    pub(crate) fn new(capacity: Option<u32>) -> Self {
        let state = BudgetState { tokens: capacity.unwrap_or(0), event: None, unpaid_retries: 0 };
        Self { capacity, state: Mutex::new(state), is_at_rest: AtomicBool::new(true) }
    }

    /// Whether an attempt that began at `begun`, and failed now, may be followed by a retry.
    pub(crate) fn take(&self, taken: &mut Taken, begun: Instant) -> bool {
        if self.capacity.is_none() {
            return true;
        }
        if let Some(left @ 1..) = &mut taken.free {
            *left -= 1;
            return true;
        }
        let mut state = self.locked();
        self.is_at_rest.store(false, Ordering::Relaxed);
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

    /// An operation succeeded by an attempt that began at `begun`.
    pub(crate) fn give_back(&self, taken: &Taken, begun: Instant) {
        let Some(capacity) = self.capacity else { return };
        if taken.paid == 0 && self.is_at_rest.load(Ordering::Relaxed) {
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
        self.is_at_rest.store(is_over && state.unpaid_retries == 0 && state.tokens == capacity, Ordering::Relaxed);
    }

    fn locked(&self) -> MutexGuard<'_, BudgetState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Lets time pass, so that what begins now began behind what was before.
    async fn later() -> Instant {
        tokio::time::advance(Duration::from_millis(1)).await;
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_dry_and_recovers() {
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
    async fn without_a_limit_it_never_runs_dry() {
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
        // Nobody answers yet.
        let again = later().await;
        later().await;
        assert!(calls.iter_mut().all(|call| budget.take(call, again)));
        assert_eq!(budget.locked().tokens, RETRY_COST, "that of the one call which showed it");
        for call in &calls {
            budget.give_back(call, later().await);
        }
        assert!(budget.is_at_rest.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn the_event_goes_on_for_those_that_hear_of_it_late() {
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
        // Sixty-four workers that call all the time; each call is sent three times at most.
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
        assert_eq!(sent, 1, "what is left in the bucket");
        for call in &calls {
            budget.give_back(call, later().await);
        }
        budget.give_back(&Taken { paid: 2, free: None }, later().await);
        assert_eq!(fail(&budget, later().await).1, 10);
    }
}
