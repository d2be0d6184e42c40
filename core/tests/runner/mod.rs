//! The runner: one case, one dev server, one client.

mod arguments;
mod case_client;
mod cases;
mod control;
mod ledger;
mod matching;
mod registry;
mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use libtest_mimic::{Failed, Trial};
use omni_mcp::{CallOptions, Client, Error, Reply, Spelling};
use omni_mcp_devserver::DevServer;
use serde::Serialize;
use serde_json::{Map, Value, json};

use arguments::Special;
use case_client::CaseClient;
use cases::CaseFile;
use matching::mismatch;

type Outcome = Result<(Value, Value), Error>;

/// One test for each file of a folder, which is about the file's form, and one for each of its cases.
pub(crate) fn trials(folder: &Path) -> Vec<Trial> {
    let of_file = |file: CaseFile| {
        let cases = cases::expand(&file).into_iter().map(trial);
        std::iter::once(schema::trial(folder, &file)).chain(cases).collect::<Vec<_>>()
    };
    cases::files(folder).into_iter().flat_map(of_file).collect()
}

fn trial(case: Value) -> Trial {
    let name = case["name"].as_str().expect("a case has a name").to_owned();
    let is_ignored = case["languages"].as_array().is_some_and(|languages| !languages.contains(&json!("rust")));
    let test = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(run(&case)).map_err(Failed::from)
    };
    Trial::test(name, test).with_ignored_flag(is_ignored)
}

async fn run(case: &Value) -> Result<(), String> {
    let options = case.get("server").cloned().unwrap_or_else(|| json!({}));
    let server = DevServer::start_json(&options.to_string()).map_err(|why| format!("the dev server: {why}"))?;
    let client = match (case_client::open(case, &server).await, case.get("open_error")) {
        (Ok(client), None) => client,
        (Ok(_), Some(_)) => return Err("an error was expected, the client could be made".into()),
        (Err(error), None) => return Err(format!("the client could not be made: {error}")),
        (Err(error), Some(expected)) => {
            mismatch(expected, &as_json(&error)).map_or(Ok(()), Err)?;
            return ledger::check(case.get("ledger"), &server);
        }
    };
    for (index, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        take_step(step, &client, &server).await.map_err(|why| format!("step {index}: {why}"))?;
    }
    let checked = ledger::check(case.get("ledger"), &server);
    client.close().await;
    checked
}

async fn take_step(step: &Value, client: &CaseClient, server: &DevServer) -> Result<(), String> {
    if let Some(steps) = step["concurrent"].as_array() {
        let calls = steps.iter().map(|step| call_step(step, client));
        let outcomes = futures_util::future::join_all(calls).await;
        return outcomes
            .into_iter()
            .enumerate()
            .try_for_each(|(index, outcome)| outcome.map_err(|why| format!("{index}: {why}")));
    }
    if let Some(name) = step["property"].as_str() {
        return mismatch(&step["value"], &client.property(name)).map_or(Ok(()), Err);
    }
    if let Some(expected) = step.get("notifications") {
        let received = client.notifications(expected.as_array().map_or(0, Vec::len)).await;
        return mismatch(expected, &Value::Array(received)).map_or(Ok(()), Err);
    }
    if let Some(expected) = step.get("callback_events") {
        return mismatch(expected, &client.callback_events()).map_or(Ok(()), Err);
    }
    if let Some(expected) = step.get("server_requests") {
        return mismatch(expected, &Value::Array(client.server_requests())).map_or(Ok(()), Err);
    }
    if !step["server"].is_null() {
        return control::run(&step["server"], server).await;
    }
    for _ in 0..step["times"].as_u64().unwrap_or(1) {
        call_step(step, client).await?;
    }
    Ok(())
}

