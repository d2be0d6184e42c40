//! The client that the conformance suite runs, in Rust; `client.py` and `client.mjs` do the same. Usage:
//! `omni-mcp-conformance URL`, with the name of a scenario in the environment.

mod skills;

use std::time::Duration;

use omni_mcp::{AuthConfig, Client, ClientBuilder};
use serde_json::{Value, json};

type AnyError = Box<dyn std::error::Error>;

/// The suite ends its shell at the timeout, but not the processes that the shell started.
const WATCHDOG: Duration = Duration::from_secs(25);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    std::thread::spawn(|| {
        std::thread::sleep(WATCHDOG);
        std::process::exit(124);
    });
    let url = std::env::args().nth(1).ok_or("usage: omni-mcp-conformance URL")?;
    let scenario = std::env::var("MCP_CONFORMANCE_SCENARIO")?;
    let context = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_else(|_| "{}".into());
    let context: Value = serde_json::from_str(&context)?;
    let client = options(&url, &scenario, &context).build()?;
    let outcome = run(&client, &scenario, &context).await;
    client.close().await;
    outcome
}

/// The client of a scenario: its callbacks determine the capabilities that it declares.
fn options(url: &str, scenario: &str, context: &Value) -> ClientBuilder {
    let client = Client::builder().profile("generic").endpoint(url);
    match scenario {
        // The core adds the defaults of the form.
        "elicitation-sep1034-client-defaults" => client.on_elicitation(|_: Value| answer(json!({"action": "accept"}))),
        "sep-2322-client-request-state" => {
            client.on_elicitation(|_: Value| answer(json!({"action": "accept", "content": {"confirmed": true}})))
        }
        "request-metadata" => client
            .on_sampling(|_: Value| answer(json!({})))
            .on_elicitation(|_: Value| answer(json!({"action": "cancel"})))
            .on_roots(|| answer(json!([]))),
        "auth/client-credentials-basic" => {
            client.auth(AuthConfig::client_credentials(text(&context["client_id"]), text(&context["client_secret"])))
        }
        _ => client,
    }
}

async fn answer(value: Value) -> Result<Value, String> {
    Ok(value)
}

async fn run(client: &Client, scenario: &str, context: &Value) -> Result<(), AnyError> {
    match scenario {
        "initialize" | "request-metadata" | "json-schema-ref-no-deref" => client.list_tools().await.map(drop)?,
        "tools_call" => list_and_call(client, "add_numbers", json!({"a": 5, "b": 3})).await?,
        "elicitation-sep1034-client-defaults" => {
            list_and_call(client, "test_client_elicitation_defaults", json!({})).await?;
        }
        "sse-retry" => list_and_call(client, "test_reconnection", json!({})).await?,
        "sep-2322-client-request-state" => {
            for tool in ["echo_state", "unrelated", "no_state", "no_result_type"] {
                list_and_call(client, &format!("test_mrtr_{tool}"), json!({})).await?;
            }
        }
        "http-standard-headers" => use_everything(client).await?,
        "http-custom-headers" => {
            client.list_tools().await?;
            for call in context["toolCalls"].as_array().ok_or("no toolCalls")? {
                client.call_tool(text(&call["name"]), &call["arguments"]).await?;
            }
        }
        "http-invalid-tool-headers" => {
            for tool in &client.list_tools().await?.tools {
                client.call_tool(&tool.name, json!({"region": "us-west1"})).await?;
            }
        }
        "json-schema-2020-12-preservation" => {
            let listed = client.list_tools().await?;
            let named = |name| move |tool: &&omni_mcp::types::Tool| tool.name == name;
            let tool = listed.tools.iter().find(named("json_schema_2020_12_tool")).ok_or("no tool with a schema")?;
            client.call_tool("json_schema_echo", json!({"schema": tool.input_schema})).await?;
        }
        "sep-2640-client-no-prefetch" => client.request("skills/list", json!({})).await.map(drop)?,
        name if name.starts_with("auth/") => list_and_call(client, "test-tool", json!({})).await?,
        other => {
            let wrong = other.strip_prefix("sep-2640-client-verify-");
            skills::refuse(client, wrong.ok_or_else(|| format!("there is no scenario {other}"))?).await?;
        }
    }
    Ok(())
}

async fn list_and_call(client: &Client, tool: &str, arguments: Value) -> Result<(), AnyError> {
    client.list_tools().await?;
    let result = client.call_tool(tool, arguments).await?;
    if result.is_error == Some(true) { Err(format!("{tool}: {:?}", result.content).into()) } else { Ok(()) }
}

/// Calls each tool, reads each resource and gets each prompt.
async fn use_everything(client: &Client) -> Result<(), AnyError> {
    for tool in &client.list_tools().await?.tools {
        client.call_tool(&tool.name, json!({})).await?;
    }
    for resource in &client.list_resources().await?.resources {
        client.read_resource(&resource.uri).await?;
    }
    for prompt in &client.list_prompts().await?.prompts {
        client.get_prompt(&prompt.name, json!({})).await?;
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
