//! A child process never outlives its client. Needs the program `omni-mcp-devserver`; see `tests/vectors/README.md`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use omni_mcp::Client;
use serde_json::json;

fn program() -> String {
    std::env::var("OMNI_MCP_DEVSERVER").unwrap_or_else(|_| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
        let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| root.to_owned());
        format!("{target}/debug/omni-mcp-devserver")
    })
}

/// A file that a shell writes a process id to.
struct PidFile(PathBuf);

impl PidFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("omni-mcp-{}-{name}.pid", std::process::id())))
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap().trim().to_owned()
    }

    fn is_running(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        let state = stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
        state.is_some_and(|state| state != 'Z')
    }

    async fn ends(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(10);
        while self.is_running() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        !self.is_running()
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A client of the dev server's program behind a shell; `before` runs first, `$PID` in it is the file's path.
fn client(file: &PidFile, before: &str, options: &str) -> Client {
    let script = format!("{before}; exec \"$PROGRAM\" --stdio --options '{options}'")
        .replace("$PID", &file.0.display().to_string());
    let env = [("PROGRAM".to_owned(), program().into())];
    let client = Client::builder().profile("generic").command("sh").args(["-c".into(), script.into()]).env(env);
    client.build().unwrap()
}

#[tokio::test]
async fn close_ends_the_process() {
    let file = PidFile::new("close");
    let client = client(&file, "echo $$ > $PID", "{}");
    client.call_tool("echo", json!({"n": 1})).await.unwrap();
    assert!(file.is_running());
    client.close().await;
    assert!(!file.is_running());
}

#[tokio::test]
async fn a_process_that_will_not_end_is_killed() {
    let file = PidFile::new("stubborn");
    let client = client(&file, "echo $$ > $PID", r#"{"stdio": {"ignore_stdin_end": true, "ignore_term": true}}"#);
    client.connect().await.unwrap();
    client.close().await;
    assert!(!file.is_running());
}

#[tokio::test]
async fn what_the_process_left_behind_goes_with_it() {
    let file = PidFile::new("helper");
    let client = client(&file, "sleep 1000 & echo $! > $PID", "{}");
    client.connect().await.unwrap();
    assert!(file.is_running());
    client.close().await;
    assert!(file.ends().await);
}

#[tokio::test]
async fn a_dropped_client_leaves_no_process() {
    let file = PidFile::new("dropped");
    let client = client(&file, "echo $$ > $PID", "{}");
    client.connect().await.unwrap();
    drop(client);
    assert!(file.ends().await);
}

#[test]
fn a_runtime_that_goes_takes_its_processes_along() {
    let file = PidFile::new("runtime");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = client(&file, "echo $$ > $PID", r#"{"stdio": {"ignore_stdin_end": true, "ignore_term": true}}"#);
    runtime.block_on(client.connect()).unwrap();
    drop(runtime);
    let waiting = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert!(waiting.block_on(file.ends()));
}

#[tokio::test]
async fn a_process_that_fails_the_handshake_is_gone() {
    let file = PidFile::new("garbage");
    let client = client(&file, "echo $$ > $PID; echo Welcome", "{}");
    let error = client.connect().await.unwrap_err();
    assert_eq!(error.code(), "invalid_answer");
    assert!(file.ends().await);
}
