//! A client in a separate process, so that its memory is measured without that of the server.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::row::Failed;
use crate::scenarios::{bombs, streams};

/// The task of the client.
#[derive(Serialize, Deserialize)]
pub(crate) enum Task {
    Streams(streams::Read),
    Cancels(streams::Cancel),
    Bomb(bombs::Meet),
}

/// The other process. It is killed when this is dropped.
pub(crate) struct ClientProcess {
    child: Child,
    input: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl ClientProcess {
    /// Starts this program again, with a task and this seed.
    pub(crate) fn start(task: &Task, seed: u64) -> Result<Self, Failed> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--task", &serde_json::to_string(task)?, "--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(reports)) => Ok(Self { child, input, reports: BufReader::new(reports) }),
            _ => Err("the other process has no pipes".into()),
        }
    }

    /// Its next report.
    pub(crate) fn report<T: DeserializeOwned>(&mut self) -> Result<T, Failed> {
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|_| format!("the other process reports {line:?}").into())
    }

    /// Lets it continue.
    pub(crate) fn go_on(&mut self) -> Result<(), Failed> {
        Ok(self.input.write_all(b"\n")?)
    }
}

impl Drop for ClientProcess {
    fn drop(&mut self) {
        // Usually it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a report from the other process.
pub(crate) fn report(report: &impl Serialize) -> Result<(), Failed> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

/// Waits in the other process until [`ClientProcess::go_on`].
pub(crate) async fn wait_for_go_on() -> Result<(), Failed> {
    let line = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await?;
    line.map(drop).map_err(Failed::from)
}

/// The other process.
pub(crate) fn run(task: &str) -> ExitCode {
    let done = serde_json::from_str(task).map_err(Failed::from).and_then(|task| {
        crate::workers::run(async move {
            match task {
                Task::Streams(read) => read.run().await,
                Task::Cancels(cancel) => cancel.run().await,
                Task::Bomb(meet) => meet.run().await,
            }
        })?
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the other process: {error}");
            ExitCode::FAILURE
        }
    }
}
