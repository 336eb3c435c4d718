//! Makes text from files and servers safe to show on a terminal.
//!
//! Characters that could move the cursor, hide text or reverse it are written as `\n`, `\x1b` or `\u{202e}`. The result
//! is for display and cannot be converted back.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns `text` as one line, with everything that a terminal would interpret escaped, and cut to `limit` characters
/// with `…`.
///
/// The limit applies to the escaped text, and an escape is never cut in two.
pub(crate) fn printable(text: &[u8], limit: usize) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text)
        && text.len() <= limit
        && text.chars().all(is_plain)
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut length = 0;
    // The length of `shown` to keep if the rest does not fit; it leaves room for the `…`.
    let mut keep = 0;
    let mut piece = String::new();
    for chunk in text.utf8_chunks() {
        let characters = chunk.valid().chars().map(Shown::Character);
        let invalid = chunk.invalid().iter().map(|byte| Shown::Byte(*byte));
        for next in characters.chain(invalid) {
            piece.clear();
            next.append_to(&mut piece);
            let piece_length = piece.chars().count();
            if length + piece_length > limit {
                shown.truncate(keep);
                shown.push_str(if limit > 0 { "…" } else { "" });
                return Cow::Owned(shown);
            }
            shown.push_str(&piece);
            length += piece_length;
            if length < limit {
                keep = shown.len();
            }
        }
    }
    Cow::Owned(shown)
}

/// The same for a text of several lines; line feeds are kept.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    if text
        .chars()
        .all(|character| character == '\n' || is_plain(character))
    {
        return Cow::Borrowed(text);
    }
    let lines = text
        .split('\n')
        .map(|line| printable(line.as_bytes(), usize::MAX));
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Writes such characters of a JSON text as JSON `\u....` escapes; it remains the same JSON. Line feeds between tokens
/// are kept.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if text
        .chars()
        .all(|character| character == '\n' || is_plain(character))
    {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character == '\n' || is_plain(character) {
            true => safe.push(character),
            // They are within strings, since between tokens a JSON text has only white space.
            false => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(safe, "\\u{unit:04x}").expect("writing to a String cannot fail");
                }
            }
        }
    }
    Cow::Owned(safe)
}

/// One character of a text, or one byte of it that is not UTF-8.
#[derive(Clone, Copy)]
pub(crate) enum Shown {
    Character(char),
    Byte(u8),
}

impl Shown {
    /// Appends the text to show for it.
    pub(crate) fn append_to(self, out: &mut String) {
        let written = match self {
            Shown::Character('\n') => out.write_str("\\n"),
            Shown::Character('\r') => out.write_str("\\r"),
            Shown::Character('\t') => out.write_str("\\t"),
            Shown::Character(character) if is_plain(character) => out.write_char(character),
            Shown::Character(character) if character.is_ascii() => {
                write!(out, "\\x{:02x}", u32::from(character))
            }
            Shown::Character(character) => write!(out, "\\u{{{:x}}}", u32::from(character)),
            Shown::Byte(byte) => write!(out, "\\x{byte:02x}"),
        };
        written.expect("writing to a String cannot fail");
    }
}

/// Whether a terminal shows the character visibly, unchanged and in place.
pub(crate) fn is_plain(character: char) -> bool {
    if character.is_control() {
        return false;
    }
    !matches!(character,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_would_interpret_are_escaped() {
        let table: [(&[u8], &str); 10] = [
            (b"BHP", "BHP"),
            ("Zürich \u{1f4b6} 東京".as_bytes(), "Zürich \u{1f4b6} 東京"),
            (b"\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
            (b"a\r\nb\tc\0\x7f", "a\\r\\nb\\tc\\x00\\x7f"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            ("\u{202e}gpj.exe".as_bytes(), "\\u{202e}gpj.exe"),
            (
                "\u{feff}symbol\u{200b}\u{a0}".as_bytes(),
                "\\u{feff}symbol\\u{200b}\\u{a0}",
            ),
            (b"caf\xe9,\xff\xfe", "caf\\xe9,\\xff\\xfe"),
            ("\u{e0041}".as_bytes(), "\\u{e0041}"),
            (b"", ""),
        ];
        for (text, shown) in table {
            assert_eq!(printable(text, 100), shown);
        }
    }

    #[test]
    fn lines_keep_their_line_feeds() {
        assert_eq!(lines("a\nb\n"), "a\nb\n");
        assert_eq!(lines("a\u{1b}[2J\n\rb\t\n"), "a\\x1b[2J\n\\rb\\t\n");
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let value = serde_json::json!({ "a\u{7f}": "\x1b[31m\u{9b}\u{2028}é\u{e0041}" });
        let text = json(&value.to_string()).into_owned();
        assert_eq!(text, r#"{"a\u007f":"\u001b[31m\u009b\u2028é\udb40\udc41"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn long_text_is_cut_at_the_limit_and_never_inside_an_escape() {
        assert_eq!(printable(b"0123456789", 10), "0123456789");
        assert_eq!(printable(b"0123456789a", 10), "012345678…");
        assert_eq!(printable("ééé".as_bytes(), 3), "ééé");
        assert_eq!(printable(b"abc\x1b\x1b", 8), "abc\\x1b…");
        assert_eq!(printable(b"abc\x1b\x1b", 7), "abc…");
        assert_eq!(printable(b"abc", 0), "");
        assert_eq!(printable(&[b'x'; 5_000_000], 20).chars().count(), 20);
    }
}
