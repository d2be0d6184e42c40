//! Server text in messages: one line, bounded, without secrets.

use crate::retry::redact::{REDACTED, redact};
use crate::util::sanitize::{PREVIEW_BYTES, preview, preview_of};
use crate::util::secret::SHORTEST_SECRET;

/// `input`: two bytes for the lengths of a secret and of a preview, the secret, and server text.
///
/// # Panics
/// If a message contains control characters, is too long, or shows a secret or a part of one.
pub fn messages(input: &[u8]) {
    let Some((&[length, most], rest)) = input.split_first_chunk() else { return };
    let whole = preview(rest);
    is_harmless(&whole);
    // One byte is escaped to six at most.
    assert!(whole.len() <= PREVIEW_BYTES * 6 + '…'.len_utf8());
    let length = SHORTEST_SECRET + usize::from(length) % 32;
    let Some((secret, text)) = rest.split_at_checked(length) else { return };
    let Ok(secret) = std::str::from_utf8(secret) else { return };
    let is_a_secret = secret.bytes().all(|byte| byte.is_ascii_graphic())
        && !secret.contains(['[', ']'])
        && !REDACTED.contains(secret);
    if !is_a_secret {
        return;
    }
    // The server repeats the secret.
    let text = [text, secret.as_bytes(), b" ", text, secret.as_bytes()].concat();
    let shown = preview_of(&text, usize::from(most));
    is_harmless(&shown);
    let mut message = format!("the server sent {shown}: {}", preview(&text));
    redact(&mut message, secret);
    assert!(!message.contains(secret), "{message}");
    for end in message.match_indices('…').map(|(end, _)| end).chain([message.len()]) {
        let part = (SHORTEST_SECRET..secret.len()).find(|part| message[..end].ends_with(&secret[..*part]));
        assert_eq!(part, None, "{message}");
    }
}

fn is_harmless(line: &str) {
    assert!(!line.chars().any(char::is_control), "{line:?}");
    let invisible = ['\u{200b}', '\u{200e}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{feff}'];
    assert!(!line.contains(invisible), "{line:?}");
}
