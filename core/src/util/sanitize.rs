//! Server text for messages: bounded, on one line, and without control or invisible characters.

/// Maximum length of server text in a message, in bytes.
pub(crate) const PREVIEW_BYTES: usize = 1024;

/// Maximum length of a code, id or scope in a message, in bytes.
pub(crate) const IDENTIFIER_BYTES: usize = 256;

/// A duration in seconds, such as `20 s` or `0.25 s`.
pub(crate) fn seconds(time: std::time::Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// The beginning of `bytes` as one printable line.
pub(crate) fn preview(bytes: &[u8]) -> String {
    preview_of(bytes, PREVIEW_BYTES)
}

/// As [`preview`], for short values: codes, ids, names.
pub(crate) fn identifier(bytes: &[u8]) -> String {
    preview_of(bytes, IDENTIFIER_BYTES)
}

/// As [`preview`], of at most `limit` bytes. A truncated text ends with `…`; the redaction of truncated secrets relies on it.
pub(crate) fn preview_of(bytes: &[u8], limit: usize) -> String {
    let mut end = bytes.len().min(limit);
    let cut = end < bytes.len();
    if cut {
        // Characters are not split.
        let within = bytes[..=end].iter().rev().take(4).take_while(|byte| *byte & 0xc0 == 0x80).count();
        end -= if within < 4 { within.min(end) } else { 0 };
    }
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        let before = line.len();
        if character.is_control() || is_deceptive(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
        // Escapes are longer than their characters.
        if line.len() > limit {
            line.truncate(before);
            line.push('…');
            return line;
        }
    }
    if cut {
        line.push('…');
    }
    line
}

/// Invisible characters, and characters that change the direction of text: they could disguise a text on a terminal or for a model.
pub(crate) fn is_deceptive(character: char) -> bool {
    matches!(character,
        // Soft hyphen, joiners and fillers, the Arabic mark.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        // Zero width, direction marks, separators, embeddings, isolates, invisible operators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Fillers; variation selectors; the byte-order mark; annotations.
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        // Shorthand and musical controls; tags and further selectors, which carry hidden text.
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_length_is_bounded() {
        assert_eq!(preview(b"a\x1b[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(preview("\u{202e}x".as_bytes()), "\\u{202e}x");
        assert_eq!(preview(&[0xff, b'a']), "\u{fffd}a");
        assert_eq!(preview("\u{9b}31m\u{7f}".as_bytes()), "\\u{9b}31m\\u{7f}");
        assert_eq!(preview("naïve – 日本 😀".as_bytes()), "naïve – 日本 😀");
    }

    /// Any character, once and many times: the preview is one harmless line of bounded length.
    #[test]
    fn previews_of_any_text_are_harmless() {
        for character in '\0'..=char::MAX {
            let shown = preview(character.to_string().as_bytes());
            assert!(!shown.chars().any(|shown| shown.is_control() || is_deceptive(shown)), "{character:?}: {shown:?}");
        }
        for one in ["x", "\u{1b}", "\u{e0041}", "\u{202e}", "é", "😀"] {
            let shown = preview(one.repeat(5000).as_bytes());
            assert!(shown.len() <= PREVIEW_BYTES + '…'.len_utf8(), "{one:?}: {} bytes", shown.len());
            assert!(shown.ends_with('…'));
        }
        assert!(preview(&[0xff; 5000]).len() <= PREVIEW_BYTES + '…'.len_utf8());
        assert_eq!(["é", "x"].map(|end| preview_of(format!("ab{end}y").as_bytes(), 3)), ["ab…", "abx…"]);
        assert_eq!(preview_of(&[0x80; 9], 5), "\u{fffd}…");
    }
}
