//! How deep JSON text is nested, found without recursion: what parses it afterwards calls itself once a level,
//! and a stack that overflows ends the process with no message.

/// What `serde_json` reads: nested objects and arrays. A record within a record needs three levels.
pub(super) const MAX_LEVELS: usize = 127;

/// Whether `text` nests objects and arrays more than [`MAX_LEVELS`] deep. Faults of syntax are not its business.
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
