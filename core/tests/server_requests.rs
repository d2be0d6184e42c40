//! Requests of the server and their callbacks, where time, order and numbers matter. Other cases are in the vectors.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use omni_mcp::{Client, ClientBuilder, Delivery};
use omni_mcp_devserver::{DevServer, Options};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

const ERAS: [&str; 2] = ["legacy", "modern"];

fn server(era: &str) -> DevServer {
    let options = json!({"profile": "generic", "era": era, "everything": true});
    let options: Options = serde_json::from_value(options).unwrap();
    DevServer::start(options).unwrap()
}

fn client(server: &DevServer) -> ClientBuilder {
    Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url()))
}

fn form() -> Value {
    json!({"method": "elicitation/create", "params": {
        "message": "m", "requestedSchema": {"type": "object", "properties": {"n": {"type": "integer"}}}
    }})
}

#[tokio::test]
async fn concurrent_server_requests_all_receive_responses() {
    for era in ERAS {
        let server = server(era);
        let open = Arc::new(AtomicUsize::new(0));
        let client = client(&server)
            .on_elicitation(move |_: Value| {
                let number = open.fetch_add(1, Ordering::SeqCst);
                async move { Ok::<_, String>(json!({"action": "accept", "content": {"n": number}})) }
            })
            .build()
            .unwrap();
        let mut answers: Vec<u64> = join_all((0..40).map(|_| async {
            let result = client.call_tool("ask", form()).await.unwrap().into_inner();
            result.structured_content.unwrap()["answer"]["content"]["n"].as_u64().unwrap()
        }))
        .await;
        answers.sort_unstable();
        assert_eq!(answers, (0..40).collect::<Vec<_>>(), "{era}: each call has its own response");
        client.close().await;
    }
}

#[tokio::test]
async fn a_callback_may_call_its_client_also_with_serial_tool_calls() {
    let server = server("modern");
    let own: Arc<OnceCell<Client>> = Arc::default();
    let known = Arc::clone(&own);
    let client = client(&server)
        .force_serial_tool_calls(true)
        .on_elicitation(move |_: Value| {
            let known = Arc::clone(&known);
            async move {
                let client = known.get().ok_or("it is not known")?;
                client.call_tool("test_simple_text", ()).await.map_err(|error| error.to_string())?;
                Ok::<_, String>(json!({"action": "accept", "content": {"n": 1}}))
            }
        })
        .build()
        .unwrap();
    own.set(client.clone()).unwrap();
    client.call_tool("ask", form()).await.unwrap();
    client.close().await;
}

#[tokio::test]
async fn a_call_that_ends_during_a_callback_did_not_run() {
    let server = server("modern");
    let client = client(&server)
        .total_timeout(Duration::from_millis(200))
        .on_elicitation(|_: Value| std::future::pending::<Result<Value, String>>())
        .build()
        .unwrap();
    let error = client.call_tool("ask", form()).await.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("total_timeout", Delivery::Rejected));
    client.call_tool("test_simple_text", ()).await.unwrap();
    client.close().await;
}

#[tokio::test]
async fn a_call_is_not_idle_during_a_callback() {
    for era in ERAS {
        let server = server(era);
        let client = client(&server)
            .timeout(Duration::from_millis(150))
            .on_elicitation(|_: Value| async {
                // Longer than the idle timeout of a call.
                tokio::time::sleep(Duration::from_millis(400)).await;
                Ok::<_, String>(json!({"action": "decline"}))
            })
            .build()
            .unwrap();
        let result = client.call_tool("ask", form()).await.unwrap();
        assert_eq!(result.structured_content.as_ref().unwrap()["answer"], json!({"action": "decline"}), "{era}");
        client.close().await;
    }
}

