//! What a text that does not fit was most likely meant to be. For hints alone: nothing is read differently.

use super::calendar;

/// Words that programs write where there is no value, in lower case.
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

/// Whether the text is what programs write where there is no value.
pub(super) fn is_missing_value(text: &[u8]) -> bool {
    MISSING
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// How an offset of a zone is written, where it lacks the colon or the minutes: `+0100`, `-5`.
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

/// How a date is written that has another order or other separators, such as `20/11/2025 14:00` or `2025/11/20`.
pub(super) fn date(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let date = text.split([' ', 'T', ',']).next()?;
    let separator = date.chars().find(|character| !character.is_ascii_digit())?;
    if !matches!(separator, '/' | '.' | '-') {
        return None;
    }
    let parts: Vec<&str> = date.split(separator).collect();
    let [first, second, third] = parts[..] else {
        return None;
    };
    if !parts
        .iter()
        .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let written = |year: &str, month: &str, day: &str| {
        let date = format!("{year}-{month:0>2}-{day:0>2}");
        matches!(calendar::date(date.as_bytes()), Some(Ok(_))).then_some(date)
    };
    let (day_first, month_first) = match (first.len(), third.len()) {
        (4, 1 | 2) => return written(first, second, third).map(|date| format!("write the date as `{date}`")),
        (1 | 2, 4) => (written(third, second, first), written(third, first, second)),
        _ => return None,
    };
    match (day_first, month_first) {
        (Some(date), None) | (None, Some(date)) => Some(format!("write the year first: `{date}`")),
        (Some(one), Some(other)) if one == other => Some(format!("write the year first: `{one}`")),
        (Some(one), Some(other)) => Some(format!(
            "write the year first, as `{one}` or `{other}`: which is the day is not guessed"
        )),
        (None, None) => None,
    }
}

/// What to write in place of a word that is not JSON, in the text whose parsing failed at `offset`.
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
            "JSON has no such number: write it as a string, `\"NaN\"`, `\"Infinity\"` or `\"-Infinity\"`",
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
    fn dates_have_the_year_first_and_hyphens() {
        for (text, hint) in [
            ("20/11/2025 14:00", Some("write the year first: `2025-11-20`")),
            ("11/20/2025", Some("write the year first: `2025-11-20`")),
            ("5.5.2025", Some("write the year first: `2025-05-05`")),
            (
                "03/04/2025T10:00",
                Some(
                    "write the year first, as `2025-04-03` or `2025-03-04`: which is the day is not guessed",
                ),
            ),
            ("2025/11/20 14:00", Some("write the date as `2025-11-20`")),
            ("2025-1-2", Some("write the date as `2025-01-02`")),
            ("31/31/2025", None),
            ("1.5", None),
            ("20/11/25", None),
            ("20 Nov 2025", None),
            ("", None),
        ] {
            assert_eq!(date(text.as_bytes()).as_deref(), hint, "{text}");
        }
    }

    #[test]
    fn words_of_other_languages_are_no_json() {
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
