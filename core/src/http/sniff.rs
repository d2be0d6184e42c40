//! The kind of a body by its first bytes, independent of its headers.

use crate::protocol::jsonrpc::without_mark;

/// The kind of a body by its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// An object or a list.
    Json,
    /// A field or a comment of an event stream.
    EventStream,
    /// RFC 1952.
    Gzip,
    /// No body, or only white space.
    Empty,
    /// Anything else.
    Other,
}

/// The most bytes that are examined.
pub(crate) const LOOKED_AT: usize = 1024;

/// The names of the fields of an event.
const FIELDS: &[&[u8]] = &[b"data", b"event", b"id", b"retry"];

/// The kind of a body with this beginning; `None` if more of it must be read first. `is_whole`: it is the whole body.
pub(crate) fn kind_of(beginning: &[u8], is_whole: bool) -> Option<BodyKind> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let undecided = |kind| (is_whole || beginning.len() >= LOOKED_AT).then_some(kind);
    if beginning.len() < MARK.len() && !beginning.is_empty() && MARK.starts_with(beginning) {
        return undecided(BodyKind::Other);
    }
    let text = without_mark(beginning).trim_ascii_start();
    match text {
        [] => undecided(BodyKind::Empty),
        [b'{' | b'[', ..] => Some(BodyKind::Json),
        [b':', ..] => Some(BodyKind::EventStream),
        [0x1f] => undecided(BodyKind::Other),
        [0x1f, 0x8b, ..] => Some(BodyKind::Gzip),
        text => {
            let name = text.split(|byte| matches!(byte, b':' | b'\r' | b'\n')).next().unwrap_or_default();
            if name.len() < text.len() {
                return Some(if FIELDS.contains(&name) { BodyKind::EventStream } else { BodyKind::Other });
            }
            let may_be_field = FIELDS.iter().any(|field| field.starts_with(name));
            if may_be_field { undecided(BodyKind::Other) } else { Some(BodyKind::Other) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_recognised_by_their_beginning() {
        for (text, kind) in [
            (&b"{\"a\":1}"[..], BodyKind::Json),
            (b" \r\n\t[1]", BodyKind::Json),
            (b"\xef\xbb\xbf{}", BodyKind::Json),
            (b"data: x\n\n", BodyKind::EventStream),
            (b"\n\ndata:x\n\n", BodyKind::EventStream),
            (b"event: message\ndata: x\n\n", BodyKind::EventStream),
            (b"id\n", BodyKind::EventStream),
            (b": ping\n\n", BodyKind::EventStream),
            (b"retry: 5\n", BodyKind::EventStream),
            (b"<!doctype html>", BodyKind::Other),
            (b"Internal Server Error", BodyKind::Other),
            (b"idea: none", BodyKind::Other),
            (b"data", BodyKind::Other),
            (b"\xef\xbb", BodyKind::Other),
            (b"\x1f\x8b\x08\x00", BodyKind::Gzip),
            (b"", BodyKind::Empty),
            (b" \n", BodyKind::Empty),
        ] {
            for end in 0..text.len() {
                let early = kind_of(&text[..end], false);
                assert!(early.is_none() || early == Some(kind), "{text:?} up to {end}: {early:?}");
            }
            assert_eq!(kind_of(text, true), Some(kind), "{text:?}");
        }
        assert_eq!(kind_of(&[b' '; LOOKED_AT], false), Some(BodyKind::Empty));
    }
}
