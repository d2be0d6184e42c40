//! The generic server over standard input and output: one JSON-RPC message per line.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::answer::{Answer, Payload};
use crate::calls::{self, Plan};
use crate::cancellation::Running;
use crate::client_requests::Outlet;
use crate::exchange::{self, Exchange};
use crate::fault_rules::Fate;
use crate::faults::{Fault, Then, When};
use crate::jsonrpc;
use crate::ledger::Arrival;
use crate::messages;
use crate::options::{Options, Profile, Transport};
use crate::reading::Spelling;
use crate::server::StartError;
use crate::server_state::{Shared, lock};
use crate::stdio_options::{Nth, StdioOptions};
use crate::stdout::{print, print_raw};
use crate::tools::Ready;
use crate::wire_faults;

/// Time that calls may take after standard input has ended.
const LAST_CALLS: Duration = Duration::from_millis(200);

/// The id of the server's own ping.
const PING: &str = "devserver-ping";

/// Exit code of the tool `crash`.
const CRASH_CODE: i32 = 3;

/// Exit code after a raw output.
const ENDED_CODE: i32 = 1;

/// The JSON-RPC code of this server's own errors.
const REFUSED: i64 = -32000;

struct Server {
    shared: Arc<Shared>,
    ledger: Option<Mutex<File>>,
    calls: AtomicU64,
    /// Whether the client has not answered the ping of the server yet.
    owes_pong: AtomicBool,
    running: Running,
}

/// Serves the generic profile over standard input and output, until the input ends.
pub fn serve_stdio(mut options: Options) -> Result<(), StartError> {
    options.profile = Profile::Generic;
    options.transport = Transport::Stdio;
    let options = options.checked(Spelling::Snake).map_err(StartError::Options)?;
    let ledger = match &options.stdio.ledger {
        Some(path) => Some(Mutex::new(OpenOptions::new().create(true).append(true).open(path)?)),
        None => None,
    };
    let rules = options.faults.clone();
    let owes_pong = AtomicBool::new(options.stdio.ping_client);
    let shared = Arc::new(Shared::new(options, "", None).map_err(StartError::Options)?);
    shared.script().add(rules, Spelling::Snake).map_err(|error| StartError::Options(error.to_string()))?;
    let server = Arc::new(Server { shared, ledger, calls: AtomicU64::new(0), owes_pong, running: Running::default() });
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(run(server));
    // The thread that reads standard input cannot be ended.
    runtime.shutdown_background();
    Ok(served?)
}

async fn run(server: Arc<Server>) -> io::Result<()> {
    let options = &server.shared.options.stdio;
    if options.ignore_term {
        ignore_term(&server)?;
    }
    for line in &options.stderr {
        writeln!(io::stderr(), "{line}")?;
    }
    if let Some(garbage) = &options.garbage_at_start {
        print(garbage);
    }
    if let Some(text) = &options.write_at_start {
        print_raw(text.as_bytes());
    }
    if let Some(code) = options.exit_at_start {
        std::process::exit(code);
    }
    let mut lines = lines()?;
    let mut serving = JoinSet::new();
    while let Some(line) = lines.recv().await {
        let server = Arc::clone(&server);
        let one = async move { server.take(line).await };
        match options.concurrent {
            true => drop(serving.spawn(one)),
            false => one.await,
        }
        while serving.try_join_next().is_some() {}
    }
    server.note(&json!({"stdin_ended": true}));
    if options.ignore_stdin_end {
        std::future::pending::<()>().await;
    }
    server.shared.open_streams.end_all();
    // Calls that still run then end with the program.
    let _ = tokio::time::timeout(LAST_CALLS, async { while serving.join_next().await.is_some() {} }).await;
    Ok(())
}

/// The lines of standard input, read by a separate thread, so that the client never blocks on a full pipe.
fn lines() -> io::Result<UnboundedReceiver<Bytes>> {
    let (sender, lines) = unbounded_channel();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match input.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) if sender.send(line.trim_ascii().to_vec().into()).is_err() => return,
                Ok(_) => {}
            }
        }
    })?;
    Ok(lines)
}

