//! The deadline of one attempt, which every byte of the call's own stream starts anew.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep_until};

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::status;
use crate::util::sanitize::seconds;
use crate::util::wait_group::WaitGroup;

/// A deadline that is noticed so late was passed while the process was stopped, or its thread blocked.
const LATE: Duration = Duration::from_millis(10);
/// The time in which what arrived meanwhile is read then.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) struct IdleTimer {
    timeout: Option<Duration>,
    until: Mutex<Option<Instant>>,
    /// The status of the answer whose head came; 0 before.
    status: AtomicU16,
    /// When the last piece of a large request left.
    sent: Mutex<Option<Instant>>,
    /// Whether the client itself is not reading.
    is_paused: AtomicBool,
}

/// While it lives, the timeout does not pass. It starts anew at the end.
pub(crate) struct Pause<'a>(&'a IdleTimer);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.restart();
        self.0.is_paused.store(false, Ordering::Release);
    }
}

/// The questions to the caller that a call may be waiting for.
pub(crate) struct Questions<'a> {
    /// Those that came on the call's own stream.
    own: &'a WaitGroup,
    /// Those that came on a stream of nobody's, and may be any call's that was on its way by then.
    of_all: &'a WaitGroup,
    begun: u64,
}

impl<'a> Questions<'a> {
    /// Of a call that begins now: what was asked before is not about it.
    pub(crate) fn of_call(own: &'a WaitGroup, of_all: &'a WaitGroup) -> Self {
        Self { own, of_all, begun: of_all.begun() }
    }

    fn are_open(&self) -> bool {
        self.own.is_open_behind(0) || self.of_all.is_open_behind(self.begun)
    }
}

impl IdleTimer {
    pub(crate) fn start(timeout: Option<Duration>) -> Self {
        let (status, is_paused) = (AtomicU16::new(0), AtomicBool::new(false));
        Self { timeout, until: Mutex::new(deadline(timeout)), status, sent: Mutex::default(), is_paused }
    }

    /// Stops the timer while the client waits for the caller and reads nothing of the server.
    pub(crate) fn pause(&self) -> Pause<'_> {
        self.is_paused.store(true, Ordering::Release);
        Pause(self)
    }

    pub(crate) fn restart(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = deadline(self.timeout);
    }

    /// Notes that the head of the answer came.
    pub(crate) fn hears(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
    }

    pub(crate) fn has_heard(&self) -> bool {
        self.status.load(Ordering::Relaxed) != 0
    }

    /// Whether the server itself has answered, and not what stands before it for one that does not.
    pub(crate) fn has_heard_the_server(&self) -> bool {
        self.has_heard() && !status::is_of_gateway(self.status.load(Ordering::Relaxed))
    }

    /// Notes that a piece of the request left.
    pub(crate) fn sends(&self) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When the last piece of a large request left.
    pub(crate) fn sent(&self) -> Option<Instant> {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The end of the timeout as it is known now; `None` where there is none.
    fn until(&self) -> Option<Instant> {
        if self.is_paused.load(Ordering::Acquire) {
            self.restart();
        }
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The failure of an attempt whose timeout has passed.
    pub(crate) fn too_late(&self) -> AttemptError {
        match self.timeout {
            Some(timeout) if self.has_heard() => {
                let message =
                    format!("the answer began, and nothing more came for {} (option timeout)", seconds(timeout));
                AttemptError::new(FailureClass::Lost, Code::AttemptTimeout, message)
            }
            timeout => too_late(timeout),
        }
    }

    /// Returns when the timeout has passed without a restart. While the server waits for the caller, it does not pass.
    pub(crate) async fn expired(&self, questions: Option<&Questions<'_>>) {
        let Some(questions) = questions else { return self.passed().await };
        loop {
            let (own, of_all) = (questions.own.changed(), questions.of_all.changed());
            if questions.are_open() {
                tokio::select! {
                    () = own => {}
                    () = of_all => {}
                }
                self.restart();
                continue;
            }
            let Some(until) = self.until() else { return std::future::pending().await };
            tokio::select! {
                () = reached(until) => {
                    if self.until() == Some(until) && !questions.are_open() {
                        return;
                    }
                }
                () = own => {}
                () = of_all => {}
            }
        }
    }

    async fn passed(&self) {
        loop {
            let Some(until) = self.until() else { return std::future::pending().await };
            reached(until).await;
            if self.until() == Some(until) {
                return;
            }
        }
    }
}

/// Returns at a time, once what has arrived by then was read: where the process was stopped meanwhile, its timers and its
/// sockets are ready at once, and the timers must not win.
pub(crate) async fn reached(until: Instant) {
    sleep_until(until).await;
    if until.elapsed() >= LATE {
        tokio::time::sleep(GRACE).await;
    } else {
        // The first has the runtime look at its sockets, the second its connections at what came.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
}

fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

/// The failure of an attempt whose timeout has passed.
pub(crate) fn too_late(timeout: Option<Duration>) -> AttemptError {
    let message = match timeout {
        Some(timeout) => format!("no answer within {} (option timeout)", seconds(timeout)),
        None => "no answer in time".to_owned(),
    };
    AttemptError::new(FailureClass::Lost, Code::AttemptTimeout, message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_restart_moves_the_deadline() {
        let timer = IdleTimer::start(Some(TIMEOUT));
        let begun = Instant::now();
        let restart = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            timer.restart();
        };
        let nothing = WaitGroup::default();
        let questions = Questions::of_call(&nothing, &nothing);
        tokio::join!(timer.expired(Some(&questions)), restart);
        assert_eq!(begun.elapsed().as_secs(), 17);

        let timer = IdleTimer::start(Some(TIMEOUT));
        let begun = Instant::now();
        let restart = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            timer.restart();
        };
        tokio::join!(timer.expired(None), restart);
        assert_eq!(begun.elapsed().as_secs(), 17, "where nothing can be asked");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_starts_the_timeout_anew() {
        let timer = IdleTimer::start(Some(TIMEOUT));
        let begun = Instant::now();
        let pause = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            let paused = timer.pause();
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(paused);
        };
        tokio::join!(timer.expired(None), pause);
        assert_eq!(begun.elapsed().as_secs(), 77);
    }

    /// What is asked for `lasts` seconds from second 3 on holds up a call of ten seconds for so long.
    async fn ends_after(own: bool, before_the_call: bool) -> u64 {
        let (of_call, of_all): (Arc<WaitGroup>, Arc<WaitGroup>) = Default::default();
        let earlier = before_the_call.then(|| of_all.begin());
        let begun = Instant::now();
        let timer = IdleTimer::start(Some(TIMEOUT));
        let questions = Questions::of_call(&of_call, &of_all);
        let asking = async {
            if !before_the_call {
                tokio::time::sleep(Duration::from_secs(3)).await;
                let _asked = if own { of_call.begin() } else { of_all.begin() };
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
        };
        tokio::join!(timer.expired(Some(&questions)), asking);
        drop(earlier);
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_holds_up_only_the_calls_that_it_may_be_about() {
        assert_eq!(ends_after(true, false).await, 43);
        assert_eq!(ends_after(false, false).await, 43);
        assert_eq!(ends_after(false, true).await, 10, "a call that came later is not what it is about");
    }
}
