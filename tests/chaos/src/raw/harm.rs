//! What is done to good answers: to the status line, the headers, the framing, the JSON, the id, the events, any byte.

use fastrand::Rng;
use serde_json::Value;

use super::answer::{Answer, Framing, chunked};
use super::cases::Ending;
use super::references::Reference;

/// The part of an answer that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Status,
    Headers,
    Framing,
    Json,
    Ids,
    Events,
    Anywhere,
}

impl Part {
    /// A part of a reference's answer.
    pub(crate) fn of(reference: &Reference, random: &mut Rng) -> Self {
        match random.u8(0..7) {
            0 => Self::Status,
            1 => Self::Headers,
            2 => Self::Framing,
            3 => Self::Json,
            4 => Self::Ids,
            5 if reference.is_stream => Self::Events,
            _ => Self::Anywhere,
        }
    }

    /// Whether what the answer says is as it was, so that a result made of it can be but the whole one.
    pub(crate) fn leaves_result(self) -> bool {
        matches!(self, Self::Status | Self::Headers | Self::Framing | Self::Ids)
    }
}

/// An answer after the harm.
pub(crate) struct Harmed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ending: Ending,
    /// It carries another id than the request's, or none: no answer to it.
    pub(crate) is_foreign: bool,
}

/// A reference's answer to the request `id` after the harm.
pub(crate) fn done(part: Part, reference: &Reference, id: &str, random: &mut Rng) -> Harmed {
    let mut answer = reference.answer(id);
    let ends_by_closing = answer.framing == Framing::Close;
    let mut is_foreign = false;
    let bytes = match part {
        Part::Status => status(answer, random),
        Part::Headers => headers(answer, random),
        Part::Framing => framing(&answer, random),
        Part::Json => {
            answer.body = json(&answer.body, id, random);
            answer.bytes()
        }
        Part::Ids => {
            (answer.body, is_foreign) = ids(&answer.body, id, random);
            answer.bytes()
        }
        Part::Events => {
            answer.body = events(&answer.body, id, random);
            answer.bytes()
        }
        Part::Anywhere => any_bytes(&answer.bytes(), random),
    };
    let ending = match random.u8(0..=255) {
        0..=1 => Ending::Silence,
        2..=31 => Ending::Reset,
        32..=159 => Ending::Open,
        _ => Ending::Close,
    };
    // Where the client can only wait for more, the end of the connection is what settles it.
    let ending = if ending == Ending::Open && ends_by_closing { Ending::Close } else { ending };
    let ending = if ending == Ending::Open && random.u8(0..32) > 0 { Ending::Close } else { ending };
    Harmed { bytes, ending, is_foreign }
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(0..from.len())]
}

fn status(mut answer: Answer, random: &mut Rng) -> Vec<u8> {
    answer.status = match random.u8(0..4) {
        0 => format!("HTTP/1.1 {} X", random.u16(100..1000)).into_bytes(),
        1 => {
            let known = [
                "200", "202", "204", "206", "301", "307", "400", "401", "403", "404", "405", "408", "409", "425",
                "429", "500", "503",
            ];
            format!("HTTP/1.1 {}", pick(random, &known)).into_bytes()
        }
        2 => {
            let odd = [
                "",
                "HTTP/1.0 200 OK",
                "HTTP/1.1 200",
                "HTTP/1.1  200 OK",
                "HTTP/1.1 99 X",
                "HTTP/1.1 1000 X",
                "HTTP/1.1 -200 X",
                "HTTP/1.1 2OO OK",
                "HTTP/9.9 200 OK",
                "HTTP/2 200 OK",
                "HTP/1.1 200 OK",
                "http/1.1 200 OK",
                "ICY 200 OK",
                "200 OK",
                "GET / HTTP/1.1",
                "\r\n\r\nHTTP/1.1 200 OK",
                "HTTP/1.1 200 \u{1b}[31m",
                "HTTP/1.1 200 é",
                "HTTP/1.1 200 O\0K",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade",
                "HTTP/1.1 103 Early Hints\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n",
                "\u{16}\u{3}\u{1}",
                "SSH-2.0-x",
            ];
            pick(random, &odd).as_bytes().to_vec()
        }
        _ => any_bytes(&answer.status, random),
    };
    answer.bytes()
}

