//! Checks of a record's members, before anything is sent or started.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::util::secret::Secret;
use crate::util::suggestion::closest;

/// A record that is being read. Members that are null count as absent.
pub(super) struct RecordFields<'a>(pub(super) &'a Map<String, Value>);

pub(super) fn refuse<T>(field: &str, allowed: impl std::fmt::Display) -> Result<T> {
    Err(Error::config(Code::InvalidOption, field, allowed))
}

pub(super) fn missing<T>(field: &str, why: impl std::fmt::Display) -> Result<T> {
    Err(Error::config(Code::MissingOption, field, why))
}

impl<'a> RecordFields<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => refuse(name, "must be a string"),
        }
    }

    /// A non-empty text.
    pub(super) fn required(&self, name: &str) -> Result<&'a str> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => refuse(name, "must not be empty"),
            None => missing(name, "is required"),
        }
    }

    pub(super) fn one_of(&self, name: &str, allowed: &[&str]) -> Result<Option<&'a str>> {
        match self.text(name)? {
            Some(text) if !allowed.contains(&text) => {
                refuse(name, format_args!("must be one of {}", allowed.join(", ")))
            }
            found => Ok(found),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => refuse(name, "must be true or false"),
        }
    }

    /// An absolute http or https URL.
    pub(super) fn url(&self, name: &'static str) -> Result<Option<&'a str>> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        if let Some(text) = text {
            crate::config::urls::web_url(name, text)?;
        }
        Ok(text)
    }

    /// Milliseconds.
    pub(super) fn millis(&self, name: &str) -> Result<Option<std::time::Duration>> {
        let allowed = "must be a number of milliseconds greater than zero";
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_f64().map(|ms| std::time::Duration::try_from_secs_f64(ms / 1000.0)) {
                Some(Ok(time)) if !time.is_zero() => crate::config::option_table::check_duration(name, Some(time)),
                _ => refuse(name, allowed),
            },
        }
    }

    /// A list of texts; a single text is cut by `cut`.
    pub(super) fn list(&self, name: &str, cut: impl Fn(&str) -> Option<Vec<String>>) -> Result<Option<Vec<String>>> {
        let wrong = || refuse(name, "must be a list of strings, or one string");
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => cut(text).map_or_else(wrong, |list| Ok(Some(list))),
            Some(Value::Array(items)) => {
                let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.map_or_else(wrong, |list| Ok(Some(list)))
            }
            Some(_) => wrong(),
        }
    }

    /// An object of texts. A value may be an object that holds the text as `value`.
    pub(super) fn secrets(&self, name: &str) -> Result<Option<BTreeMap<String, Secret>>> {
        let members = match self.get(name) {
            None => return Ok(None),
            Some(Value::Object(members)) => members,
            Some(_) => return refuse(name, "must be an object of strings"),
        };
        let mut secrets = BTreeMap::new();
        for (key, value) in members {
            let text = value.as_str().or_else(|| value.get("value")?.as_str());
            match text {
                Some(text) => drop(secrets.insert(key.clone(), Secret::from(text))),
                None if value.is_null() => {}
                None => {
                    let shown = crate::util::sanitize::preview(key.as_bytes());
                    return refuse(name, format_args!("\"{shown}\" must be a string, or an object with value"));
                }
            }
        }
        Ok(Some(secrets))
    }

    /// Refuses members that are not in a list of names.
    pub(super) fn only(&self, allowed: &[&str]) -> Result<()> {
        match self.0.keys().find(|name| !allowed.contains(&name.as_str())) {
            Some(name) => Err(Error::config(
                Code::UnknownOption,
                &crate::util::sanitize::preview(name.as_bytes()),
                match closest(name, allowed.iter().copied()) {
                    Some(meant) => format!("is not a member; did you mean {meant}?"),
                    None => format!("is not a member; allowed are {}", allowed.join(", ")),
                },
            )),
            None => Ok(()),
        }
    }

    /// Refuses an address together with a command, and neither, by what the transport needs.
    pub(super) fn address_or_command(&self, is_process: bool, url: &'static str) -> Result<()> {
        let has = |name: &str| self.get(name).is_some_and(|value| value.as_str() != Some(""));
        match (is_process, has(url), has("command")) {
            (true, true, _) => refuse(url, "cannot be given together with a command: the transport is stdio"),
            (false, _, true) => {
                refuse("command", "cannot be given together with an address: the transport is not stdio")
            }
            (true, _, false) => missing("command", "is required by the transport stdio"),
            (false, false, _) => missing(url, "is required by a transport over HTTP"),
            _ => Ok(()),
        }
    }
}
