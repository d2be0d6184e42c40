//! Tools of the options: results, errors, delays and progress, in each profile and era.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{Reply, call, method, modern_meta, post, rpc, start};
use omni_mcp_devserver::{DevServer, Options, Profile, ToolOptions};
use serde_json::{Value, json};

fn tools() -> Value {
    json!([
        {
            "name": "weather",
            "title": "Weather",
            "description": "The weather of a city.",
            "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            "outputSchema": {"type": "object", "properties": {"temperature": {"type": "number"}}},
            "annotations": {"readOnlyHint": true},
            "results": [
                {"arguments": {"city": "Bern"}, "result": {"temperature": 12.5}},
                {"arguments": {"city": "Atlantis"}, "error": "no such city"}
            ]
        },
        {"name": "text", "result": "plain"},
        {"name": "list", "result": [1, null]},
        {"name": "nothing", "result": null},
        {"name": "whole", "result": {"content": [{"type": "text", "text": "a"}], "_meta": {"b": 1}}},
        {"name": "broken", "error": "out of order"},
        {"name": "slow", "result": "done", "delay_ms": 50},
        {"name": "steps", "result": "done", "progress": [{"progress": 1, "total": 2, "message": "half"}, {"progress": 2}]},
        {"name": "counted", "result": "done", "progress": 3}
    ])
}

fn sessionless(profile: &str) -> DevServer {
    match profile {
        "generic" => start(json!({"profile": profile, "sessions": "none", "tools": tools()})),
        _ => start(json!({"profile": profile, "tools": tools()})),
    }
}

fn result(server: &DevServer, name: &str, arguments: Value) -> Value {
    call(server, name, &json!({"name": name, "arguments": arguments})).unwrap().json()["result"].clone()
}

#[test]
fn are_listed_instead_of_the_sample_tools() {
    for profile in ["generic", "omni"] {
        let listed = method(&sessionless(profile), "tools/list", &json!({})).json()["result"]["tools"].clone();
        let names: Vec<&str> = listed.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["weather", "text", "list", "nothing", "whole", "broken", "slow", "steps", "counted"]);
        for member in ["title", "description", "inputSchema", "outputSchema", "annotations"] {
            assert_eq!(listed[0][member], tools()[0][member]);
        }
        assert_eq!(listed[1], json!({"name": "text", "inputSchema": {"type": "object"}}));
    }
}

#[test]
fn return_their_results_and_errors() {
    for profile in ["generic", "omni"] {
        let server = sessionless(profile);
        let bern = result(&server, "weather", json!({"city": "Bern"}));
        let content = json!([{"type": "text", "text": "{\"temperature\":12.5}"}]);
        assert_eq!(bern, json!({"content": content, "structuredContent": {"temperature": 12.5}}));
        let text = |text: &str| json!({"content": [{"type": "text", "text": text}]});
        assert_eq!(result(&server, "text", json!({})), text("plain"));
        assert_eq!(result(&server, "list", json!({})), text("[1,null]"));
        assert_eq!(result(&server, "nothing", json!({})), text("null"));
        assert_eq!(result(&server, "whole", json!({})), tools()[4]["result"]);
        let failed = |text: &str| json!({"content": [{"type": "text", "text": text}], "isError": true});
        assert_eq!(result(&server, "broken", json!({})), failed("out of order"));
    }
    let server = sessionless("generic");
    let failed = |city: &str| result(&server, "weather", json!({"city": city}))["content"][0]["text"].clone();
    assert_eq!(failed("Atlantis"), "no such city");
    assert_eq!(failed("Ur"), "weather: no entry of results has the arguments of this call");
    assert_eq!(server.ledger().executions.len(), 2);
}

#[test]
fn take_their_time() {
    let server = start(json!({"profile": "generic", "sessions": "none", "tools": [
        {"name": "ms", "result": "", "delay_ms": 50}, {"name": "seconds", "result": "", "delay": 0.05}
    ]}));
    for name in ["ms", "seconds"] {
        let begun = Instant::now();
        result(&server, name, json!({}));
        assert!(begun.elapsed() >= Duration::from_millis(50), "{name}");
    }
}

