//! The public interface of the server, and the thread that it runs on.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::fault_rules::ScriptError;
use crate::faults::Rule;
use crate::ledger::LedgerSnapshot;
use crate::odock::records;
use crate::options::{Options, Transport};
use crate::push::{Push, PushError};
use crate::reading::Spelling;
use crate::server_state::{Shared, lock};
use crate::tls_options::Certificates;
use crate::tool_handlers::ToolHandler;
use crate::wait::{Count, Wait, WaitError};
use crate::{connection, control, proxy};

/// The handshake of a connection: TLS, or none.
#[cfg(feature = "tls")]
pub(crate) type Front = Option<crate::tls::Front>;
#[cfg(not(feature = "tls"))]
pub(crate) type Front = ();

/// Connections in the queue of the listening socket.
const BACKLOG: u32 = 1024;

/// The reason why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The options are invalid.
    #[error("bad dev server options: {0}")]
    Options(String),
    /// The port, the runtime or the thread could not be created.
    #[error("the dev server could not start: {0}")]
    Io(#[from] std::io::Error),
}

/// A running server. Dropping it closes it.
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
        Self::start_with(options, Spelling::Snake)
    }

    fn start_with(options: Options, spelling: Spelling) -> Result<Self, StartError> {
        let options = options.checked(spelling).map_err(StartError::Options)?;
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
        let upstream = match records::upstream_options(&options, spelling).map_err(StartError::Options)? {
            Some(upstream) => Some(Box::new(Self::start_with(upstream, spelling)?)),
            None => None,
        };
        let behind = upstream.as_ref().map(|upstream| Arc::clone(&upstream.shared));
        let shared = Arc::new(Shared::new(options, &url, behind).map_err(StartError::Options)?);
        shared.take_its_place();
        shared.script().add(rules, spelling).map_err(|error| StartError::Options(error.to_string()))?;
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
        Self::start_spelled(options_json, Spelling::Snake)
    }

    /// The same, with names in this spelling, also in messages.
    pub fn start_spelled(options_json: &str, spelling: Spelling) -> Result<Self, StartError> {
        Self::start_with(Options::from_json(options_json, spelling)?, spelling)
    }

    /// The same, with functions as the handlers of some tools, by their index in `tools`.
    pub fn start_with_handlers(
        options_json: &str,
        spelling: Spelling,
        handlers: impl IntoIterator<Item = (usize, ToolHandler)>,
    ) -> Result<Self, StartError> {
        let mut options = Options::from_json(options_json, spelling)?;
        for (at, handler) in handlers {
            if let Some(tool) = options.tools.get_mut(at) {
                tool.handler = Some(handler);
            }
        }
        Self::start_with(options, spelling)
    }

    /// The address, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host and port of the proxy of the option `proxy`.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The certificates that a client of an https server needs.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The first accepted key.
    pub fn api_key(&self) -> &str {
        let keys = &self.shared.options.keys;
        let usable = keys.iter().find(|key| !key.rejected && !key.expired && !key.revoked).or(keys.first());
        usable.map_or("", |key| &key.key)
    }

    /// Adds fault rules after the current ones: all of them, or none.
    pub fn script(&self, rules: Vec<Rule>) -> Result<(), ScriptError> {
        self.shared.script().add(rules, Spelling::Snake)
    }

    /// Adds fault rules given as JSON text: a list of rules, or one.
    pub fn script_json(&self, rules_json: &str) -> Result<(), ScriptError> {
        self.script_spelled(rules_json, Spelling::Snake)
    }

    /// The same, with names in this spelling, also in messages.
    pub fn script_spelled(&self, rules_json: &str, spelling: Spelling) -> Result<(), ScriptError> {
        let rules = control::read_rules_spelled(rules_json.as_bytes(), spelling)?;
        self.shared.script().add(rules, spelling)
    }

    /// Removes every fault rule, also those of the options.
    pub fn clear_script(&self) {
        self.shared.script().clear();
    }

    /// The ledger.
    pub fn ledger(&self) -> LedgerSnapshot {
        self.shared.snapshot()
    }

    /// The ledger as JSON text.
    pub fn ledger_json(&self) -> String {
        control::ledger_json(&self.shared)
    }

    /// The server behind a gateway: profile `odock` has one.
    pub fn upstream(&self) -> Option<&Self> {
        self.upstream.as_deref()
    }

    /// The ledger of the server behind a gateway.
    pub fn upstream_ledger(&self) -> Option<LedgerSnapshot> {
        self.upstream().map(Self::ledger)
    }

    /// Clears the ledger. Sessions, stored responses and rules remain.
    pub fn reset_ledger(&self) {
        self.shared.reset();
    }

    /// Ends every session: later requests in it receive 404.
    pub fn expire_sessions(&self) {
        self.shared.end_all_sessions();
    }

    /// Moves every session to another replica.
    pub fn move_sessions(&self) {
        self.shared.move_all_sessions();
    }

    /// Sends a message on every open stream, and returns the number of streams. A subscription of the modern era
    /// receives the notifications of its filter, and those that no filter can name.
    pub fn push(&self, push: &Push) -> u64 {
        self.shared.open_streams.push(push)
    }

    /// [`push`](Self::push) with the message as JSON text.
    pub fn push_json(&self, push_json: &str) -> Result<u64, PushError> {
        Ok(self.push(&control::read_push(push_json.as_bytes())?))
    }

    /// Cuts every open stream.
    pub fn drop_streams(&self) {
        self.shared.open_streams.cut_all();
    }

    /// Stops, with all connections, streams and sessions, and starts on the same port after `down`. The ledger remains.
    pub fn restart(&self, down: Duration) {
        if lock(&self.running).is_some() {
            self.shared.restarts.restart_now(down);
        }
    }

    /// Ends every open stream properly: a subscription with its result.
    pub fn end_streams(&self) {
        self.shared.open_streams.end_all();
    }

    /// Revokes every token of the token endpoint: later requests with one receive 401.
    pub fn revoke_tokens(&self) {
        self.shared.revoke_tokens();
    }

    /// Blocks until this number is reached (true), or the timeout expires or the server is closed (false).
    pub fn wait_for(&self, what: Count, at_least: u64, timeout: Duration) -> bool {
        self.wait(&Wait::at_least(what, at_least, timeout)).unwrap_or(false)
    }

    /// Blocks until a condition holds (true), or the timeout expires or the server is closed (false).
    pub fn wait(&self, wait: &Wait) -> Result<bool, WaitError> {
        self.shared.ledger.wait(wait, Spelling::Snake)
    }

    /// [`wait`](Self::wait) with the condition as JSON text.
    pub fn wait_json(&self, wait_json: &str) -> Result<bool, WaitError> {
        self.wait_spelled(wait_json, Spelling::Snake)
    }

    /// The same, with names in this spelling, also in messages.
    pub fn wait_spelled(&self, wait_json: &str, spelling: Spelling) -> Result<bool, WaitError> {
        self.shared.ledger.wait(&Wait::from_json(wait_json, spelling)?, spelling)
    }

    /// Closes every connection and ends the thread. The ledger remains readable.
    pub fn close(&self) {
        let mut running = lock(&self.running);
        let Some((stop, thread)) = running.take() else {
            return;
        };
        self.shared.close();
        // Both fail if the thread has panicked; the server is closed then, too.
        let _ = stop.send(());
        let _ = thread.join();
        self.shared.save();
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
    // A restarted server must not wait until the old connections of its port time out.
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
            // The port may be in use by old connections for a moment.
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
                // Without it responses are only slower.
                let _ = stream.set_nodelay(true);
                // From here on, a restart of the server ends the connection at any stage.
                let death = shared.restarts.death();
                tokio::spawn(connection::serve(stream, Arc::clone(&front), Arc::clone(&shared), death));
            }
            // Probably out of descriptors: other connections must close first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
