//! A load balancer in front of two replicas; a cookie keeps a client at one of them.

use std::collections::HashMap;
use std::sync::Mutex;

use http::{HeaderMap, HeaderValue, header};

use crate::server_state::lock;

/// The cookie's name.
const NAME: &str = "DEVLB";
const SESSION: &str = "mcp-session-id";

/// The replicas of the sessions, and the counter for round robin.
#[derive(Default)]
pub(crate) struct Balancer(Mutex<State>);

#[derive(Default)]
struct State {
    next: u32,
    sessions: HashMap<String, u32>,
}

impl Balancer {
    /// The replica of a request: the one in its cookie, else the next one.
    pub(crate) fn replica(&self, headers: &HeaderMap) -> u32 {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let named = cookies.flat_map(|line| line.split("; ")).find_map(|pair| {
            pair.strip_prefix(NAME)?.strip_prefix("=replica-")?.parse().ok().filter(|replica| *replica < 2)
        });
        named.unwrap_or_else(|| {
            let mut state = lock(&self.0);
            state.next += 1;
            state.next % 2
        })
    }

    /// Whether the request's session lives on the other replica.
    pub(crate) fn is_elsewhere(&self, headers: &HeaderMap, replica: u32) -> bool {
        let session = headers.get(SESSION).and_then(|id| id.to_str().ok());
        session.and_then(|id| lock(&self.0).sessions.get(id).copied()).is_some_and(|home| home != replica)
    }

    /// Sets the cookie, and notes the replica of a session that this response opens.
    pub(crate) fn answer(&self, headers: &mut HeaderMap, replica: u32) {
        if let Some(id) = headers.get(SESSION).and_then(|id| id.to_str().ok()) {
            lock(&self.0).sessions.entry(id.to_owned()).or_insert(replica);
        }
        let cookie = format!("{NAME}=replica-{replica}; Path=/; Expires=Fri, 27 Nov 2037 08:00:00 GMT");
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}
