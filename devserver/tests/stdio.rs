//! The server on standard input and output.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "cli")]

mod common;

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::rpc;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_omni-mcp-devserver");

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
    fn with(options: Value) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--stdio", "--options", &options.to_string()])
            .env("DEVSERVER_TEST", "a value")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, output }
    }

    fn misbehaving(stdio: Value) -> Self {
        Self::with(json!({"stdio": stdio}))
    }

    fn send(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn line(&mut self) -> String {
        self.output.next().unwrap().unwrap()
    }

    fn message(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&rpc(1, method, &params));
        self.message()
    }

    fn send_call(&mut self, id: u64, tool: &str, arguments: Value) {
        self.send(&rpc(id, "tools/call", &json!({"name": tool, "arguments": arguments})));
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.send_call(1, tool, arguments);
        self.message()["result"].clone()
    }

    /// The exit code, after standard output ended.
    fn code(&mut self) -> Option<i32> {
        assert!(self.output.next().is_none(), "nothing else is printed");
        self.child.wait().unwrap().code()
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It may exist from an earlier run.
    let _ = std::fs::remove_file(&path);
    path
}

fn lines(path: &PathBuf) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_response_per_line() {
    let mut program = Program::with(json!({"tools_page_size": 5, "progress": 2, "log_messages": 1}));
    let hello = program.ask("initialize", json!({"protocolVersion": "2025-06-18"}));
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18");
    program.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    program.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    assert_eq!(program.ask("ping", json!({}))["result"], json!({}));
    let first = program.ask("tools/list", json!({}))["result"].clone();
    let rest = program.ask("tools/list", json!({"cursor": first["nextCursor"]}))["result"].clone();
    let names: Vec<&str> = [&first, &rest]
        .iter()
        .flat_map(|page| page["tools"].as_array().unwrap())
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["fred.search", "fred.series", "echo", "fail", "big", "slow", "env", "crash"]);
    let params = json!({"name": "echo", "arguments": {"a": "ü"}, "_meta": {"progressToken": 5}});
    program.send(&rpc(9, "tools/call", &params));
    let methods: Vec<Value> = (0..3).map(|_| program.message()["method"].clone()).collect();
    assert_eq!(methods, ["notifications/message", "notifications/progress", "notifications/progress"]);
    let answer = program.message();
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]), (&json!(9), &json!({"a": "ü"})));
    program.send("{");
    assert_eq!(program.message()["error"]["code"], -32700);
    program.send("[]");
    assert_eq!(program.message()["error"]["code"], -32600);
    assert_eq!(program.ask("none", json!({}))["error"]["code"], -32601);
    drop(program.input.take());
    assert_eq!(program.code(), Some(0));
    assert_eq!(program.errors(), "");
}

#[test]
fn requests_before_the_end_of_input_are_served() {
    let mut program = Program::with(json!({}));
    let many: String = (0..500).map(|id| rpc(id, "ping", &json!({})) + "\n").collect();
    let mut input = program.input.take().unwrap();
    let writing = std::thread::spawn(move || input.write_all(many.as_bytes()).unwrap());
    for id in 0..500 {
        assert_eq!(program.message()["id"], id);
    }
    writing.join().unwrap();
    assert_eq!(program.code(), Some(0));
}

#[test]
fn calls_run_concurrently() {
    for (concurrent, first) in [(true, 2), (false, 1)] {
        let mut program = Program::misbehaving(json!({"concurrent": concurrent}));
        program.send_call(1, "slow", json!({"ms": 150}));
        program.send_call(2, "echo", json!({}));
        assert_eq!(program.message()["id"], first);
        assert_eq!(program.message()["id"], 3 - first);
    }
}

#[test]
fn reports_its_environment() {
    let mut program = Program::with(json!({}));
    let environment =
        program.call("env", json!({"names": ["DEVSERVER_TEST", "DEVSERVER_NONE"]}))["structuredContent"].clone();
    assert_eq!(environment["env"], json!({"DEVSERVER_TEST": "a value"}));
    assert_eq!(environment["cwd"], std::env::current_dir().unwrap().to_str().unwrap());
}

#[test]
fn crashes_on_request() {
    let path = file("crash.jsonl");
    let mut program = Program::misbehaving(json!({"ledger": path}));
    program.send_call(1, "crash", json!({}));
    assert_eq!(program.code(), Some(3));
    assert_eq!(program.errors(), "crashing\n");
    assert_eq!(lines(&path)[1], json!({"executed": {"tool": "crash", "arguments": {}}}));
}

