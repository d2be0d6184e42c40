//! Classification of responses: any status, any headers, any body.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::config::profile::Profile;
use crate::error::Delivery;
use crate::error::attempt_error::AttemptError;
use crate::http::retry_after::LONGEST;
use crate::transport::classify::{ResponseContext, refused_rest, result_of};
use crate::transport::message::{NoopListener, ServerResponse};
use crate::transport::response_body;
use crate::util::sanitize::PREVIEW_BYTES;

/// `input`: two bytes for the status, one for the context, header lines, an empty line, and the body.
///
/// # Panics
/// If an error is too long, contains control characters, or differs from the response.
pub fn answers(input: &[u8]) {
    let Some((&[high, low, known], rest)) = input.split_first_chunk() else { return };
    let number = 100 + u16::from_be_bytes([high, low]) % 900;
    let Ok(status) = StatusCode::from_u16(number) else { return };
    let end = rest.windows(2).position(|window| window == b"\n\n").unwrap_or(rest.len());
    let headers = headers(&rest[..end]);
    let body = Bytes::copy_from_slice(rest.get(end + 2..).unwrap_or_default());
    let names = ["omni", "octomind", "odock", "generic"];
    let Some(profile) = Profile::named(names[usize::from(known) % names.len()]) else { panic!("no such profile") };
    let standing = ResponseContext { in_session: known & 4 != 0, has_envelope_codes: known & 8 != 0 };
    let method = if known & 16 == 0 { Method::POST } else { Method::GET };

    let answer = ServerResponse {
        status,
        headers: headers.clone(),
        content: response_body::of_error(body.clone(), &NoopListener),
        truncated_because: None,
    };
    match result_of(&method, answer, profile, standing) {
        Ok(_) => panic!("a result from the body of an error"),
        Err(failure) => is_sound(&failure, status),
    }
    is_sound(&refused_rest(&method, status, &headers, &body, profile), status);
}

fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().and_then(|name| HeaderName::from_bytes(name).ok());
        let value = parts.next().and_then(|value| HeaderValue::from_bytes(value.trim_ascii()).ok());
        if let (Some(name), Some(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

fn is_sound(failure: &AttemptError, status: StatusCode) {
    let info = failure.error.info();
    assert_eq!(info.status, Some(status.as_u16()));
    assert_eq!(info.kind, info.code.kind());
    assert_ne!(info.delivery, Delivery::NotSent, "there was a response");
    let wait = info.retry_after.unwrap_or(0.0);
    assert!((0.0..=LONGEST as f64).contains(&wait), "{wait}");
    assert!(failure.retry_after().is_some() == info.retry_after.is_some());
    assert!(info.message.len() <= PREVIEW_BYTES * 6 + 512, "{} bytes", info.message.len());
    for text in [Some(&info.message), info.service_code.as_ref(), info.request_id.as_ref()].into_iter().flatten() {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    failure.error.to_json();
}
