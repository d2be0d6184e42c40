//! Many concurrent calls: the number of connections, the order in which calls wait, and a restart of the server.
#![allow(clippy::unwrap_used)]

use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use omni_mcp::{CallOptions, Client, ClientBuilder};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

fn served(options: &serde_json::Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

fn client(server: &DevServer) -> ClientBuilder {
    Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url()))
}

#[tokio::test]
async fn concurrent_calls_use_at_most_max_connections() {
    let server = served(&json!({"profile": "generic", "ledger": "counts"}));
    let client = client(&server).max_connections(16_u32).build().unwrap();
    client.ping().await.unwrap();
    let calls = join_all((0..2000).map(|n| client.call_tool("echo", json!({"n": n})).into_future())).await;
    assert!(calls.iter().all(Result::is_ok));
    let ledger = server.ledger();
    assert_eq!(ledger.execution_count, 2000);
    // One more for each call that begins before the connection of the previous one is free again.
    assert!(ledger.connections <= 2 * 16, "{}", ledger.connections);
}

#[tokio::test]
async fn calls_wait_in_order() {
    let server = served(&json!({"profile": "generic"}));
    let client = client(&server).max_connections(1_u32).build().unwrap();
    client.ping().await.unwrap();
    let calls = join_all((0..50).map(|n| client.call_tool("echo", json!({"n": n})).into_future())).await;
    assert!(calls.iter().all(Result::is_ok));
    let ran: Vec<_> = server.ledger().executions.iter().map(|ran| ran.arguments["n"].as_u64().unwrap()).collect();
    assert_eq!(ran, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn waiting_calls_end_with_their_client() {
    let server =
        served(&json!({"profile": "generic", "faults": [{"on": {"tool": "slow"}, "fault": {"kind": "hang"}}]}));
    let client = client(&server).max_connections(1_u32).build().unwrap();
    client.ping().await.unwrap();
    let patience = CallOptions::default().timeout(Duration::from_secs(3));
    let first = client.call_tool("slow", json!({"ms": 1})).options(patience).into_future();
    let waiting = join_all((0..5).map(|n| client.call_tool("echo", json!({"n": n})).into_future()));
    let closing = async {
        while server.ledger().requests.iter().all(|seen| seen.tool.as_deref() != Some("slow")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        client.close().await;
    };
    let (_, waiting, ()) = tokio::join!(first, waiting, closing);
    for call in waiting {
        let error = call.unwrap_err();
        assert_eq!((error.code(), error.delivery().as_str()), ("client_closed", "not_sent"));
    }
    assert!(server.ledger().executions.is_empty());
}

/// Memory of a call that waits for a connection.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_waiting_call_uses_little_memory() {
    const CALLS: usize = 10_000;
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }
    let server =
        served(&json!({"profile": "generic", "faults": [{"on": {"tool": "slow"}, "fault": {"kind": "hang"}}]}));
    let client = client(&server).max_connections(1_u32).build().unwrap();
    client.ping().await.unwrap();
    let arrived = async {
        while server.ledger().requests.iter().all(|seen| seen.tool.as_deref() != Some("slow")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let mut hanging = pin!(client.call_tool("slow", json!({"ms": 1})).into_future());
    tokio::select! {
        _ = &mut hanging => panic!("it hangs"),
        () = arrived => {}
    }
    let before = resident();
    let mut waiting = pin!(join_all((0..CALLS).map(|n| client.call_tool("echo", json!({"n": n})).into_future())));
    std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending())).await;
    let each = resident().saturating_sub(before) / CALLS;
    assert!(each < 32 << 10, "{each} bytes");
}

/// Twice: the cost of the first restart is returned to the budget.
#[tokio::test]
async fn keyed_calls_in_flight_survive_a_restart() {
    const CALLS: usize = 300;
    for down in [0, 200] {
        let server = served(&json!({"profile": "generic"}));
        let client = client(&server).honours_idempotency_keys(true).max_connections(None).build().unwrap();
        client.ping().await.unwrap();
        for round in 1..=2 {
            let others: Vec<_> = (1..CALLS).collect();
            let rules = json!([
                {"on": {"tool": "echo"}, "nth": others, "fault": {"kind": "hang"}},
                {"on": {"tool": "echo"}, "nth": [CALLS], "fault": {"kind": "restart", "with": CALLS - 1, "down_ms": down}},
            ]);
            server.clear_script();
            server.script_json(&rules.to_string()).unwrap();
            let calls = join_all((0..CALLS).map(|n| client.call_tool("echo", json!({"n": n})).into_future())).await;
            let failed: Vec<_> = calls.iter().filter_map(|call| call.as_ref().err().map(ToString::to_string)).collect();
            assert!(
                failed.is_empty(),
                "down for {down} ms, round {round}: {} failed: {:?}",
                failed.len(),
                failed.first()
            );
            assert_eq!(server.ledger().executions.len(), round * CALLS);
        }
    }
}

/// Reads one request of HTTP/1.1, and returns its body; `None` if the client has closed the connection.
async fn request_body(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap() == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            return Some(String::from_utf8(body).unwrap());
        }
    }
}

