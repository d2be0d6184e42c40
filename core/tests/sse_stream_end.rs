//! HTTP+SSE: the event stream ends before the response to a POST, which decides whether the call ran.
#![allow(clippy::unwrap_used)]

use std::future::IntoFuture;
use std::time::Duration;

use omni_mcp::{Client, Delivery};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

/// Calls once, and ends all streams when the server has received the POST. The response follows later, by `fault`.
async fn outcome(fault: &Value) -> (Result<Value, (String, Delivery)>, usize, usize) {
    let first = |fault: &Value| json!({"on": {"tool": "echo"}, "nth": [1], "fault": fault});
    let rules = [first(&json!({"kind": "delay", "ms": 200})), first(fault)];
    let options = json!({"profile": "generic", "transport": "sse", "faults": rules});
    let server = DevServer::start_json(&options.to_string()).unwrap();
    let endpoint = format!("{}/sse", server.url());
    let client = Client::builder().profile("generic").transport("sse").endpoint(endpoint).build().unwrap();
    client.connect().await.unwrap();
    let posts = || server.ledger().requests.iter().filter(|seen| seen.tool.as_deref() == Some("echo")).count();
    let ending = async {
        while posts() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.drop_streams();
    };
    let (called, ()) = tokio::join!(client.call_tool("echo", json!({"n": 1})).into_future(), ending);
    let called = called
        .map(|result| json!(result.structured_content))
        .map_err(|error| (error.code().to_owned(), error.delivery()));
    let ran = server.ledger().executions.len();
    client.close().await;
    (called, ran, posts())
}

#[tokio::test]
async fn a_refused_call_is_sent_again_in_a_new_session() {
    let status = |status: u16, body: &str| json!({"kind": "status", "status": status, "body": body});
    for fault in [
        status(404, "Could not find session"),
        status(404, ""),
        status(400, "Unknown session"),
        json!({"kind": "session_lost"}),
    ] {
        assert_eq!(outcome(&fault).await, (Ok(json!({"n": 1})), 1, 2), "{fault}");
    }
}

#[tokio::test]
async fn a_call_refused_for_another_reason_did_not_run() {
    for (status, code) in [(413, "bad_request"), (403, "forbidden"), (422, "invalid_params")] {
        let fault = json!({"kind": "status", "status": status, "body": ""});
        let (called, ran, posts) = outcome(&fault).await;
        assert_eq!((called.unwrap_err(), ran, posts), ((code.to_owned(), Delivery::Rejected), 0, 1), "{fault}");
    }
}

/// It may have run: it is not sent again.
#[tokio::test]
async fn a_call_accepted_or_without_response_may_have_run() {
    for fault in [
        json!({"kind": "accepted"}),
        json!({"kind": "hang"}),
        json!({"kind": "reset", "how": "rst"}),
        json!({"kind": "reset", "how": "fin", "when": "after_execution"}),
    ] {
        let (called, ran, posts) = outcome(&fault).await;
        let executes = fault["when"] == "after_execution";
        let expected = ("answer_cut".to_owned(), Delivery::MaybeExecuted);
        assert_eq!((called.unwrap_err(), ran, posts), (expected, usize::from(executes), 1), "{fault}");
    }
}
