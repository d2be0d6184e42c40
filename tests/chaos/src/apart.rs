//! A client in a process of its own, so that its memory is counted without the server's.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::row::Failed;
use crate::scenarios::{bombs, streams};

/// What the client does.
#[derive(Serialize, Deserialize)]
pub(crate) enum Errand {
    Streams(streams::Read),
    Cancels(streams::GiveUp),
    Bomb(bombs::Meet),
}

/// The other process. Dropped, it is ended.
pub(crate) struct Apart {
    child: Child,
    words: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Apart {
    /// Starts this program again, on an errand, with this seed.
    pub(crate) fn start(errand: &Errand, seed: u64) -> Result<Self, Failed> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--errand", &serde_json::to_string(errand)?, "--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(words), Some(reports)) => Ok(Self { child, words, reports: BufReader::new(reports) }),
            _ => Err("the other process has no pipes".into()),
        }
    }

    /// Its next report.
    pub(crate) fn report<T: DeserializeOwned>(&mut self) -> Result<T, Failed> {
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|_| format!("the other process reports {line:?}").into())
    }

    /// Tells it to go on.
    pub(crate) fn go_on(&mut self) -> Result<(), Failed> {
        Ok(self.words.write_all(b"\n")?)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // Mostly it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a report from the other process.
pub(crate) fn tell(report: &impl Serialize) -> Result<(), Failed> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

/// Waits in the other process until it is told to go on.
pub(crate) async fn told_to_go_on() -> Result<(), Failed> {
    let line = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await?;
    line.map(drop).map_err(Failed::from)
}

/// The other process.
pub(crate) fn run(errand: &str) -> ExitCode {
    let done = serde_json::from_str(errand).map_err(Failed::from).and_then(|errand| {
        crate::crowd::run(async move {
            match errand {
                Errand::Streams(read) => read.run().await,
                Errand::Cancels(give_up) => give_up.run().await,
                Errand::Bomb(meet) => meet.run().await,
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
