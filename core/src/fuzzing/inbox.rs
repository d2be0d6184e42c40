//! Messages on one stream for all requests: each request has one answer, its own, and nothing else matters to it.

use bytes::Bytes;
use futures_util::FutureExt;

use crate::protocol::jsonrpc;
use crate::transport::answer::{Content, Deaf};
use crate::transport::inbox::Inbox;

/// `lines`: what the server writes, a message a line.
///
/// # Panics
/// Where a request gets a result that is in none of the messages.
pub fn inbox(lines: &[u8]) {
    let inbox = Inbox::default();
    let token = Some("p".to_owned());
    let (Ok(mut first), Ok(mut second)) = (inbox.expect(1, token), inbox.expect(2, None)) else {
        panic!("a new inbox takes no requests");
    };
    for line in lines.split(|byte| *byte == b'\n') {
        inbox.deliver(&Bytes::copy_from_slice(line), &Deaf);
    }
    for waiting in [&mut first, &mut second] {
        if let Some(Ok(Content::Result(result))) = waiting.answer(&Deaf).now_or_never() {
            assert!(lines.windows(result.len()).any(|window| window == result), "a result of nowhere");
            assert!(jsonrpc::parse(&jsonrpc::result("1", &String::from_utf8_lossy(&result))).is_some());
        }
    }
}
