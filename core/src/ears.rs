//! Who hears of what the server sends by itself, and answers its requests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use http::HeaderMap;
use serde_json::value::RawValue;

use crate::core::Core;
use crate::protocol::jsonrpc;
use crate::transport::answer::{Listener, Outgoing};
use crate::transport::link::Link;

/// The longest that an answer to the server's own request is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The ears of one link. Neither keeps the client alive.
pub(crate) struct Ears {
    core: Weak<Core>,
    link: OnceLock<Weak<Link>>,
    /// The headers of an answer.
    headers: OnceLock<HeaderMap>,
    opening: HeaderMap,
}

impl Ears {
    pub(crate) fn new(core: &Weak<Core>, opening: HeaderMap) -> Arc<Self> {
        Arc::new(Self { core: Weak::clone(core), link: OnceLock::new(), headers: OnceLock::new(), opening })
    }

    /// Tells where answers go.
    pub(crate) fn belongs_to(&self, link: &Arc<Link>) {
        let _ = self.link.set(Arc::downgrade(link));
    }

    /// Tells the headers that the handshake came to.
    pub(crate) fn session_is_open(&self, headers: HeaderMap) {
        let _ = self.headers.set(headers);
    }
}

impl Listener for Ears {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        if let Some(core) = self.core.upgrade()
            && let Some(listen) = &core.settings.hooks.notification
        {
            // What a listener does is its own: the stream goes on.
            let _ = catch_unwind(AssertUnwindSafe(|| listen(method, params.map_or("{}", RawValue::get))));
        }
    }

    /// A ping is answered as the specification says, anything else as unknown.
    fn request(&self, id: &str, method: &str, _params: Option<&RawValue>) {
        let (Some(core), Some(link)) = (self.core.upgrade(), self.link.get().and_then(Weak::upgrade)) else { return };
        let error = (method != "ping").then_some((jsonrpc::METHOD_NOT_FOUND, "Method not found"));
        // A server that asks more at once than this is left without an answer, and not us without connections.
        let Ok(permit) = Arc::clone(&core.answers).try_acquire_owned() else { return };
        let headers = self.headers.get().unwrap_or(&self.opening).clone();
        let body = jsonrpc::response(id, error);
        tokio::spawn(tokio::time::timeout(ANSWER_WITHIN, async move {
            let _permit = permit;
            let limit = core.settings.max_answer_bytes;
            let Ok((headers, _)) = core.with_token(headers).await else { return };
            let outgoing = Outgoing { headers, body, id: None, progress_token: None, limit };
            // The server waits for this answer or gives up by itself; there is nobody here to tell.
            drop(link.exchange(outgoing, &Deaf).await);
        }));
    }
}

struct Deaf;

impl Listener for Deaf {
    fn notification(&self, _: &str, _: Option<&RawValue>) {}
    fn request(&self, _: &str, _: &str, _: Option<&RawValue>) {}
}