#[tokio::test]
async fn a_callback_without_end_blocks_no_other_call() {
    let server = server("legacy");
    server.script_json(r#"{"on": {"tool": "test_simple_text"}, "fault": {"kind": "hang"}}"#).unwrap();
    let (asked, is_asked) = tokio::sync::oneshot::channel::<()>();
    let asked = std::sync::Mutex::new(Some(asked));
    let client = client(&server)
        .timeout(Duration::from_millis(200))
        .on_elicitation(move |_: Value| {
            asked.lock().unwrap().take().map(|asked| asked.send(()));
            std::future::pending::<Result<Value, String>>()
        })
        .build()
        .unwrap();
    let other = async {
        is_asked.await.unwrap();
        client.call_tool("test_simple_text", ()).await.unwrap_err()
    };
    tokio::select! {
        ended = async { client.call_tool("ask", form()).await } => panic!("no response is sent, and it ended: {ended:?}"),
        error = other => assert_eq!(error.code(), "attempt_timeout"),
    }
}

#[tokio::test]
async fn a_panicking_callback_is_an_error() {
    let server = server("modern");
    let client = client(&server)
        .on_elicitation(|asked: Value| async move {
            if asked.is_object() { panic!("on purpose") } else { Ok::<Value, String>(asked) }
        })
        .build()
        .unwrap();
    let error = client.call_tool("ask", form()).await.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("input_failed", Delivery::Rejected));
    client.call_tool("test_simple_text", ()).await.unwrap();
    client.close().await;
}

#[tokio::test]
async fn close_during_a_callback_ends_the_call() {
    for era in ERAS {
        let server = server(era);
        let (asked, is_asked) = tokio::sync::oneshot::channel::<()>();
        let asked = std::sync::Mutex::new(Some(asked));
        let client = client(&server)
            .timeout(None)
            .on_elicitation(move |_: Value| {
                asked.lock().unwrap().take().map(|asked| asked.send(()));
                std::future::pending::<Result<Value, String>>()
            })
            .build()
            .unwrap();
        let closing = client.clone();
        let close = async {
            is_asked.await.unwrap();
            closing.close().await;
        };
        let (ended, ()) = tokio::join!(async { client.call_tool("ask", form()).await }, close);
        let error = ended.unwrap_err();
        let delivery = if era == "modern" { Delivery::Rejected } else { Delivery::MaybeExecuted };
        assert_eq!((error.code(), error.delivery(), error.info().attempts), ("client_closed", delivery, 1), "{era}");
    }
}

#[tokio::test]
async fn options_of_a_call_add_up() {
    let server = server("modern");
    let client = client(&server).honours_idempotency_keys(true).build().unwrap();
    let call = client.call_tool("test_simple_text", ()).idempotency_key("mine");
    let reply = call.options(omni_mcp::CallOptions::default().max_attempts(2u32)).await.unwrap();
    assert_eq!(reply.metadata().idempotency_key.as_deref(), Some("mine"));
}

#[tokio::test]
async fn server_requests_share_the_limit_of_an_event() {
    let question = |id: &str| {
        let asked = json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": form()["params"]});
        format!("data: {asked}\n\n")
    };
    let questions: String = (0..4).map(|id| question(&format!("{id}{}", "x".repeat(900)))).collect();
    let answer = r#"data: {"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}"#;
    let fault =
        json!({"kind": "raw_body", "content_type": "text/event-stream", "body": format!("{questions}{answer}\n\n")});
    let rules = json!([{"on": {"method": "tools/call"}, "fault": fault}]);
    let options = json!({"profile": "generic", "era": "legacy", "faults": rules});
    let server = DevServer::start(serde_json::from_value(options).unwrap()).unwrap();
    let client = client(&server)
        .max_event_bytes(2500_u64)
        .listen(false)
        .on_elicitation(|_: Value| std::future::pending::<Result<Value, String>>())
        .build()
        .unwrap();
    client.call_tool("echo", json!({"n": 1})).await.unwrap();
    assert_eq!(client.counters().unanswered, 2);
}
