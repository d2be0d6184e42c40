//! Servers of both eras: their requests to the client, resources, prompts, and cached lists.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use omni_mcp::Client;
use omni_mcp::types::{ElicitRequestParams, ElicitResult};
use omni_mcp_devserver::{DevServer, Options};
use serde_json::{Value, json};

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    for era in ["legacy", "modern"] {
        in_era(era).await?;
    }
    Ok(())
}

async fn in_era(era: &str) -> Result<(), AnyError> {
    let options = json!({"profile": "generic", "era": era, "everything": true, "ttl_ms": 60_000, "tools_page_size": 2});
    let server = DevServer::start(serde_json::from_value::<Options>(options)?)?;
    let updates = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&updates);
    let client = Client::builder()
        .profile("generic")
        .endpoint(format!("{}/mcp", server.url()))
        .on_elicitation(ask_a_person)
        .on_notification(move |notification| {
            if notification.method == "notifications/resources/updated" {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        })
        .build()?;

    client.connect().await?;
    println!("{era}: protocol {}", client.protocol_version().ok_or("no version")?);
    let form = json!({"type": "object", "properties": {
        "name": {"type": "string"}, "age": {"type": "integer", "default": 30}
    }});
    let question =
        json!({"method": "elicitation/create", "params": {"message": "Who are you?", "requestedSchema": form}});
    let asked = client.call_tool("ask", question).await?.into_inner().structured_content.ok_or("no answer")?;
    let content = &asked["answer"]["content"];
    println!("asked: {} {}", content["name"].as_str().unwrap_or_default(), content["age"]);

    let prompts: Vec<_> = client.iter_prompts().try_collect().await?;
    println!("prompts: {}", prompts.len());
    let prompt = client.get_prompt("test_prompt_with_arguments", json!({"arg1": "a", "arg2": "b"})).await?;
    println!("prompt: {}", prompt.messages[0].content.text().unwrap_or_default());
    client.list_resources().await?;
    let again = client.list_resources().await?;
    println!("resources: {}, cached: {}", again.resources.len(), again.metadata().cached);

    let uri = "test://watched-resource";
    client.subscribe_resource(uri).await?;
    client.call_tool("touch_resource", json!({"uri": uri})).await?;
    let wait = Duration::from_secs(5);
    let notified = async {
        while updates.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    println!("notified of a change: {}", tokio::time::timeout(wait, notified).await.is_ok());
    let checked = client.call_tool("structured", json!({"bad": true}));
    let error = checked.validate_output(true).await.err().ok_or("it fits")?;
    println!("an invalid result: {} {} {}", error.kind(), error.code(), error.delivery());
    client.close().await;
    Ok(())
}

async fn ask_a_person(_: ElicitRequestParams) -> Result<ElicitResult, String> {
    let answer: Value = json!({"action": "accept", "content": {"name": "Ann"}});
    serde_json::from_value(answer).map_err(|error| error.to_string())
}
