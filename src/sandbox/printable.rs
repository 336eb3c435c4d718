//! Makes text from messages safe for a terminal.

use serde_json::Value;

/// Escapes the characters of `text` that a terminal would interpret.
pub(super) fn printable(text: &str) -> String {
    crate::escape::printable(text.as_bytes(), usize::MAX).into_owned()
}

/// Formats `json` on one line, with such characters as JSON `\u....` escapes; it remains the same JSON.
pub(super) fn printable_json(json: &Value) -> String {
    crate::escape::json(&json.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terminal_sequences_are_escaped() {
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
