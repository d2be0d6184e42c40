//! The stream of GET, for messages that belong to no call.

use bytes::Bytes;

use crate::answer::{Answer, Payload};
use crate::exchange::Exchange;
use crate::headers;
use crate::open_streams::Feed;
use crate::server_state::Shared;

/// The stream of a session or of a client without one, or the rest of a cut stream.
pub(crate) fn open(shared: &Shared, exchange: &Exchange, session: Option<&str>) -> Answer {
    if let Some(id) = exchange.header(headers::LAST_EVENT_ID) {
        if let Some(events) = shared.streams().after(id) {
            return Answer::new(200, Payload::Resumed(events));
        }
        if let Some((missed, receiver)) = shared.resumable_streams.resume(session, id) {
            return Answer::new(200, Payload::Streamed(missed, Feed::of_call(receiver)));
        }
        if let Some((missed, feed)) = shared.open_streams.resume(session, id) {
            return opened(&missed, feed);
        }
    }
    let (first, feed) = shared.open_streams.open(session, shared.gives_ids(), shared.options.sse_retry_ms);
    opened(&first, feed)
}

fn opened(first: &Bytes, feed: Feed) -> Answer {
    Answer::new(200, Payload::Streamed([b": open\n\n", first.as_ref()].concat().into(), feed))
}

/// The same if a session may have only one stream at a time: `None` if it has one.
pub(crate) fn open_only(shared: &Shared, exchange: &Exchange, session: Option<&str>) -> Option<Answer> {
    let resumes = exchange
        .header(headers::LAST_EVENT_ID)
        .is_some_and(|id| shared.streams().after(id).is_some() || shared.resumable_streams.knows(id));
    let is_free = session.is_none_or(|session| !shared.open_streams.is_open(session));
    (resumes || is_free).then(|| open(shared, exchange, session))
}
