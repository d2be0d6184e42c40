//! Both eras on standard input and output, and recorded messages of clients.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "cli")]

mod common;

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::{Wire, modern_meta, modern_params, rpc};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_omni-mcp-devserver");
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
const MESSAGES: &str = "OMNI_MCP_DEVSERVER_MESSAGES";

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has already ended in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(arguments: &[&str], messages: Option<&Path>) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).env_remove(MESSAGES);
        if let Some(folder) = messages {
            command.env(MESSAGES, folder);
        }
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, output }
    }

    fn stdio(era: &str) -> Self {
        Self::start(&["--stdio", "--era", era, "--everything", "--ttl-ms", "9"], None)
    }

    fn send(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn message(&mut self) -> Value {
        serde_json::from_str(&self.output.next().unwrap().unwrap()).unwrap()
    }

    /// Sends a request of the modern era.
    fn modern(&mut self, id: u64, method: &str, params: &Value) {
        self.send(&rpc(id, method, &modern_params(params)));
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.modern(1, method, params);
        self.message()
    }

    fn listen(&mut self, id: u64, notifications: &Value) {
        self.modern(id, "subscriptions/listen", &json!({"notifications": notifications}));
        let first = self.message();
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(first["params"]["_meta"][SUBSCRIPTION], id);
    }

    fn cancel(&mut self, id: u64) {
        let notice = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        self.send(&notice.to_string());
    }
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It may exist from an earlier run.
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn kept(folder: &Path, program: &Program) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{}.jsonl", program.child.id()))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn modern_requests_are_served_without_headers() {
    let mut program = Program::stdio("modern");
    let found = program.ask("server/discover", &json!({}))["result"].clone();
    assert_eq!((&found["supportedVersions"], &found["ttlMs"]), (&json!(["2026-07-28"]), &json!(9)));
    let call = program.ask("tools/call", &json!({"name": "echo", "arguments": {"a": 1}}))["result"].clone();
    assert_eq!((&call["resultType"], &call["structuredContent"]), (&json!("complete"), &json!({"a": 1})));
    let mirrored = program.ask("tools/call", &json!({"name": "mirrored", "arguments": {"region": "r"}}));
    assert_eq!(mirrored["result"]["structuredContent"]["headers"], json!({}));
    let asked = program.ask("tools/call", &json!({"name": "ask", "arguments": {"method": "roots/list"}}));
    assert_eq!(asked["result"]["resultType"], "input_required");
    program.send(&rpc(1, "tools/list", &json!({})));
    assert_eq!(program.message()["error"]["code"], -32602);
    program.send(&rpc(1, "initialize", &json!({"protocolVersion": "2025-11-25"})));
    let refused = program.message()["error"].clone();
    assert_eq!((&refused["code"], &refused["data"]["supported"]), (&json!(-32022), &json!(["2026-07-28"])));
    assert_eq!(program.ask("ping", &json!({}))["error"]["code"], -32601);
}

#[test]
fn the_first_request_selects_the_era() {
    let mut program = Program::stdio("dual");
    program.send(&rpc(1, "tools/list", &json!({"_meta": modern_meta(&json!({}))})));
    assert_eq!(program.message()["result"]["resultType"], "complete");
    program.send(&rpc(2, "initialize", &json!({"protocolVersion": "2025-06-18"})));
    assert_eq!(program.message()["result"]["protocolVersion"], "2025-06-18");
    program.send(&rpc(3, "tools/call", &json!({"name": "ask", "arguments": {"method": "ping", "over": "get"}})));
    let request = program.message();
    assert_eq!(request["method"], "ping");
    program.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": {"a": 1}}).to_string());
    assert_eq!(program.message()["result"]["structuredContent"], json!({"answer": {"a": 1}}));
    let watched = json!({"uri": "test://watched-resource"});
    program.send(&rpc(4, "resources/subscribe", &watched));
    assert_eq!(program.message()["result"], json!({}));
    program.send(&rpc(5, "tools/call", &json!({"name": "touch_resource", "arguments": watched})));
    assert_eq!(program.message()["params"], watched);
    assert_eq!(program.message()["id"], 5);
    program.send(&rpc(6, "tools/call", &json!({"name": "change_tools"})));
    assert_eq!(program.message()["method"], "notifications/tools/list_changed");
    assert_eq!(program.message()["id"], 6);
}

