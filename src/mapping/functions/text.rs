//! Parts and forms of a text. Characters are Unicode scalar values (Unicode, section 3.9).
//!
//! Every function rejects a text that is not UTF-8, and leaves `out` unchanged if it does.

use super::{FunctionFault, FunctionFaultKind, utf8};

/// Maximum number of bytes of a text with replacements: if all texts of [`replace`] come from one row, its result can
/// grow with the square of the row.
const MAX_REPLACED: usize = 16 << 20;

/// Appends the text in upper case, as Unicode maps it: `straße` is `STRASSE`.
///
/// # Errors
/// The text is not UTF-8.
pub fn upper(text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let start = out.len();
    if text.is_ascii() {
        out.extend_from_slice(text);
        out[start..].make_ascii_uppercase();
        return Ok(());
    }
    for character in utf8(text)?.chars() {
        for upper in character.to_uppercase() {
            put(upper, out);
        }
    }
    Ok(())
}

/// Appends the text in lower case, as Unicode maps it. A text with a Σ allocates, because its lower case depends on
/// whether it ends a word.
///
/// # Errors
/// The text is not UTF-8.
pub fn lower(text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let start = out.len();
    if text.is_ascii() {
        out.extend_from_slice(text);
        out[start..].make_ascii_lowercase();
        return Ok(());
    }
    let text = utf8(text)?;
    if text.contains('Σ') {
        out.extend_from_slice(text.to_lowercase().as_bytes());
        return Ok(());
    }
    for character in text.chars() {
        for lower in character.to_lowercase() {
            put(lower, out);
        }
    }
    Ok(())
}

fn put(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Appends the text without white space at either end (Unicode's property `White_Space`, which includes the no-break
/// space).
///
/// # Errors
/// The text is not UTF-8.
pub fn trim(text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    out.extend_from_slice(utf8(text)?.trim().as_bytes());
    Ok(())
}

/// Appends the text with `to` in place of every `from`, searched from left to right.
///
/// # Errors
/// One of the texts is not UTF-8, `from` is empty, or the result would exceed 16 MiB.
pub fn replace(text: &[u8], from: &[u8], to: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let (text, from, to) = (utf8(text)?, utf8(from)?, utf8(to)?);
    if from.is_empty() {
        return Err(empty("the text to replace is empty"));
    }
    let start = out.len();
    let mut end = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), from) {
        if out.len() - start + (text.len() - end) + to.len() > MAX_REPLACED {
            out.truncate(start);
            return Err(too_long());
        }
        out.extend_from_slice(&text.as_bytes()[end..at]);
        out.extend_from_slice(to.as_bytes());
        end = at + from.len();
    }
    out.extend_from_slice(&text.as_bytes()[end..]);
    Ok(())
}

/// Appends `length` characters of the text, or all to its end, from the character `start`, counted from 0.
///
/// # Errors
/// The text is not UTF-8, or it has fewer characters: nothing is shortened.
pub fn substring(
    text: &[u8],
    start: usize,
    length: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), Box<FunctionFault>> {
    let part = match text.is_ascii() {
        true => {
            let rest = text.get(start..);
            rest.and_then(|rest| rest.get(..length.unwrap_or(rest.len())))
        }
        false => characters(utf8(text)?, start, length).map(str::as_bytes),
    };
    match part {
        Some(part) => out.extend_from_slice(part),
        None => return Err(too_short(text, start, length)),
    }
    Ok(())
}

fn characters(text: &str, start: usize, length: Option<usize>) -> Option<&str> {
    let rest = &text[byte_of(text, start)?..];
    match length {
        Some(length) => Some(&rest[..byte_of(rest, length)?]),
        None => Some(rest),
    }
}

/// The byte at which the character begins; the text's length for the one after the last.
fn byte_of(text: &str, character: usize) -> Option<usize> {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.chain([text.len()]).nth(character)
}

#[cold]
fn too_short(text: &[u8], start: usize, length: Option<usize>) -> Box<FunctionFault> {
    let count = String::from_utf8_lossy(text).chars().count();
    let needed = start.saturating_add(length.unwrap_or(0));
    let reason = format!("expected at least {needed} characters, found {count}");
    FunctionFault::new(FunctionFaultKind::Length, reason)
}

