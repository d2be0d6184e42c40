//! Cookies are sent to the server that set them only.

#![allow(clippy::unwrap_used, missing_docs)]

use omni_mcp::{ClientConfig, Spelling};
use omni_mcp_devserver::DevServer;
use serde_json::json;

#[tokio::test]
async fn a_token_endpoint_receives_and_sets_no_cookies() {
    let options = json!({"profile": "generic", "oauth": {}, "set_cookies": ["lb=replica-1; Path=/"]});
    let server = DevServer::start_json(&options.to_string()).unwrap();
    let options = json!({
        "profile": "generic", "endpoint": format!("{}/mcp", server.url()),
        "auth": {"type": "oauth2", "client_id": "client_devserver", "client_secret": "secret_devserver_0001"},
    });
    let client = ClientConfig::from_json(&options.to_string(), Spelling::Snake).unwrap().build().unwrap();
    client.call_tool("echo", json!({})).await.unwrap();
    server.revoke_tokens();
    client.call_tool("echo", json!({})).await.unwrap();
    let (mut with, mut without) = (0, 0);
    for request in server.ledger().requests {
        let has_cookie = request.headers.0.contains_key("cookie");
        match request.path.as_str() {
            "/mcp" if has_cookie => with += 1,
            "/mcp" => without += 1,
            path => assert!(!has_cookie, "{path}"),
        }
    }
    // The first request precedes any cookie.
    assert!(with >= 4, "{with}");
    assert_eq!(without, 1);
}

#[tokio::test]
async fn clients_share_no_cookies() {
    let server = DevServer::start_json(r#"{"profile": "generic", "set_cookies": ["lb=1; Path=/"]}"#).unwrap();
    for _ in 0..2 {
        let options = json!({"profile": "generic", "endpoint": format!("{}/mcp", server.url())});
        let client = ClientConfig::from_json(&options.to_string(), Spelling::Snake).unwrap().build().unwrap();
        client.connect().await.unwrap();
    }
    let without = server.ledger().requests.iter().filter(|request| !request.headers.0.contains_key("cookie")).count();
    assert_eq!(without, 2);
}
