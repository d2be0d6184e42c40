//! The runner: one case, one dev server, one client.

mod arguments;
mod case_client;
mod cases;
mod control;
mod ledger;
mod matching;
mod methods;
mod registry;
mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Failed, Trial};
use omni_mcp::Error;
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

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
            mismatch(&case_client::filled_in(expected, &server), &as_json(&error)).map_or(Ok(()), Err)?;
            return ledger::check(case.get("ledger"), &server);
        }
    };
    for (index, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        let step = case_client::filled_in(step, &server);
        take_step(&step, &client, &server).await.map_err(|why| format!("step {index}: {why}"))?;
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
        CaseClient::Client { client, .. } => methods::call(step, client, progress).await,
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

fn as_json(error: &Error) -> Value {
    let mut value = json!(error.info());
    value["text"] = json!(error.to_string());
    value["class"] = json!(error.kind().spec().class);
    value
}
