//! Changes of the status line, the headers and the framing.

use fastrand::Rng;

use super::{any_bytes, pick};
use crate::raw::answer::{Answer, chunked};

/// Statuses with a special meaning.
const STATUSES: &[&str] = &[
    "200", "202", "204", "206", "301", "307", "400", "401", "403", "404", "405", "408", "409", "425", "429", "500",
    "503",
];

/// Invalid or unusual status lines.
const STATUS_LINES: &[&str] = &[
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

/// Invalid or unusual header lines.
const HEADER_LINES: &[&str] = &[
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

/// Other content types.
const CONTENT_TYPES: &[&str] = &[
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

/// Content encodings of a body that has none.
const ENCODINGS: &[&str] = &["gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "x", ""];

/// Headers with invalid or unusual values.
const HEADERS: &[&str] = &[
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

/// Invalid values of `Content-Length`.
const LENGTHS: &[&str] = &[
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

/// Values of `Transfer-Encoding`.
const TRANSFER_ENCODINGS: &[&str] =
    &["chunked", "Chunked", "gzip, chunked", "chunked, gzip", "identity", "x", "", "chunked, chunked", "\u{b}chunked"];

/// Invalid chunks. A tab in data is invalid in text and numbers, so the result is the whole one or none.
const CHUNK_HEADS: &[&str] = &[
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

pub(super) fn status(mut answer: Answer, random: &mut Rng) -> Vec<u8> {
    answer.status = match random.u8(0..4) {
        0 => format!("HTTP/1.1 {} X", random.u16(100..1000)).into_bytes(),
        1 => format!("HTTP/1.1 {}", pick(random, STATUSES)).into_bytes(),
        2 => pick(random, STATUS_LINES).as_bytes().to_vec(),
        _ => any_bytes(&answer.status, random),
    };
    answer.bytes()
}

pub(super) fn headers(mut answer: Answer, random: &mut Rng) -> Vec<u8> {
    let line: Vec<u8> = match random.u8(0..6) {
        0 => pick(random, HEADER_LINES).as_bytes().to_vec(),
        1 => {
            answer.headers.retain(|line| random.bool() || !line.starts_with(b"Content-Type"));
            pick(random, CONTENT_TYPES).as_bytes().to_vec()
        }
        2 => format!("Content-Encoding: {}", pick(random, ENCODINGS)).into_bytes(),
        3 => pick(random, HEADERS).as_bytes().to_vec(),
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

pub(super) fn framing(answer: &Answer, random: &mut Rng) -> Vec<u8> {
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
                    format!("Content-Length: {}", pick(random, LENGTHS))
                }
            };
            answer.framed(&[line.as_bytes()], body)
        }
        1 => {
            let line = format!("Transfer-Encoding: {}", pick(random, TRANSFER_ENCODINGS));
            let as_it_is = random.bool();
            answer.framed(&[line.as_bytes()], &if as_it_is { body.clone() } else { chunked(body) })
        }
        2 => {
            let whole = chunked(body);
            let at = if random.bool() { 0 } else { random.usize(0..whole.len()) };
            let mut broken = whole[..at].to_vec();
            if random.u8(0..8) == 0 {
                broken.extend_from_slice(format!("1;{}\r\n", "x".repeat(1 << 17)).as_bytes());
            } else {
                broken.extend_from_slice(pick(random, CHUNK_HEADS).as_bytes());
            }
            broken.extend_from_slice(&whole[at..]);
            answer.framed(&[b"Transfer-Encoding: chunked"], &broken)
        }
        _ => {
            // More bytes than announced, but no complete head: that would be a valid response to the next request.
            let mut more = answer.bytes();
            let behind = answer.bytes();
            more.extend_from_slice(&behind[..random.usize(0..answer.status.len())]);
            more
        }
    }
}
