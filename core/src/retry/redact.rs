//! Redacts the client's secrets in texts of a server.

use std::ops::Range;

use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::protocol::lenient_json;
use crate::retry::context::Context;
use crate::util::headers::MCP_SESSION_ID;
use crate::util::secret::SHORTEST_SECRET;

/// The replacement of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

impl Context {
    /// Redacts the secrets of the client in an error.
    pub(crate) fn redacted(&self, error: Error) -> Error {
        self.redacted_of(error, &[])
    }

    /// As [`redacted`](Self::redacted), with further secrets.
    pub(crate) fn redacted_of(&self, mut error: Error, further: &[String]) -> Error {
        let info = error.info_mut();
        // The message must not be built again from unredacted text.
        info.allowed = None;
        let secrets = self.forms_of_secrets(further);
        let texts = [Some(&mut info.message), info.service_code.as_mut(), info.request_id.as_mut()];
        for text in texts.into_iter().flatten().chain(&mut info.required_scopes).chain(&mut info.stderr) {
            secrets.iter().for_each(|secret| redact(text, secret));
        }
        if let Some(data) = info.data.as_ref().and_then(|data| redacted_json(data.get(), &secrets)) {
            info.data = RawValue::from_string(data).ok();
        }
        if let Some(last) = info.stderr.last() {
            info.message = format!("{}; last line of its standard error: {last}", info.message);
        }
        error
    }
}

impl Context {
    /// Redacts the secrets of the client in a text that may quote the server.
    pub(crate) fn redact_text(&self, text: &mut String) {
        self.forms_of_secrets(&[]).iter().for_each(|secret| redact(text, secret));
    }

    /// Redacts the secrets of the client in the headers of a response, except the session id in its own header, which callers may
    /// read.
    pub(crate) fn redact_headers(&self, headers: &mut HeaderMap) {
        let secrets = self.forms_of_secrets(&[]);
        for (_, value) in headers.iter_mut().filter(|(name, _)| **name != MCP_SESSION_ID) {
            let Ok(text) = value.to_str() else { continue };
            if !secrets.iter().any(|secret| text.contains(secret.as_str())) {
                continue;
            }
            let clean = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED));
            if let Ok(clean) = HeaderValue::try_from(clean) {
                *value = clean;
            }
        }
    }

    /// The warnings for the caller, without secrets.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.take();
        warnings.iter_mut().for_each(|warning| self.redact_text(warning));
        warnings
    }

    /// All secrets of the client, and further ones, in all forms; the longest first, as one may contain another.
    fn forms_of_secrets(&self, further: &[String]) -> Vec<String> {
        let issued = self.issued_secrets();
        let cookies = self.http.secrets();
        let all = self.settings.secrets.iter().chain(further).chain(&issued).chain(&cookies);
        let mut forms: Vec<_> = all.flat_map(|secret| forms(secret)).collect();
        forms.retain(|form| form.len() >= SHORTEST_SECRET);
        forms.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        forms
    }
}

/// The forms of a secret in texts: unchanged, its single lines, and as messages, JSON, URLs and forms escape it.
fn forms(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(|line| line.trim().to_owned());
    let in_json = Value::from(secret).to_string().trim_matches('"').to_owned();
    let in_url = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let in_message = crate::util::sanitize::preview(secret.as_bytes());
    // Browsers and RFC 3986 do not escape these characters.
    let in_uri = in_url.replace("%2D", "-").replace("%2E", ".").replace("%5F", "_").replace("%7E", "~");
    [secret.to_owned(), in_json, in_form, in_uri, in_message].into_iter().chain(lines).collect()
}

/// Redacts a secret in a text, also if only its beginning is left before an ellipsis or the end.
pub(crate) fn redact(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, REDACTED);
    }
    let cuts: Vec<_> = text.match_indices('…').map(|(cut, _)| cut).chain([text.len()]).collect();
    // A secret may contain an ellipsis itself: those in redacted parts no longer exist.
    let mut taken_from = text.len();
    for cut in cuts.into_iter().rev() {
        if cut > taken_from {
            continue;
        }
        let left = (SHORTEST_SECRET..secret.len().min(cut + 1))
            .rev()
            .find(|length| secret.get(..*length).is_some_and(|beginning| text[..cut].ends_with(beginning)));
        if let Some(length) = left {
            taken_from = cut - length;
            text.replace_range(taken_from..cut, REDACTED);
        }
    }
}

