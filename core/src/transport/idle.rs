//! The deadline of one attempt, which progress of the call starts anew.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::open_count::OpenCount;

pub(crate) struct IdleTimer {
    timeout: Option<Duration>,
    until: Mutex<Option<Instant>>,
}

impl IdleTimer {
    pub(crate) fn start(timeout: Option<Duration>) -> Self {
        Self { timeout, until: Mutex::new(deadline(timeout)) }
    }

    pub(crate) fn restart(&self) {
        *self.until.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = deadline(self.timeout);
    }

    /// Returns when the timeout has passed without a restart. While the server waits for the caller, it does not pass.
    pub(crate) async fn expired(&self, asking: &OpenCount) {
        loop {
            let changed = asking.changed();
            if asking.is_open() {
                asking.over().await;
                self.restart();
                continue;
            }
            let until = *self.until.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match until {
                None => return std::future::pending().await,
                Some(until) if until <= Instant::now() => return,
                Some(until) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
            }
        }
    }
}

fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_restart_moves_the_deadline() {
        let timer = IdleTimer::start(Some(Duration::from_secs(10)));
        let begun = Instant::now();
        let restart = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            timer.restart();
        };
        let nothing = OpenCount::default();
        tokio::join!(timer.expired(&nothing), restart);
        assert_eq!(begun.elapsed().as_secs(), 17);
    }
}
