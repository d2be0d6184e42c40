//! What crosses to Python and Node: JSON text in, JSON text or an error as data out. Not for use from Rust.
//!
//! A binding holds a [`Bridge`], calls its few functions and turns its own language's values into text and back.
//! Names, defaults, rules and messages are all on this side, so that the languages cannot differ.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{CallOptions, CallState, ProgressSink};
use crate::client::{Client, What, unsendable};
use crate::config::ClientConfig;
use crate::error::{CODES, Code, Error, KINDS, Result};
use crate::methods::{METHODS, MethodSpec};
use crate::option::{OptionSpec, Spelling};

/// A client as a binding holds it.
#[derive(Debug)]
pub struct Bridge {
    client: Client,
    spelling: Spelling,
}

/// A result as it crosses.
#[derive(Debug)]
pub struct Crossing {
    /// The result as JSON text.
    pub result: Bytes,
    /// Its metadata as JSON text, where the call asked for it.
    pub metadata: Option<String>,
}

/// A call that is ready to run: everything that can be refused before sending has been.
#[derive(Debug)]
pub struct Prepared {
    client: Client,
    kind: Kind,
    with_metadata: bool,
    state: Arc<CallState>,
}

enum Kind {
    Call(What, Box<crate::call::LogicalCall>),
    Notify(String, Bytes),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Call(..) => "Call",
            Self::Notify(..) => "Notify",
        })
    }
}

impl Bridge {
    /// Makes a client from options as JSON text, spelled as the binding's language does.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn open(options: &str, spelling: Spelling) -> Result<Self> {
        Ok(Self { client: ClientConfig::from_json(options, spelling)?.build()?, spelling })
    }

    /// Prepares a call of the method `name` of the table of methods. `params` and `options` are JSON text, or empty.
    ///
    /// # Errors
    /// A `config` error that names the argument.
    pub fn prepare(
        &self,
        name: &str,
        params: Bytes,
        options: &str,
        progress: Option<ProgressSink>,
    ) -> Result<Prepared> {
        let spec = METHODS
            .iter()
            .find(|spec| spec.name == name)
            .ok_or_else(|| Error::new(Code::Panicked, format!("the table of methods has no {name}")))?;
        let options = CallOptions::from_json(options, self.spelling)?;
        let params = if params.is_empty() { Bytes::from_static(b"{}") } else { params };
        let (what, params) = match self.what(spec, params)? {
            Ok(call) => call,
            Err((method, params)) => {
                let kind = Kind::Notify(method, params);
                let state = Arc::default();
                return Ok(Prepared { client: self.client.clone(), kind, with_metadata: false, state });
            }
        };
        let call = self.client.prepare(&what, params, &options, progress)?;
        Ok(Prepared {
            client: self.client.clone(),
            with_metadata: options.with_metadata == Some(true),
            state: Arc::clone(&call.state),
            kind: Kind::Call(what, Box::new(call)),
        })
    }

    /// The path of a method, or the method and params of a notification.
    #[allow(clippy::type_complexity)]
    fn what(&self, spec: &MethodSpec, params: Bytes) -> Result<std::result::Result<(What, Bytes), (String, Bytes)>> {
        Ok(match (spec.name, spec.rpc, spec.pages) {
            ("initialize", ..) => Ok((What::Initialize, params)),
            (_, Some(rpc), Some(member)) => Ok((What::AllPages(rpc, member), params)),
            (name, Some(rpc), None) => {
                Ok((What::Rpc(rpc.to_owned(), if name == "call_tool" { "arguments" } else { "params" }), params))
            }
            (name, None, _) => {
                let free: Free<'_> = serde_json::from_slice(&params)
                    .map_err(|_| Error::config(Code::InvalidArgument, "method", "must be a string"))?;
                let inner = free
                    .params
                    .map_or_else(|| Bytes::from_static(b"{}"), |inner| params.slice_ref(inner.get().as_bytes()));
                if name == "notify" {
                    crate::protocol::arguments::check("params", &inner)?;
                    Err((free.method, inner))
                } else {
                    Ok((What::Rpc(free.method, "params"), inner))
                }
            }
        })
    }

    /// Ends the session and refuses further calls.
    pub async fn close(&self) {
        let _ = AssertUnwindSafe(self.client.close()).catch_unwind().await;
    }
}

