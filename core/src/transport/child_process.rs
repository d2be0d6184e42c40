//! A child process: it is started, watched, and ended with its group.

use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use crate::config::endpoint::Program;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Error};

/// How long a process may take to end after its input was closed, and again after SIGTERM.
const GRACE: Duration = Duration::from_millis(1300);
/// How long the output of a process that has ended is still read.
const READ_AFTER_EXIT: Duration = Duration::from_millis(500);
/// How many lines of its standard error are kept, and how long each may be.
const TAIL_LINES: usize = 20;
const TAIL_LINE_BYTES: usize = 4096;

/// How a process ended, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProcessExit {
    /// The exit code, or the negated number of the signal that ended it.
    pub(crate) exit_code: Option<i32>,
    pub(crate) stderr: Vec<String>,
}

pub(crate) struct ChildProcess {
    stop: watch::Sender<bool>,
    exit: watch::Receiver<Option<i32>>,
    /// Whether the process has ended and its output was read.
    output_read: watch::Receiver<bool>,
    tail: Arc<Mutex<VecDeque<String>>>,
}

impl ChildProcess {
    /// Starts the program in a process group of its own.
    pub(crate) fn start(program: &Program) -> Result<(Self, ChildStdin, ChildStdout), AttemptError> {
        let mut command = Command::new(&program.command);
        command.args(program.args.iter().map(crate::util::secret::Secret::expose)).env_clear();
        command.envs(program.inherited.iter().map(|(name, value)| (name, value)));
        command.envs(program.env.iter().map(|(name, value)| (name, value.expose())));
        if let Some(cwd) = &program.cwd {
            command.current_dir(cwd);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // A Ctrl-C in the terminal must not end the process before the client closes it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| not_started(program, &error))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(not_started(program, &std::io::Error::other("its pipes are missing")));
        };
        let tail = Arc::default();
        let reading = tokio::spawn(keep_tail(stderr, Arc::clone(&tail)));
        let (stop, stopping) = watch::channel(false);
        let (exit_sender, exit) = watch::channel(None);
        let (read_sender, output_read) = watch::channel(false);
        let group = Group(child.id());
        tokio::spawn(async move {
            exit_sender.send_replace(Some(supervise(child, &group, stopping).await));
            let _ = tokio::time::timeout(READ_AFTER_EXIT, reading).await;
            read_sender.send_replace(true);
        });
        Ok((Self { stop, exit, output_read, tail }, stdin, stdout))
    }

    /// Begins to end the process.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns when [`stop`](Self::stop) was called.
    pub(crate) async fn stopping(&self) {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.exit.borrow().is_some()
    }

    /// Waits until the process has ended and its output was read.
    pub(crate) async fn ended(&self) -> ProcessExit {
        let _ = self.output_read.clone().wait_for(|is_read| *is_read).await;
        self.so_far()
    }

    /// As [`ended`](Self::ended), and for as long as another process may still write to its output.
    pub(crate) async fn long_ended(&self) {
        self.ended().await;
        tokio::time::sleep(READ_AFTER_EXIT).await;
    }

    /// What is known of the end at present.
    pub(crate) fn so_far(&self) -> ProcessExit {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        ProcessExit { exit_code: *self.exit.borrow(), stderr: tail.iter().cloned().collect() }
    }
}

fn not_started(program: &Program, error: &std::io::Error) -> AttemptError {
    let command = crate::util::sanitize::preview(program.command.as_bytes());
    let why = match error.kind() {
        std::io::ErrorKind::NotFound if command.contains(' ') => {
            "no such program; its arguments belong in args".to_owned()
        }
        std::io::ErrorKind::NotFound => "no such program".to_owned(),
        kind => kind.to_string(),
    };
    let message = format!("the command \"{command}\" could not be started: {why}");
    AttemptError::not_sent(Error::new(Code::ProcessNotStarted, message))
}

/// The process group of a child. The processes that are left in it, such as those that the child started, are killed after the
/// child has ended, or with the runtime.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        signal(self.0, Signal::Kill);
    }
}

/// Waits until the child ends, or ends it: its input is closed by then; SIGTERM and SIGKILL follow.
async fn supervise(mut child: Child, group: &Group, mut stopping: watch::Receiver<bool>) -> i32 {
    let status = tokio::select! {
        biased;
        status = child.wait() => status.ok(),
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => end(&mut child, group).await,
    };
    signal(group.0, Signal::Kill);
    status.map_or(-1, code)
}

async fn end(child: &mut Child, group: &Group) -> Option<ExitStatus> {
    if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
        return status.ok();
    }
    signal(group.0, Signal::Term);
    if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
        return status.ok();
    }
    let _ = child.start_kill();
    child.wait().await.ok()
}

#[derive(Clone, Copy)]
enum Signal {
    Term,
    Kill,
}

#[cfg(unix)]
fn signal(group: Option<u32>, signal: Signal) {
    use rustix::process::{Pid, Signal as Number, kill_process_group};
    let group = group.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        // An error means that no process is left.
        let _ = kill_process_group(
            group,
            match signal {
                Signal::Term => Number::TERM,
                Signal::Kill => Number::KILL,
            },
        );
    }
}

#[cfg(not(unix))]
fn signal(_: Option<u32>, _: Signal) {}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or(-1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// Reads standard error to its end, so that the process never waits for a reader.
async fn keep_tail(mut stderr: ChildStderr, tail: Arc<Mutex<VecDeque<String>>>) {
    let mut chunk = [0; TAIL_LINE_BYTES];
    let mut line = Vec::new();
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        for byte in &chunk[..read] {
            match byte {
                b'\n' => keep(&tail, &mut line),
                _ if line.len() < TAIL_LINE_BYTES => line.push(*byte),
                _ => {}
            }
        }
    }
    keep(&tail, &mut line);
}

fn keep(tail: &Mutex<VecDeque<String>>, line: &mut Vec<u8>) {
    let text = crate::util::sanitize::preview(line.trim_ascii_end());
    line.clear();
    if text.is_empty() {
        return;
    }
    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    if tail.len() == TAIL_LINES {
        tail.pop_front();
    }
    tail.push_back(text);
}
