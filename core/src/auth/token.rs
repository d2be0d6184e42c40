//! A token that is requested once for all calls, and again before it expires or after it was refused.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::time::Instant;

use crate::auth::credentials::bearer;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::util::secret::Secret;
use crate::util::single_flight::{Reusable, SingleFlight};

/// A token is renewed this long before it expires, or after nine tenths of its validity if that is later.
const EARLY: Duration = Duration::from_secs(30);

/// A new token.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) token: Secret,
    /// How long it is valid; `None` if that is unknown: then it is used until it is refused.
    pub(crate) expires_in: Option<Duration>,
}

/// A token in use.
#[derive(Debug)]
pub(crate) struct Token {
    /// The number of the token, so that a late refusal of an old one does not discard the new one.
    pub(crate) generation: u64,
    pub(crate) header: HeaderValue,
    pub(crate) secret: Secret,
    /// By both clocks: the monotonic one stops while the machine is suspended, and the wall clock may be set.
    renew_at: Option<(Instant, SystemTime)>,
}

/// The token of one client, requested once for all calls.
pub(crate) type TokenCache = SingleFlight<Token, AttemptError>;

impl Reusable for Token {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn is_usable(&self) -> bool {
        self.is_usable_at(SystemTime::now())
    }
}

impl Token {
    fn is_usable_at(&self, wall: SystemTime) -> bool {
        self.renew_at.is_none_or(|(at, by_wall)| Instant::now() < at && wall < by_wall)
    }

    pub(crate) fn new(generation: u64, issued: Issued) -> Result<Self, AttemptError> {
        let header = bearer("token", &issued.token).map_err(|_| {
            let message = "the token cannot be sent: it is empty or has characters that are not allowed in a header";
            AttemptError::of(FailureClass::Refused, Error::new(Code::TokenUnavailable, message))
        })?;
        let valid = issued.expires_in.filter(|valid| !valid.is_zero());
        let used = valid.map(|valid| valid.saturating_sub(EARLY).max(valid.mul_f64(0.9)));
        let renew_at =
            used.and_then(|used| Some((Instant::now().checked_add(used)?, SystemTime::now().checked_add(used)?)));
        Ok(Self { generation, header, secret: issued.token, renew_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_shortly_before_it_expires() {
        let token = |seconds| {
            let expires_in = Some(Duration::from_secs(seconds));
            Token::new(1, Issued { token: "t".into(), expires_in }).unwrap()
        };
        let (long, short) = (token(3600), token(100));
        tokio::time::advance(Duration::from_secs(89)).await;
        assert!(long.is_usable() && short.is_usable());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(long.is_usable() && !short.is_usable());
        tokio::time::advance(Duration::from_secs(3480)).await;
        assert!(!long.is_usable());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_expires_by_either_clock() {
        let token = Token::new(1, Issued { token: "t".into(), expires_in: Some(Duration::from_secs(3600)) }).unwrap();
        let now = SystemTime::now();
        assert!(token.is_usable_at(now));
        assert!(token.is_usable_at(now - Duration::from_secs(86_400)), "a wall clock that was set back");
        assert!(!token.is_usable_at(now + Duration::from_secs(3600)), "a machine that was suspended for an hour");
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert!(!token.is_usable_at(now - Duration::from_secs(86_400)));
    }
}
