//! A server that is a child process: calls, progress, and its errors.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use omni_mcp::{Client, Error};
use serde_json::json;

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let client = process(&program(), r#"{"progress": 3}"#)?;
    client.connect().await?;
    let info = client.server_info().ok_or("no server information")?;
    println!("server: {} {}", info.name, info.version);
    let received = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&received);
    let count = move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let result = client.call_tool("echo", json!({"message": "inflation"})).on_progress(count).await?;
    println!("echo: {}", result.content[0].text().unwrap_or_default());
    println!("progress: {}", received.load(Ordering::Relaxed));
    client.close().await;

    let ended = failure(&process(&program(), r#"{"stdio": {"exit_at_start": 3, "stderr": ["no licence"]}}"#)?).await?;
    let info = ended.info();
    let last_line = info.stderr.last().map(String::as_str).unwrap_or_default();
    let exit_code = info.exit_code.unwrap_or_default();
    println!("a process that ends: {} {}, exit code {exit_code}, stderr: {last_line}", ended.kind(), ended.code());
    let talks = failure(&process(&program(), r#"{"stdio": {"garbage_at_start": "Welcome!"}}"#)?).await?;
    println!("a process that talks: {} {} {}", talks.kind(), talks.code(), talks.delivery());
    let missing = failure(&process("omni-mcp-no-such-program", "{}")?).await?;
    println!("no such program: {} {} {}", missing.kind(), missing.code(), missing.delivery());
    Ok(())
}

/// The dev server's program.
fn program() -> String {
    std::env::var("OMNI_MCP_DEVSERVER").unwrap_or_else(|_| "target/debug/omni-mcp-devserver".to_owned())
}

fn process(command: &str, options: &str) -> omni_mcp::Result<Client> {
    let args = ["--stdio", "--options", options].map(omni_mcp::Secret::from);
    // Without `strict`, a line that is not a message is skipped with a warning.
    Client::builder().profile("generic").command(command).args(args).strict(true).build()
}

async fn failure(client: &Client) -> Result<Error, AnyError> {
    let error = client.connect().await.err().ok_or("it should have failed")?;
    client.close().await;
    Ok(error)
}
