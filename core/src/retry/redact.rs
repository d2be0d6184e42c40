//! Secrets taken out of what a server has said.

use std::ops::Range;

use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::protocol::lenient_json;
use crate::retry::context::Context;
use crate::util::headers::MCP_SESSION_ID;
use crate::util::secret::SHORTEST_SECRET;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

impl Context {
    /// Takes the client's own secrets out of what a server has said.
    pub(crate) fn redacted(&self, error: Error) -> Error {
        self.redacted_of(error, &[])
    }

    /// As [`redacted`](Self::redacted), with further secrets.
    pub(crate) fn redacted_of(&self, mut error: Error, further: &[String]) -> Error {
        let info = error.info_mut();
        let secrets = self.forms_of_secrets(further);
        let said = [Some(&mut info.message), info.service_code.as_mut(), info.request_id.as_mut()];
        for text in said.into_iter().flatten().chain(&mut info.required_scopes).chain(&mut info.stderr) {
            secrets.iter().for_each(|secret| redact(text, secret));
        }
        if let Some(data) = info.data.as_ref().and_then(|data| redacted_json(data.get(), &secrets)) {
            info.data = RawValue::from_string(data).ok();
        }
        if let Some(last) = info.stderr.last() {
            info.message = format!("{}; its last words: {last}", info.message);
        }
        error
    }
}

impl Context {
    /// Takes the client's own secrets out of a text with a server's words in it.
    pub(crate) fn redact_text(&self, text: &mut String) {
        self.forms_of_secrets(&[]).iter().for_each(|secret| redact(text, secret));
    }

    /// Takes the client's own secrets out of the headers of a response, where a server repeats them. The session id in its
    /// own header is shown, as callers ask for it.
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

    /// What callers are to be warned of, without secrets.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.take();
        warnings.iter_mut().for_each(|warning| self.redact_text(warning));
        warnings
    }

    /// All secrets of the client, and further ones, in all forms; the longest first, as one may hold another.
    fn forms_of_secrets(&self, further: &[String]) -> Vec<String> {
        let given = self.issued_secrets();
        let cookies = self.http.secrets();
        let all = self.settings.secrets.iter().chain(further).chain(&given).chain(&cookies);
        let mut forms: Vec<_> = all.flat_map(|secret| forms(secret)).collect();
        forms.retain(|form| form.len() >= SHORTEST_SECRET);
        forms.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        forms
    }
}

/// A secret as it may stand in a text: as it is, each line of it, as messages and JSON escape it, and as URLs and forms do.
fn forms(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(|line| line.trim().to_owned());
    let in_json = Value::from(secret).to_string().trim_matches('"').to_owned();
    let in_url = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let in_message = crate::util::sanitize::preview(secret.as_bytes());
    // As browsers and RFC 3986 have it, which leave these as they are.
    let in_uri = in_url.replace("%2D", "-").replace("%2E", ".").replace("%5F", "_").replace("%7E", "~");
    [secret.to_owned(), in_json, in_form, in_uri, in_message].into_iter().chain(lines).collect()
}

/// Takes a secret out of a text, and what the cuts of previews have left of it, there and at the end.
pub(crate) fn redact(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, REDACTED);
    }
    let cuts: Vec<_> = text.match_indices('…').map(|(cut, _)| cut).chain([text.len()]).collect();
    // A secret may itself hold what stands at cuts: those in what was taken out are there no more.
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

/// A JSON text without these secrets, however they are escaped in its strings; nothing where there are none. It is not read as
/// a value: one that no value can hold, for its depth or its numbers, may have secrets in it all the same.
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

/// Where the strings of a valid JSON text are, names of members among them.
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

    #[test]
    fn a_secret_has_many_forms() {
        let shown = |secret: &str, said: &str| {
            let mut text = said.to_owned();
            forms(secret).iter().filter(|form| form.len() >= SHORTEST_SECRET).for_each(|form| redact(&mut text, form));
            text
        };
        assert_eq!(shown("a/b c+d_e", "?k=a%2Fb+c%2Bd_e&x=a%2Fb%20c%2Bd_e"), "?k=[redacted]&x=[redacted]");
        assert_eq!(shown("pass\"word", r#"{"p":"pass\"word"}"#), r#"{"p":"[redacted]"}"#);
        assert_eq!(shown("line one\nline two", "said: line two, line one"), "said: [redacted], [redacted]");
        assert_eq!(shown("tab\tbed", "got tab\\tbed"), "got [redacted]");
        assert_eq!(shown("secret_0001", "it begins with secret_0…"), "it begins with [redacted]…");
    }

    #[test]
    fn what_a_cut_has_left_of_a_secret_is_taken_out_wherever_it_is() {
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
    fn a_secret_may_hold_the_sign_of_a_cut() {
        let mut text = "x aaaaaaaaaaa…b…".to_owned();
        redact(&mut text, "aaaaaaaaaaa…bcdefgh");
        assert_eq!(text, "x [redacted]…");
        let mut text = "aaaaaaaaaaa… aaaaaaaaaaa…b…".to_owned();
        redact(&mut text, "aaaaaaaaaaa…bcdefgh");
        assert_eq!(text, "[redacted]… [redacted]…");
    }

    #[test]
    fn data_that_no_value_can_hold_is_clean_too() {
        let secrets = ["secret-word".to_owned()];
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for odd in [r#""\ud800""#, "1e400", "18446744073709551617", &deep] {
            let said = format!(r#"{{"x": {odd}, "a \"secret-word": ["s\u0065cret-word\\", "secret-w…"], "x": {odd}}}"#);
            let left = format!(r#"{{"x": {odd}, "a \"[redacted]": ["[redacted]\\", "[redacted]…"], "x": {odd}}}"#);
            assert_eq!(redacted_json(&said, &secrets).unwrap(), left);
            assert_eq!(redacted_json(&left, &secrets), None);
        }
    }
}