#[test]
fn subscriptions_share_the_output() {
    let mut program = Program::stdio("modern");
    program.listen(7, &json!({"toolsListChanged": true}));
    program.listen(8, &json!({"toolsListChanged": true, "resourceSubscriptions": ["test://a"]}));
    program.modern(1, "tools/call", &json!({"name": "change_tools"}));
    for id in [7, 8] {
        let message = program.message();
        assert_eq!(message["method"], "notifications/tools/list_changed");
        assert_eq!(message["params"]["_meta"][SUBSCRIPTION], id);
    }
    assert_eq!(program.message()["id"], 1);
    program.cancel(7);
    program.modern(2, "tools/call", &json!({"name": "change_tools"}));
    assert_eq!(program.message()["params"]["_meta"][SUBSCRIPTION], 8);
    assert_eq!(program.message()["id"], 2);
    drop(program.input.take());
    let last = program.message();
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(8), &json!("complete")));
    assert!(program.output.next().is_none());
}

#[test]
fn calls_can_be_cancelled() {
    let mut program = Program::stdio("modern");
    program.modern(3, "tools/call", &json!({"name": "slow", "arguments": {"ms": 3_600_000}}));
    program.cancel(3);
    assert_eq!(program.ask("tools/call", &json!({"name": "echo"}))["id"], 1, "no response to the other");
    // An id may be used again.
    program.modern(3, "tools/call", &json!({"name": "echo"}));
    assert_eq!(program.message()["id"], 3);
}

#[test]
fn messages_of_clients_are_recorded() {
    let folder = folder("messages/stdio");
    let mut program = Program::start(&["--stdio", "--era", "dual"], Some(&folder));
    let hello = rpc(1, "initialize", &json!({"protocolVersion": "2025-06-18"}));
    let early = rpc(0, "ping", &json!({}));
    for line in [&early, &hello, &rpc(2, "ping", &json!({})), &rpc(3, "server/discover", &modern_params(&json!({})))] {
        program.send(line);
        program.message();
    }
    program.send("no json");
    program.message();
    program.send("[1]");
    program.message();
    let kept = kept(&folder, &program);
    let versions: Vec<&Value> = kept.iter().map(|line| &line["version"]).collect();
    assert_eq!(versions, [&json!(null), &json!("2025-06-18"), &json!("2025-06-18"), &json!("2026-07-28")]);
    assert_eq!(kept[1]["message"], serde_json::from_str::<Value>(&hello).unwrap());
    assert!(kept.iter().all(|line| line["profile"] == "generic"));
}

#[test]
fn messages_by_http_are_recorded() {
    let folder = folder("messages/http");
    let mut program = Program::start(&["--profile", "generic", "--era", "dual", "--json"], Some(&folder));
    let url = program.message()["url"].as_str().unwrap().to_owned();
    let post = |headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        all.extend_from_slice(headers);
        Wire::connect(&url).ask("POST", "/mcp", &all, body).unwrap()
    };
    let hello = post(&[], &rpc(1, "initialize", &json!({"protocolVersion": "1999-01-01"})));
    let session = hello.header("mcp-session-id").unwrap();
    post(&[("mcp-session-id", session)], r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    post(&[("mcp-session-id", session)], r#"{"jsonrpc":"2.0","id":"x","result":{}}"#);
    post(&[("mcp-protocol-version", "2025-03-26")], &rpc(2, "ping", &json!({})));
    post(&[("mcp-protocol-version", "2026-07-28")], &rpc(3, "tools/list", &modern_params(&json!({}))));
    post(&[], "{");
    let kept = kept(&folder, &program);
    let versions: Vec<&str> = kept.iter().map(|line| line["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1999-01-01", "2025-11-25", "2025-11-25", "2025-03-26", "2026-07-28"]);
}
