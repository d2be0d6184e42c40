//! A process of ours that speaks over its standard input and output (specification 2025-11-25, basic/transports, stdio).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
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
use crate::transport::http_sse::LAST_ANSWERS;
use crate::transport::message::{Answer, Content, Listener, OutgoingMessage};
use crate::transport::pending_requests::{PendingRequests, Reader};

/// Messages that may wait for a process that reads slowly.
const ROOM: usize = 64;
/// How long a process that has closed its output may take to end, for its exit code.
const END_WITHIN: Duration = Duration::from_secs(1);

/// A line to write, and who is to be told that it was.
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
    /// Starts the process. `limits` bound a line of its output.
    pub(crate) fn start(program: &Program, limits: Limits, listener: Arc<dyn Listener>) -> Result<Self, AttemptError> {
        let (process, stdin, stdout) = ChildProcess::start(program)?;
        let process = Arc::new(process);
        let inbox = Arc::new(PendingRequests::default());
        let (outbox, messages) = mpsc::channel(ROOM);
        tokio::spawn(write(stdin, messages, Arc::clone(&process)));
        tokio::spawn(read(stdout, limits, Arc::clone(&inbox), Arc::clone(&process), listener));
        Ok(Self { inbox, outbox, process })
    }

    pub(crate) async fn exchange(&self, out: OutgoingMessage, listener: &dyn Listener) -> Result<Answer, AttemptError> {
        let answered = |content| Answer { status: StatusCode::OK, headers: HeaderMap::new(), content, cut: None };
        let text = one_line(&out.body);
        let Some(id) = out.id else {
            self.inbox.notified();
            let (told, written) = oneshot::channel();
            self.send(OutgoingLine { text, written: Some(told) }).await?;
            // Nothing answers it: what can be known is that it was written.
            return match written.await {
                Ok(()) => Ok(answered(Content::Other(Bytes::new()))),
                Err(_) => Err(self.gone().await),
            };
        };
        let mut waiting = self.inbox.expect(id, out.progress_token, &out.limits)?;
        self.send(OutgoingLine { text, written: None }).await?;
        waiting.answer(listener, &out.limits).await.map(answered)
    }

    async fn send(&self, line: OutgoingLine) -> Result<(), AttemptError> {
        if self.outbox.send(line).await.is_ok() {
            return Ok(());
        }
        Err(self.gone().await.before_sending())
    }

    /// Why the process no longer reads: what it says at its end tells more.
    async fn gone(&self) -> AttemptError {
        let _ = tokio::time::timeout(END_WITHIN, self.process.ended()).await;
        self.inbox.ended().unwrap_or_else(|| exited(&self.process.so_far(), self.inbox.skipped()))
    }

    /// The last line that was no message.
    pub(crate) fn skipped(&self) -> Option<String> {
        self.inbox.skipped()
    }

    pub(crate) fn is_down(&self) -> bool {
        self.inbox.ended().is_some() || self.outbox.is_closed() || self.process.has_ended()
    }

    /// Ends the process: closes its input, then asks it, then kills it. First, and not for long, the calls that wait for an
    /// answer may have it.
    pub(crate) async fn close(&self) {
        self.inbox.idle(LAST_ANSWERS).await;
        self.process.stop();
        self.process.ended().await;
    }
}

impl Drop for StdioLink {
    fn drop(&mut self) {
        self.process.stop();
    }
}

/// A message is one line: line ends in JSON text stand between its tokens only.
fn one_line(body: &Bytes) -> Bytes {
    let mut line = Vec::with_capacity(body.len() + 1);
    line.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    line.push(b'\n');
    line.into()
}

/// Writes whole lines, whoever gives up meanwhile. Its end closes the process's input.
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
                        (true, Some(told)) => drop(told.send(())),
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
            // What it wrote before its end has been read by now; another process may still hold the pipe open.
            () = process.long_ended() => None,
        };
        match line {
            // Where it cannot be read any more, its end says why.
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
        // Nothing that it says further can be trusted.
        process.stop();
    }
    let ended = tokio::time::timeout(END_WITHIN, process.ended()).await;
    let ended = ended.unwrap_or_else(|_| process.so_far());
    process.stop();
    inbox.end(match why {
        Some(failure) => told(failure, &ended),
        None => exited(&ended, inbox.skipped()),
    });
}

/// A line is what ends in LF; a CR before that is white space to JSON.
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
    told(AttemptError::new(FailureClass::Lost, Code::ProcessExited, message), ended)
}

/// Adds how the process ended, and the last that it said.
fn told(mut failure: AttemptError, ended: &ProcessExit) -> AttemptError {
    let info = failure.error.info_mut();
    info.exit_code = ended.exit_code;
    // They come into the message when what they may hold of secrets is out.
    info.stderr.clone_from(&ended.stderr);
    failure
}