/// The params of `request` and `notify`: a method, and its own params.
#[derive(Deserialize)]
struct Free<'a> {
    method: String,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

impl Prepared {
    /// Runs the call to its end. Dropping the future cancels it; a panic comes out as an `internal` error.
    ///
    /// # Errors
    /// Any kind of the table.
    pub async fn run(self) -> Result<Crossing> {
        AssertUnwindSafe(self.run_unguarded()).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
    }

    async fn run_unguarded(self) -> Result<Crossing> {
        match self.kind {
            Kind::Notify(method, params) => {
                self.client.raw_notify(&method, &params).await?;
                Ok(Crossing { result: Bytes::from_static(b"null"), metadata: None })
            }
            Kind::Call(what, call) => {
                let reply = self.client.raw(&what, *call).await?;
                let metadata = self.with_metadata.then(|| serde_json::to_string(&reply.metadata()).unwrap_or_default());
                Ok(Crossing { result: reply.result, metadata })
            }
        }
    }

    /// A handle that tells how far the call had come when it was cancelled.
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.state))
    }
}

/// See [`Prepared::watch`].
#[derive(Debug, Clone)]
pub struct Watch(Arc<CallState>);

impl Watch {
    /// The error of a call that the caller has cancelled.
    pub fn cancelled(&self) -> Error {
        self.0.ended(Code::Cancelled, "the call was cancelled")
    }
}

/// The `config` error for a value that the binding could not turn into JSON text; `reason` is one of `not_finite`,
/// `too_deep`, `not_json`, `lone_surrogate`, `not_an_object`.
pub fn unsendable_argument(field: &str, reason: &str) -> Error {
    unsendable(field, reason)
}

/// The error for a panic that was caught on the way.
pub fn panicked() -> Error {
    Error::new(Code::Panicked, "a bug in omni-mcp stopped the call; please report it")
}

/// The `config` error for a progress callback that cannot be called.
pub fn not_callable() -> Error {
    Error::config(Code::InvalidArgument, "on_progress", "must be a function")
}

/// The error for the use of a client after `fork`.
pub fn forked() -> Error {
    Error::new(Code::ClientForked, "the client was made before a fork; make a new one in this process")
}

/// The error for the use of a client after `close`, where the binding has let go of it.
pub fn closed() -> Error {
    Error::new(Code::ClientClosed, "the client is closed")
}

/// The error for a result that is JSON and yet more than the language can hold.
pub fn undecodable() -> Error {
    let mut error = Error::new(Code::InvalidAnswer, "the result nests too deeply, or holds a number that is too long");
    error.info_mut().delivery = crate::error::Delivery::Executed;
    error
}

/// The tables of options, methods, kinds and codes as JSON text, in a language's spelling.
pub fn tables(spelling: Spelling) -> String {
    let options = |specs: &[OptionSpec]| -> Vec<_> {
        specs
            .iter()
            .map(|spec| {
                serde_json::json!({
                    "name": spec.name, "spelled": spec.spelled(spelling), "type": spec.takes,
                    "default": spec.default, "help": spec.help,
                })
            })
            .collect()
    };
    let methods: Vec<_> = METHODS
        .iter()
        .map(|spec| {
            let spelled = match spelling {
                Spelling::Snake => spec.name.to_owned(),
                Spelling::Camel => crate::option::camel(spec.name),
            };
            serde_json::json!({ "name": spec.name, "spelled": spelled, "rpc": spec.rpc, "help": spec.help })
        })
        .collect();
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "client_options": options(crate::config::CLIENT_OPTIONS),
        "call_options": options(crate::call::CALL_OPTIONS),
        "methods": methods,
        "kinds": KINDS,
        "codes": CODES,
    })
    .to_string()
}
