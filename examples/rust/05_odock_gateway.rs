//! Odock's gateway: a bare call without a handshake, the gateway's rules and the client's own, and its errors.
#![allow(clippy::print_stdout)]

use omni_mcp::{Client, ClientBuilder, Error};
use omni_mcp_devserver::DevServer;
use serde_json::json;

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let server = DevServer::start_json(r#"{"profile": "odock"}"#)?;
    let client = gateway(&server).build()?;
    let found = client.call_tool("search", json!({"query": "latest internal deployment notes"})).await?;
    println!("search: {}", found.content[0].text().unwrap_or_default());
    let is_handshake = |method: &Option<String>| method.as_deref() == Some("initialize");
    let ledger = server.ledger();
    println!("handshakes: {}", ledger.requests.iter().filter(|request| is_handshake(&request.rpc_method)).count());

    let refused = failure(&client, "delete").await?;
    println!("refused by the gateway: {}", summary(&refused));
    let careful = gateway(&server).blocked_tools(vec!["write".to_owned()]).build()?;
    println!("refused by the client: {}", summary(&failure(&careful, "write").await?));

    server.script_json(r#"{"on": {"method": "tools/call"}, "times": 1, "fault": {"kind": "service_error", "code": "rate_limit_exceeded", "retry_after": 600}}"#)?;
    let limited = failure(&client, "search").await?;
    let seconds = limited.retry_after().map_or(0, |wait| wait.as_secs());
    println!("rate limited: {} {} {}, retry after {seconds} s", limited.kind(), limited.code(), limited.delivery());
    server.script_json(r#"{"on": {"method": "tools/call"}, "times": 1, "fault": {"kind": "service_error", "code": "budget_exceeded"}}"#)?;
    println!("budget spent: {}", summary(&failure(&client, "search").await?));

    client.close().await;
    careful.close().await;
    println!("executed: {}", server.ledger().executions.len());
    Ok(())
}

fn gateway(server: &DevServer) -> ClientBuilder {
    Client::builder().profile("odock").slug("search-tools").api_key(server.api_key()).base_url(server.url())
}

async fn failure(client: &Client, tool: &str) -> Result<Error, AnyError> {
    Ok(client.call_tool(tool, json!({})).await.err().ok_or("the call should have failed")?)
}

fn summary(error: &Error) -> String {
    let code = error.info().service_code.as_deref().unwrap_or("nothing");
    format!("{} {} {}, service code {code}", error.kind(), error.code(), error.delivery())
}
