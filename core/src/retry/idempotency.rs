//! Idempotency keys: one per logical call, checked, and never reused for another payload.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Mutex;

use http::HeaderValue;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::config::header_rules;
use crate::error::{Code, Error, Result};

/// Keys remembered per client; the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

type Fingerprint = [u8; 32];

/// A new key, `idem_<uuid>`.
pub(crate) fn mint() -> String {
    format!("idem_{}", uuid::Uuid::new_v4())
}

/// The key as a header value.
///
/// # Errors
/// `config` if the key is not 1 to 255 visible ASCII characters.
pub(crate) fn header(key: &str) -> Result<HeaderValue> {
    header_rules::visible("idempotency_key", key)
}

/// Remembers which payload a key was used for.
#[derive(Debug, Default)]
pub(crate) struct UsedKeys(Mutex<Used>);

#[derive(Debug, Default)]
struct Used {
    payloads: HashMap<String, Fingerprint>,
    order: VecDeque<String>,
}

impl UsedKeys {
    /// Records that `key` is used with `method` and `params`. Returns whether the key is new.
    ///
    /// # Errors
    /// `config`, code `idempotency_key_reused`, if it was used with others.
    pub(crate) fn claim(&self, key: &str, method: &str, params: &[u8]) -> Result<bool> {
        let fingerprint = fingerprint(method, params);
        let mut used = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = used.payloads.get(key) {
            if *known == fingerprint {
                return Ok(false);
            }
            let allowed = "was already used for another tool or other arguments; use a new key for a new call";
            let mut error = Error::config(Code::IdempotencyKeyReused, "idempotency_key", allowed);
            error.info_mut().idempotency_key = Some(key.to_owned());
            return Err(error);
        }
        if used.order.len() == REMEMBERED
            && let Some(oldest) = used.order.pop_front()
        {
            used.payloads.remove(&oldest);
        }
        used.order.push_back(key.to_owned());
        used.payloads.insert(key.to_owned(), fingerprint);
        Ok(true)
    }

    /// Removes the key of a call that was not sent.
    pub(crate) fn release(&self, key: &str) {
        let mut used = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        used.payloads.remove(key);
        used.order.retain(|known| known != key);
    }
}

/// The hash of a payload; it does not depend on the order of members.
fn fingerprint(method: &str, params: &[u8]) -> Fingerprint {
    let mut whole = Vec::with_capacity(params.len());
    if write_sorted(params, &mut whole).is_err() {
        params.clone_into(&mut whole);
    }
    let mut hash = Sha256::new();
    hash.update(method);
    hash.update([0]);
    hash.update(whole);
    hash.finalize().into()
}

/// Writes JSON with sorted members. Numbers stay text, as two large ones may be the same value.
fn write_sorted(json: &[u8], out: &mut Vec<u8>) -> serde_json::Result<()> {
    match json.trim_ascii_start().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_slice(json)?;
            out.push(b'{');
            for (name, member) in members {
                serde_json::to_writer(&mut *out, &name)?;
                out.push(b':');
                write_sorted(member.get().as_bytes(), out)?;
                out.push(b',');
            }
            out.push(b'}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_slice(json)?;
            out.push(b'[');
            for item in items {
                write_sorted(item.get().as_bytes(), out)?;
                out.push(b',');
            }
            out.push(b']');
        }
        Some(b'"') => serde_json::to_writer(out, &serde_json::from_slice::<String>(json)?)?,
        _ => out.extend_from_slice(json),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_with_one_payload() {
        let keys = UsedKeys::default();
        keys.claim("k", "tools/call", br#"{"a":1,"b":2}"#).unwrap();
        keys.claim("k", "tools/call", br#"{ "b":2, "a":1}"#).unwrap();
        let error = keys.claim("k", "tools/call", br#"{"a":1,"b":3}"#).unwrap_err();
        assert_eq!(error.code(), "idempotency_key_reused");
        keys.claim("other", "tools/call", br#"{"a":1,"b":3}"#).unwrap();
        keys.release("k");
        assert!(keys.claim("k", "tools/call", br#"{"a":1,"b":3}"#).unwrap());
    }

    #[test]
    fn memory_is_bounded() {
        let keys = UsedKeys::default();
        for number in 0..=REMEMBERED {
            keys.claim(&number.to_string(), "m", b"1").unwrap();
        }
        let used = keys.0.lock().unwrap();
        assert_eq!((used.payloads.len(), used.order.len()), (REMEMBERED, REMEMBERED));
        assert!(!used.payloads.contains_key("0"));
    }

    #[test]
    fn keys_are_visible_ascii_up_to_255() {
        assert!(header(&mint()).is_ok());
        for key in ["", "a b", "clé", &"k".repeat(256)] {
            assert_eq!(header(key).unwrap_err().info().field.as_deref(), Some("idempotency_key"));
        }
    }

    #[test]
    fn payloads_are_told_apart_by_numbers_that_no_type_holds() {
        let of = |params: &str| fingerprint("tools/call", params.as_bytes());
        let one = of(r#"{"b":[1,{"y":"\u0061","x":18446744073709551616}],"a":1e400}"#);
        assert_eq!(one, of(r#"{ "a": 1e400, "b": [1, {"x": 18446744073709551616, "y": "a"}] }"#));
        assert_ne!(one, of(r#"{"b":[1,{"y":"a","x":18446744073709551617}],"a":1e400}"#));
        assert_ne!(of(r#"{"a":[1,2]}"#), of(r#"{"a":[12]}"#));
        assert_ne!(of(r#"{"a":"1"}"#), of(r#"{"a":1}"#));
    }
}
