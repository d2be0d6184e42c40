//! Trace context of a call, sent to the server (W3C Trace Context and Baggage; specification 2026-07-28, basic/index, `_meta`):
//! in headers, and in `_meta` in the modern era and over stdio.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Code, Error, Result};
use crate::protocol::params;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";
/// Limits of the W3C recommendations.
const LONGEST_BAGGAGE: usize = 8192;
const LONGEST_STATE: usize = 512;

/// The members to send.
#[derive(Debug, Default)]
pub(crate) struct TraceContext(Vec<(&'static str, HeaderValue)>);

impl TraceContext {
    /// Validates the options of a call.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub(crate) fn of(traceparent: Option<&str>, tracestate: Option<&str>, baggage: Option<&str>) -> Result<Self> {
        let mut context = Vec::new();
        if let Some(parent) = traceparent {
            let allowed = "must be a W3C traceparent: 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower case";
            context.push((TRACEPARENT, value(TRACEPARENT, parent, is_parent(parent), allowed)?));
        }
        for (name, given, longest) in [(TRACESTATE, tracestate, LONGEST_STATE), (BAGGAGE, baggage, LONGEST_BAGGAGE)] {
            let Some(text) = given else { continue };
            if name == TRACESTATE && traceparent.is_none() {
                return Err(Error::config(Code::InvalidArgument, name, "needs a traceparent"));
            }
            let fits = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            let allowed = format!("must be 1 to {longest} printable ASCII characters");
            context.push((name, value(name, text, fits, &allowed)?));
        }
        Ok(Self(context))
    }

    pub(crate) fn set_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }

    /// Members of `_meta` as JSON text; empty if there are none.
    pub(crate) fn members(&self) -> String {
        let texts = self.0.iter().filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
        let members = texts.map(|(name, text)| format!("\"{name}\":{}", serde_json::Value::from(text)));
        members.collect::<Vec<_>>().join(",")
    }

    /// Params with these members of `_meta`.
    ///
    /// # Errors
    /// A `config` error if the params already have one of them.
    pub(crate) fn with_meta(&self, params: &Bytes) -> Result<Bytes> {
        match self.0.is_empty() {
            true => Ok(params.clone()),
            false => params::with_meta(params, &self.members(), |name| self.has(name)).map(Bytes::from),
        }
    }

    /// Whether a member of `_meta` is set here.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }
}

fn value(name: &str, text: &str, fits: bool, allowed: &str) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(text).ok().filter(|_| fits);
    value.ok_or_else(|| Error::config(Code::InvalidArgument, name, allowed))
}

fn is_parent(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_some = |part: &str| part.bytes().any(|byte| byte != b'0');
    // Later versions may have more parts.
    matches!(*parts, [version, trace, parent, flags]
        if is_hex(version, 2) && version != "ff" && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2)
            && is_some(trace) && is_some(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_has_the_format_of_w3c() {
        assert!(is_parent(PARENT));
        for text in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
            "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
            "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert!(!is_parent(text), "{text}");
        }
    }

    #[test]
    fn it_is_sent_in_headers_and_meta() {
        let context = TraceContext::of(Some(PARENT), Some("a=\"b\""), None).unwrap();
        let mut headers = HeaderMap::new();
        context.set_headers(&mut headers);
        assert_eq!(headers["traceparent"], PARENT);
        assert_eq!(context.members(), format!(r#""traceparent":"{PARENT}","tracestate":"a=\"b\"""#));
        let alone = TraceContext::of(None, Some("a=b"), None).unwrap_err();
        assert_eq!(alone.info().field.as_deref(), Some("tracestate"));
    }
}
