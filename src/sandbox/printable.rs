//! Text from messages made safe for a terminal.
//!
//! Escapes whatever could move the cursor, change colours or turn the reading direction around.

use std::fmt::Write;

use serde_json::Value;

use crate::escape::is_plain;

/// `text` with what a terminal would act on escaped.
pub(super) fn printable(text: &str) -> String {
    crate::escape::printable(text.as_bytes(), usize::MAX).into_owned()
}

/// `json` on one line, with such characters as JSON's own `\u....`; it remains the same JSON.
pub(super) fn printable_json(json: &Value) -> String {
    let text = json.to_string();
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if !is_plain(character) && u32::from(character) < 0x1_0000 {
            // Outside of strings serde_json writes none of them.
            write!(safe, "\\u{:04x}", u32::from(character)).expect("a String takes everything");
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terminal_sequences_are_shown_and_not_obeyed() {
        assert_eq!(
            printable("BHP\x1b[2J\n\u{9b}1mé\u{202e}"),
            "BHP\\x1b[2J\\n\\u{9b}1mé\\u{202e}"
        );
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let json = json!({ "a\u{7f}": "\x1b[31m\u{9b}\u{2028}é" });
        let text = printable_json(&json);
        assert_eq!(text, r#"{"a\u007f":"\u001b[31m\u009b\u2028é"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json);
    }
}