#[cfg(unix)]
fn ignore_term(server: &Arc<Server>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terms = signal(SignalKind::terminate())?;
    let server = Arc::clone(server);
    tokio::spawn(async move {
        while terms.recv().await.is_some() {
            server.note(&json!({"term_ignored": true}));
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn ignore_term(_: &Arc<Server>) -> io::Result<()> {
    Ok(())
}

fn print_error(id: &Value, code: i64, message: &str) {
    print(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string());
}

/// Writes the bytes of a raw output, for such a fault.
fn output(fault: &Fault, exchange: &Exchange, served: Option<&Answer>) -> bool {
    let Some((bytes, then)) = wire_faults::raw_output(fault, &exchange.rpc_id(), served) else { return false };
    print_raw(&bytes);
    if matches!(then, Then::Fin | Then::Rst) {
        std::process::exit(ENDED_CODE);
    }
    true
}

impl Server {
    /// Adds a line to the ledger's file.
    fn note(&self, line: &Value) {
        if let Some(file) = &self.ledger {
            // Errors are ignored.
            let _ = lock(file).write_all(format!("{line}\n").as_bytes());
        }
    }

    /// Serves one message, unless it is cancelled before.
    async fn take(&self, line: Bytes) {
        let shared = &self.shared;
        let exchange = arrive(shared, line);
        messages::keep(shared, &exchange);
        self.note(&json!({"received": &*exchange.body}));
        self.running.heed(shared, &exchange);
        match self.running.begins(shared, &exchange) {
            None => self.answer(&exchange).await,
            Some(cancelled) => {
                tokio::select! {
                    _ = cancelled => {}
                    () = self.answer(&exchange) => self.running.ends(&exchange.rpc_id()),
                }
            }
        }
    }

    async fn answer(&self, exchange: &Exchange) {
        let shared = &self.shared;
        let Some(service) = shared.service.generic() else {
            return;
        };
        let plan = match service.message(shared, exchange, None, None) {
            Err((code, message)) => return print_error(&Value::Null, code, message),
            Ok(None) => {
                let fate = shared.script().select(exchange);
                if let Some(fault) = fate.fault.as_deref() {
                    output(fault, exchange, None);
                }
                return self.note_taken(exchange);
            }
            Ok(Some(plan)) => plan,
        };
        let fate = shared.script().select(exchange);
        let fault = fate.fault.as_deref();
        let served = match fault.is_none_or(Fault::serves_first) {
            true => match self.serve(exchange, plan, &fate).await {
                Some(answer) => Some(answer),
                None => return,
            },
            false => {
                tokio::time::sleep(fate.before).await;
                None
            }
        };
        tokio::time::sleep(fate.after).await;
        if matches!(fault, Some(Fault::Hang { .. } | Fault::Accepted { .. })) {
            return;
        }
        if fault.is_some_and(|fault| output(fault, exchange, served.as_ref())) {
            return;
        }
        let replaced = fault.and_then(|fault| wire_faults::replacement(shared, exchange, fault, None));
        if let Some(answer) = replaced.or(served) {
            self.send(answer, fault).await;
        }
    }

    /// A message that needs no response.
    fn note_taken(&self, exchange: &Exchange) {
        if !self.shared.options.stdio.ping_client {
            return;
        }
        match exchange.rpc_method() {
            Some("notifications/initialized") => {
                print(&json!({"jsonrpc": "2.0", "id": PING, "method": "ping"}).to_string());
            }
            None if exchange.rpc_id() == PING => self.owes_pong.store(false, Ordering::SeqCst),
            _ => {}
        }
    }

    /// The response to a request; `None` if there is none.
    async fn serve(&self, exchange: &Exchange, plan: Plan, fate: &Fate) -> Option<Answer> {
        let options = &self.shared.options.stdio;
        let is_call = exchange.rpc_method() == Some("tools/call");
        if is_call && self.owes_pong.load(Ordering::SeqCst) {
            print_error(&exchange.rpc_id(), REFUSED, "the client has not answered the ping");
            return None;
        }
        let meant = is_call && is_meant(options, self.calls.fetch_add(1, Ordering::SeqCst) + 1);
        let unanswered = meant && (options.exit_on_call.is_some() || options.hang_on_call);
        let answer = match unanswered && options.when == When::BeforeExecution {
            true => None,
            false => Some(self.run(plan, fate).await),
        };
        if let Some(garbage) = options.garbage_on_call.as_ref().filter(|_| meant) {
            print(garbage);
        }
        match options.exit_on_call {
            Some(code) if meant => std::process::exit(code),
            _ if unanswered => None,
            _ => answer,
        }
    }

    async fn run(&self, plan: Plan, fate: &Fate) -> Answer {
        let call = match plan {
            Plan::Call(call) => call,
            plan => return calls::carry_out(&self.shared, plan, fate, Some(Outlet::Lines)).await,
        };
        let crashes = matches!(call.ready, Ready::Crash);
        let executed = json!({"executed": {"tool": call.tool, "arguments": call.arguments}});
        let answer = calls::run(&self.shared, call, fate, Some(Outlet::Lines)).await;
        self.note(&executed);
        if crashes {
            // The message is dropped in either case.
            let _ = writeln!(io::stderr(), "crashing");
            std::process::exit(CRASH_CODE);
        }
        answer
    }

    async fn send(&self, answer: Answer, fault: Option<&Fault>) {
        let Payload::Rpc { id, outcome, before, .. } = answer.payload else {
            return;
        };
        let pause = Duration::from_millis(self.shared.options.progress_interval_ms);
        for notification in before {
            print(&notification);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        let mut text = jsonrpc::render(&wire_faults::id_of(id, fault), &outcome);
        match fault {
            Some(Fault::MalformedJson {} | Fault::MalformedEvent {}) => text.truncate(wire_faults::half(&text)),
            Some(Fault::DuplicateEvent {}) => print(&text),
            _ => {}
        }
        print(&text);
    }
}

/// Whether a tool call, by its number, is one of those that the options apply to.
fn is_meant(options: &StdioOptions, call: u64) -> bool {
    match &options.nth {
        None => true,
        Some(Nth::One(nth)) => *nth == call,
        Some(Nth::Some(nth)) => nth.contains(&call),
    }
}

fn arrive(shared: &Shared, line: Bytes) -> Exchange {
    let (body, is_json) = exchange::read_body(&line);
    let body = Arc::new(body);
    let headers = HeaderMap::new();
    let entry = shared.ledger.arrived(&Arrival {
        connection: 1,
        http_method: &Method::POST,
        path: "",
        query: None,
        headers: &headers,
        body: &body,
        rpc_method: exchange::rpc_method(&body),
        tool: exchange::tool(&body),
    });
    Exchange {
        http_method: Method::POST,
        path: String::new(),
        query: None,
        headers,
        bytes: line,
        body,
        is_json,
        request_id: HeaderValue::from_static(""),
        entry,
    }
}
