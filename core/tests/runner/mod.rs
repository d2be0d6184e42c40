//! The runner: one case, one dev server, one client.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod cases;
mod control;
mod matching;
mod registry;
mod saw;
mod subject;

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use omni_mcp::{CallOptions, Client, Error, Reply, Spelling};
use omni_mcp_devserver::DevServer;
use serde::Serialize;
use serde_json::{Map, Value, json};

use arguments::Special;
use matching::mismatch;
use subject::Subject;

type Outcome = Result<(Value, Value), Error>;

/// Runs the cases whose name contains `filter`, and counts them as the test harness would.
pub(crate) fn run_all(folder: &Path, filter: Option<String>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for case in cases::read(folder) {
        let name = case["name"].as_str().expect("a case has a name");
        if filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            continue;
        }
        if case["languages"].as_array().is_some_and(|languages| !languages.contains(&json!("rust"))) {
            skipped += 1;
            continue;
        }
        match runtime.block_on(run(&case)) {
            Ok(()) => passed += 1,
            Err(why) => {
                failed += 1;
                eprintln!("test vectors::{name} ... FAILED\n    {why}");
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(case: &Value) -> Result<(), String> {
    let options = case.get("server").cloned().unwrap_or_else(|| json!({}));
    let server = DevServer::start_json(&options.to_string()).map_err(|why| format!("the dev server: {why}"))?;
    let subject = match (subject::open(case, &server).await, case.get("open_error")) {
        (Ok(subject), None) => subject,
        (Ok(_), Some(_)) => return Err("the client could be made".into()),
        (Err(error), None) => return Err(format!("the client could not be made: {error}")),
        (Err(error), Some(expected)) => {
            mismatch(expected, &as_json(&error)).map_or(Ok(()), Err)?;
            return saw::check(case.get("saw"), &server);
        }
    };
    for (index, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        take_step(step, &subject, &server).await.map_err(|why| format!("step {index}: {why}"))?;
    }
    let checked = saw::check(case.get("saw"), &server);
    subject.close().await;
    checked
}

async fn take_step(step: &Value, subject: &Subject, server: &DevServer) -> Result<(), String> {
    if let Some(steps) = step["together"].as_array() {
        let calls = steps.iter().map(|step| call_step(step, subject));
        let ended = futures_util::future::join_all(calls).await;
        return ended.into_iter().enumerate().try_for_each(|(index, end)| end.map_err(|why| format!("{index}: {why}")));
    }
    if let Some(name) = step["property"].as_str() {
        return mismatch(&step["value"], &subject.property(name)).map_or(Ok(()), Err);
    }
    if let Some(expected) = step.get("notifications") {
        let heard = subject.heard(expected.as_array().map_or(0, Vec::len)).await;
        return mismatch(expected, &Value::Array(heard)).map_or(Ok(()), Err);
    }
    if let Some(expected) = step.get("told") {
        return mismatch(expected, &subject.told()).map_or(Ok(()), Err);
    }
    if let Some(expected) = step.get("asked") {
        return mismatch(expected, &Value::Array(subject.asked())).map_or(Ok(()), Err);
    }
    if !step["server"].is_null() {
        return control::run(&step["server"], server).await;
    }
    for _ in 0..step["times"].as_u64().unwrap_or(1) {
        call_step(step, subject).await?;
    }
    Ok(())
}

async fn call_step(step: &Value, subject: &Subject) -> Result<(), String> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = step.get("progress").map(|_| Arc::clone(&heard));
    let outcome = match subject {
        Subject::Client { client, .. } => call(step, client, listener).await,
        Subject::Registry(registry) => registry::call(step, registry).await,
    };
    if let Some(expected) = step.get("progress") {
        let heard = Value::Array(heard.lock().unwrap().clone());
        if let Some(why) = mismatch(expected, &heard) {
            return Err(format!("progress: {why}"));
        }
    }
    match (outcome, step.get("error")) {
        (Ok((result, metadata)), None) => {
            let expected = step.get("result").unwrap_or(&Value::Null);
            let why = mismatch(expected, &result).map(|why| format!("result: {why}"));
            let expected = step.get("metadata").unwrap_or(&Value::Null);
            why.or_else(|| mismatch(expected, &metadata).map(|why| format!("metadata: {why}"))).map_or(Ok(()), Err)
        }
        (Ok((result, _)), Some(_)) => Err(format!("an error was expected, the result is {result}")),
        (Err(error), None) => Err(format!("failed: {error}")),
        (Err(error), Some(expected)) => mismatch(expected, &as_json(&error)).map_or(Ok(()), Err),
    }
}

async fn call(step: &Value, client: &Client, heard: Option<Arc<Mutex<Vec<Value>>>>) -> Outcome {
    let args = step.get("args").cloned().unwrap_or_else(|| json!({}));
    let mut options = step.get("options").cloned().unwrap_or_else(|| json!({}));
    // Every call returns its metadata in Rust.
    options.as_object_mut().unwrap().remove("with_metadata");
    let options = CallOptions::from_json(&options.to_string(), Spelling::Snake)?;
    let word = |name: &str| args[name].as_str().unwrap_or_default();
    let object = |name: &str| Special(args.get(name).cloned().unwrap_or_else(|| Value::Object(Map::new())));
    macro_rules! ended {
        ($call:expr) => {{
            let mut call = $call.options(options);
            if let Some(heard) = heard {
                call = call.on_progress(move |progress| heard.lock().unwrap().push(json!(progress)));
            }
            call.await
        }};
    }
    match step["call"].as_str().unwrap_or_default() {
        "connect" => client.connect().await.map(|()| (Value::Null, Value::Null)),
        "initialize" => ended!(client.initialize()).map(told),
        "discover" => ended!(client.discover()).map(told),
        "list_resources" => ended!(client.list_resources()).map(told),
        "list_resources_page" => ended!(client.list_resources_page(args["cursor"].as_str())).map(told),
        "list_resource_templates" => ended!(client.list_resource_templates()).map(told),
        "list_resource_templates_page" => {
            ended!(client.list_resource_templates_page(args["cursor"].as_str())).map(told)
        }
        "list_prompts" => ended!(client.list_prompts()).map(told),
        "list_prompts_page" => ended!(client.list_prompts_page(args["cursor"].as_str())).map(told),
        "iter_tools" => items(client.iter_tools()).await,
        "iter_resources" => items(client.iter_resources()).await,
        "iter_resource_templates" => items(client.iter_resource_templates()).await,
        "iter_prompts" => items(client.iter_prompts()).await,
        "read_resource" => ended!(client.read_resource(word("uri"))).map(told),
        "subscribe_resource" => ended!(client.subscribe_resource(word("uri"))).map(empty),
        "unsubscribe_resource" => ended!(client.unsubscribe_resource(word("uri"))).map(empty),
        "get_prompt" => ended!(client.get_prompt(word("name"), object("arguments"))).map(told),
        "complete" => ended!(client.complete(&args["ref"], &args["argument"], &args["context"])).map(told),
        "set_logging_level" => ended!(client.set_logging_level(word("level"))).map(empty),
        "ping" => ended!(client.ping()).map(empty),
        "list_tools" => ended!(client.list_tools()).map(told),
        "list_tools_page" => ended!(client.list_tools_page(args["cursor"].as_str())).map(told),
        "call_tool" => ended!(client.call_tool(word("name"), object("arguments"))).map(told),
        "request" => ended!(client.request(word("method"), object("params"))).map(told),
        "notify" => client.notify(word("method"), object("params")).await.map(|()| (Value::Null, Value::Null)),
        "close" => {
            client.close().await;
            Ok((Value::Null, Value::Null))
        }
        other => panic!("the runner knows no method {other}"),
    }
}

/// All items of a list that is read as it is needed.
async fn items<T: Serialize>(items: impl futures_util::Stream<Item = Result<T, Error>>) -> Outcome {
    let items: Vec<T> = items.try_collect().await?;
    Ok((json!(items), Value::Null))
}

fn empty<T>(reply: Reply<T>) -> (Value, Value) {
    (json!({}), json!(reply.metadata()))
}

fn told<T: Serialize>(reply: Reply<T>) -> (Value, Value) {
    (json!(reply.value), json!(reply.metadata()))
}

fn as_json(error: &Error) -> Value {
    let mut value = json!(error.info());
    value["class"] = json!(error.kind().spec().class);
    value
}