async fn call_step(step: &Value, client: &CaseClient) -> Result<(), String> {
    let received = Arc::new(Mutex::new(Vec::new()));
    let progress = step.get("progress").map(|_| Arc::clone(&received));
    let outcome = match client {
        CaseClient::Client { client, .. } => call(step, client, progress).await,
        CaseClient::Registry(registry) => registry::call(step, registry).await,
    };
    if let Some(expected) = step.get("progress") {
        let received = Value::Array(received.lock().unwrap().clone());
        if let Some(why) = mismatch(expected, &received) {
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

async fn call(step: &Value, client: &Client, received: Option<Arc<Mutex<Vec<Value>>>>) -> Outcome {
    let args = step.get("args").cloned().unwrap_or_else(|| json!({}));
    let options = step.get("options").map(Value::to_string).unwrap_or_default();
    let options = CallOptions::from_json(&options, Spelling::Snake)?;
    let word = |name: &str| args[name].as_str().unwrap_or_default();
    let object = |name: &str| Special(args.get(name).cloned().unwrap_or_else(|| Value::Object(Map::new())));
    macro_rules! outcome {
        ($call:expr) => {{
            let mut call = $call.options(options);
            if let Some(received) = received {
                call = call.on_progress(move |progress| received.lock().unwrap().push(json!(progress)));
            }
            call.await
        }};
    }
    match step["call"].as_str().unwrap_or_default() {
        "connect" => client.connect().await.map(|()| (Value::Null, Value::Null)),
        "initialize" => outcome!(client.initialize()).map(result),
        "discover" => outcome!(client.discover()).map(result),
        "list_resources" => outcome!(client.list_resources()).map(result),
        "list_resources_page" => outcome!(client.list_resources_page(args["cursor"].as_str())).map(result),
        "list_resource_templates" => outcome!(client.list_resource_templates()).map(result),
        "list_resource_templates_page" => {
            outcome!(client.list_resource_templates_page(args["cursor"].as_str())).map(result)
        }
        "list_prompts" => outcome!(client.list_prompts()).map(result),
        "list_prompts_page" => outcome!(client.list_prompts_page(args["cursor"].as_str())).map(result),
        "iter_tools" => items(client.iter_tools()).await,
        "iter_resources" => items(client.iter_resources()).await,
        "iter_resource_templates" => items(client.iter_resource_templates()).await,
        "iter_prompts" => items(client.iter_prompts()).await,
        "read_resource" => outcome!(client.read_resource(word("uri"))).map(result),
        "subscribe_resource" => outcome!(client.subscribe_resource(word("uri"))).map(empty),
        "unsubscribe_resource" => outcome!(client.unsubscribe_resource(word("uri"))).map(empty),
        "get_prompt" => outcome!(client.get_prompt(word("name"), object("arguments"))).map(result),
        "complete" => outcome!(client.complete(&args["ref"], &args["argument"], &args["context"])).map(result),
        "set_logging_level" => outcome!(client.set_logging_level(word("level"))).map(empty),
        "ping" => outcome!(client.ping()).map(empty),
        "list_tools" => outcome!(client.list_tools()).map(result),
        "list_tools_page" => outcome!(client.list_tools_page(args["cursor"].as_str())).map(result),
        "call_tool" => outcome!(client.call_tool(word("name"), object("arguments"))).map(result),
        "request" => outcome!(client.request(word("method"), object("params"))).map(result),
        "notify" => client.notify(word("method"), object("params")).await.map(|()| (Value::Null, Value::Null)),
        "close" => {
            client.close().await;
            Ok((Value::Null, Value::Null))
        }
        other => panic!("the runner knows no method {other}"),
    }
}

/// All items of a list that is read page by page.
async fn items<T: Serialize>(items: impl futures_util::Stream<Item = Result<T, Error>>) -> Outcome {
    let items: Vec<T> = items.try_collect().await?;
    Ok((json!(items), Value::Null))
}

fn empty<T>(reply: Reply<T>) -> (Value, Value) {
    (json!({}), json!(reply.metadata()))
}

fn result<T: Serialize>(reply: Reply<T>) -> (Value, Value) {
    (json!(reply.value), json!(reply.metadata()))
}

fn as_json(error: &Error) -> Value {
    let mut value = json!(error.info());
    value["class"] = json!(error.kind().spec().class);
    value
}
