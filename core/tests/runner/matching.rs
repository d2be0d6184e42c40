//! Whether a value is what a case expects.

use serde_json::Value;

/// Why `actual` does not match, or `None` where it does.
pub(crate) fn mismatch(expected: &Value, actual: &Value) -> Option<String> {
    match expected {
        Value::Null => None,
        Value::Object(members) => {
            if let Some((rule, operand)) = members.iter().next().filter(|(name, _)| name.starts_with('$')) {
                return (!holds(rule, operand, actual)).then(|| format!("{actual} is not {expected}"));
            }
            members.iter().find_map(|(name, expected)| {
                let actual = actual.get(name).unwrap_or(&Value::Null);
                let exact_null = expected.is_null() && !actual.is_null();
                let why = if exact_null { Some(format!("{actual} is not null")) } else { mismatch(expected, actual) };
                why.map(|why| format!("{name}: {why}"))
            })
        }
        Value::Array(items) => {
            let actual = actual.as_array().map(Vec::as_slice).unwrap_or_default();
            if items.len() != actual.len() {
                return Some(format!("{} items, expected {}", actual.len(), items.len()));
            }
            let mut pairs = items.iter().zip(actual).enumerate();
            pairs
                .find_map(|(index, (expected, actual))| mismatch(expected, actual).map(|why| format!("{index}: {why}")))
        }
        Value::Number(number) if number.as_f64() == actual.as_f64() => None,
        _ if expected == actual => None,
        _ => Some(format!("{actual}, expected {expected}")),
    }
}

fn holds(rule: &str, operand: &Value, actual: &Value) -> bool {
    let text = || actual.as_str().unwrap_or_default();
    let operand_text = operand.as_str().unwrap_or_default();
    match rule {
        "$any" => !actual.is_null(),
        "$absent" => actual.is_null(),
        "$starts" => text().starts_with(operand_text),
        "$contains" => text().contains(operand_text),
        "$at_least" => actual.as_f64() >= operand.as_f64(),
        "$at_most" => actual.as_f64().is_some_and(|number| Some(number) <= operand.as_f64()),
        "$length" => actual.as_array().map(Vec::len) == operand.as_u64().map(|length| length as usize),
        other => panic!("the runner knows no rule {other}"),
    }
}
