//! A client.

use std::collections::HashMap;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use napi::Either;
use napi::bindgen_prelude::Function;
use napi_derive::napi;
use omni_mcp::bridge::{self, Bridge, CallDefaults, ClosedClient, Hooks, MessageListener, Prepared, panicked};
use omni_mcp::{Error, Spelling};
use tokio::sync::oneshot::{self, Receiver, Sender};

use crate::channel::{Channel, Outcome, Sink, lock};
use crate::runtime::runtime;

/// The caller has a progress callback.
const WITH_PROGRESS: u32 = 1;
/// The call was cancelled before it was made.
const CANCELLED: u32 = 2;
/// The call returns the metadata of the result.
const WITH_METADATA: u32 = 4;

/// The calls in flight. Dropping a sender cancels its call as sending does.
type Calls = Arc<Mutex<HashMap<u32, Sender<()>>>>;

/// A client of one server.
#[napi]
pub struct Client {
    /// `None` once the client is closed. Shared with the views of the client.
    bridge: Arc<Mutex<Option<Arc<Bridge>>>>,
    /// The options of a view.
    defaults: Option<CallDefaults>,
    /// The properties that remain once the client is closed.
    closed: ClosedClient,
    sink: Arc<Sink>,
    calls: Calls,
}

/// Makes a client from options as JSON text, or returns the error as JSON text. `to` is `server`, `record`, `gaia` or
/// `sema4`. `source` is the JSON text of the record, or the URL of the server if the client has one besides its options; else
/// it is empty. `number` identifies the client in events for its `callbacks`, which have the
/// names of the core's table. `variable` reads an environment variable.
#[napi(catch_unwind)]
pub fn open_client(
    channel: &Channel,
    to: String,
    source: String,
    options: String,
    number: u32,
    callbacks: Vec<String>,
    variable: Function<'_, String, Option<String>>,
) -> napi::Result<Either<Client, String>> {
    let _entered = runtime()?.enter();
    let hooks = hooks(&channel.sink(), number, callbacks);
    // Read on the calling thread: each JavaScript thread may have an environment that native code does not see.
    let variables = |name: &str| variable.call(name.to_owned()).ok().flatten().map(OsString::from);
    let opened = catch_unwind(AssertUnwindSafe(|| match to.as_str() {
        "server" => {
            Bridge::open(Some(&*source).filter(|url| !url.is_empty()), &options, hooks, Spelling::Camel, &variables)
        }
        "record" => Bridge::open_record(&source, &options, hooks, Spelling::Camel, &variables),
        registry => Bridge::open_registry(registry, &options, Spelling::Camel, &variables),
    }));
    Ok(match opened.unwrap_or_else(|_| Err(panicked())) {
        Ok(bridge) => Either::A(Client {
            closed: bridge.closed(),
            bridge: Arc::new(Mutex::new(Some(Arc::new(bridge)))),
            defaults: None,
            sink: channel.sink(),
            calls: Calls::default(),
        }),
        Err(error) => Either::B(error.to_json()),
    })
}

fn hooks(sink: &Arc<Sink>, number: u32, names: Vec<String>) -> Hooks {
    let mut hooks = Hooks::default();
    let sink_for = |callback: &str| names.iter().any(|name| name == callback).then(|| Arc::clone(sink));
    if let Some(sink) = sink_for("on_notification") {
        hooks.on_notification = Some(Arc::new(move |notification| sink.notification(number, notification)));
    }
    if let Some(sink) = sink_for("on_log") {
        hooks.on_log = Some(Arc::new(move |record| sink.log(number, record)));
    }
    if let Some(sink) = sink_for("on_state") {
        hooks.on_state = Some(Arc::new(move |change| sink.state(number, change)));
    }
    if let Some(sink) = sink_for("on_request") {
        hooks.on_request = Some(Arc::new(move |info| sink.request(number, info)));
    }
    if let Some(sink) = sink_for("on_response") {
        hooks.on_response = Some(Arc::new(move |info| sink.response(number, info)));
    }
    let sink = Arc::clone(sink);
    hooks.ask = Some(Arc::new(move |question| sink.ask(number, question)));
    hooks.answers = names;
    hooks
}

/// The pages of a list.
#[napi]
pub struct Pages {
    pages: Arc<bridge::Pages>,
}

#[napi]
impl Client {
    /// A view of the client whose calls have these options as defaults, or the error as JSON text. It is not closed.
    #[napi(catch_unwind)]
    pub fn with_options(&self, options: String) -> Either<Client, String> {
        let Some(bridge) = lock(&self.bridge).clone() else { return Either::B(self.closed.closed().to_json()) };
        match bridge.call_defaults(&options, self.defaults.as_ref()) {
            Ok(defaults) => Either::A(Client {
                bridge: Arc::clone(&self.bridge),
                defaults: Some(defaults),
                closed: self.closed.clone(),
                sink: Arc::clone(&self.sink),
                calls: Calls::default(),
            }),
            Err(error) => Either::B(error.to_json()),
        }
    }

