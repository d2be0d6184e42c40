//! Streamable HTTP (specification 2025-11-25, basic/transports): one POST and its response, the server's own stream, and the end
//! of a session.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Request, Response};
use tokio::time::Instant;
use url::Url;

use crate::config::limits::Limits;
use crate::error::attempt_error::AttemptError;
use crate::http::body::{Body, check_headers};
use crate::http::client::Http;
use crate::http::error_body::{self, Beginning};
use crate::transport::call_stream::{END_OF_STREAM, StreamRequest};
use crate::transport::media_type::MediaType;
use crate::transport::message::{Content, Listener, NoopListener, OutgoingMessage, ServerResponse};
use crate::transport::response_body;
use crate::transport::response_reader::ResponseReading;

/// Headers of every POST.
pub(crate) fn set_content_headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
}

/// Sends a message and reads its response. A response with another id, a body that is not a response, and a stream without the
/// response end the attempt at once.
pub(crate) async fn post(
    http: &Http,
    url: &Url,
    out: OutgoingMessage,
    listener: &dyn Listener,
) -> Result<ServerResponse, AttemptError> {
    let resumption = out.id.filter(|_| out.resumes).map(|_| out.headers.clone());
    let mut request = Request::new(Method::POST, url.clone());
    *request.headers_mut() = out.headers;
    let begun = Instant::now();
    let mut response = http.execute_watched(request, Some(out.body), listener.idle(), out.observer.as_deref()).await?;
    if let Some(idle) = listener.idle() {
        idle.note_response(response.status());
    }
    check_headers(&response, &out.limits)?;

    let status = response.status();
    if !status.is_success() {
        let refusal = refusal(response, &out.limits, listener).await;
        if !matches!(refusal.content, Content::RpcError(_)) {
            http.forget_redirect(&Method::POST, url);
        }
        return Ok(refusal);
    }
    let headers = std::mem::take(response.headers_mut());
    let Some(id) = out.id else {
        // A notification was accepted. A body that arrives at once is read, so that the connection can be used again.
        let mut body = Body::of(response);
        let rest = error_body::read_beginning(&mut body, out.limits.error);
        let text = tokio::time::timeout(END_OF_STREAM, rest).await.unwrap_or_default().text;
        return Ok(ServerResponse { status, headers, content: Content::Other(text), truncated_because: None });
    };
    let resume = resumption.map(|headers| StreamRequest { http, url, headers, begun });
    let reading = ResponseReading::new(id, &out.limits, listener);
    match response_body::read(Body::of(response), status, &headers, reading, resume, out.slot).await {
        Ok(content) => Ok(ServerResponse { status, headers, content, truncated_because: None }),
        Err(failure) => {
            http.forget_redirect(&Method::POST, url);
            Err(failure.with_response_head(status, &headers))
        }
    }
}

/// Reads a response that is neither a result nor a stream.
async fn refusal(mut response: Response, limits: &Limits, listener: &dyn Listener) -> ServerResponse {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let Beginning { text, truncated_because } = error_body::read_beginning(&mut Body::of(response), limits.error).await;
    ServerResponse { status, headers, content: response_body::of_error(text, listener), truncated_because }
}

/// The outcome of requesting a stream.
pub(crate) enum StreamOutcome {
    Open(Response),
    /// A response other than a stream.
    Refused(ServerResponse),
}

/// Requests the server's own event stream by GET.
pub(crate) async fn get_stream(
    http: &Http,
    url: &Url,
    headers: HeaderMap,
    limits: &Limits,
) -> Result<StreamOutcome, AttemptError> {
    let response = get(http, url, headers).await?;
    check_headers(&response, limits)?;
    if is_open_stream(&response) {
        return Ok(StreamOutcome::Open(response));
    }
    http.forget_redirect(&Method::GET, url);
    Ok(StreamOutcome::Refused(refusal(response, limits, &NoopListener).await))
}

/// Requests an event stream, with the headers of a POST.
pub(super) async fn get(http: &Http, url: &Url, mut headers: HeaderMap) -> Result<Response, AttemptError> {
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let mut request = Request::new(Method::GET, url.clone());
    *request.headers_mut() = headers;
    http.execute(request, None).await
}

pub(super) fn is_open_stream(response: &Response) -> bool {
    response.status() == StatusCode::OK && matches!(MediaType::of(response.headers()), MediaType::EventStream)
}

/// Ends a session (specification 2025-11-25, basic/transports, Session Management). Best effort.
pub(crate) async fn delete(http: &Http, url: &Url, headers: HeaderMap, limits: &Limits) {
    let mut request = Request::new(Method::DELETE, url.clone());
    *request.headers_mut() = headers;
    if let Ok(response) = http.execute(request, None).await {
        drop(error_body::read_beginning(&mut Body::of(response), limits.error).await);
    }
}
