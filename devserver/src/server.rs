//! The server as its owner sees it, and the thread that it runs on.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::faults::Rule;
use crate::ledger::LedgerSnapshot;
use crate::odock::records;
use crate::options::{Options, Transport};
use crate::push::{Push, PushError};
use crate::script::ScriptError;
use crate::shared::{Shared, lock};
use crate::tls_options::Certificates;
use crate::wait::{Count, Wait, WaitError};
use crate::{connection, control, proxy};

/// What stands before every connection: a handshake, or nothing.
#[cfg(feature = "tls")]
pub(crate) type Front = Option<crate::tls::Front>;
#[cfg(not(feature = "tls"))]
pub(crate) type Front = ();

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The options cannot be used.
    #[error("bad dev server options: {0}")]
    Options(String),
    /// The port, the runtime or the thread could not be had.
    #[error("the dev server could not start: {0}")]
    Io(#[from] std::io::Error),
}

/// A server that is running. Dropping it closes it.
pub struct DevServer {
    shared: Arc<Shared>,
    url: String,
    port: u16,
    certificates: Option<Certificates>,
    proxy: Option<String>,
    upstream: Option<Box<DevServer>>,
    running: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl fmt::Debug for DevServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevServer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl DevServer {
    /// Starts a server on 127.0.0.1. When this returns, it accepts connections.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let options = options.checked().map_err(StartError::Options)?;
        if options.transport == Transport::Stdio {
            return Err(StartError::Options("transport stdio is the program's: --stdio".to_owned()));
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let listener = listen(options.port)?;
        let port = listener.local_addr()?.port();
        let rules = options.faults.clone();
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{port}");
        #[cfg(feature = "tls")]
        let front = options.tls.as_ref().map(crate::tls::Front::new).transpose()?;
        #[cfg(feature = "tls")]
        let certificates = front.as_ref().map(|front| front.certificates.clone());
        #[cfg(not(feature = "tls"))]
        let (front, certificates) = ((), None);
        let front = Arc::new(front);
        let proxy = options.proxy.clone().map(|options| Ok((listen(0)?, options))).transpose();
        let proxy: Option<(TcpListener, proxy::ProxyOptions)> = proxy.map_err(StartError::Io)?;
        drop(entered);
        let proxy_at = match &proxy {
            Some((listener, _)) => Some(listener.local_addr()?.to_string()),
            None => None,
        };
        let upstream = match records::upstream_options(&options).map_err(StartError::Options)? {
            Some(upstream) => Some(Box::new(Self::start(upstream)?)),
            None => None,
        };
        let behind = upstream.as_ref().map(|upstream| Arc::clone(&upstream.shared));
        let shared = Arc::new(Shared::new(options, &url, behind));
        shared.take_its_place();
        shared.script().add(rules).map_err(|error| StartError::Options(error.to_string()))?;
        let (stop, stopped) = oneshot::channel();
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("omni-mcp-devserver".to_owned()).spawn(move || {
                if let Some((listener, options)) = proxy {
                    runtime.spawn(proxy::accept(listener, options, Arc::clone(&shared.ledger)));
                }
                run(runtime, listener, front, shared, stopped);
            })?
        };
        let running = Mutex::new(Some((stop, thread)));
        Ok(Self { shared, url, port, certificates, proxy: proxy_at, upstream, running })
    }

    /// Starts a server with options as JSON text; an unknown field is an error.
    pub fn start_json(options_json: &str) -> Result<Self, StartError> {
        let options = serde_json::from_str(options_json).map_err(|error| StartError::Options(error.to_string()))?;
        Self::start(options)
    }

    /// Its address, as in `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host and port of the proxy beside it, where the options ask for one.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// What a client needs where the server speaks https.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The first key that is accepted.
    pub fn api_key(&self) -> &str {
        let keys = &self.shared.options.keys;
        let usable = keys.iter().find(|key| !key.rejected && !key.expired && !key.revoked).or(keys.first());
        usable.map_or("", |key| &key.key)
    }

    /// Adds fault rules behind those in force: all of them, or none.
    pub fn script(&self, rules: Vec<Rule>) -> Result<(), ScriptError> {
        self.shared.script().add(rules)
    }

    /// Adds fault rules given as JSON text: a list of rules, or one.
    pub fn script_json(&self, rules_json: &str) -> Result<(), ScriptError> {
        self.script(control::read_rules(rules_json.as_bytes())?)
    }

    /// Removes every fault rule, those of the options too.
    pub fn clear_script(&self) {
        self.shared.script().clear();
    }

    /// What happened so far.
    pub fn ledger(&self) -> LedgerSnapshot {
        self.shared.snapshot()
    }

