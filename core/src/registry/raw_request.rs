//! Requests of any method to a path below the base URL of a registry.

use std::sync::Arc;

use http::Method;
use serde_json::Value;
use url::Url;

use crate::config::call_options::CallOptions;
use crate::error::{Code, Error, Result};
use crate::protocol::safety::Safety;
use crate::registry::config::RegistryContext;
use crate::registry::decoded::decoded;
use crate::registry::rest_call::RestCall;
use crate::retry::prepared::{PreparedRequest, run};

impl RegistryContext {
    pub(super) async fn request(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        decoded(&run(self.prepare_request(method, path, body, &CallOptions::default())?).await?)
    }

    pub(super) fn prepare_request(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        options: &CallOptions,
    ) -> Result<PreparedRequest> {
        let Some(method) = Some(method).filter(|name| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(name)) else {
            let allowed = "must be one of GET, POST, PUT, PATCH, DELETE";
            return Err(Error::config(Code::InvalidArgument, "method", allowed));
        };
        let safety = if matches!(method, "POST" | "PATCH") { Safety::Plain } else { Safety::Safe };
        let refuse = || Error::config(Code::InvalidArgument, "path", "must be a path that begins with one /");
        if !path.starts_with('/') || path.starts_with("//") || path.contains('\\') || path.contains('#') {
            return Err(refuse());
        }
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).map_err(|_| refuse())?;
        let below = url.path().strip_prefix(self.base.path().trim_end_matches('/'));
        if url.origin() != self.base.origin() || !below.is_some_and(|rest| rest.starts_with('/')) {
            return Err(refuse());
        }
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| refuse())?;
        let call = RestCall::new(&self.context, "request", (method, url), body.as_ref(), safety, options)?;
        let context = Arc::clone(&self.context);
        Ok(PreparedRequest::new(Arc::clone(&call.plan.state), async move { call.run(&context).await }))
    }
}
