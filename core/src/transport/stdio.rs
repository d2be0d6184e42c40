//! Messages over the standard input and output of a child process (specification 2025-11-25, basic/transports, stdio).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::{AnyDelimiterCodec, AnyDelimiterCodecError, FramedRead};

use crate::config::endpoint::Program;
use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::transport::child_process::{ChildProcess, ProcessExit};
use crate::transport::http_sse::CLOSE_WAIT;
use crate::transport::message::{Content, Listener, OutgoingMessage, ServerResponse};
use crate::transport::pending_requests::{PendingRequests, Reader};

/// How many messages may wait for a process that reads slowly.
const OUTBOX_SIZE: usize = 64;
/// How long the exit code of a process that has closed its output is waited for.
const END_WITHIN: Duration = Duration::from_secs(1);

/// A line to write, and the sender that reports that it was written.
struct OutgoingLine {
    text: Bytes,
    written: Option<oneshot::Sender<()>>,
}

/// A running process.
pub(crate) struct StdioLink {
    inbox: Arc<PendingRequests>,
    outbox: mpsc::Sender<OutgoingLine>,
    process: Arc<ChildProcess>,
}

impl StdioLink {
    /// Starts the process. The limits apply to each line of its output.
    pub(crate) fn start(program: &Program, limits: Limits, listener: Arc<dyn Listener>) -> Result<Self, AttemptError> {
        let (process, stdin, stdout) = ChildProcess::start(program)?;
        let process = Arc::new(process);
        let inbox = Arc::new(PendingRequests::default());
        let (outbox, messages) = mpsc::channel(OUTBOX_SIZE);
        tokio::spawn(write(stdin, messages, Arc::clone(&process)));
        tokio::spawn(read(stdout, limits, Arc::clone(&inbox), Arc::clone(&process), listener));
        Ok(Self { inbox, outbox, process })
    }

    pub(crate) async fn exchange(
        &self,
        out: OutgoingMessage,
        listener: &dyn Listener,
    ) -> Result<ServerResponse, AttemptError> {
        let response = |content| ServerResponse::without_head(StatusCode::OK, content);
        let text = one_line(&out.body);
        let Some(id) = out.id else {
            self.inbox.notified();
            let (report, written) = oneshot::channel();
            self.send(OutgoingLine { text, written: Some(report) }).await?;
            // A notification has no response; it is known only that it was written.
            return match written.await {
                Ok(()) => Ok(response(Content::Other(Bytes::new()))),
                Err(_) => Err(self.gone().await),
            };
        };
        let mut waiting = self.inbox.expect(id, out.progress_token, &out.limits)?;
        self.send(OutgoingLine { text, written: None }).await?;
        waiting.response(listener, &out.limits).await.map(response)
    }

    async fn send(&self, line: OutgoingLine) -> Result<(), AttemptError> {
        if self.outbox.send(line).await.is_ok() {
            return Ok(());
        }
        Err(self.gone().await.before_sending())
    }

    /// Why the process no longer reads. The failure at its end has more details, so it is waited for.
    async fn gone(&self) -> AttemptError {
        let _ = tokio::time::timeout(END_WITHIN, self.process.ended()).await;
        self.inbox.ended().unwrap_or_else(|| exited(&self.process.so_far(), self.inbox.skipped()))
    }

    /// The beginning of the last line that was not a message.
    pub(crate) fn skipped(&self) -> Option<String> {
        self.inbox.skipped()
    }

    pub(crate) fn is_down(&self) -> bool {
        self.inbox.ended().is_some() || self.outbox.is_closed() || self.process.has_ended()
    }

    /// Ends the process, after a short wait for the responses to calls in flight: its input is closed; SIGTERM and SIGKILL
    /// follow.
    pub(crate) async fn close(&self) {
        self.inbox.idle(CLOSE_WAIT).await;
        self.process.stop();
        self.process.ended().await;
    }
}

impl Drop for StdioLink {
    fn drop(&mut self) {
        self.process.stop();
    }
}