    /// Starts a call; `flags` are the sum of the constants above.
    #[napi(catch_unwind)]
    pub fn call(&self, id: u32, method: String, params: String, options: String, flags: u32) -> napi::Result<()> {
        let progress_sink = Arc::clone(&self.sink);
        self.start(id, flags, move |bridge| {
            let progress = (flags & WITH_PROGRESS != 0)
                .then(|| Arc::new(move |params| progress_sink.progress(id, params)) as MessageListener);
            bridge.prepare(&method, Bytes::from(params), &options, progress, flags & WITH_METADATA != 0).map(Some)
        })
    }

    /// The pages of the list that the method `name` returns, or the error as JSON text.
    #[napi(catch_unwind)]
    pub fn pages(&self, name: String, params: String, options: String) -> Either<Pages, String> {
        let Some(bridge) = self.open_bridge() else { return Either::B(self.closed.closed().to_json()) };
        match bridge.pages(&name, params.as_bytes(), &options) {
            Ok(pages) => Either::A(Pages { pages: Arc::new(pages) }),
            Err(error) => Either::B(error.to_json()),
        }
    }

    /// Requests the next page as a call; settles with `null` after the last.
    #[napi(catch_unwind)]
    pub fn next_page(&self, id: u32, pages: &Pages, flags: u32) -> napi::Result<()> {
        let pages = Arc::clone(&pages.pages);
        self.start(id, flags, move |_| pages.next())
    }

    /// A property of the table of properties as JSON text, where it is known.
    #[napi(catch_unwind)]
    pub fn property(&self, name: String) -> Option<String> {
        // The lock is held for this line only.
        let bridge = lock(&self.bridge).clone();
        match bridge {
            Some(bridge) => bridge.property(&name),
            None => self.closed.property(&name),
        }
    }

    /// The client itself or, for a view, the client with its defaults; `None` once the client is closed.
    fn open_bridge(&self) -> Option<Arc<Bridge>> {
        let bridge = lock(&self.bridge).clone()?;
        Some(self.defaults.as_ref().map_or_else(|| Arc::clone(&bridge), |defaults| Arc::new(bridge.view(defaults))))
    }

    fn start(
        &self,
        id: u32,
        flags: u32,
        prepare: impl FnOnce(&Bridge) -> Result<Option<Prepared>, Error> + Send + 'static,
    ) -> napi::Result<()> {
        let runtime = runtime()?;
        let (sink, calls) = (Arc::clone(&self.sink), Arc::clone(&self.calls));
        let Some(bridge) = self.open_bridge() else {
            sink.settle(id, Err(self.closed.closed().to_json()));
            return Ok(());
        };
        let (cancel, cancelled) = oneshot::channel();
        if flags & CANCELLED == 0 {
            lock(&self.calls).insert(id, cancel);
        } else {
            // Before the call begins, so that it is not sent.
            drop(cancel);
        }
        runtime.spawn(async move {
            let prepared = catch_unwind(AssertUnwindSafe(|| prepare(&bridge)));
            let outcome = match prepared.unwrap_or_else(|_| Err(panicked())) {
                Ok(Some(prepared)) => run(prepared, cancelled, |text| sink.warn(id, text)).await,
                Ok(None) => Ok(("null".to_owned(), None)),
                Err(error) => Err(error.to_json()),
            };
            lock(&calls).remove(&id);
            sink.settle(id, outcome);
        });
        Ok(())
    }

    /// Ends a call at once. Its HTTP request is aborted, and it settles with a `cancelled` error.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        lock(&self.calls).remove(&id);
    }

    /// Ends the session and refuses further calls.
    #[napi(catch_unwind)]
    pub fn close(&self, id: u32) -> napi::Result<()> {
        let (bridge, sink) = (lock(&self.bridge).take(), Arc::clone(&self.sink));
        runtime()?.spawn(async move {
            if let Some(bridge) = bridge {
                bridge.close().await;
                // Dropping the last reference closes the connections.
                drop(bridge);
            }
            sink.settle(id, Ok(("null".to_owned(), None)));
        });
        Ok(())
    }
}

impl Drop for Client {
    /// The JavaScript thread has ended, or the client is unreachable: none of its calls is awaited.
    fn drop(&mut self) {
        lock(&self.calls).clear();
    }
}

async fn run(prepared: Prepared, cancelled: Receiver<()>, warn: impl Fn(String)) -> Outcome {
    let watch = prepared.watch();
    let ended = tokio::select! {
        biased;
        _ = cancelled => Err(watch.cancelled()),
        ended = prepared.run() => ended,
    };
    let output = ended.map_err(|error| error.to_json())?;
    output.warnings.into_iter().for_each(warn);
    match String::from_utf8(output.result.into()) {
        Ok(result) => Ok((result, output.metadata)),
        Err(_) => Err(Error::to_json(&panicked())),
    }
}
