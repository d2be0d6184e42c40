//! Changes of the JSON, the id and the events of a body.

use fastrand::Rng;
use serde_json::Value;

use super::{any_bytes, pick};

/// Replacements of a value.
fn value(random: &mut Rng) -> String {
    match random.u8(0..3) {
        0 => {
            let depth = 1 << random.u32(4..16);
            let (open, close) = if random.bool() { ("[", "]") } else { ("{\"a\":", "}") };
            format!("{}1{}", open.repeat(depth), close.repeat(if random.bool() { depth } else { depth / 2 }))
        }
        _ => {
            let odd = [
                "null",
                "true",
                "0",
                "-1",
                "-0",
                "1.5",
                "1e400",
                "1e-400",
                "123456789012345678901234567890",
                "NaN",
                "Infinity",
                "\"\"",
                "\"x\"",
                "\"\\ud800\"",
                "\"\\u0000\"",
                "\"\\q\"",
                "\"",
                "[]",
                "{}",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\":1,\"a\":2}",
                "{\"__proto__\":{}}",
                "{'a':1}",
                "undefined",
                "",
                "/* */1",
                "01",
                "+1",
                ".5",
                "0x1",
                "\"\u{7f}\u{1}\"",
                "tru",
                "[[[[[[{}]]]]]]",
            ];
            pick(random, &odd).to_owned()
        }
    }
}

pub(super) fn json(body: &[u8], id: &str, random: &mut Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(body).into_owned();
    match random.u8(0..7) {
        0 => {
            // The value of another member: from a colon to the next possible end of a value.
            let colons: Vec<_> = text.match_indices("\":").map(|(at, _)| at + 2).collect();
            let at = colons[random.usize(0..colons.len())];
            let end = text[at..].find([',', '}', ']']).map_or(text.len(), |end| at + end);
            format!("{}{}{}", &text[..at], value(random), &text[end..]).into_bytes()
        }
        1 => {
            let whole = [
                "".to_owned(),
                " ".repeat(1 << 16),
                value(random),
                format!("\u{feff}{text}"),
                format!("{text}{text}"),
                format!("[{text}]"),
                format!("[{text},{text}]"),
                format!("{text} x"),
                format!("// {text}"),
                format!("{text}\0"),
                format!(")]}}',\n{text}"),
                "<!DOCTYPE html><title>502</title>".to_owned(),
                "\u{1b}[31mred".to_owned(),
                "{\"jsonrpc\":\"2.0\"}".to_owned(),
            ];
            whole[random.usize(0..whole.len())].clone().into_bytes()
        }
        2 => {
            let name = pick(random, &["\"jsonrpc\"", "\"id\"", "\"result\"", "\"error\"", "\"method\""]);
            let other = pick(
                random,
                &["\"jsonrpc\"", "\"id\"", "\"result\"", "\"error\"", "\"method\"", "\"x\"", "id", "\"\\u0069d\""],
            );
            text.replacen(name, other, 1).into_bytes()
        }
        3 => {
            let error = format!("\"error\":{}", value(random));
            let more = [
                error,
                format!("\"method\":{}", value(random)),
                format!("\"result\":{}", value(random)),
                format!("\"id\":{id}"),
            ];
            text.replacen("\"jsonrpc\"", &format!("{},\"jsonrpc\"", more[random.usize(0..more.len())]), 1).into_bytes()
        }
        4 => text.replacen("\"2.0\"", &value(random), 1).into_bytes(),
        5 => {
            // No longer valid UTF-8.
            let mut body = body.to_vec();
            let at = random.usize(0..body.len());
            body.insert(at, random.u8(0x80..));
            body
        }
        _ => any_bytes(body, random),
    }
}

/// The body with another id, and whether it differs from that of the request.
pub(super) fn ids(body: &[u8], id: &str, random: &mut Rng) -> (Vec<u8>, bool) {
    let text = String::from_utf8_lossy(body);
    let next = id.trim_matches('"').parse::<u64>().unwrap_or_default().wrapping_add(random.u64(0..3));
    let other = match random.u8(0..3) {
        0 => value(random),
        1 => format!("{next}"),
        _ => {
            let odd = [
                format!("\"{id}\""),
                format!("{id}.0"),
                format!("{id}e0"),
                format!("-{id}"),
                format!("\"+{id}\""),
                format!("\"0{id}\""),
                format!("\" {id}\""),
                format!("{{\"id\":{id}}}"),
                format!("[{id}]"),
                "18446744073709551616".to_owned(),
                format!("\"{}\"", "9".repeat(10_000)),
                "\"\\u0031\"".to_owned(),
            ];
            odd[random.usize(0..odd.len())].clone()
        }
    };
    let at = format!("\"id\":{id}");
    let is_left_out = random.u8(0..8) == 0;
    let by = if is_left_out { String::new() } else { format!("\"id\":{other}") };
    (text.replacen(&at, &by, 1).into_bytes(), is_left_out || !is_same(id, &other))
}

/// Whether two ids are equal: a number may be returned as a string, or in the form of languages without integers.
fn is_same(id: &str, other: &str) -> bool {
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..9e15).contains(number);
    let digits = |id: &str| match serde_json::from_str(id).ok()? {
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        Value::Number(number) => number.as_f64().filter(is_whole).map(|number| format!("{number:.0}")),
        Value::String(text) => Some(text),
        _ => None,
    };
    digits(id).is_some() && digits(id) == digits(other)
}

pub(super) fn events(body: &[u8], id: &str, random: &mut Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(body).into_owned();
    match random.u8(0..6) {
        0 => text.replace('\n', pick(random, &["\r", "\r\n", "\n\r", " ", "\n\n", "\u{2028}"])).into_bytes(),
        1 => text
            .replacen(
                "data:",
                pick(random, &["data", "DATA:", " data:", "data :", "event:", "id:", ":", "data:\ndata:"]),
                1,
            )
            .into_bytes(),
        2 => {
            let before = [
                "\u{feff}".to_owned(),
                "\u{feff}\u{feff}".to_owned(),
                ": x\n".repeat(100),
                "data: \n\n".repeat(100),
                "event: other\ndata: {}\n\n".to_owned(),
                "retry: 99999999999999999999\nid: x\0y\n\n".to_owned(),
                "id: é\n\n".to_owned(),
                "data: not json\n\n".to_owned(),
                format!("data: {}\n\n", value(random)),
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n".repeat(50),
                format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}}\n\n", value(random)),
                format!(
                    "data: {{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"sampling/createMessage\",\"params\":{}}}\n\n",
                    value(random)
                ),
                format!(
                    "data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}}\n\n",
                    value(random)
                ),
                format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"roots/list\"}}\n\n"),
                format!("data: {}", "x".repeat(1 << 16)),
            ];
            (before[random.usize(0..before.len())].clone() + &text).into_bytes()
        }
        3 => text.trim_end().as_bytes().to_vec(),
        4 => (text.clone() + &text).into_bytes(),
        _ => any_bytes(body, random),
    }
}