/// Appends the parts of the text between separators as a JSON array of strings (RFC 8259): `a;b` as `["a","b"]`. An
/// empty text has no parts: `[]`.
///
/// # Errors
/// One of the texts is not UTF-8, or the separator is empty.
pub fn split(text: &[u8], separator: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let (text, separator) = (utf8(text)?, utf8(separator)?);
    if separator.is_empty() {
        return Err(empty("the separator is empty"));
    }
    out.push(b'[');
    if !text.is_empty() {
        let mut start = 0;
        for at in memchr::memmem::find_iter(text.as_bytes(), separator) {
            put_json(&text[start..at], out);
            out.push(b',');
            start = at + separator.len();
        }
        put_json(&text[start..], out);
    }
    out.push(b']');
    Ok(())
}

fn put_json(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a Vec accepts all bytes, and a text is valid JSON");
}

#[cold]
fn too_long() -> Box<FunctionFault> {
    let reason = format!("the text with its replacements is longer than {MAX_REPLACED} bytes");
    FunctionFault::new(FunctionFaultKind::Length, reason)
}

#[cold]
fn empty(reason: &str) -> Box<FunctionFault> {
    FunctionFault::new(FunctionFaultKind::Length, reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn result(of: impl FnOnce(&mut Vec<u8>) -> Result<(), Box<FunctionFault>>) -> Result<String, String> {
        let mut out = b"kept".to_vec();
        let result = of(&mut out);
        assert!(out.starts_with(b"kept") && (result.is_ok() || out.len() == 4));
        result.map_err(|fault| fault.reason)?;
        Ok(String::from_utf8(out.split_off(4)).unwrap())
    }

    fn ok(of: impl FnOnce(&mut Vec<u8>) -> Result<(), Box<FunctionFault>>) -> String {
        result(of).unwrap()
    }

    #[test]
    fn letter_case_is_that_of_unicode() {
        assert_eq!(ok(|out| upper(b"bhp.ax", out)), "BHP.AX");
        assert_eq!(ok(|out| upper("straße ŉ".as_bytes(), out)), "STRASSE ʼN");
        assert_eq!(ok(|out| lower(b"BHP.AX", out)), "bhp.ax");
        assert_eq!(ok(|out| lower("ÉΣ ΟΔΟΣ".as_bytes(), out)), "éς οδος");
        assert_eq!(ok(|out| lower("İ".as_bytes(), out)), "i\u{307}");
    }

    #[test]
    fn white_space_is_removed_at_the_ends_only() {
        assert_eq!(ok(|out| trim(b" \t a b\r\n", out)), "a b");
        assert_eq!(ok(|out| trim("\u{a0}\u{2003}é\u{3000}".as_bytes(), out)), "é");
        assert_eq!(ok(|out| trim(b"  ", out)), "");
    }

    #[test]
    fn every_occurrence_is_replaced() {
        assert_eq!(ok(|out| replace(b"a.b.c", b".", b"::", out)), "a::b::c");
        assert_eq!(ok(|out| replace(b"aaa", b"aa", b"b", out)), "ba");
        assert_eq!(ok(|out| replace("é-é".as_bytes(), "é".as_bytes(), b"", out)), "-");
        assert_eq!(ok(|out| replace(b"", b"a", b"b", out)), "");
        let reason = result(|out| replace(b"a", b"", b"b", out));
        assert_eq!(reason, Err("the text to replace is empty".to_owned()));
    }

    #[test]
    fn replacements_do_not_fill_the_memory() {
        let (text, to) = ("a".repeat(500_000), "b".repeat(500_000));
        let reason = result(|out| replace(text.as_bytes(), b"a", to.as_bytes(), out)).unwrap_err();
        assert_eq!(
            reason,
            "the text with its replacements is longer than 16777216 bytes"
        );
        let fits = ok(|out| replace(&text.as_bytes()[..33], b"a", to.as_bytes(), out));
        assert_eq!(fits.len(), 33 * 500_000);
        assert!(result(|out| replace(&text.as_bytes()[..34], b"a", to.as_bytes(), out)).is_err());
    }

    #[test]
    fn a_substring_is_whole_or_rejected() {
        let part = |text: &str, start, length| result(|out| substring(text.as_bytes(), start, length, out));
        let table = [
            ("BHP140620C00040000", 3, Some(6), "140620"),
            ("BHP", 0, None, "BHP"),
            ("BHP", 3, None, ""),
            ("BHP", 3, Some(0), ""),
            ("a€é日", 1, Some(2), "€é"),
            ("a€é日", 3, None, "日"),
            ("a€é日", 4, None, ""),
        ];
        for (text, start, length, expected) in table {
            assert_eq!(part(text, start, length).as_deref(), Ok(expected), "{text}");
        }
        for (text, start, length, reason) in [
            ("BHP", 4, None, "expected at least 4 characters, found 3"),
            ("BHP", 2, Some(2), "expected at least 4 characters, found 3"),
            ("é", 1, Some(1), "expected at least 2 characters, found 1"),
            ("é", 2, None, "expected at least 2 characters, found 1"),
        ] {
            assert_eq!(part(text, start, length), Err(reason.to_owned()), "{text}");
        }
        assert!(part("BHP", usize::MAX, Some(usize::MAX)).is_err());
    }

    #[test]
    fn parts_are_strings_of_a_json_array() {
        assert_eq!(ok(|out| split(b"@;T;I", b";", out)), r#"["@","T","I"]"#);
        assert_eq!(ok(|out| split(b";", b";", out)), r#"["",""]"#);
        assert_eq!(ok(|out| split(b"", b";", out)), "[]");
        assert_eq!(ok(|out| split(b"a, b", b", ", out)), r#"["a","b"]"#);
        assert_eq!(
            ok(|out| split("\"\\\n\u{1}é".as_bytes(), b";", out)),
            r#"["\"\\\n\u0001é"]"#
        );
        let reason = result(|out| split(b"a", b"", out));
        assert_eq!(reason, Err("the separator is empty".to_owned()));
    }

    #[test]
    fn text_that_is_not_utf_8_is_rejected() {
        let text = b"caf\xe9";
        let expected = Err("expected UTF-8, but byte 4 is not".to_owned());
        assert_eq!(result(|out| upper(text, out)), expected);
        assert_eq!(result(|out| lower(text, out)), expected);
        assert_eq!(result(|out| trim(text, out)), expected);
        assert_eq!(result(|out| replace(text, b"c", b"d", out)), expected);
        assert_eq!(result(|out| replace(b"a", b"a", text, out)), expected);
        assert_eq!(result(|out| substring(text, 0, Some(1), out)), expected);
        assert_eq!(result(|out| split(text, b";", out)), expected);
    }

    proptest! {
        #[test]
        fn results_are_those_of_the_standard_library(
            text in "(\\PC|[aΣ ;ß]){0,12}",
            (from, to) in ("[a;Σ]{1,2}", "\\PC{0,2}"),
            (start, length) in (0usize..6, 0usize..6),
        ) {
            let bytes = text.as_bytes();
            prop_assert_eq!(ok(|out| upper(bytes, out)), text.to_uppercase());
            prop_assert_eq!(ok(|out| lower(bytes, out)), text.to_lowercase());
            prop_assert_eq!(ok(|out| trim(bytes, out)), text.trim());
            prop_assert_eq!(ok(|out| replace(bytes, from.as_bytes(), to.as_bytes(), out)), text.replace(&from, &to));
            let json = ok(|out| split(bytes, from.as_bytes(), out));
            let parts: Vec<String> = serde_json::from_str(&json).unwrap();
            let expected: Vec<&str> = text.split(&from).filter(|_| !text.is_empty()).collect();
            prop_assert_eq!(parts, expected);
            let part = result(|out| substring(bytes, start, Some(length), out)).ok();
            let characters: Vec<char> = text.chars().collect();
            let expected = characters.get(start..start + length).map(String::from_iter);
            prop_assert_eq!(part, expected);
        }

        #[test]
        fn any_bytes_have_a_result_or_a_reason(text in any::<Vec<u8>>(), other in any::<Vec<u8>>(), start: usize, length: Option<usize>) {
            let _ = result(|out| upper(&text, out));
            let _ = result(|out| lower(&text, out));
            let _ = result(|out| trim(&text, out));
            let _ = result(|out| replace(&text, &other, &text, out));
            let _ = result(|out| substring(&text, start, length, out));
            let _ = result(|out| split(&text, &other, out));
        }
    }
}
