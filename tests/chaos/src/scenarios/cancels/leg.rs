//! The program of one language, and the ledger of its server.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use omni_mcp_devserver::{Count, DevServer, Era, LedgerSnapshot, Options, Profile, Wait};
use serde_json::{Value, json};

use crate::row::Failed;

/// A program that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(900);
/// Maximum time until a cancelled call has no more effects.
const SETTLES_WITHIN_MS: u64 = 10_000;

/// The outcome of the calls of one language.
pub(crate) struct Outcome {
    /// Calls that were cancelled, as reported by the program, and calls that ended before.
    cancelled: u64,
    finished: u64,
    /// Calls that failed for another reason; and calls after a cancelled one that failed.
    failed: u64,
    ran_again: usize,
    /// Requests that were cut off, and how many of them the server was not notified of.
    cut: usize,
    unnotified: usize,
    /// What remains in the program at its end, compared with its first clients; and in the server.
    left: Vec<(String, i64)>,
    pub(crate) grown_kib: i64,
    exit_code: Option<i32>,
}

impl Outcome {
    pub(crate) fn is_right(&self, cancels: u64) -> bool {
        let nothing_left = self.left.iter().all(|(_, more)| *more <= 0);
        self.cancelled >= cancels
            && self.cut > 0
            && (self.failed, self.ran_again, self.unnotified) == (0, 0, 0)
            && nothing_left
            && self.exit_code == Some(0)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cancelled, finished, failed, ran_again, cut, unnotified, grown_kib, .. } = self;
        write!(
            f,
            "{cancelled} cancelled and {finished} not ({cut} cut off, {unnotified} of these without notification)"
        )?;
        write!(f, ", {failed} failed, {ran_again} ran again, {:+.1} MiB", *grown_kib as f64 / 1024.0)?;
        for (what, more) in self.left.iter().filter(|(_, more)| *more > 0) {
            write!(f, ", {more} {what} left")?;
        }
        match self.exit_code {
            Some(0) => Ok(()),
            code => write!(f, ", exit code {code:?}"),
        }
    }
}

pub(crate) fn run(mut program: Command, seed: u64, cancels: u64) -> Result<Outcome, Failed> {
    let server = DevServer::start(Options { profile: Profile::Generic, era: Era::Legacy, ..Options::default() })?;
    let task = json!({
        "endpoint": format!("{}/mcp", server.url()), "seed": seed, "cancels": cancels, "stdio_cancels": cancels / 10,
        "command": std::env::current_exe()?, "args": ["--part", "stdio-server"],
    });
    let mut child = program.arg(task.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("the program has no standard input and output".into());
    };
    let lines = lines(output);
    let result = (|| -> Result<_, Failed> {
        let called: Value = serde_json::from_str(&lines.recv_timeout(WITHIN)?)?;
        let (cut, unnotified) = count_cut_off(&server)?;
        input.write_all(b"close\n")?;
        let closed: Value = serde_json::from_str(&lines.recv_timeout(WITHIN)?)?;
        Ok((called, closed, cut, unnotified))
    })();
    if result.is_err() {
        let _ = child.kill();
    }
    drop(input);
    // It ends after its last line, or was killed.
    let exit_code = child.wait()?.code();
    let (called, closed, cut, unnotified) =
        result.map_err(|error| format!("{program:?}: {error}, exit code {exit_code:?}"))?;
    let mut left: Vec<_> =
        closed.as_object().into_iter().flatten().map(|(what, more)| (what.clone(), number(more))).collect();
    for (what, count) in [("connections", Count::OpenConnections), ("tools", Count::Running)] {
        left.push((format!("{what} of the server"), i64::from(!is_over(&server, count)?)));
    }
    let count = |name: &str| u64::try_from(number(&called[name])).unwrap_or(0);
    Ok(Outcome {
        cancelled: count("cancelled"),
        finished: count("finished"),
        failed: count("failed"),
        ran_again: ran_again(&server.ledger()),
        cut,
        unnotified,
        left,
        grown_kib: number(&called["grown_kib"]),
        exit_code,
    })
}

/// The output of a program, line by line.
fn lines(output: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    lines
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(i64::MAX)
}

fn wait(count: Count, method: Option<&str>, at_least: Option<u64>, at_most: Option<u64>) -> Wait {
    let method = method.map(str::to_owned);
    Wait { count, at_least, at_most, timeout_ms: SETTLES_WITHIN_MS, method, tool: None, http_method: None }
}

fn is_over(server: &DevServer, count: Count) -> Result<bool, Failed> {
    Ok(server.wait(&wait(count, None, None, Some(0)))?)
}

/// Number of requests that were cut off, and of those that the server was not notified of in time.
fn count_cut_off(server: &DevServer) -> Result<(usize, usize), Failed> {
    loop {
        let ledger = server.ledger();
        let notices = ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some(CANCELLED));
        let notified: HashSet<_> =
            notices.clone().map(|notice| (session(notice), notice.body["params"]["requestId"].clone())).collect();
        let ended: HashSet<_> =
            ledger.requests.iter().filter(|request| request.http_method == "DELETE").map(session).collect();
        let calls = ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some("tools/call"));
        // The end of a session cancels all of its calls.
        let cut: Vec<_> = calls.filter(|call| call.disconnected && !ended.contains(&session(call))).collect();
        let unnotified = cut
            .iter()
            .filter(|call| call.rpc_id.as_ref().is_none_or(|id| !notified.contains(&(session(call), id.clone()))))
            .count();
        let another = wait(Count::Requests, Some(CANCELLED), Some(notices.count() as u64 + 1), None);
        if unnotified == 0 || !server.wait(&another)? {
            return Ok((cut.len(), unnotified));
        }
    }
}

const CANCELLED: &str = "notifications/cancelled";

fn session(request: &omni_mcp_devserver::RequestRecord) -> Option<&str> {
    request.headers.get("mcp-session-id")
}

/// Number of calls that ran more than once. Each call has a unique number.
fn ran_again(ledger: &LedgerSnapshot) -> usize {
    let mut ran: HashMap<String, usize> = HashMap::new();
    for execution in &ledger.executions {
        *ran.entry(execution.arguments["n"].to_string()).or_default() += 1;
    }
    ran.values().filter(|times| **times > 1).count()
}
