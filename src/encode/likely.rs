//! What a text that does not fit was most likely meant to be. Used only for hints: nothing is read differently.

use super::error::{Fault, RowErrorKind};
use super::hint::Hint;

/// Words that programs write for a missing value, in lower case.
const MISSING: [&str; 15] = [
    "null",
    "none",
    "nil",
    "nan",
    "na",
    "n/a",
    "#n/a",
    "\\n",
    "-",
    "--",
    "?",
    "(null)",
    "<null>",
    "undefined",
    "missing",
];

/// Whether the text is a word that programs write for a missing value.
pub(super) fn is_missing_value(text: &[u8]) -> bool {
    MISSING
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// The hint if the text is such a word and there is no other hint: `for_null` if the field may be null.
#[cold]
pub(super) fn missing_value(fault: Box<Fault>, text: &[u8], for_null: Option<Hint>) -> Box<Fault> {
    // An `Empty` fault already says this.
    if fault.hint.is_some() || fault.kind == RowErrorKind::Empty || !is_missing_value(text) {
        return fault;
    }
    let no_null = "if it means a missing value: the field is not nullable and has no default";
    fault.with_hint(for_null.unwrap_or_else(|| no_null.into()))
}

/// How to write a zone offset that lacks the colon or the minutes: `+0100`, `-5`.
pub(super) fn offset(zone: &[u8]) -> Option<String> {
    let (sign, digits) = zone.split_first()?;
    if !matches!(sign, b'+' | b'-') || !digits.iter().all(u8::is_ascii_digit) {
        return match zone.to_ascii_uppercase().as_slice() {
            b" UTC" | b"UTC" | b" GMT" | b"GMT" | b" Z" => Some("write the zone as `Z`".to_owned()),
            _ => None,
        };
    }
    let digits = std::str::from_utf8(digits).ok()?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits, "00"),
        4 => digits.split_at(2),
        _ => return None,
    };
    Some(format!(
        "write the offset as `{}{hours:0>2}:{minutes}`",
        char::from(*sign)
    ))
}

/// What to write instead of a word that is not JSON, at the `offset` where parsing failed.
pub(super) fn json_word(text: &[u8], offset: usize) -> Option<&'static str> {
    let start = text[..offset.min(text.len())]
        .iter()
        .rposition(|byte| !(byte.is_ascii_alphabetic() || *byte == b'-'))
        .map_or(0, |before| before + 1);
    let word = &text[start..];
    let begins = |words: &[&str]| words.iter().any(|begin| word.starts_with(begin.as_bytes()));
    if begins(&[
        "NaN",
        "Infinity",
        "-Infinity",
        "Inf",
        "-Inf",
        "inf",
        "-inf",
        "nan",
    ]) {
        return Some(
            "JSON has no such number: write it as a string, `\"NaN\"`, `\"Infinity\"` or `\"-Infinity\"`; or write `null` if \
             the value is missing",
        );
    }
    if begins(&["None", "True", "False", "'"]) {
        return Some("this is how Python prints a dict, not JSON: write the line with `json.dumps`");
    }
    begins(&["undefined", "NULL", "Null", "nil"]).then_some("write `null`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_missing_values_are_known() {
        for word in ["NULL", "null", "N/A", "NA", "-", "\\N", "NaN", "#N/A"] {
            assert!(is_missing_value(word.as_bytes()), "{word}");
        }
        for word in ["", "0", "BHP", "NAB", "---"] {
            assert!(!is_missing_value(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn a_word_for_a_missing_value_has_a_hint_whether_null_is_allowed_or_not() {
        let hint = |text: &[u8], for_null| {
            missing_value(Fault::new(RowErrorKind::NotANumber, "decimal"), text, for_null).hint
        };
        let token = Hint::NullToken("NULL".to_owned());
        assert_eq!(hint(b"NULL", Some(token.clone())), Some(token.clone()));
        let no_null = "if it means a missing value: the field is not nullable and has no default";
        assert_eq!(hint(b"NULL", None), Some(no_null.into()));
        assert_eq!(hint(b"1,5", Some(token)), None);
    }

    #[test]
    fn offsets_have_a_colon() {
        for (zone, hint) in [
            ("+0100", Some("write the offset as `+01:00`")),
            ("-5", Some("write the offset as `-05:00`")),
            ("+10", Some("write the offset as `+10:00`")),
            (" UTC", Some("write the zone as `Z`")),
            ("+100", None),
            (" Europe/Berlin", None),
            ("", None),
        ] {
            assert_eq!(offset(zone.as_bytes()).as_deref(), hint, "{zone}");
        }
    }

    #[test]
    fn words_of_other_languages_are_not_json() {
        for (text, offset, hint) in [
            ("{\"a\":NaN}", 5, "JSON has no such number"),
            ("{\"a\":-Infinity}", 6, "JSON has no such number"),
            ("{'a':1}", 1, "this is how Python prints a dict"),
            ("{\"a\":None}", 6, "this is how Python prints a dict"),
            ("{\"a\":NULL}", 5, "write `null`"),
        ] {
            assert!(
                json_word(text.as_bytes(), offset).unwrap().starts_with(hint),
                "{text}"
            );
        }
        assert_eq!(json_word(b"{\"a\":x}", 5), None);
        assert_eq!(json_word(b"{\"a\":1", 6), None);
    }
}
