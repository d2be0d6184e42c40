//! Checks of params: valid JSON passes unchanged.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::members::Members;
use crate::protocol::params::{check, check_tool_call, with_members, with_meta, with_progress_token};

/// `params`: params of a call, as a binding writes them.
///
/// # Panics
/// If valid JSON is refused or changed, or if invalid JSON is accepted.
pub fn arguments(params: &[u8]) {
    let checked = check("params", params);
    let _ = check_tool_call(params);
    let Ok(text) = std::str::from_utf8(params) else { return };
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        // Bindings write valid JSON; other text must not cause a panic.
        return;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) if text.starts_with('{') => assert!(checked.is_ok(), "{checked:?}: {text}"),
        Ok(_) => assert!(checked.is_err(), "{text}"),
        Err(why) => {
            let is_number = why.to_string().starts_with("number out of range");
            assert!(is_number || checked.is_err(), "{why}: {text}");
        }
    }
    if checked.is_ok() {
        kept(text);
    }
}

/// Added members do not change the other bytes.
fn kept(text: &str) {
    let Some(before) = Members::of(text).filter(|members| !members.repeat()) else { return };
    if let Ok(after) = with_members(text.as_bytes(), &[("requestState", "1e999".to_owned())]) {
        let after = read(&after);
        assert_eq!(after.all("requestState"), ["1e999"]);
        same(&before, &after, "requestState");
    }
    if let Ok(after) = with_progress_token(text.as_bytes(), "p\"") {
        let after = read(&after);
        same(&before, &after, "_meta");
        let [meta] = after.all("_meta")[..] else { panic!("no _meta") };
        let meta = read(meta.as_bytes());
        assert_eq!(meta.all("progressToken"), ["\"p\\\"\""]);
        if let Some(given) = before.all("_meta").first().and_then(|given| Members::of(given)) {
            same(&given, &meta, "progressToken");
        }
    }
    let taken = with_meta(text.as_bytes(), "\"a\":1", |name| name == "a");
    if let Some(given) = before.all("_meta").first().and_then(|given| Members::of(given)) {
        assert!(taken.is_err() || given.all("a").is_empty());
    }
}

fn read(text: &[u8]) -> Members {
    let text = String::from_utf8_lossy(text);
    Members::of(&text).unwrap_or_else(|| panic!("no object: {text}"))
}

/// All members except `but` are in both, with the same text.
fn same(before: &Members, after: &Members, but: &str) {
    for (name, value) in before.0.iter().filter(|(name, _)| name != but) {
        assert!(after.all(name).contains(&value.get()), "{name}");
    }
    assert!(after.0.iter().all(|(name, _)| name == but || !before.all(name).is_empty()));
}
