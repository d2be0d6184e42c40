//! Open a server, list its tools, call one with an idempotency key, read the result, and make the same call again.
#![allow(clippy::print_stdout)]

use omni_mcp::{CallOptions, Client, Reply, types::CallToolResult};
use omni_mcp_devserver::{DevServer, Options};
use serde_json::json;

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    if let Some(endpoint) = std::env::args().nth(1) {
        return any_server(endpoint).await;
    }
    let server = match std::env::var_os("OMNI_API_KEY") {
        Some(_) => None,
        None => Some(DevServer::start(Options::default())?),
    };
    let client = match &server {
        Some(server) => Client::builder().api_key(server.api_key()).base_url(server.url()).build()?,
        None => Client::builder().build()?,
    };
    introduce(&client).await?;

    let key = match server {
        Some(_) => "idem_quickstart_0001".to_owned(),
        None => format!("idem_{}", uuid::Uuid::new_v4()),
    };
    let first = search(&client, &key).await?;
    let found = first.structured_content.as_ref().ok_or("no structured content")?;
    let series = &found["results"][0];
    println!("first series: {} - {}", text(&series["series_id"]), text(&series["title"]));
    println!("idempotency key: {key}");
    let second = search(&client, &key).await?;
    println!("replayed: {}, then {}", first.metadata().replayed, second.metadata().replayed);
    client.close().await;
    if let Some(server) = server {
        println!("executed: {}", server.ledger().executions.len());
    }
    Ok(())
}

async fn search(client: &Client, key: &str) -> omni_mcp::Result<Reply<CallToolResult>> {
    let options = CallOptions::default().idempotency_key(key);
    client.call_tool("fred.search", json!({"q": "inflation", "limit": 5})).options(options).await
}

/// Any MCP server that has a tool `echo`.
async fn any_server(endpoint: String) -> Result<(), AnyError> {
    let client = Client::builder().profile("generic").endpoint(endpoint).build()?;
    introduce(&client).await?;
    let result = client.call_tool("echo", json!({"message": "inflation"})).await?;
    println!("echo: {}", result.content[0].text().unwrap_or_default());
    client.close().await;
    Ok(())
}

async fn introduce(client: &Client) -> Result<(), AnyError> {
    let welcome = client.initialize().await?;
    println!("server: {} {}", welcome.server_info.name, welcome.server_info.version);
    println!("protocol: {}", welcome.protocol_version);
    let tools = client.list_tools().await?;
    let names: Vec<_> = tools.tools.iter().map(|tool| tool.name.as_str()).collect();
    println!("tools: {}", names.join(", "));
    Ok(())
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}
