//! Messages on a stream that is shared by requests: each request receives its own response only.

use bytes::Bytes;
use futures_util::FutureExt;

use crate::config::client_options::ClientConfig;
use crate::config::limits::Limits;
use crate::protocol::jsonrpc;
use crate::transport::message::{Content, NoopListener};
use crate::transport::pending_requests::PendingRequests;

/// `lines`: messages of the server, one per line.
///
/// # Panics
/// If a request receives a result that is not in the messages.
pub fn inbox(lines: &[u8]) {
    let inbox = PendingRequests::default();
    let token = Some("p".to_owned());
    let Ok(limits) = Limits::of(&ClientConfig::default()) else { panic!("the usual limits are none") };
    let (Ok(mut first), Ok(mut second)) = (inbox.expect(1, token, &limits), inbox.expect(2, None, &limits)) else {
        panic!("a new inbox takes no requests");
    };
    for line in lines.split(|byte| *byte == b'\n') {
        drop(inbox.deliver(&Bytes::copy_from_slice(line), &NoopListener));
    }
    for waiting in [&mut first, &mut second] {
        if let Some(Ok(Content::Result(result))) = waiting.response(&NoopListener, &limits).now_or_never() {
            assert!(lines.windows(result.len()).any(|window| window == result), "a result of nowhere");
            let read = serde_json::from_slice::<serde_json::Value>(&result);
            assert!(read.err().is_none_or(|why| !why.to_string().starts_with("recursion")), "too deep to be read");
            assert!(jsonrpc::parse(&jsonrpc::result("1", &String::from_utf8_lossy(&result))).is_some());
        }
    }
}
