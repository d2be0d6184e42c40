//! The same program as `client.py` and `client.mjs`, in Rust. Usage: `omni-mcp-interop probe|calls|sticky PLAN`, where
//! the plan is JSON.
#![allow(clippy::print_stdout)]

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use omni_mcp::{Client, ClientConfig, Delivery, Spelling};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

type AnyError = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, plan] = &arguments[..] else { return Err("usage: omni-mcp-interop probe|calls|sticky PLAN".into()) };
    let plan: Value = serde_json::from_str(plan)?;
    match &**command {
        "probe" => probe(&plan).await,
        "calls" => calls(&plan).await,
        "sticky" => sticky(&plan).await,
        other => Err(format!("there is no command {other}").into()),
    }
}

fn options(plan: &Value) -> omni_mcp::Result<ClientConfig> {
    ClientConfig::from_json(&plan["client"].to_string(), Spelling::Snake)
}

/// One client from connect to close; prints a line for each step.
async fn probe(plan: &Value) -> Result<(), AnyError> {
    let client = options(plan)?
        .on_elicitation(|_: Value| ready(json!({"action": "accept", "content": {"name": "Ann"}})))
        .on_sampling(|_: Value| {
            ready(json!({"role": "assistant", "model": "none", "content": {"type": "text", "text": "Paris"}}))
        })
        .on_roots(|| ready(json!([{"uri": "file:///work", "name": "work"}])))
        .build()?;
    let welcome = client.initialize().await?;
    println!("server: {} {}", welcome.server_info.name, welcome.server_info.version);
    println!("protocol: {}", welcome.protocol_version);
    let tools = client.list_tools().await?;
    let names: Vec<_> = tools.tools.iter().map(|tool| tool.name.as_str()).collect();
    println!("tools: {}", names.join(", "));
    let echo = client.call_tool("echo", json!({"message": "inflation"})).await?;
    println!("echo: {}", echo.content[0].text().unwrap_or_default());

    let received = Arc::new(Mutex::new(Vec::new()));
    let steps = Arc::clone(&received);
    let long = &plan["long"];
    let done = client
        .call_tool(text(&long["name"]), &long["arguments"])
        .on_progress(move |progress| {
            let step = format!("{} of {}", progress.progress, progress.total.unwrap_or_default());
            steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
        })
        .await?;
    println!("progress: {}", received.lock().unwrap_or_else(PoisonError::into_inner).join(", "));
    println!("done: {}", done.content[0].text().unwrap_or_default());
    let resources = client.list_resources().await?.into_inner().resources;
    let read = client.read_resource(&resources[0].uri).await?;
    println!("resources: {}, {}", resources.len(), text(&json!(read.contents[0])["uri"]));
    let prompts = client.list_prompts().await?.into_inner().prompts;
    let got = client.get_prompt(text(&plan["prompt"]["name"]), &plan["prompt"]["arguments"]).await?;
    println!("prompts: {}, {}", prompts.len(), got.messages[0].content.text().unwrap_or_default());
    for ask in plan["asking"].as_array().into_iter().flatten() {
        let asked = client.call_tool(text(&ask["name"]), &ask["arguments"]).await?;
        let texts: Vec<_> = asked.content.iter().map(|item| item.text().unwrap_or_default()).collect();
        println!("asked: {}", texts.join(" ").replace('\n', " "));
    }
    client.close().await;
    println!("closed");
    // Resources that remain now are those that close did not release.
    next_line().await
}

fn ready(answer: Value) -> std::future::Ready<Result<Value, String>> {
    std::future::ready(Ok(answer))
}

/// Lists the tools, and calls one of them many times.
async fn calls(plan: &Value) -> Result<(), AnyError> {
    let client = options(plan)?.build()?;
    let tools = client.list_tools().await?;
    let names: Vec<_> = tools.tools.iter().map(|tool| tool.name.as_str()).collect();
    println!("tools: {}", names.join(", "));
    for call in 0..plan["calls"].as_u64().unwrap_or_default() {
        let echo = client.call_tool("echo", json!({"message": call.to_string()})).await?;
        println!("echo: {}", echo.content[0].text().unwrap_or_default());
    }
    client.close().await;
    Ok(())
}

/// Many clients, each with half of their calls at once, and the other half after a line of input.
async fn sticky(plan: &Value) -> Result<(), AnyError> {
    let number = |name: &str| plan[name].as_u64().unwrap_or_default();
    let open = |_| options(plan)?.on_notification(|_| {}).build();
    let clients = (0..number("clients")).map(open).collect::<omni_mcp::Result<Vec<_>>>()?;
    let seen = RefCell::new(Seen::default());
    for half in 0..2 {
        if half == 1 {
            println!("half");
            next_line().await?;
        }
        let lanes = clients.iter().enumerate().flat_map(|(index, client)| {
            // Every second client makes five calls at once.
            let lanes = if index % 2 == 1 { 5 } else { 1 };
            let (calls, seen) = (number("calls") / 2 / lanes, &seen);
            (0..lanes).map(move |lane| run_lane(client, format!("{index}-{lane}-{half}"), calls, seen))
        });
        join_all(lanes).await;
    }
    join_all(clients.iter().map(Client::close)).await;
    let seen = seen.into_inner();
    println!("{}", json!({"succeeded": seen.succeeded, "unsure": seen.unsure, "failed": seen.failed}));
    Ok(())
}

#[derive(Default)]
struct Seen {
    succeeded: Vec<String>,
    unsure: Vec<String>,
    failed: Vec<String>,
}

/// Makes calls one after another. One that may have run is repeated with another argument.
async fn run_lane(client: &Client, name: String, calls: u64, seen: &RefCell<Seen>) {
    for call in 0..calls {
        for attempt in 0.. {
            let app = format!("{name}-{call}-{attempt}");
            let arguments = json!({"app": app, "discoveryUrl": "https://app.example"});
            let outcome = client.call_tool("createTestTarget", arguments).await;
            let mut seen = seen.borrow_mut();
            match outcome {
                Ok(result) if result.is_error == Some(true) => seen.failed.push(format!("{app}: isError")),
                Ok(_) => seen.succeeded.push(app),
                Err(error) if error.info().delivery == Delivery::MaybeExecuted && attempt < 5 => {
                    seen.unsure.push(app);
                    continue;
                }
                Err(error) => seen.failed.push(format!("{app}: {error}")),
            }
            break;
        }
    }
}

async fn next_line() -> Result<(), AnyError> {
    BufReader::new(tokio::io::stdin()).read_line(&mut String::new()).await?;
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
