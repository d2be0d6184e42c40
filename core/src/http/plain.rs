//! An HTTP exchange that is not MCP: with token endpoints, for metadata, and with registries.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::{Request, Response};

use crate::config::limits::Limits;
use crate::error::attempt_error::AttemptError;
use crate::http::body::{self, Body, check_headers};
use crate::http::client::Http;
use crate::http::error_body;

/// A response, read to its end.
pub(crate) struct PlainAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a request to the server itself and reads the response.
pub(crate) async fn request(
    http: &Http,
    request: Request,
    body: Option<Bytes>,
    limits: &Limits,
) -> Result<PlainAnswer, AttemptError> {
    read(http.execute(request, body).await?, limits).await
}

/// As [`request`], for token endpoints and metadata: without cookies, and without following redirects.
pub(crate) async fn request_once(http: &Http, request: Request, limits: &Limits) -> Result<PlainAnswer, AttemptError> {
    read(http.execute_once(request).await?, limits).await
}

/// Reads a response; of an error body only the beginning.
async fn read(mut response: Response, limits: &Limits) -> Result<PlainAnswer, AttemptError> {
    check_headers(&response, limits)?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = if status.is_success() {
        let read = body::read(&mut Body::of(response), limits.answer).await;
        read.map_err(|broken| broken.failure.with_response_head(status, &headers))?
    } else {
        error_body::read_beginning(&mut Body::of(response), limits.error).await.text
    };
    Ok(PlainAnswer { status, headers, body })
}
