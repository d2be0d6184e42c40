//! A token that is asked for once for all calls, and again when it is about to expire or was refused.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::{Secret, bearer};
use crate::error::{Code, Error};
use crate::failure::Failure;
use crate::retry::Happened;

/// A token is renewed this long before it expires, or after nine tenths of its time where that is later.
const EARLY: Duration = Duration::from_secs(30);

/// What was asked for a token gave.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) token: Secret,
    /// How long it holds; `None` where that was not said: then until it is refused.
    pub(crate) expires_in: Option<Duration>,
}

/// A token in use.
#[derive(Debug)]
pub(crate) struct Token {
    /// Counts the tokens, so that the late refusal of an old one does not end the new one.
    generation: u64,
    pub(crate) header: HeaderValue,
    pub(crate) secret: Secret,
    renew_at: Option<Instant>,
}

/// The token of one client.
#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    current: RwLock<Option<Arc<Token>>>,
    /// Held by the one caller that asks; counts the askings and keeps the last failure for those who waited for it.
    gate: tokio::sync::Mutex<(u64, Option<Failure>)>,
    asked: std::sync::atomic::AtomicU64,
}

impl TokenCache {
    /// The token in use, if one is.
    pub(crate) fn current(&self) -> Option<Arc<Token>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        current.filter(|token| token.renew_at.is_none_or(|at| Instant::now() < at))
    }

    /// A token to use. `ask` is called where there is none; all who come meanwhile share its outcome.
    pub(crate) async fn get<F>(&self, ask: impl FnOnce() -> F) -> Result<Arc<Token>, Failure>
    where
        F: Future<Output = Result<Issued, Failure>>,
    {
        use std::sync::atomic::Ordering;
        if let Some(token) = self.current() {
            return Ok(token);
        }
        let seen = self.asked.load(Ordering::Acquire);
        let mut gate = self.gate.lock().await;
        if let Some(token) = self.current() {
            return Ok(token);
        }
        if self.asked.load(Ordering::Acquire) != seen
            && let Some(failure) = &gate.1
        {
            return Err(failure.clone());
        }
        let outcome = ask().await.and_then(|issued| {
            gate.0 += 1;
            in_use(gate.0, issued)
        });
        self.asked.fetch_add(1, Ordering::AcqRel);
        match outcome {
            Ok(token) => {
                let token = Arc::new(token);
                *self.slot() = Some(Arc::clone(&token));
                gate.1 = None;
                Ok(token)
            }
            Err(failure) => {
                gate.1 = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// Forgets a token that was refused; a newer one stays.
    pub(crate) fn refuse(&self, refused: &Token) {
        self.slot().take_if(|token| token.generation == refused.generation);
    }

    fn slot(&self) -> std::sync::RwLockWriteGuard<'_, Option<Arc<Token>>> {
        self.current.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_use(generation: u64, issued: Issued) -> Result<Token, Failure> {
    let header = bearer("token", &issued.token).map_err(|_| {
        let message = "the token that was given cannot be sent: it is empty or has characters that no header carries";
        Failure { happened: Happened::Refused, error: Error::new(Code::TokenUnavailable, message) }
    })?;
    let holds = issued.expires_in.map(|holds| holds.saturating_sub(EARLY).max(holds.mul_f64(0.9)));
    let renew_at = holds.and_then(|holds| Instant::now().checked_add(holds));
    Ok(Token { generation, header, secret: issued.token, renew_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn all_share_one_token_until_it_is_refused_or_expires() {
        let cache = TokenCache::default();
        let asked = AtomicU32::new(0);
        let ask = || async {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(Issued { token: format!("t{number}").into(), expires_in: Some(Duration::from_secs(100)) })
        };
        let (a, b, c) = tokio::join!(cache.get(ask), cache.get(ask), cache.get(ask));
        let first = a.unwrap();
        assert!(Arc::ptr_eq(&first, &b.unwrap()) && Arc::ptr_eq(&first, &c.unwrap()));
        assert_eq!(asked.load(Ordering::Relaxed), 1);

        cache.refuse(&first);
        let second = cache.get(ask).await.unwrap();
        assert_eq!(second.header, "Bearer t1");
        cache.refuse(&first);
        assert!(cache.current().is_some(), "an older token's refusal does not end this one");

        tokio::time::advance(Duration::from_secs(91)).await;
        assert_eq!(cache.get(ask).await.unwrap().header, "Bearer t2");
    }

    #[tokio::test]
    async fn all_share_one_failure_and_the_next_caller_asks_again() {
        let cache = TokenCache::default();
        let asked = AtomicU32::new(0);
        let ask = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err(Failure::not_sent(Error::new(Code::TokenRefused, "no")))
        };
        let (a, b) = tokio::join!(cache.get(ask), cache.get(ask));
        assert!(a.is_err() && b.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(cache.get(ask).await.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
