//! Forwarding to a process: one for each server, and one message at a time.

use std::process::Stdio;
use std::time::Duration;

use http::HeaderValue;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use super::errors::error;
use super::records::Record;
use crate::answer::{Answer, Payload};
use crate::headers;
use crate::service_error::ServiceError;

/// Maximum time of a process for one response.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running process, and whether it is initialized.
struct Process {
    /// Killed when dropped.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    initialized: bool,
}

/// The output of a process for one message.
enum Output {
    /// No response is required.
    Nothing,
    Line(String),
}

/// The process of one server.
pub(super) struct Upstream {
    record: Record,
    process: Mutex<Option<Process>>,
}

impl Upstream {
    pub(super) fn new(record: &Record) -> Self {
        Self { record: record.clone(), process: Mutex::new(None) }
    }

    /// Sends a message to the process, and returns its response unchanged.
    pub(super) async fn send(&self, message: &Value) -> Result<Answer, ServiceError> {
        let mut kept = self.process.lock().await;
        let mut process = match kept.take() {
            Some(process) => process,
            None => self.spawn().ok_or_else(failed)?,
        };
        let answer = tokio::time::timeout(PATIENCE, process.serve(message)).await;
        // A process that failed is not used again.
        let answer = answer.ok().flatten().ok_or_else(failed)?;
        *kept = Some(process);
        Ok(match answer {
            Output::Nothing => Answer::empty(202),
            Output::Line(line) => {
                let content_type = HeaderValue::from_static(headers::JSON);
                Answer::new(200, Payload::Body { content_type, bytes: line.into() })
            }
        })
    }

    fn spawn(&self) -> Option<Process> {
        let mut child = Command::new(self.record.command.as_ref()?)
            .args(&self.record.args)
            .envs(&self.record.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let input = child.stdin.take()?;
        let output = BufReader::new(child.stdout.take()?).lines();
        Some(Process { _child: child, input, output, initialized: false })
    }
}

fn failed() -> ServiceError {
    error("mcp_stdio_error")
}

impl Process {
    /// The response to a message; `None` if the process failed.
    async fn serve(&mut self, message: &Value) -> Option<Output> {
        if message["method"] == "initialize" {
            self.initialized = true;
        } else if !self.initialized {
            let params = json!({
                "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": {"name": "gateway", "version": env!("CARGO_PKG_VERSION")},
            });
            let hello = json!({"jsonrpc": "2.0", "id": "gateway-1", "method": "initialize", "params": params});
            self.ask(&hello).await?;
            self.ask(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await?;
            self.initialized = true;
        }
        self.ask(message).await
    }

    async fn ask(&mut self, message: &Value) -> Option<Output> {
        self.input.write_all(format!("{message}\n").as_bytes()).await.ok()?;
        self.input.flush().await.ok()?;
        let Some(id) = message.get("method").and(message.get("id")) else {
            return Some(Output::Nothing);
        };
        loop {
            let line = self.output.next_line().await.ok()??;
            let received: Value = serde_json::from_str(&line).ok()?;
            // Other messages of the process are dropped.
            if received.get("id") == Some(id) && received.get("method").is_none() {
                return Some(Output::Line(line));
            }
        }
    }
}