    /// What happened so far, as JSON text.
    pub fn ledger_json(&self) -> String {
        control::ledger_json(&self.shared)
    }

    /// The server behind a gateway: profile `odock` has one.
    pub fn upstream(&self) -> Option<&Self> {
        self.upstream.as_deref()
    }

    /// What happened behind a gateway so far.
    pub fn upstream_ledger(&self) -> Option<LedgerSnapshot> {
        self.upstream().map(Self::ledger)
    }

    /// Forgets what happened so far. Sessions, stored answers and rules stay.
    pub fn reset_ledger(&self) {
        self.shared.reset();
    }

    /// Ends every live session: requests that name one are answered 404.
    pub fn expire_sessions(&self) {
        self.shared.end_all_sessions();
    }

    /// Has every live session live on another replica from now on.
    pub fn move_sessions(&self) {
        self.shared.move_all_sessions();
    }

    /// Sends a message on every stream that is held open, and says on how many. A subscription of the modern era
    /// gets what its filter asks for, and what no filter knows.
    pub fn push(&self, push: &Push) -> u64 {
        self.shared.held.push(push)
    }

    /// [`push`](Self::push) with the message as JSON text.
    pub fn push_json(&self, push_json: &str) -> Result<u64, PushError> {
        Ok(self.push(&control::read_push(push_json.as_bytes())?))
    }

    /// Cuts every stream that is held open.
    pub fn drop_streams(&self) {
        self.shared.held.cut_all();
    }

    /// Dies, with all connections, streams and sessions, and comes back on the same port after `down`. The ledger goes on.
    pub fn restart(&self, down: Duration) {
        if lock(&self.running).is_some() {
            self.shared.restarts.restart_now(down);
        }
    }

    /// Ends every stream that is held open as it should end: a subscription with its result.
    pub fn end_streams(&self) {
        self.shared.held.end_all();
    }

    /// Forgets every token that the token endpoint gave out: requests that carry one are answered 401.
    pub fn revoke_tokens(&self) {
        self.shared.revoke_tokens();
    }

    /// Blocks until so many are counted: true, or false when the time is over or the server closed.
    pub fn wait_for(&self, what: Count, at_least: u64, timeout: Duration) -> bool {
        self.wait(&Wait::at_least(what, at_least, timeout)).unwrap_or(false)
    }

    /// Blocks until a condition holds: true, or false when the time is over or the server closed.
    pub fn wait(&self, wait: &Wait) -> Result<bool, WaitError> {
        self.shared.ledger.wait(wait)
    }

    /// [`wait`](Self::wait) with the condition as JSON text.
    pub fn wait_json(&self, wait_json: &str) -> Result<bool, WaitError> {
        self.wait(&control::read_wait(wait_json.as_bytes())?)
    }

    /// Closes every connection and ends the thread. The ledger can still be read.
    pub fn close(&self) {
        let mut running = lock(&self.running);
        let Some((stop, thread)) = running.take() else {
            return;
        };
        self.shared.close();
        // Either may be gone already, if the thread died; closed it is then too.
        let _ = stop.send(());
        let _ = thread.join();
        if let Some(upstream) = &self.upstream {
            upstream.close();
        }
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        self.close();
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // A server that comes back on its old port must not wait for the old connections to time out.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

async fn die_and_come_back(listener: TcpListener, shared: &Arc<Shared>, down: Duration) -> TcpListener {
    let port = listener.local_addr().map_or(0, |address| address.port());
    drop(listener);
    shared.restarts.die();
    shared.end_all_sessions();
    while shared.ledger.open_connections() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(down).await;
    loop {
        match listen(port) {
            Ok(listener) => return listener,
            // The old connections may hold it for a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

fn run(
    runtime: Runtime,
    listener: TcpListener,
    front: Arc<Front>,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        tokio::select! {
            _ = stopped => {}
            () = accept(listener, front, shared) => {}
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn accept(mut listener: TcpListener, front: Arc<Front>, shared: Arc<Shared>) {
    let Some(mut restarts) = shared.restarts.wanted() else { return };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(order) = restarts.recv() => {
                listener = die_and_come_back(listener, &shared, order.down).await;
                order.done();
                continue;
            }
        };
        match accepted {
            Ok((stream, _)) => {
                // Without it answers are only slower.
                let _ = stream.set_nodelay(true);
                // From here on it dies with the server, however far it has come.
                let death = shared.restarts.death();
                tokio::spawn(connection::serve(stream, Arc::clone(&front), Arc::clone(&shared), death));
            }
            // Out of descriptors, most likely: others must close first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
