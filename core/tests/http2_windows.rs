//! Calls on one HTTP/2 connection, some of which are not read: the others receive their responses.
#![allow(clippy::unwrap_used)]

use std::future::{IntoFuture, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use omni_mcp::{Client, ClientConfig, Spelling};
use omni_mcp_devserver::DevServer;
use serde_json::json;

/// The response contains it twice: more than the window of a stream.
const TEXT: usize = 1_500_000;
const OTHERS: usize = 8;
const ROUNDS: usize = 20;

fn client(server: &DevServer) -> Client {
    let options = json!({
        "profile": "generic", "endpoint": format!("{}/mcp", server.url()), "ca_certs": server.certificates().unwrap().ca, "max_attempts": 1, "timeout": 30,
    });
    ClientConfig::from_json(&options.to_string(), Spelling::Snake).unwrap().build().unwrap()
}

/// A progress callback runs in its call. A call that is not polled behaves like one whose callback blocks.
#[tokio::test]
async fn blocked_progress_callbacks_do_not_block_other_calls() {
    let text = "x".repeat(TEXT);
    for blocked in [1, 4, 8] {
        let options = json!({"profile": "generic", "answer": "sse", "progress": 1, "ledger": "counts", "tls": {}});
        let server = DevServer::start_json(&options.to_string()).unwrap();
        let client = client(&server);
        client.connect().await.unwrap();
        let received: Vec<Arc<AtomicU32>> = (0..blocked).map(|_| Arc::default()).collect();
        let mut calls: Vec<_> = received
            .iter()
            .map(|received| {
                let received = Arc::clone(received);
                let on_progress = move |_| {
                    let _ = received.fetch_add(1, Ordering::Relaxed);
                };
                client.call_tool("echo", json!({"text": text})).on_progress(on_progress).into_future()
            })
            .collect();
        // Each is polled until its first progress, and then no more.
        poll_fn(|context| {
            let mut begun = true;
            for (call, received) in calls.iter_mut().zip(&received) {
                if received.load(Ordering::Relaxed) == 0 {
                    assert!(call.as_mut().poll(context).is_pending());
                    begun &= received.load(Ordering::Relaxed) > 0;
                }
            }
            if begun { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        // Meanwhile the connection receives data until the windows of the streams are full.
        for _ in 0..ROUNDS {
            let others = join_all((0..OTHERS).map(|n| client.call_tool("echo", json!({"n": n})).into_future()));
            let others = tokio::time::timeout(Duration::from_secs(15), others).await;
            let others = others.unwrap_or_else(|_| panic!("calls were held up by {blocked}"));
            assert!(others.iter().all(Result::is_ok), "{others:?}");
        }
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        assert_eq!(server.ledger().connections, 1, "{blocked}");
        client.close().await;
    }
}
