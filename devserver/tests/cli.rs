//! The program.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "cli")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::{Wire, rpc};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_omni-mcp-devserver");

#[test]
fn prints_address_and_key_and_serves() {
    let mut program = Command::new(PROGRAM)
        .args(["--profile", "omni", "--port", "0", "--until-stdin-ends"])
        .args(["--options", r#"{"keys":[{"key":"omni_test_cli"}]}"#])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut value_of = |name: &str| {
        let line = lines.next().unwrap().unwrap();
        line.strip_prefix(name).unwrap().to_owned()
    };
    let url = value_of("OMNI_CLIENT_API_BASE_URL=");
    let auth = format!("Bearer {}", value_of("OMNI_API_KEY="));
    let body = rpc(1, "ping", &json!({}));
    let headers = [("authorization", auth.as_str())];
    let answer = Wire::connect(&url).ask("POST", "/mcp", &headers, &body).unwrap();
    assert_eq!(answer.json()["result"], json!({}));
    let ledger = Wire::connect(&url).ask("GET", "/__dev/ledger", &[], "").unwrap();
    assert_eq!(ledger.json()["requests"][0]["rpc_method"], "ping");
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
}

#[test]
fn prints_json() {
    let output = Command::new(PROGRAM)
        .args(["--json", "--until-stdin-ends", "--profile", "generic"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(line["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(line["api_key"].is_string());
}

#[test]
fn reports_invalid_options() {
    for arguments in [["--profile", "other"], ["--options", "{\"x\":1}"], ["--options", "@/no/such/file"]] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert!(!output.status.success());
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
}
