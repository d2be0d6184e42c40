//! The stream of GET: what the server says of its own accord.

use bytes::Bytes;

use crate::answer::{Answer, Payload};
use crate::exchange::Exchange;
use crate::headers;
use crate::held::Feed;
use crate::shared::Shared;

/// The stream of a session or of a client without one, or the rest of a stream that was cut.
pub(crate) fn open(shared: &Shared, exchange: &Exchange, session: Option<&str>) -> Answer {
    if let Some(id) = exchange.header(headers::LAST_EVENT_ID) {
        if let Some(events) = shared.streams().after(id) {
            return Answer::new(200, Payload::Resumed(events));
        }
        if let Some((missed, told)) = shared.speaking.resume(session, id) {
            return Answer::new(200, Payload::Held(missed, Feed::of_call(told)));
        }
        if let Some((missed, feed)) = shared.held.resume(session, id) {
            return held(&missed, feed);
        }
    }
    let (first, feed) = shared.held.open(session, shared.gives_ids(), shared.options.sse_retry_ms);
    held(&first, feed)
}

fn held(first: &Bytes, feed: Feed) -> Answer {
    Answer::new(200, Payload::Held([b": open\n\n", first.as_ref()].concat().into(), feed))
}

/// The same where a session may have one stream at a time: none where it has one.
pub(crate) fn open_only(shared: &Shared, exchange: &Exchange, session: Option<&str>) -> Option<Answer> {
    let resumes = exchange
        .header(headers::LAST_EVENT_ID)
        .is_some_and(|id| shared.streams().after(id).is_some() || shared.speaking.knows(id));
    let is_free = session.is_none_or(|session| !shared.held.is_open(session));
    (resumes || is_free).then(|| open(shared, exchange, session))
}
