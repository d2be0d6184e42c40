//! Builder of a client: callbacks and validation of options.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::client::Client;
use crate::config::callbacks::{self, Notification, ProvidedToken};
use crate::config::client_options::ClientConfig;
use crate::error::Result;
use crate::observe::http_exchange::{RequestInfo, ResponseInfo};
use crate::observe::log::{Log, LogRecord};
use crate::observe::state::StateChange;
use crate::session::manager::SessionManager;
use crate::util::environment::{self, Environment};

const PANICKED: &str = "it panicked";

/// Builder of a [`Client`], with one setter per option.
pub type ClientBuilder = ClientConfig;

impl ClientConfig {
    /// Called with each notification from the server.
    #[must_use]
    pub fn on_notification(mut self, listener: impl Fn(Notification) + Send + Sync + 'static) -> Self {
        self.callbacks.notification = Some(Arc::new(move |method: &str, params: &str| {
            let params = serde_json::from_str(params).unwrap_or_default();
            listener(Notification { method: method.to_owned(), params });
            true
        }));
        self
    }

    /// Called with each log record of at least `log_level`. Called synchronously, so it must be fast. The same records go to
    /// `tracing`, with the target `omni_mcp` and a span for each call and each attempt.
    #[must_use]
    pub fn on_log(mut self, listener: impl Fn(LogRecord) + Send + Sync + 'static) -> Self {
        self.callbacks.log = Log::to(Arc::new(listener));
        self
    }

    /// Called with each change of state, in order. Called synchronously, so it must be fast.
    #[must_use]
    pub fn on_state(mut self, listener: impl Fn(StateChange) + Send + Sync + 'static) -> Self {
        self.callbacks.state = Some(Arc::new(listener));
        self
    }

    /// Called before each HTTP request of an attempt. Called synchronously, so it must be fast.
    #[must_use]
    pub fn on_request(mut self, listener: impl Fn(RequestInfo) + Send + Sync + 'static) -> Self {
        self.callbacks.request = Some(Arc::new(listener));
        self
    }

    /// Called when each of these requests has ended. Called synchronously, so it must be fast.
    #[must_use]
    pub fn on_response(mut self, listener: impl Fn(ResponseInfo) + Send + Sync + 'static) -> Self {
        self.callbacks.response = Some(Arc::new(listener));
        self
    }

    /// Returns the bearer token, or the reason of a failure. Called once for all calls, and again when the token expires or
    /// is refused.
    #[must_use]
    pub fn token_provider<F, T, E>(mut self, provide: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::result::Result<T, E>> + Send + 'static,
        T: Into<ProvidedToken>,
        E: std::fmt::Display,
    {
        self.callbacks.token = Some(Arc::new(move || {
            // A panic of the callback is a failure of the callback only.
            let begun = catch_unwind(AssertUnwindSafe(&provide));
            Box::pin(async move {
                let provided = AssertUnwindSafe(begun.map_err(|_| PANICKED)?).catch_unwind().await;
                Ok(provided.map_err(|_| PANICKED)?.map_err(|why| why.to_string())?.into())
            })
        }));
        self
    }

    /// Handles `sampling/createMessage` (specification 2025-11-25, client/sampling). Params and result may be any types with
    /// the JSON form of the specification.
    #[must_use]
    pub fn on_sampling<P, F, R, E>(self, answer: impl Fn(P) -> F + Send + Sync + 'static) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: Future<Output = std::result::Result<R, E>> + Send + 'static,
        R: Serialize,
        E: std::fmt::Display,
    {
        self.answered_by(callbacks::SAMPLING, answer)
    }

    /// Handles `elicitation/create` (specification 2025-11-25, client/elicitation). Absent fields of an accepted form have the
    /// defaults of the form. Params and result may be any types with the JSON form of the specification.
    ///
    /// ```no_run
    /// use omni_mcp::types::{ElicitRequestParams, ElicitResult};
    ///
    /// async fn ask_a_person(params: ElicitRequestParams) -> Result<ElicitResult, String> {
    ///     let ElicitRequestParams::Form(form) = params else { return Err("only forms are supported".to_owned()) };
    ///     println!("{}", form.message);
    ///     Ok(serde_json::from_value(serde_json::json!({"action": "accept", "content": {"name": "Ann"}})).unwrap())
    /// }
    /// # fn run() -> omni_mcp::Result<()> {
    /// let client = omni_mcp::Client::builder().api_key("omni_live_…").on_elicitation(ask_a_person).build()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn on_elicitation<P, F, R, E>(self, answer: impl Fn(P) -> F + Send + Sync + 'static) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: Future<Output = std::result::Result<R, E>> + Send + 'static,
        R: Serialize,
        E: std::fmt::Display,
    {
        self.answered_by(callbacks::ELICITATION, answer)
    }

    /// Handles `roots/list` (specification 2025-11-25, client/roots). Returns a list of objects with `uri` and `name`.
    #[must_use]
    pub fn on_roots<F, R, E>(self, answer: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::result::Result<R, E>> + Send + 'static,
        R: Serialize,
        E: std::fmt::Display,
    {
        self.answered_by(callbacks::ROOTS, move |_: IgnoredAny| answer())
    }

    fn answered_by<P, F, R, E>(
        mut self,
        callback: &'static str,
        answer: impl Fn(P) -> F + Send + Sync + 'static,
    ) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: Future<Output = std::result::Result<R, E>> + Send + 'static,
        R: Serialize,
        E: std::fmt::Display,
    {
        let answer = Arc::new(move |params: String| {
            // A panic of the callback is a failure of the callback only.
            let begun = catch_unwind(AssertUnwindSafe(|| serde_json::from_str(&params).map(&answer)));
            Box::pin(async move {
                let future = begun.map_err(|_| PANICKED)?.map_err(|why| format!("the params cannot be read: {why}"))?;
                let given = AssertUnwindSafe(future).catch_unwind().await.map_err(|_| PANICKED)?;
                Ok(serde_json::to_string(&given.map_err(|why| why.to_string())?).map_err(|why| why.to_string())?)
            }) as callbacks::Given
        });
        self.callbacks.requests.insert(callback, answer);
        self
    }

    /// Validates the options and creates the client. Sends nothing: the first call connects.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn build(self) -> Result<Client> {
        self.build_in(&environment::of_process)
    }

    /// As [`build`](Self::build), with the environment variables of a binding.
    pub(crate) fn build_in(self, variables: Environment<'_>) -> Result<Client> {
        let settings = self.resolve(variables)?;
        Ok(Client { manager: Arc::new(SessionManager::new(settings)?), defaults: None })
    }
}