/// The message as one line. Line ends in JSON text are between its tokens only.
fn one_line(body: &Bytes) -> Bytes {
    let mut line = Vec::with_capacity(body.len() + 1);
    line.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    line.push(b'\n');
    line.into()
}

/// Writes whole lines, also if their calls are cancelled meanwhile. Its end closes the input of the process.
async fn write(mut stdin: ChildStdin, mut messages: mpsc::Receiver<OutgoingLine>, process: Arc<ChildProcess>) {
    loop {
        tokio::select! {
            biased;
            () = process.stopping() => return,
            message = messages.recv() => {
                let Some(line) = message else { return };
                let written = async { stdin.write_all(&line.text).await.is_ok() && stdin.flush().await.is_ok() };
                tokio::select! {
                    biased;
                    () = process.stopping() => return,
                    written = written => match (written, line.written) {
                        (false, _) => return,
                        (true, Some(report)) => drop(report.send(())),
                        (true, None) => {}
                    },
                }
            }
        }
    }
}

async fn read(
    stdout: ChildStdout,
    limits: Limits,
    inbox: Arc<PendingRequests>,
    process: Arc<ChildProcess>,
    listener: Arc<dyn Listener>,
) {
    let reader = Reader(inbox);
    let inbox = &reader.0;
    let mut lines = FramedRead::new(stdout, lines_within(limits.event.most));
    let mut why = None;
    loop {
        let line = tokio::select! {
            biased;
            line = lines.next() => line,
            // Everything that it wrote was read by now; another process may still hold the pipe open.
            () = process.long_ended() => None,
        };
        match line {
            // If it cannot be read any more, its end is the reason.
            None | Some(Err(AnyDelimiterCodecError::Io(_))) => break,
            Some(Ok(line)) if line.trim_ascii().is_empty() => {}
            Some(Ok(line)) => {
                inbox.is_ready_for(&line).await;
                if inbox.deliver(&line, &*listener).is_err() {
                    why = Some(garbage(&line));
                    break;
                }
            }
            Some(Err(AnyDelimiterCodecError::MaxChunkLengthExceeded)) => {
                why = Some(limits.event.passed("a line of the process"));
                break;
            }
        }
    }
    if why.is_some() {
        // The rest of its output cannot be trusted.
        process.stop();
    }
    let ended = tokio::time::timeout(END_WITHIN, process.ended()).await;
    let ended = ended.unwrap_or_else(|_| process.so_far());
    process.stop();
    inbox.end(match why {
        Some(failure) => with_exit(failure, &ended),
        None => exited(&ended, inbox.skipped()),
    });
}

/// A line ends in LF; a CR before it is white space in JSON.
fn lines_within(most: usize) -> AnyDelimiterCodec {
    AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\n".to_vec(), most)
}

fn garbage(line: &[u8]) -> AttemptError {
    let shown = crate::util::sanitize::preview_of(line, 200);
    let message = format!("the process wrote to its standard output what is not a JSON-RPC message: {shown}");
    AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message)
}

fn exited(ended: &ProcessExit, skipped: Option<String>) -> AttemptError {
    let how = match ended.exit_code {
        None => "closed its output".to_owned(),
        Some(code) if code < 0 => format!("was ended by signal {}", -code),
        Some(code) => format!("exited with code {code}"),
    };
    let skipped = skipped.map(|line| format!("; the last line it wrote that was not a message: {line}"));
    let message = format!("the server's process {how}{}", skipped.unwrap_or_default());
    with_exit(AttemptError::new(FailureClass::Lost, Code::ProcessExited, message), ended)
}

/// Adds how the process ended, and the end of its standard error.
fn with_exit(mut failure: AttemptError, ended: &ProcessExit) -> AttemptError {
    let info = failure.error.info_mut();
    info.exit_code = ended.exit_code;
    // The last line is added to the message after secrets were redacted.
    info.stderr.clone_from(&ended.stderr);
    failure
}
