//! Registries: create, list and delete records of servers, and open a client from one.
#![allow(clippy::print_stdout)]

use omni_mcp::registry::{Record, RegistryConfig, connect, gaia, sema4};
use omni_mcp::{Client, ClientConfig};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let server = DevServer::start_json(r#"{"profile": "generic"}"#)?;
    at_gaia(&server).await?;
    at_sema4(&server).await
}

async fn at_gaia(server: &DevServer) -> Result<(), AnyError> {
    let double = DevServer::start_json(r#"{"profile": "gaia"}"#)?;
    let config = RegistryConfig::default().api_key(double.api_key()).base_url(double.url());
    let registry = gaia::GaiaRegistry::new(&config)?;
    let mut echo = record(json!({
        "projectId": "proj_1", "name": "Echo", "transportType": "http", "url": format!("{}/mcp", server.url()),
        "customHeaders": [
            {"name": "x-tenant", "value": "tenant_secret_1"}, {"name": "x-off", "value": "1", "enabled": false},
        ],
    }))?;
    println!("created at GAIA: {}", registry.create(&echo).await?["success"]);
    let listed = registry.list("proj_1").await?;
    let listed = listed.first().ok_or("nothing is listed")?;
    println!(
        "listed at GAIA: {} {} {}",
        text(listed, "name"),
        text(listed, "transportType"),
        text(listed, "connectionType")
    );

    let client = connect(&echo, ClientConfig::default()).await?;
    echo.insert("command".to_owned(), "echo".into());
    let refused = registry.create(&echo).await.err().ok_or("it should have been refused")?;
    println!("refused by the client: {} {}: {}", refused.kind(), refused.code(), refused.info().message);
    client.close().await;
    let ledger = server.ledger();
    let sent = ledger.requests.iter().rev().find(|request| request.http_method == "POST").ok_or("nothing was sent")?;
    let has = |name| sent.headers.get(name).is_some();
    println!("headers: x-tenant {}, x-off {}", has("x-tenant"), has("x-off"));
    Ok(())
}

async fn at_sema4(server: &DevServer) -> Result<(), AnyError> {
    let double = DevServer::start_json(r#"{"profile": "sema4"}"#)?;
    let config = RegistryConfig::default().api_key(double.api_key()).base_url(double.url()).tenant("tenant-1");
    let registry = sema4::Sema4Registry::new(&config)?;
    let created = registry
        .create(&record(json!({
            "name": "Serial echo", "transport": "streamable-http", "url": format!("{}/mcp", server.url()),
            "headers": {"x-key": "header_secret_1"}, "force_serial_tool_calls": true, "colour": "blue",
        }))?)
        .await?;
    println!("created at Sema4.ai: {} {}", text(&created, "name"), text(&created, "transport"));
    let found = registry.get(text(&created, "id")).await?;
    println!("kept: {}", text(&found, "colour"));
    let pages = registry.list(None)?;
    let mut names = Vec::new();
    while let Some(page) = pages.next().await? {
        names.extend(page.iter().map(|server| text(server, "name").to_owned()));
    }
    println!("listed at Sema4.ai: {}", names.join(", "));
    println!("secret shown: {}", format!("{found:?}").contains("header_secret_1"));

    let client = connect(&found, ClientConfig::default()).await?;
    let result = client.call_tool("echo", json!({"message": "inflation"})).await?;
    println!("echo: {}", result.content[0].text().unwrap_or_default());
    let slow = |client: Client| async move { client.call_tool("slow", json!({"ms": 20})).await };
    let calls = (0..4).map(|_| slow(client.clone()));
    futures_util::future::try_join_all(calls).await?;
    client.close().await;
    println!("at most at once: {}", server.ledger().max_concurrent_executions);

    registry.delete(text(&found, "id")).await?;
    println!("left: {}", registry.list_page(None, None).await?.data.len());
    Ok(())
}

fn record(members: Value) -> Result<Record, AnyError> {
    Ok(serde_json::from_value(members)?)
}

fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}
