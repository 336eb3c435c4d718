//! The depth of JSON text, found without recursion: the parsers that follow recurse once per level, and a stack
//! overflow would end the process without a message.

/// The maximum depth of objects and arrays for `serde_json`. A record within a record needs three levels.
pub(super) const MAX_LEVELS: usize = 127;

/// Whether `text` nests objects and arrays more than [`MAX_LEVELS`] deep. Syntax errors are ignored.
pub(super) fn is_too_deep(text: &str) -> bool {
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_LEVELS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_exact() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_too_deep(&nested(MAX_LEVELS)));
        assert!(is_too_deep(&nested(MAX_LEVELS + 1)));
        assert!(is_too_deep(&"{\"a\":".repeat(100_000)));
    }

    #[test]
    fn breadth_and_brackets_in_strings_do_not_count() {
        assert!(!is_too_deep(&format!("[{}]", "[],".repeat(1000))));
        assert!(!is_too_deep(&format!(
            r#"{{"doc": "\" {} \\"}}"#,
            "[{".repeat(100)
        )));
    }
}
