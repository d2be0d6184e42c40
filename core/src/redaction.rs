//! Secrets taken out of what a server has said.

use std::sync::PoisonError;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::config::SHORTEST_SECRET;
use crate::core::Core;
use crate::error::Error;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

impl Core {
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
        // What cannot be read, such as a number beyond all bounds, cannot be searched either, and is not shown.
        info.data = info.data.take().and_then(|data| without(data, &secrets));
        if let Some(last) = info.stderr.last() {
            info.message = format!("{}; its last words: {last}", info.message);
        }
        error
    }
}

impl Core {
    /// Takes the client's own secrets out of a text with a server's words in it.
    pub(crate) fn redact_text(&self, text: &mut String) {
        self.forms_of_secrets(&[]).iter().for_each(|secret| redact(text, secret));
    }

    /// All secrets of the client, and further ones, in all forms; the longest first, as one may hold another.
    fn forms_of_secrets(&self, further: &[String]) -> Vec<String> {
        let given: Vec<_> = {
            let of_late = self.given_of_late.lock().unwrap_or_else(PoisonError::into_inner);
            of_late.iter().map(|secret| secret.expose().to_owned()).collect()
        };
        let all = self.settings.secrets.iter().chain(further).chain(&given);
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
    let in_message = crate::text::preview(secret.as_bytes());
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
        let left = (SHORTEST_SECRET..secret.len())
            .rev()
            .find(|length| secret.get(..*length).is_some_and(|beginning| text[..cut].ends_with(beginning)));
        if let Some(length) = left {
            taken_from = cut - length;
            text.replace_range(taken_from..cut, REDACTED);
        }
    }
}

/// JSON text without secrets; as it came where it holds none.
fn without(text: Box<RawValue>, secrets: &[String]) -> Option<Box<RawValue>> {
    let mut data: Value = serde_json::from_str(text.get()).ok()?;
    let found: Vec<_> = secrets.iter().filter(|secret| holds(&data, secret)).collect();
    if found.is_empty() {
        return Some(text);
    }
    found.iter().for_each(|secret| redact_all(&mut data, secret));
    serde_json::value::to_raw_value(&data).ok()
}

/// Whether a secret stands in any text of a value, however it was escaped.
fn holds(value: &Value, secret: &str) -> bool {
    match value {
        Value::String(text) => text.contains(secret),
        Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        Value::Object(members) => members.iter().any(|(name, member)| name.contains(secret) || holds(member, secret)),
        _ => false,
    }
}

fn redact_all(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) => redact(text, secret),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_all(item, secret)),
        Value::Object(members) => {
            *members = std::mem::take(members)
                .into_iter()
                .map(|(name, mut member)| {
                    redact_all(&mut member, secret);
                    (name.replace(secret, REDACTED), member)
                })
                .collect();
        }
        _ => {}
    }
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
    fn data_that_cannot_be_searched_is_not_shown() {
        let shown = |text: &str| {
            let text = RawValue::from_string(text.to_owned()).unwrap();
            without(text, &["secret-word".to_owned()]).map(|shown| shown.get().to_owned())
        };
        assert_eq!(shown(r#"{"n": 1.0}"#).as_deref(), Some(r#"{"n": 1.0}"#));
        assert_eq!(shown(r#"{"e":"a secret-word"}"#).as_deref(), Some(r#"{"e":"a [redacted]"}"#));
        assert_eq!(shown(r#"{"e":"a secret-word","n":1e400}"#), None);
        assert_eq!(shown(r#"{"e":"a secret-word","s":"\ud800"}"#), None);
    }
}
