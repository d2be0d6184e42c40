//! The same POSTs with reqwest alone, parsed with `serde_json`.

use std::sync::atomic::{AtomicU64, Ordering};

use omni_mcp_bench::{Measured, WARM_UP, arguments};
use serde_json::{Value, json};

static NUMBER: AtomicU64 = AtomicU64::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, key, calls) = arguments()?;
    // TLS is not used on loopback, but the client requires settings.
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(omni_mcp_bench::no_tls()).build()?;
    let url = format!("{url}/mcp");
    run(&client, &url, &key, WARM_UP).await?;
    let measured = Measured::begin();
    run(&client, &url, &key, calls).await?;
    measured.end(calls);
    Ok(())
}

async fn run(client: &reqwest::Client, url: &str, key: &str, calls: u32) -> Result<(), Box<dyn std::error::Error>> {
    for _ in 0..calls {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let body = json!({"jsonrpc": "2.0", "id": number, "method": "tools/call",
            "params": {"name": "fred.search", "arguments": {"q": "inflation", "limit": 1}}});
        let answer = client
            .post(url)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("idempotency-key", format!("raw-{}-{number}", std::process::id()))
            .body(serde_json::to_vec(&body)?)
            .send()
            .await?;
        let answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
        assert!(answer["result"]["structuredContent"].is_object());
    }
    Ok(())
}