fn events(reply: &Reply) -> Vec<Value> {
    reply
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[test]
fn report_progress_before_the_response() {
    for profile in ["generic", "omni"] {
        let server = sessionless(profile);
        let params = |name: &str| json!({"name": name, "arguments": {}, "_meta": {"progressToken": "p"}});
        let steps = events(&call(&server, "p", &params("steps")).unwrap());
        assert_eq!(steps.len(), 3, "{steps:?}");
        let half = json!({"progressToken": "p", "progress": 1.0, "total": 2.0, "message": "half"});
        assert_eq!(steps[0]["params"], half);
        assert_eq!(steps[1]["params"], json!({"progressToken": "p", "progress": 2.0}));
        assert_eq!(steps[2]["result"]["content"][0]["text"], "done");
        let counted = events(
            &call(&server, "q", &json!({"name": "counted", "arguments": {}, "_meta": {"progressToken": "q"}})).unwrap(),
        );
        assert_eq!(counted.len(), 4);
        assert_eq!(counted[2]["params"]["progress"], 3);
    }
}

#[test]
fn are_served_in_the_modern_era() {
    let server = start(json!({"profile": "generic", "era": "modern", "tools": tools()}));
    let params = json!({"name": "weather", "arguments": {"city": "Bern"}, "_meta": modern_meta(&json!({}))});
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "weather")];
    let reply = post(&server, &headers, &rpc(1, "tools/call", &params)).unwrap();
    assert_eq!(reply.json()["result"]["structuredContent"]["temperature"], 12.5);
}

#[test]
fn are_options_in_rust() {
    let tool = ToolOptions { name: "a".to_owned(), result: Some(json!("b")), ..ToolOptions::default() };
    let options = Options { profile: Profile::Omni, tools: vec![tool], ..Options::default() };
    let server = DevServer::start(options).unwrap();
    assert_eq!(result(&server, "a", json!({}))["content"][0]["text"], "b");
}

#[test]
fn are_checked() {
    let tool = |fields: Value| {
        let mut tool = json!({"name": "a"});
        tool.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"tools": [tool]})
    };
    let cases = [
        (json!({"tools": {}}), "tools: must be a list, each an object, got an object"),
        (json!({"tools": [{"result": 1}]}), "tools[0].name: is required"),
        (json!({"tools": [{"name": "", "result": 1}]}), "tools[0].name: must not be empty"),
        (tool(json!({})), "tools[0].result: is required, unless handler, results or error is given"),
        (tool(json!({"result": 1, "error": "x"})), "tools[0].error: give only one of result and error"),
        (tool(json!({"reslut": 1})), "tools[0].reslut: there is no such field; did you mean result?"),
        (
            tool(json!({"result": 1, "inputSchema": {"type": "string"}})),
            "tools[0].inputSchema.type: must be \"object\"",
        ),
        (tool(json!({"result": 1, "outputSchema": []})), "tools[0].outputSchema: must be an object, got a list"),
        (tool(json!({"results": [{"result": 1}]})), "tools[0].results[0].arguments: is required"),
        (
            tool(json!({"results": [{"arguments": {}}]})),
            "tools[0].results[0].result: is required, unless error is given",
        ),
        (
            tool(json!({"result": {"content": ["x"]}})),
            "tools[0].result.content[0]: must be an object with a type, such as \"text\"",
        ),
        (tool(json!({"result": 1, "delay": -1})), "tools[0].delay: must be a number of seconds from 0 to 3600"),
        (tool(json!({"result": 1, "progress": [{"total": 1}]})), "tools[0].progress[0].progress: is required"),
        (
            tool(json!({"result": 1, "progress": "2"})),
            "tools[0].progress: must be an integer from 0 to 4294967295 or a list, each an object, got a string",
        ),
        (
            json!({"tools": [{"name": "a", "result": 1}, {"name": "a", "result": 1}]}),
            "tools[1].name: another tool has this name",
        ),
        (
            json!({"profile": "gaia", "tools": [{"name": "a", "result": 1}]}),
            "tools: a registry has no tools; use profile generic, omni or octomind",
        ),
    ];
    for (options, message) in cases {
        let error = DevServer::start_json(&options.to_string()).unwrap_err().to_string();
        assert_eq!(error, format!("bad dev server options: {message}"));
    }
}
