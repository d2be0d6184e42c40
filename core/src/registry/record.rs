//! Server records of registries, which may contain secrets.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A server record, with all members of the registry, including unknown ones. `Debug` omits secrets.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record(pub Map<String, Value>);

impl Deref for Record {
    type Target = Map<String, Value>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Record {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::Object(shown(self.0.clone())))
    }
}

/// Members with a secret value.
const SECRET: &[&str] = &["oauthClientSecret", "proxyAuthToken", "client_secret", "clientSecret", "api_key", "apiKey"];
/// Members whose values are all secrets.
const SECRET_VALUES: &[&str] = &["headers", "env", "authConfig", "oauth_client_config"];
const REDACTED: &str = "[redacted]";

/// The record without secrets.
pub(crate) fn shown(mut record: Map<String, Value>) -> Map<String, Value> {
    for_each_secret(&mut record, &mut |secret| *secret = Value::String(REDACTED.to_owned()));
    record
}

/// The secrets of a record, for redaction.
pub(crate) fn secrets(record: &Map<String, Value>) -> Vec<String> {
    let mut secrets = Vec::new();
    for_each_secret(&mut record.clone(), &mut |secret| texts(secret, &mut secrets));
    secrets.retain(|secret| secret.len() >= crate::util::secret::SHORTEST_SECRET);
    secrets
}

fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        _ => {}
    }
}

fn for_each_secret(record: &mut Map<String, Value>, found: &mut dyn FnMut(&mut Value)) {
    for (name, value) in record.iter_mut() {
        match value {
            Value::Null => {}
            value if SECRET.contains(&name.as_str()) => found(value),
            Value::Object(members) if SECRET_VALUES.contains(&name.as_str()) => {
                members.values_mut().for_each(&mut *found)
            }
            Value::Array(items) if name == "customHeaders" => {
                let values = items.iter_mut().filter_map(|item| item.get_mut("value"));
                values.for_each(&mut *found);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_and_names_stay() {
        let record: Record = serde_json::from_value(serde_json::json!({
            "name": "a", "headers": {"x-key": "canary1", "x-odd": {"value": "canary2"}}, "env": {"TOKEN": "canary3"},
            "customHeaders": [{"name": "x", "value": "canary4"}], "oauthClientSecret": "canary5",
            "authConfig": {"token": "canary6"}, "oauth_client_config": {"a": {"b": "canary7"}}, "own": "kept",
        }))
        .unwrap();
        let text = format!("{record:?}");
        assert!(!text.contains("canary"), "{text}");
        for name in ["x-key", "TOKEN", "kept", "customHeaders"] {
            assert!(text.contains(name), "{text}");
        }
        assert_eq!(secrets(&record).len(), 7);
    }
}
