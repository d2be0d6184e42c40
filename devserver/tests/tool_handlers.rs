//! Tools with functions as handlers.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{call, method, modern_meta, post, rpc};
use omni_mcp_devserver::{Count, DevServer, Era, Options, Profile, SessionMode, Spelling, ToolHandler, ToolOptions};
use serde_json::{Value, json};

fn tool(name: &str, handler: ToolHandler) -> ToolOptions {
    ToolOptions { name: name.to_owned(), handler: Some(handler), ..ToolOptions::default() }
}

fn tools() -> Vec<ToolOptions> {
    let add = ToolHandler::new(|call| match (call.arguments["a"].as_i64(), call.arguments["b"].as_i64()) {
        (Some(a), Some(b)) => Ok(json!({"sum": a + b})),
        _ => Err(format!("{}: a and b must be integers", call.tool)),
    });
    let later = ToolHandler::from_async(|call| async move {
        for n in 1..=3 {
            call.progress(f64::from(n), Some(3.0), (n == 3).then_some("done"));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(json!("later"))
    });
    let panics = ToolHandler::new(|_| std::panic::resume_unwind(Box::new("a test")));
    vec![tool("add", add), tool("later", later), tool("panics", panics)]
}

fn server(profile: Profile) -> DevServer {
    DevServer::start(Options { profile, sessions: SessionMode::None, tools: tools(), ..Options::default() }).unwrap()
}

fn result(server: &DevServer, name: &str, arguments: Value) -> Value {
    call(server, name, &json!({"name": name, "arguments": arguments})).unwrap().json()["result"].clone()
}

#[test]
fn return_results_and_errors() {
    for profile in [Profile::Generic, Profile::Omni] {
        let server = server(profile);
        let listed = method(&server, "tools/list", &json!({})).json()["result"]["tools"].clone();
        assert_eq!(listed[0], json!({"name": "add", "inputSchema": {"type": "object"}}));
        assert_eq!(result(&server, "add", json!({"a": 1, "b": 2}))["structuredContent"], json!({"sum": 3}));
        assert_eq!(result(&server, "later", json!({}))["content"][0]["text"], "later");
        assert!(server.wait_for(Count::Executions, 2, Duration::ZERO));
    }
}

#[test]
fn fail_as_results_with_is_error() {
    for profile in [Profile::Generic, Profile::Omni] {
        let server = server(profile);
        let failed = |text: &str| json!({"content": [{"type": "text", "text": text}], "isError": true});
        let wrong = result(&server, "add", json!({"a": "b", "b": 0}));
        assert_eq!(wrong, failed("add: a and b must be integers"));
        assert_eq!(result(&server, "panics", json!({})), failed("the handler panicked"));
    }
}

#[test]
fn send_progress_when_they_report_it() {
    for profile in [Profile::Generic, Profile::Omni] {
        let server = server(profile);
        let params = json!({"name": "later", "arguments": {}, "_meta": {"progressToken": "p"}});
        let reply = call(&server, "a", &params).unwrap();
        let text = reply.text();
        let events: Vec<Value> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).unwrap())
            .collect();
        assert_eq!(events.len(), 4, "{text}");
        assert_eq!(events[0]["params"], json!({"progressToken": "p", "progress": 1.0, "total": 3.0}));
        let last = json!({"progressToken": "p", "progress": 3.0, "total": 3.0, "message": "done"});
        assert_eq!(events[2]["params"], last);
        assert_eq!(events[3]["result"]["content"][0]["text"], "later");
    }
}

#[test]
fn are_served_in_the_modern_era() {
    let options = Options { profile: Profile::Generic, era: Era::Modern, tools: tools(), ..Options::default() };
    let server = DevServer::start(options).unwrap();
    let params = json!({"name": "add", "arguments": {"a": 1, "b": 2}, "_meta": modern_meta(&json!({}))});
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "add")];
    let reply = post(&server, &headers, &rpc(1, "tools/call", &params)).unwrap();
    assert_eq!(reply.json()["result"]["structuredContent"]["sum"], 3);
}

#[test]
fn are_named_by_index_beside_json() {
    let options =
        json!({"profile": "generic", "sessions": "none", "tools": [{"name": "a"}, {"name": "b", "result": 1}]});
    let handler = ToolHandler::new(|_| Ok(json!("from a function")));
    let server = DevServer::start_with_handlers(&options.to_string(), Spelling::Snake, [(0, handler)]).unwrap();
    assert_eq!(result(&server, "a", json!({}))["content"][0]["text"], "from a function");
    assert_eq!(result(&server, "b", json!({}))["content"][0]["text"], "1");
}

#[test]
fn are_no_json_and_exclude_results() {
    let error = |tool: Value| DevServer::start_json(&json!({"tools": [tool]}).to_string()).unwrap_err().to_string();
    let function = "bad dev server options: tools[0].handler: must be a function, got 3";
    assert_eq!(error(json!({"name": "a", "handler": 3})), function);
    let missing = "bad dev server options: tools[0].result: is required, unless handler, results or error is given";
    assert_eq!(error(json!({"name": "a", "handler": null})), missing);
    let both = ToolOptions { result: Some(json!(1)), ..tool("a", ToolHandler::new(|_| Ok(Value::Null))) };
    let error = DevServer::start(Options { tools: vec![both], ..Options::default() }).unwrap_err().to_string();
    assert_eq!(error, "bad dev server options: tools[0].handler: give no result, results or error with it");
}
