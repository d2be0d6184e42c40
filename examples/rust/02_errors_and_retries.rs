//! What is retried, what is not, and the facts of an error.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use omni_mcp::{Client, Error, Reply, types::CallToolResult};
use omni_mcp_devserver::{DevServer, Options};
use serde_json::json;

type Outcome = Result<Reply<CallToolResult>, Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Client::builder().backoff_initial(Duration::from_millis(1));
    let Ok(_) = std::env::var("OMNI_API_KEY") else {
        let server = DevServer::start(Options::default())?;
        let client = builder.api_key(server.api_key()).base_url(server.url()).build()?;
        retries(&client, &server).await?;
        errors(&client).await;
        println!("executed: {}", server.ledger().executions.len());
        client.close().await;
        return Ok(());
    };
    let client = builder.build()?;
    errors(&client).await;
    client.close().await;
    Ok(())
}

async fn retries(client: &Client, server: &DevServer) -> Result<(), Box<dyn std::error::Error>> {
    fault_once(server, r#"{"kind": "status", "status": 503}"#)?;
    let result = search(client).await?;
    println!("after a 503: {} attempts, replayed {}", result.metadata().attempts, result.metadata().replayed);

    fault_once(server, r#"{"kind": "reset", "when": "after_execution"}"#)?;
    let result = search(client).await?;
    println!(
        "after a lost connection: {} attempts, replayed {}",
        result.metadata().attempts,
        result.metadata().replayed
    );

    fault_once(server, r#"{"kind": "omni_error", "omni_code": "rate_limit_exceeded", "retry_after": 600}"#)?;
    if let Err(error) = search(client).await {
        let wait = error.retry_after().unwrap_or_default().as_secs();
        println!("rate limited: {}, retry after {wait} s", summary(&error));
    }
    Ok(())
}

async fn errors(client: &Client) {
    if let Err(error) = client.call_tool("fred.search", json!({})).await {
        println!("wrong arguments: {}, service code {}", summary(&error), service_code(&error));
    }
    if let Err(error) = client.call_tool("fred.nothing", json!({})).await {
        println!("unknown tool: {}, service code {}", summary(&error), service_code(&error));
    }
    let bad = client.call_tool("fred.search", json!({"q": "inflation"})).timeout(Duration::ZERO);
    if let Err(error) = bad.await {
        println!("bad option: {} {}: {}", error.kind(), error.code(), error.info().message);
    }
}

async fn search(client: &Client) -> Outcome {
    client.call_tool("fred.search", json!({"q": "inflation"})).await
}

/// The dev server does `fault` to the next `tools/call`.
fn fault_once(server: &DevServer, fault: &str) -> Result<(), Box<dyn std::error::Error>> {
    server.clear_script();
    let rule = format!(r#"[{{"on": {{"method": "tools/call"}}, "times": 1, "fault": {fault}}}]"#);
    Ok(server.script_json(&rule)?)
}

fn summary(error: &Error) -> String {
    format!("{} {} {}", error.kind(), error.code(), error.delivery())
}

fn service_code(error: &Error) -> &str {
    error.info().service_code.as_deref().unwrap_or("nothing")
}
