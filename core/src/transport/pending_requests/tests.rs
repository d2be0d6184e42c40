use super::*;
use crate::transport::message::NoopListener;

/// Accepts no deviation.
struct Strict;

impl Listener for Strict {
    fn notification(&self, _: &str, _: Option<&RawValue>) {}
    fn request(&self, _: &str, _: &str, _: Option<&RawValue>) {}
    fn accepts(&self, _: Deviation, _: &dyn Fn() -> String) -> bool {
        false
    }
}

#[test]
fn a_batch_contains_messages_and_no_batches() {
    let inbox = PendingRequests::default();
    let deliver = |text: String| inbox.deliver(&Bytes::from(text), &Strict).is_ok();
    assert!(deliver(r#"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]"#.to_owned()));
    assert!(!deliver("[]".to_owned()));
    assert!(!deliver(r#"[[{"jsonrpc":"2.0","method":"a"}]]"#.to_owned()));
    // Read without a stack frame per level.
    assert!(!deliver("[".repeat(1 << 20) + &"]".repeat(1 << 20)));
}

fn delivered(lines: &[&str], before: impl Fn(&PendingRequests)) -> Option<Result<Content, AttemptError>> {
    use futures_util::FutureExt;
    let limits = Limits::of(&crate::config::client_options::ClientConfig::default()).unwrap();
    let inbox = PendingRequests::default();
    before(&inbox);
    let mut waiting = inbox.expect(7, None, &limits).unwrap();
    for line in lines {
        inbox.deliver(&Bytes::copy_from_slice(line.as_bytes()), &NoopListener).unwrap();
    }
    waiting.response(&NoopListener, &limits).now_or_never()
}

#[test]
fn unmatched_messages_end_no_request() {
    for line in [
        "Server is running on stdio",
        "[dotenv@17.2.3] injecting env (0) from .env",
        "[]",
        "[1,2]",
        "7",
        "null",
        "\"text\"",
        r#"{"level":30,"id":7,"msg":"a line of a log"}"#,
        r#"{"type":"heartbeat"}"#,
        r#"{"level":50,"id":7,"error":"db slow"}"#,
        r#"{"level":30,"id":7,"result":{"n":1}}"#,
        r#"{"jsonrpc":null,"level":30,"id":7,"result":"cache miss"}"#,
        r#"{"jsonrpc":"2.0","id":8,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":"x","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}"#,
        r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"res"#,
    ] {
        let is_cut = line.ends_with("res");
        let delivered = delivered(&[line], |_| {});
        assert_eq!(delivered.is_some(), is_cut, "{line}");
    }
}

#[test]
fn a_response_that_strict_refuses_ends_its_request_as_unusable() {
    use futures_util::FutureExt;
    let limits = Limits::of(&crate::config::client_options::ClientConfig::default()).unwrap();
    for line in [
        r#"{"id":7,"result":{}}"#,
        r#"{"jsonrpc":"2","id":7,"result":{}}"#,
        r#"{"jsonrpc":2.0,"id":7,"result":{}}"#,
        r#"{"jsonrpc":null,"id":7,"error":{"code":1,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":7.0,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":7,"error":"no"}"#,
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}",
    ] {
        let inbox = PendingRequests::default();
        let mut waiting = inbox.expect(7, None, &limits).unwrap();
        inbox.deliver(&Bytes::copy_from_slice(line.as_bytes()), &Strict).unwrap();
        let Some(Err(failure)) = waiting.response(&NoopListener, &limits).now_or_never() else { panic!("{line}") };
        assert_eq!((failure.class, failure.error.code()), (FailureClass::Unusable, "invalid_answer"), "{line}");
        assert!(matches!(delivered(&[line], |_| {}), Some(Ok(_))), "{line}");
    }
    let marked = Bytes::from("\u{feff}[{\"jsonrpc\":\"2.0\",\"method\":\"a\"}]");
    assert!(PendingRequests::default().deliver(&marked, &Strict).is_err());
    assert!(PendingRequests::default().deliver(&marked, &NoopListener).is_ok());
    // A response to no request ends nothing.
    for line in [r#"{"jsonrpc":"2.0","id":8,"result":{}}"#, r#"{"jsonrpc":"2.0","id":null,"result":{}}"#] {
        let inbox = PendingRequests::default();
        let mut waiting = inbox.expect(7, None, &limits).unwrap();
        inbox.deliver(&Bytes::from(line), &Strict).unwrap();
        assert!(waiting.response(&NoopListener, &limits).now_or_never().is_none(), "{line}");
    }
}

#[tokio::test]
async fn progress_of_the_only_call_waits_for_capacity_in_bytes() {
    use futures_util::FutureExt;
    let mut limits = Limits::of(&crate::config::client_options::ClientConfig::default()).unwrap();
    limits.event.most = 200;
    let inbox = PendingRequests::default();
    let mut waiting = inbox.expect(7, Some("p".to_owned()), &limits).unwrap();
    let params = format!(r#"{{"progressToken":"p","progress":1,"message":"{}"}}"#, "x".repeat(60));
    let progress = jsonrpc::notification("notifications/progress", params.as_bytes());
    assert!(inbox.is_ready_for(&progress).now_or_never().is_some());
    inbox.deliver(&progress, &NoopListener).unwrap();
    assert!(inbox.is_ready_for(&progress).now_or_never().is_none());
    assert!(inbox.is_ready_for(&[b' '; 150]).now_or_never().is_some(), "other messages take no capacity");
    assert!(waiting.response(&NoopListener, &limits).now_or_never().is_none());
    assert!(inbox.is_ready_for(&progress).now_or_never().is_some());
}

#[test]
fn an_error_without_an_id_ends_the_only_request_that_can_have_caused_it() {
    let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#;
    let Some(Err(failure)) = delivered(&[error], |_| {}) else { panic!() };
    assert_eq!((failure.error.code(), failure.error.info().rpc_code), ("bad_request", Some(-32700)));
    // The error may be about the notification.
    assert!(delivered(&[error], PendingRequests::notified).is_none());
    let limits = Limits::of(&crate::config::client_options::ClientConfig::default()).unwrap();
    let inbox = PendingRequests::default();
    let (mut first, mut second) = (inbox.expect(1, None, &limits).unwrap(), inbox.expect(2, None, &limits).unwrap());
    inbox.deliver(&Bytes::from(error), &NoopListener).unwrap();
    use futures_util::FutureExt;
    for waiting in [&mut first, &mut second] {
        assert!(waiting.response(&NoopListener, &limits).now_or_never().is_none());
    }
}
