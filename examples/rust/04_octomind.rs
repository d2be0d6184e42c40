//! Octomind's hosted server: server information, sticky routing, a lost session, and failures without `isError`.
#![allow(clippy::print_stdout)]

use omni_mcp::{
    Client, Reply,
    types::{CallToolResult, ContentBlock},
};
use omni_mcp_devserver::DevServer;
use serde_json::json;

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let server = DevServer::start_json(r#"{"profile": "octomind"}"#)?;
    let client = Client::builder().profile("octomind").api_key(server.api_key()).base_url(server.url()).build()?;

    client.connect().await?;
    let info = client.server_info().ok_or("no server information")?;
    println!("server: {} {}, protocol {}", info.name, info.version, client.protocol_version().unwrap_or_default());
    let capabilities = serde_json::to_value(client.server_capabilities())?;
    let names: Vec<_> = capabilities.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    println!("capabilities: {}", names.join(", "));
    println!("instructions: {}", if client.instructions().is_some() { "yes" } else { "no" });
    let tools = client.list_tools().await?;
    let names: Vec<_> = tools.tools.iter().take(3).map(|tool| tool.name.as_str()).collect();
    println!("tools: {}, among them {}", tools.tools.len(), names.join(", "));
    let version = get_version(&client).await?;
    println!("version: {}", text(&version));

    let ledger = server.ledger();
    let first = ledger.requests[0].headers.get("x-session-id");
    let one = first.is_some() && ledger.requests.iter().all(|request| request.headers.get("x-session-id") == first);
    println!("one x-session-id: {one}");

    server.expire_sessions();
    println!("after a lost session: {} attempts", get_version(&client).await?.metadata().attempts);
    client.close().await;
    println!("sessions opened: {}", server.ledger().sessions_opened);

    let client = Client::builder().profile("octomind").api_key("bad_key_0001").base_url(server.url());
    let client = client.build()?;
    let result = client.call_tool("getEnvironments", json!({"testTargetId": "tt-1"})).await?;
    println!("with a bad key: {}, looks like an error: {}", result.is_error == Some(true), result.looks_like_error());
    client.close().await;
    Ok(())
}

async fn get_version(client: &Client) -> omni_mcp::Result<Reply<CallToolResult>> {
    client.call_tool("getVersion", json!({})).await
}

fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(ContentBlock::text).unwrap_or_default()
}