fn headers(mut answer: Answer, random: &mut Rng) -> Vec<u8> {
    let line: Vec<u8> = match random.u8(0..6) {
        0 => {
            let odd = [
                "no colon",
                ": no name",
                "na me: x",
                "name : x",
                "x: a\0b",
                "x: a\rb",
                "x: a\nb",
                "x: \u{1b}[2J",
                " folded: x",
                "x: é",
                "x:",
                "\t",
                "x: a\r\n b",
                "(x): 1",
                "é: 1",
            ];
            pick(random, &odd).as_bytes().to_vec()
        }
        1 => {
            let odd = [
                "Content-Type: text/html",
                "Content-Type: application/json; charset=utf-16",
                "Content-Type: text/event-stream",
                "Content-Type: APPLICATION/JSON;",
                "Content-Type: application/jsonp",
                "Content-Type:",
                "Content-Type: \u{ff}",
                "Content-Type: application/json, text/html",
                "Content-Type: multipart/mixed; boundary=\"x",
            ];
            answer.headers.retain(|line| random.bool() || !line.starts_with(b"Content-Type"));
            pick(random, &odd).as_bytes().to_vec()
        }
        2 => {
            let odd = ["gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "x", ""];
            format!("Content-Encoding: {}", pick(random, &odd)).into_bytes()
        }
        3 => {
            let odd = [
                "Retry-After: 99999999999999999999",
                "Retry-After: -1",
                "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",
                "Date: yesterday",
                "Retry-After: \u{e9}",
                "MCP-Session-Id: \u{e9}",
                "MCP-Session-Id:",
                "MCP-Session-Id: a b",
                "X-Request-Id: \u{1}",
                "X-Request-Id: a\tb",
                "Location: ////",
                "Location: http://[",
                "WWW-Authenticate: Bearer scope=\"",
                "Set-Cookie: a=b; \u{7f}",
                "Connection: upgrade",
                "Connection: close, keep-alive, x",
                "Keep-Alive: timeout=-1",
                "Trailer: x",
                "Upgrade: h2c",
                "Alt-Svc: h3=\":1\"",
                "Omni-Required-Scopes: \u{e9} x",
            ];
            pick(random, &odd).as_bytes().to_vec()
        }
        4 => {
            let many = pick(random, &["101", "300", "2000"]).parse().unwrap_or(101);
            let lines: Vec<_> = (0..many).map(|number| format!("x-{number}: {number}")).collect();
            lines.join("\r\n").into_bytes()
        }
        _ => {
            let long = "x".repeat(1 << random.u32(8..19));
            (if random.bool() { format!("{long}: x") } else { format!("x: {long}") }).into_bytes()
        }
    };
    answer.headers.insert(random.usize(0..=answer.headers.len()), line);
    answer.bytes()
}

fn framing(answer: &Answer, random: &mut Rng) -> Vec<u8> {
    let (body, length) = (&answer.body, answer.body.len());
    match random.u8(0..4) {
        0 => {
            let other = random.usize(0..length * 2 + 2);
            let line = match random.u8(0..8) {
                0 => format!("Content-Length: {other}"),
                1 => format!("Content-Length: {length}\r\nContent-Length: {other}"),
                2 => format!("Content-Length: {length}\r\nContent-Length: {length}"),
                3 => format!("Content-Length: {length}, {other}"),
                4 => format!("Content-Length: {other}\r\nTransfer-Encoding: chunked"),
                _ => {
                    let odd = [
                        "-1",
                        "+5",
                        "0x10",
                        "",
                        " ",
                        "1e3",
                        "99999999999999999999999",
                        "18446744073709551615",
                        "9223372036854775807",
                        "5 5",
                        "five",
                        "\u{663}",
                        "0",
                    ];
                    format!("Content-Length: {}", pick(random, &odd))
                }
            };
            answer.framed(&[line.as_bytes()], body)
        }
        1 => {
            let odd = [
                "chunked",
                "Chunked",
                "gzip, chunked",
                "chunked, gzip",
                "identity",
                "x",
                "",
                "chunked, chunked",
                "\u{b}chunked",
            ];
            let line = format!("Transfer-Encoding: {}", pick(random, &odd));
            let as_it_is = random.bool();
            answer.framed(&[line.as_bytes()], &if as_it_is { body.clone() } else { chunked(body) })
        }
        2 => {
            // Data among them is a tab, with which no text or number is a good one: what is left is the whole, or none.
            let odd = [
                "zz\r\n",
                "-1\r\n",
                "\r\n",
                "fffffffffffffffff\r\n",
                "ffffffffffffffff\r\n",
                "7fffffffffffffff\r\n",
                "0\r\n",
                "1\r\n\t",
                "5\n\t",
                "1;x=\"\r\n",
                "00000000000000000000001\r\n\t\r\n",
                "0\r\nx: y\r\n\r\n",
                "0\r\nx\0: y\r\n\r\n",
                " 1 \r\n\t\r\n",
                "1 1\r\n\t\r\n",
            ];
            let whole = chunked(body);
            let at = if random.bool() { 0 } else { random.usize(0..whole.len()) };
            let mut broken = whole[..at].to_vec();
            if random.u8(0..8) == 0 {
                broken.extend_from_slice(format!("1;{}\r\n", "x".repeat(1 << 17)).as_bytes());
            } else {
                broken.extend_from_slice(pick(random, &odd).as_bytes());
            }
            broken.extend_from_slice(&whole[at..]);
            answer.framed(&[b"Transfer-Encoding: chunked"], &broken)
        }
        _ => {
            // More than was announced. A whole head would be an answer to what is asked next on this connection: no client
            // could tell.
            let mut more = answer.bytes();
            let behind = answer.bytes();
            more.extend_from_slice(&behind[..random.usize(0..answer.status.len())]);
            more
        }
    }
}

/// What a value may be replaced by.
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

fn json(body: &[u8], id: &str, random: &mut Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(body).into_owned();
    match random.u8(0..7) {
        0 => {
            // A value of a member in the place of another: behind a colon, up to what may end one.
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
            // Not UTF-8 any more.
            let mut body = body.to_vec();
            let at = random.usize(0..body.len());
            body.insert(at, random.u8(0x80..));
            body
        }
        _ => any_bytes(body, random),
    }
}

/// The body with another id, and whether that is another's.
fn ids(body: &[u8], id: &str, random: &mut Rng) -> (Vec<u8>, bool) {
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

/// Whether two ids are one: a number may come back as a text of its digits, or as languages without integers write it.
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

fn events(body: &[u8], id: &str, random: &mut Rng) -> Vec<u8> {
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

/// A few changes anywhere.
fn any_bytes(bytes: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.usize(1..5) {
        if bytes.is_empty() {
            bytes.push(random.u8(..));
        }
        let at = random.usize(0..bytes.len());
        let end = at + random.usize(0..(bytes.len() - at).min(16));
        match random.u8(0..6) {
            0 => bytes[at] ^= 1 << random.u8(0..8),
            1 => bytes[at] = random.u8(..),
            2 => bytes.insert(at, random.u8(..)),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}