#[test]
fn faults_at_the_start() {
    let mut program = Program::misbehaving(json!({"exit_at_start": 4, "stderr": ["one", "two"]}));
    assert_eq!((program.code(), program.errors().as_str()), (Some(4), "one\ntwo\n"));
    let mut program = Program::misbehaving(json!({"garbage_at_start": "hello!"}));
    assert_eq!(program.line(), "hello!");
    assert_eq!(program.ask("ping", json!({}))["id"], 1);
}

#[test]
fn faults_of_calls() {
    let mut program = Program::misbehaving(json!({"garbage_on_call": "oops", "nth": 2}));
    assert_eq!(program.call("echo", json!({"n": 1}))["structuredContent"], json!({"n": 1}));
    program.send_call(1, "echo", json!({}));
    assert_eq!(program.line(), "oops");
    assert_eq!(program.message()["id"], 1);

    for (when, executed) in [("before_execution", 1), ("after_execution", 2)] {
        let path = file(&format!("exit_{when}.jsonl"));
        let mut program = Program::misbehaving(json!({"exit_on_call": 5, "nth": [2], "when": when, "ledger": path}));
        program.call("echo", json!({}));
        program.send_call(1, "echo", json!({}));
        assert_eq!(program.code(), Some(5));
        let ran = lines(&path).iter().filter(|line| line.get("executed").is_some()).count();
        assert_eq!(ran, executed, "{when}");
    }
    let mut program = Program::misbehaving(json!({"hang_on_call": true, "nth": 1}));
    program.send_call(1, "echo", json!({}));
    program.send_call(2, "echo", json!({}));
    assert_eq!(program.message()["id"], 2);
}

#[test]
fn fault_rules() {
    let fault = |fault: Value| Program::with(json!({"faults": [{"on": {"tool": "echo"}, "fault": fault}]}));
    let mut program = fault(json!({"kind": "rpc_error", "code": 9, "message": "no"}));
    program.send_call(1, "echo", json!({}));
    assert_eq!(program.message()["error"]["code"], 9);
    let mut program = fault(json!({"kind": "wrong_id"}));
    program.send_call(1, "echo", json!({}));
    assert_eq!(program.message()["id"], 1_000_001);
    let mut program = fault(json!({"kind": "malformed_json"}));
    program.send_call(1, "echo", json!({}));
    assert!(serde_json::from_str::<Value>(&program.line()).is_err());
    let mut program = fault(json!({"kind": "hang"}));
    program.send_call(1, "echo", json!({}));
    assert_eq!(program.ask("ping", json!({}))["result"], json!({}));
}

#[test]
fn requires_a_response_to_its_ping() {
    let mut program = Program::misbehaving(json!({"ping_client": true}));
    program.ask("initialize", json!({}));
    program.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let ping = program.message();
    assert_eq!(ping["method"], "ping");
    program.send_call(2, "echo", json!({}));
    assert_eq!(program.message()["error"]["code"], -32000);
    program.send(&json!({"jsonrpc": "2.0", "id": ping["id"], "result": {}}).to_string());
    assert_eq!(program.call("echo", json!({"a": 1}))["structuredContent"], json!({"a": 1}));
}

#[test]
fn writes_a_ledger_file() {
    let path = file("ledger.jsonl");
    let mut program = Program::misbehaving(json!({"ledger": path}));
    program.call("echo", json!({"a": 1}));
    program.send("no json");
    program.message();
    drop(program.input.take());
    assert_eq!(program.code(), Some(0));
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "echo", "arguments": {"a": 1}}});
    assert_eq!(
        lines(&path),
        [
            json!({"received": call}),
            json!({"executed": {"tool": "echo", "arguments": {"a": 1}}}),
            json!({"received": "no json"}),
            json!({"stdin_ended": true}),
        ]
    );
}

#[cfg(unix)]
#[test]
fn keeps_running_by_option() {
    let path = file("stays.jsonl");
    let mut program = Program::misbehaving(json!({"ignore_stdin_end": true, "ignore_term": true, "ledger": path}));
    program.call("echo", json!({}));
    drop(program.input.take());
    let noted = |what: &str| {
        while !std::fs::read_to_string(&path).unwrap().contains(what) {
            std::thread::yield_now();
        }
    };
    noted("stdin_ended");
    let id = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    noted("term_ignored");
    assert_eq!(program.child.try_wait().unwrap(), None);
    program.child.kill().unwrap();
    assert_eq!(program.code(), None);

    let mut program = Program::misbehaving(json!({"ignore_stdin_end": true}));
    program.call("echo", json!({}));
    assert!(Command::new("kill").args(["-TERM", &program.child.id().to_string()]).status().unwrap().success());
    assert_eq!(program.code(), None);
}
