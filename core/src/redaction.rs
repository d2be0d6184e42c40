//! Secrets taken out of what a server has said.

use std::sync::PoisonError;

use serde_json::Value;

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
        let tokens: Vec<_> = {
            let of_late = self.tokens_of_late.lock().unwrap_or_else(PoisonError::into_inner);
            of_late
                .iter()
                .map(|token| token.expose().to_owned())
                .filter(|token| token.len() >= SHORTEST_SECRET)
                .collect()
        };
        for secret in self.settings.secrets.iter().chain(further).chain(&tokens) {
            let said = [Some(&mut info.message), info.service_code.as_mut(), info.request_id.as_mut()];
            for text in said.into_iter().flatten().chain(&mut info.required_scopes).chain(&mut info.stderr) {
                redact(text, secret);
            }
            let data = info.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok());
            if let Some(mut data) = data.filter(|data| holds(data, secret)) {
                redact_all(&mut data, secret);
                info.data = serde_json::value::to_raw_value(&data).ok();
            }
        }
        if let Some(last) = info.stderr.last() {
            info.message = format!("{}; its last words: {last}", info.message);
        }
        error
    }
}

/// Takes a secret out of a text, and what the cuts of previews have left of it, there and at the end.
pub(crate) fn redact(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, REDACTED);
    }
    let cuts: Vec<_> = text.match_indices('…').map(|(cut, _)| cut).chain([text.len()]).collect();
    for cut in cuts.into_iter().rev() {
        let left = (SHORTEST_SECRET..secret.len())
            .rev()
            .find(|length| secret.get(..*length).is_some_and(|beginning| text[..cut].ends_with(beginning)));
        if let Some(length) = left {
            text.replace_range(cut - length..cut, REDACTED);
        }
    }
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
}
