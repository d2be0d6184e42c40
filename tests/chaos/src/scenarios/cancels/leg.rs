//! One language's program, and what its server saw.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use omni_mcp_devserver::{Count, DevServer, Era, LedgerSnapshot, Options, Profile, Wait};
use serde_json::{Value, json};

use crate::row::Failed;

/// Beyond this a program hangs.
const WITHIN: Duration = Duration::from_secs(900);
/// The longest that something that was let go may still be seen.
const SETTLES_WITHIN_MS: u64 = 10_000;

/// What became of one language's calls.
pub(crate) struct Came {
    /// Calls that were given up, by what the program says, and calls that ended before.
    cancelled: u64,
    finished: u64,
    /// Calls that failed in another way than by being given up; and the next calls that did not work.
    failed: u64,
    ran_again: usize,
    /// Requests that were cut off, and those of them that the server was not told of.
    cut: usize,
    untold: usize,
    /// What the program has more at its end than after its first clients; and what the server has.
    left: Vec<(String, i64)>,
    pub(crate) grown_kib: i64,
    exit_code: Option<i32>,
}

impl Came {
    pub(crate) fn is_right(&self, cancels: u64) -> bool {
        let nothing_left = self.left.iter().all(|(_, more)| *more <= 0);
        self.cancelled >= cancels
            && self.cut > 0
            && (self.failed, self.ran_again, self.untold) == (0, 0, 0)
            && nothing_left
            && self.exit_code == Some(0)
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cancelled, finished, failed, ran_again, cut, untold, grown_kib, .. } = self;
        write!(f, "{cancelled} cancelled and {finished} not ({cut} cut off, {untold} of these not told)")?;
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

pub(crate) fn run(mut program: Command, seed: u64, cancels: u64) -> Result<Came, Failed> {
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
    let told = (|| -> Result<_, Failed> {
        let called: Value = serde_json::from_str(&lines.recv_timeout(WITHIN)?)?;
        let (cut, untold) = told_of_all(&server)?;
        input.write_all(b"close\n")?;
        let closed: Value = serde_json::from_str(&lines.recv_timeout(WITHIN)?)?;
        Ok((called, closed, cut, untold))
    })();
    if told.is_err() {
        let _ = child.kill();
    }
    drop(input);
    // Behind its last word it ends by itself, or has been killed.
    let exit_code = child.wait()?.code();
    let (called, closed, cut, untold) =
        told.map_err(|error| format!("{program:?}: {error}, exit code {exit_code:?}"))?;
    let mut left: Vec<_> =
        closed.as_object().into_iter().flatten().map(|(what, more)| (what.clone(), number(more))).collect();
    for (what, count) in [("connections", Count::OpenConnections), ("tools", Count::Running)] {
        left.push((format!("{what} of the server"), i64::from(!is_over(&server, count)?)));
    }
    let count = |name: &str| u64::try_from(number(&called[name])).unwrap_or(0);
    Ok(Came {
        cancelled: count("cancelled"),
        finished: count("finished"),
        failed: count("failed"),
        ran_again: ran_again(&server.ledger()),
        cut,
        untold,
        left,
        grown_kib: number(&called["grown_kib"]),
        exit_code,
    })
}

/// What a program says, as it says it.
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

/// How many calls were cut off, and of how many of them the server was not told in time.
fn told_of_all(server: &DevServer) -> Result<(usize, usize), Failed> {
    loop {
        let ledger = server.ledger();
        let notices = ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some(CANCELLED));
        let told: HashSet<_> =
            notices.clone().map(|notice| (session(notice), notice.body["params"]["requestId"].clone())).collect();
        let ended: HashSet<_> =
            ledger.requests.iter().filter(|request| request.http_method == "DELETE").map(session).collect();
        let calls = ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some("tools/call"));
        // The end of a session says it for all of its calls.
        let cut: Vec<_> = calls.filter(|call| call.disconnected && !ended.contains(&session(call))).collect();
        let untold = cut
            .iter()
            .filter(|call| call.rpc_id.as_ref().is_none_or(|id| !told.contains(&(session(call), id.clone()))))
            .count();
        let another = wait(Count::Requests, Some(CANCELLED), Some(notices.count() as u64 + 1), None);
        if untold == 0 || !server.wait(&another)? {
            return Ok((cut.len(), untold));
        }
    }
}

const CANCELLED: &str = "notifications/cancelled";

fn session(request: &omni_mcp_devserver::RequestRecord) -> Option<&str> {
    request.headers.get("mcp-session-id")
}

/// How many calls ran more than once. Each has a number of its own.
fn ran_again(ledger: &LedgerSnapshot) -> usize {
    let mut ran: HashMap<String, usize> = HashMap::new();
    for execution in &ledger.executions {
        *ran.entry(execution.arguments["n"].to_string()).or_default() += 1;
    }
    ran.values().filter(|times| **times > 1).count()
}
