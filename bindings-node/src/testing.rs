//! The dev server.

use std::sync::Arc;

use napi::Either;
use napi_derive::napi;
use omni_mcp_devserver::{DevServer, Spelling, ToolHandler};

use crate::channel::{Channel, Outcome, Sink};
use crate::runtime::runtime;

/// A running dev server.
#[napi(js_name = "DevServer")]
pub struct NativeDevServer {
    server: Arc<DevServer>,
    sink: Arc<Sink>,
}

impl Drop for NativeDevServer {
    /// Closing waits for the server's thread, which a JavaScript thread must not do.
    fn drop(&mut self) {
        if let Ok(runtime) = runtime() {
            let server = Arc::clone(&self.server);
            runtime.spawn_blocking(move || server.close());
        }
    }
}

/// Starts a dev server with options as JSON text, or returns the error message. The tools of these indices have functions,
/// which are found by the number of the server.
#[napi(catch_unwind)]
pub fn start_dev_server(
    channel: &Channel,
    options: String,
    number: u32,
    functions: Vec<u32>,
) -> Either<NativeDevServer, String> {
    let sink = channel.sink();
    let handlers = functions.into_iter().map(|tool| {
        let (tool, sink) = (tool as usize, Arc::clone(&sink));
        (tool, ToolHandler::with_reply(move |call, reply| sink.call_tool(number, tool, call, reply)))
    });
    match DevServer::start_with_handlers(&options, Spelling::Camel, handlers) {
        Ok(server) => Either::A(NativeDevServer { server: Arc::new(server), sink }),
        Err(error) => Either::B(error.to_string()),
    }
}

#[napi]
impl NativeDevServer {
    /// Its address.
    #[napi(getter, catch_unwind)]
    pub fn url(&self) -> String {
        self.server.url().to_owned()
    }

    /// The first API key that the server accepts.
    #[napi(getter, catch_unwind)]
    pub fn api_key(&self) -> String {
        self.server.api_key().to_owned()
    }

    /// The certificate of its certificate authority.
    #[napi(getter, catch_unwind)]
    pub fn ca(&self) -> Option<String> {
        self.server.certificates().map(|certificates| certificates.ca.clone())
    }

    /// A client certificate.
    #[napi(getter, catch_unwind)]
    pub fn client_cert(&self) -> Option<String> {
        self.server.certificates().map(|certificates| certificates.client_cert.clone())
    }

    /// The private key of the client certificate.
    #[napi(getter, catch_unwind)]
    pub fn client_key(&self) -> Option<String> {
        self.server.certificates().map(|certificates| certificates.client_key.clone())
    }

    /// The host and port of its proxy.
    #[napi(getter, catch_unwind)]
    pub fn proxy(&self) -> Option<String> {
        self.server.proxy().map(str::to_owned)
    }

    /// The ledger as JSON text.
    #[napi(catch_unwind)]
    pub fn ledger(&self) -> String {
        self.server.ledger_json()
    }

    /// Adds fault rules, or returns the error message.
    #[napi(catch_unwind)]
    pub fn script(&self, rules: String) -> Option<String> {
        self.server.script_spelled(&rules, Spelling::Camel).err().map(|error| error.to_string())
    }

    /// Removes all fault rules.
    #[napi(catch_unwind)]
    pub fn clear_script(&self) {
        self.server.clear_script();
    }

    /// Ends every session.
    #[napi(catch_unwind)]
    pub fn expire_sessions(&self) {
        self.server.expire_sessions();
    }

    /// Moves every session to another replica.
    #[napi(catch_unwind)]
    pub fn move_sessions(&self) {
        self.server.move_sessions();
    }

    /// Closes every open event stream.
    #[napi(catch_unwind)]
    pub fn drop_streams(&self) {
        self.server.drop_streams();
    }

    /// Restarts the server on the same port after so many milliseconds.
    #[napi(catch_unwind)]
    pub fn restart(&self, down_ms: u32) {
        self.server.restart(std::time::Duration::from_millis(down_ms.into()));
    }

    /// Revokes every access token issued so far.
    #[napi(catch_unwind)]
    pub fn revoke_tokens(&self) {
        self.server.revoke_tokens();
    }

    /// Sends a message on every open event stream, or returns the error message.
    #[napi(catch_unwind)]
    pub fn push(&self, message: String) -> Option<String> {
        self.server.push_json(&message).err().map(|error| error.to_string())
    }

    /// Clears the ledger.
    #[napi(catch_unwind)]
    pub fn reset_ledger(&self) {
        self.server.reset_ledger();
    }

    /// Waits for a condition on the ledger; settles with `true` or `false`, or with the error message.
    #[napi(catch_unwind)]
    pub fn wait(&self, id: u32, condition: String) -> napi::Result<()> {
        self.spawn_blocking(id, move |server| match server.wait_spelled(&condition, Spelling::Camel) {
            Ok(held) => Ok((held.to_string(), None)),
            Err(error) => Err(error.to_string()),
        })
    }

    /// Closes all connections and stops the server.
    #[napi(catch_unwind)]
    pub fn close(&self, id: u32) -> napi::Result<()> {
        self.spawn_blocking(id, |server| {
            server.close();
            Ok(("null".to_owned(), None))
        })
    }

    /// Runs blocking work outside of the JavaScript thread.
    fn spawn_blocking(&self, id: u32, work: impl FnOnce(&DevServer) -> Outcome + Send + 'static) -> napi::Result<()> {
        let (server, sink) = (Arc::clone(&self.server), Arc::clone(&self.sink));
        runtime()?.spawn_blocking(move || sink.settle(id, work(&server)));
        Ok(())
    }
}
