//! Fifty calls at once on one client.
#![allow(clippy::print_stdout)]

use std::collections::HashSet;

use futures_util::future::join_all;
use omni_mcp::Client;
use omni_mcp_devserver::{DevServer, Options};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = match std::env::var_os("OMNI_API_KEY") {
        Some(_) => None,
        None => Some(DevServer::start(Options::default())?),
    };
    let client = match &server {
        Some(server) => Client::builder().api_key(server.api_key()).base_url(server.url()).build()?,
        None => Client::builder().build()?,
    };
    let calls =
        (0..50).map(|_| client.call_tool("fred.series", json!({"series_id": "UNRATE", "limit": 1})).into_future());
    let (results, errors): (Vec<_>, Vec<_>) = join_all(calls).await.into_iter().partition(Result::is_ok);
    println!("calls: 50, results: {}, errors: {}", results.len(), errors.len());
    let keys: HashSet<_> =
        results.into_iter().flatten().filter_map(|result| result.metadata().idempotency_key).collect();
    println!("different keys: {}", keys.len());
    client.close().await;
    if let Some(server) = server {
        let ledger = server.ledger();
        println!("executed: {}", ledger.executions.len());
        println!("sessions opened: {}", ledger.sessions_opened);
    }
    Ok(())
}