/// Responds to each request with the result of `initialize`, and to each notification with this head. Records the method and the number of
/// the connection of each message.
async fn serve_raw(listener: TcpListener, head_of_notifications: &'static str, connections: Arc<Mutex<Vec<String>>>) {
    const RESULT: &str =
        r#"{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"a","version":"1"}}"#;
    for number in 1.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut stream, connections) = (BufReader::new(stream), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Some(body) = request_body(&mut stream).await {
                let Ok(message) = serde_json::from_str::<Value>(&body) else { continue };
                connections.lock().unwrap().push(format!("{} {number}", message["method"].as_str().unwrap()));
                let response = match message.get("id") {
                    None => head_of_notifications.to_owned(),
                    Some(id) => {
                        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{RESULT}}}"#);
                        let length = body.len();
                        format!(
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
                        )
                    }
                };
                stream.get_mut().write_all(response.as_bytes()).await.unwrap();
            }
        });
    }
}

/// The bytes that may follow would be read as the response to the next call.
#[tokio::test]
async fn a_connection_on_which_an_impossible_body_may_follow_is_not_used_again() {
    for (head, expected) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", 1),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 1),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", 2),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 2),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/mcp", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = tokio::spawn(serve_raw(listener, head, Arc::clone(&seen)));
        let client =
            Client::builder().profile("generic").endpoint(endpoint).protocol_version("2025-06-18").build().unwrap();
        client.ping().await.unwrap();
        let sent = ["initialize 1", "notifications/initialized 1", &format!("ping {expected}")].map(str::to_owned);
        assert_eq!(*seen.lock().unwrap(), sent, "{head}");
        server.abort();
    }
}

/// A proxy that refuses the first connection and does not respond on further ones. Returns its URL and the number of connections.
async fn proxy_that_refuses_once() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await.unwrap();
            }
            open.push(stream);
        }
    });
    (url, connections)
}

/// The status of a refusal is requested after the attempt: its timeout must not end what was certainly not sent.
#[tokio::test]
async fn a_proxy_that_refuses_and_then_hangs_has_refused() {
    for (total_timeout, connections) in [(60.0, 2), (1.5, 1)] {
        let (proxy, seen) = proxy_that_refuses_once().await;
        let client = Client::builder()
            .profile("generic")
            .endpoint("https://a.example/mcp")
            .proxy(proxy)
            .timeout(Duration::from_millis(500))
            .total_timeout(Duration::from_secs_f64(total_timeout))
            .max_attempts(1)
            .build()
            .unwrap();
        let error = client.ping().await.unwrap_err();
        assert_eq!((error.code(), error.delivery().as_str()), ("proxy_failed", "not_sent"), "{error}");
        assert!(error.to_string().contains("refused to connect to the server"), "{error}");
        assert_eq!(seen.load(Ordering::SeqCst), connections);
    }
}
