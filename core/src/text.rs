//! Text that came from a server, made fit for a message: bounded and without control characters.

/// The most of a server's text that a message shows, in bytes.
pub(crate) const PREVIEW_BYTES: usize = 1024;

/// The beginning of `bytes` as one printable line.
pub(crate) fn preview(bytes: &[u8]) -> String {
    preview_of(bytes, PREVIEW_BYTES)
}

/// As [`preview`], of at most `most` bytes. A cut is shown by `…`, by which a secret that it went through is found.
pub(crate) fn preview_of(bytes: &[u8], most: usize) -> String {
    let mut end = bytes.len().min(most);
    let cut = end < bytes.len();
    if cut {
        // Not within a character.
        let within = bytes[..=end].iter().rev().take(4).take_while(|byte| *byte & 0xc0 == 0x80).count();
        end -= if within < 4 { within.min(end) } else { 0 };
    }
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    if cut {
        line.push('…');
    }
    line
}

/// Separators and direction marks, by which a text could pretend to be another one on a terminal.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_length_is_bounded() {
        assert_eq!(preview(b"a\x1b[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(preview("\u{202e}x".as_bytes()), "\\u{202e}x");
        assert!(preview(&[b'x'; 5000]).len() <= PREVIEW_BYTES + '…'.len_utf8());
        assert_eq!(preview(&[0xff, b'a']), "\u{fffd}a");
        assert_eq!(["é", "x"].map(|end| preview_of(format!("ab{end}y").as_bytes(), 3)), ["ab…", "abx…"]);
        assert_eq!(preview_of(&[0x80; 9], 5), "\u{fffd}".repeat(5) + "…");
    }
}
