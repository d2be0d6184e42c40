//! Sequential small calls with this client.

use omni_mcp::Client;
use omni_mcp_bench::{Measured, WARM_UP, arguments};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, key, calls) = arguments()?;
    let client = Client::builder().api_key(key).base_url(url).build()?;
    run(&client, WARM_UP).await?;
    let measured = Measured::begin();
    run(&client, calls).await?;
    measured.end(calls);
    client.close().await;
    Ok(())
}

async fn run(client: &Client, calls: u32) -> omni_mcp::Result<()> {
    for _ in 0..calls {
        let result = client.call_tool("fred.search", json!({"q": "inflation", "limit": 1})).await?;
        assert!(result.structured_content.is_some());
    }
    Ok(())
}
