//! The timeout of one attempt, which every byte of the call's own stream restarts.

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

/// If a deadline is noticed this late, the process was stopped or its thread was blocked.
const LATE: Duration = Duration::from_millis(10);
/// How long data that arrived meanwhile is read then.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) struct IdleTimer {
    timeout: Option<Duration>,
    until: Mutex<Option<Instant>>,
    /// The status of the response; 0 before its head has arrived.
    status: AtomicU16,
    /// When the last piece of a large request was sent.
    sent: Mutex<Option<Instant>>,
    /// Whether the client does not read at present.
    is_paused: AtomicBool,
}

/// Stops the timeout while it exists, and restarts it at its end.
pub(crate) struct Pause<'a>(&'a IdleTimer);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.restart();
        self.0.is_paused.store(false, Ordering::Release);
    }
}

/// The requests of the server to the caller's callbacks that a call may wait for.
pub(crate) struct OpenCallbacks<'a> {
    /// Those on the call's own stream.
    own: &'a WaitGroup,
    /// Those on the server's own stream, which may belong to any call that was in flight then.
    of_all: &'a WaitGroup,
    begun: u64,
}

impl<'a> OpenCallbacks<'a> {
    /// Those of a call that begins now. Earlier requests do not belong to it.
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

    /// Stops the timer while the client waits for a callback and does not read.
    pub(crate) fn pause(&self) -> Pause<'_> {
        self.is_paused.store(true, Ordering::Release);
        Pause(self)
    }

    pub(crate) fn restart(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = deadline(self.timeout);
    }

    /// Notes that the head of the response has arrived.
    pub(crate) fn note_response(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
    }

    pub(crate) fn has_response(&self) -> bool {
        self.status.load(Ordering::Relaxed) != 0
    }

    /// Whether the server itself has responded, and not a gateway in its place.
    pub(crate) fn has_server_response(&self) -> bool {
        self.has_response() && !status::is_of_gateway(self.status.load(Ordering::Relaxed))
    }

    /// Notes that a piece of a large request was sent.
    pub(crate) fn note_upload(&self) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When the last piece of a large request was sent.
    pub(crate) fn last_upload(&self) -> Option<Instant> {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The present end of the timeout; `None` if there is none.
    fn until(&self) -> Option<Instant> {
        if self.is_paused.load(Ordering::Acquire) {
            self.restart();
        }
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The failure of an attempt whose timeout has passed.
    pub(crate) fn timed_out(&self) -> AttemptError {
        match self.timeout {
            Some(timeout) if self.has_response() => {
                let message = format!(
                    "the response began, and nothing more was received for {} (option timeout)",
                    seconds(timeout)
                );
                AttemptError::new(FailureClass::Lost, Code::AttemptTimeout, message)
            }
            timeout => timed_out(timeout),
        }
    }

    /// Returns when the timeout has passed without a restart. It does not pass while the server waits for a callback.
    pub(crate) async fn expired(&self, callbacks: Option<&OpenCallbacks<'_>>) {
        let Some(callbacks) = callbacks else { return self.passed().await };
        loop {
            let (own, of_all) = (callbacks.own.changed(), callbacks.of_all.changed());
            if callbacks.are_open() {
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
                    if self.until() == Some(until) && !callbacks.are_open() {
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

/// Returns at this time, after data that has arrived by then was read: if the process was stopped meanwhile, timers and sockets are
/// ready at once, and the sockets must be handled first.
pub(crate) async fn reached(until: Instant) {
    sleep_until(until).await;
    if until.elapsed() >= LATE {
        tokio::time::sleep(GRACE).await;
    } else {
        // In the first yield the runtime polls its sockets, in the second the connections read them.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
}

fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

/// The failure of an attempt whose timeout has passed.
pub(crate) fn timed_out(timeout: Option<Duration>) -> AttemptError {
    let message = match timeout {
        Some(timeout) => format!("no response within {} (option timeout)", seconds(timeout)),
        None => "no response in time".to_owned(),
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
        let callbacks = OpenCallbacks::of_call(&nothing, &nothing);
        tokio::join!(timer.expired(Some(&callbacks)), restart);
        assert_eq!(begun.elapsed().as_secs(), 17);

        let timer = IdleTimer::start(Some(TIMEOUT));
        let begun = Instant::now();
        let restart = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            timer.restart();
        };
        tokio::join!(timer.expired(None), restart);
        assert_eq!(begun.elapsed().as_secs(), 17, "without callbacks");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_restarts_the_timeout() {
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

    /// The seconds until a timeout of ten seconds, with a request of the server from second 3 to 33, or before the call.
    async fn ends_after(own: bool, before_the_call: bool) -> u64 {
        let (of_call, of_all): (Arc<WaitGroup>, Arc<WaitGroup>) = Default::default();
        let earlier = before_the_call.then(|| of_all.begin());
        let begun = Instant::now();
        let timer = IdleTimer::start(Some(TIMEOUT));
        let callbacks = OpenCallbacks::of_call(&of_call, &of_all);
        let asking = async {
            if !before_the_call {
                tokio::time::sleep(Duration::from_secs(3)).await;
                let _asked = if own { of_call.begin() } else { of_all.begin() };
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
        };
        tokio::join!(timer.expired(Some(&callbacks)), asking);
        drop(earlier);
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_request_stops_the_timeout_only_of_calls_in_flight() {
        assert_eq!(ends_after(true, false).await, 43);
        assert_eq!(ends_after(false, false).await, 43);
        assert_eq!(ends_after(false, true).await, 10, "the call began later");
    }
}