/// A JSON text without these secrets, however its strings escape them; `None` if it has none. The text is not parsed into a value,
/// as its depth or its numbers may be too large for that.
fn redacted_json(json: &str, secrets: &[String]) -> Option<String> {
    let strings: Vec<_> =
        strings(json).map(|at| (at.clone(), lenient_json::string(&json[at]).unwrap_or_default())).collect();
    let found: Vec<_> =
        secrets.iter().filter(|secret| strings.iter().any(|(_, text)| text.contains(secret.as_str()))).collect();
    if found.is_empty() {
        return None;
    }
    let (mut clean, mut done) = (String::with_capacity(json.len()), 0);
    for (at, text) in strings {
        let mut left = text.clone();
        found.iter().for_each(|secret| redact(&mut left, secret));
        if left != text {
            clean.push_str(&json[done..at.start]);
            clean.push_str(&Value::from(left).to_string());
            done = at.end;
        }
    }
    clean.push_str(&json[done..]);
    Some(clean)
}

/// The ranges of the strings of a valid JSON text, including the names of members.
fn strings(json: &str) -> impl Iterator<Item = Range<usize>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let begin = next + json[next..].find('"')?;
        let mut bytes = json.bytes().enumerate().skip(begin + 1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'\\' => drop(bytes.next()),
                b'"' => {
                    next = at + 1;
                    return Some(begin..next);
                }
                _ => {}
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;
    use crate::error::Code;

    #[test]
    fn the_message_of_a_redacted_error_is_not_built_again() {
        let settings = ClientConfig::default().api_key("secret-word").resolve(|_| None).unwrap();
        let error = Error::config(Code::InvalidOption, "headers", "must not be secret-word");
        let error = Context::new(settings).unwrap().redacted(error);
        assert_eq!(error.info().message, "headers: must not be [redacted]");
        let error = error.with_field("profile.headers".to_owned());
        assert_eq!(error.info().field.as_deref(), Some("profile.headers"));
        assert_eq!(error.info().message, "headers: must not be [redacted]");
    }

    #[test]
    fn a_secret_has_many_forms() {
        let shown = |secret: &str, text: &str| {
            let mut text = text.to_owned();
            forms(secret).iter().filter(|form| form.len() >= SHORTEST_SECRET).for_each(|form| redact(&mut text, form));
            text
        };
        assert_eq!(shown("a/b c+d_e", "?k=a%2Fb+c%2Bd_e&x=a%2Fb%20c%2Bd_e"), "?k=[redacted]&x=[redacted]");
        assert_eq!(shown("pass\"word", r#"{"p":"pass\"word"}"#), r#"{"p":"[redacted]"}"#);
        assert_eq!(shown("line one\nline two", "text: line two, line one"), "text: [redacted], [redacted]");
        assert_eq!(shown("tab\tbed", "got tab\\tbed"), "got [redacted]");
        assert_eq!(shown("secret_0001", "it begins with secret_0…"), "it begins with [redacted]…");
    }

    #[test]
    fn the_beginning_of_a_secret_before_an_ellipsis_is_redacted() {
        for (text, expected) in [
            ("a secret-word b", "a [redacted] b"),
            ("a secret-w…, b", "a [redacted]…, b"),
            ("a secret-w… b secret…", "a [redacted]… b [redacted]…"),
            ("a secret-w", "a [redacted]"),
            ("a secr…", "a secr…"),
        ] {
            let mut text = text.to_owned();
            redact(&mut text, "secret-word");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_secret_may_contain_an_ellipsis() {
        let mut text = "x aaaaaaaaaaa…b…".to_owned();
        redact(&mut text, "aaaaaaaaaaa…bcdefgh");
        assert_eq!(text, "x [redacted]…");
        let mut text = "aaaaaaaaaaa… aaaaaaaaaaa…b…".to_owned();
        redact(&mut text, "aaaaaaaaaaa…bcdefgh");
        assert_eq!(text, "[redacted]… [redacted]…");
    }

    #[test]
    fn data_that_cannot_be_parsed_is_redacted_too() {
        let secrets = ["secret-word".to_owned()];
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for odd in [r#""\ud800""#, "1e400", "18446744073709551617", &deep] {
            let text = format!(r#"{{"x": {odd}, "a \"secret-word": ["s\u0065cret-word\\", "secret-w…"], "x": {odd}}}"#);
            let left = format!(r#"{{"x": {odd}, "a \"[redacted]": ["[redacted]\\", "[redacted]…"], "x": {odd}}}"#);
            assert_eq!(redacted_json(&text, &secrets).unwrap(), left);
            assert_eq!(redacted_json(&left, &secrets), None);
        }
    }
}
