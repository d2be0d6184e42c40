//! The setters of a call and of the builder, and lists that are read item by item, without other crates.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use omni_mcp::{Client, ClientBuilder};
use omni_mcp_devserver::DevServer;

fn client() -> ClientBuilder {
    Client::builder()
        .profile("generic")
        .max_attempts(2)
        .max_answer_bytes(100_000)
        .retry_budget(100)
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(2))
}

#[tokio::test]
async fn a_call_has_a_setter_for_each_option() {
    let client = client().endpoint("http://127.0.0.1:9/mcp").timeout(None).build().unwrap();
    let call = client.ping().max_attempts(1).request_id("r-1").total_timeout(Duration::from_secs(60)).timeout(None);
    let error = call.fresh(true).await.unwrap_err();
    assert_eq!((error.code(), error.info().attempts), ("connect_failed", 1));
    let error = client.connect().max_attempts(3).await.unwrap_err();
    assert_eq!(error.info().attempts, 3);
    let error = client.connect().timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.info().field.as_deref(), Some("timeout"));
}

#[tokio::test]
async fn a_list_is_read_item_by_item() {
    let server = DevServer::start_json(r#"{"profile": "generic", "tools_page_size": 1}"#).unwrap();
    let client = client().endpoint(format!("{}/mcp", server.url())).build().unwrap();
    let listed = client.list_tools().await.unwrap().into_inner().tools;
    let mut tools = client.iter_tools();
    let mut names = Vec::new();
    while let Some(tool) = tools.next().await {
        names.push(tool.unwrap().name);
    }
    assert!(tools.next().await.is_none());
    assert_eq!(names, listed.into_iter().map(|tool| tool.name).collect::<Vec<_>>());
}
