//! Secrets in the headers of a session, which are removed wherever its messages contain them.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::Value;
use serde_json::value::RawValue;

/// What replaces a secret.
const REDACTED: &str = "[redacted]";

/// Shorter values, such as `true`, are no secrets.
const SHORTEST: usize = 6;

/// Parts of the names of headers with secrets.
const NAMES: &[&str] = &["auth", "cookie", "credential", "key", "password", "secret", "session", "token"];

/// The secrets that were seen.
#[derive(Default)]
pub(super) struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Adds the secrets of some headers.
    pub(super) fn add_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            match name.as_str() {
                "set-cookie" => self.add_cookies(value.split(';').take(1)),
                "cookie" => self.add_cookies(value.split(';')),
                // A challenge has no secrets.
                "www-authenticate" | "proxy-authenticate" => {}
                name if NAMES.iter().any(|part| name.contains(part)) => self.add_credentials(value),
                _ => {}
            }
        }
    }

    /// Adds the parameters of a query.
    pub(super) fn add_query(&mut self, query: &str) {
        for (_, value) in form_urlencoded::parse(query.as_bytes()) {
            self.add(&value);
        }
        query.split('&').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| self.add(value));
    }

    fn add_cookies<'a>(&mut self, cookies: impl Iterator<Item = &'a str>) {
        cookies.filter_map(|cookie| cookie.split_once('=')).for_each(|(_, value)| self.add(value));
    }

    /// Adds a value, with and without a scheme of authorization, and a password in it.
    fn add_credentials(&mut self, value: &str) {
        self.add(value);
        let Some((scheme, credentials)) = value.split_once(' ') else { return };
        self.add(credentials);
        if scheme.eq_ignore_ascii_case("basic")
            && let Some(decoded) = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            self.add(&decoded);
            self.add(decoded.split_once(':').map_or("", |(_, password)| password));
        }
    }

    fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= SHORTEST {
            self.0.insert(secret.to_owned());
        }
    }

    /// A text without the secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        // Longer ones can contain shorter ones.
        let mut secrets: Vec<&String> = self.0.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED))
    }

    /// A value without the secrets, and whether it contained one.
    pub(super) fn redact_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let redacted = self.redact(text);
                let changed = redacted != *text;
                *text = redacted;
                changed
            }
            Value::Array(items) => {
                let mut changed = false;
                for item in items {
                    changed |= self.redact_value(item);
                }
                changed
            }
            Value::Object(fields) => {
                let names: Vec<String> = fields.keys().filter(|name| self.redact(name) != **name).cloned().collect();
                let mut changed = !names.is_empty();
                for name in names {
                    let value = fields.remove(&name).unwrap_or_default();
                    fields.insert(self.redact(&name), value);
                }
                for value in fields.values_mut() {
                    changed |= self.redact_value(value);
                }
                changed
            }
            _ => false,
        }
    }

    /// JSON without the secrets; unchanged if it contains none.
    pub(super) fn redact_json(&self, json: &RawValue) -> Box<RawValue> {
        let Ok(mut value) = serde_json::from_str::<Value>(json.get()) else { return json.to_owned() };
        match self.redact_value(&mut value) {
            true => RawValue::from_string(value.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned()),
            false => json.to_owned(),
        }
    }
}
