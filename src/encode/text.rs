//! Text types: strings, booleans, UUIDs and enum symbols.

use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::likely;
use super::wire::{put_bytes, put_long};
use crate::nearest::near_miss;

/// Appends a string; `checked` says that the bytes are known to be valid UTF-8.
#[inline]
pub(crate) fn put_string(text: &[u8], checked: bool, out: &mut Vec<u8>) -> Encoded {
    if !checked && let Err(error) = std::str::from_utf8(text) {
        let at = error.valid_up_to();
        let reason = format!(
            "a string must be UTF-8, but byte 0x{:02x} at position {} is not",
            text[at],
            at + 1
        );
        return Err(Fault::new(RowErrorKind::NotUtf8, reason).with_hint(Hint::FileEncoding));
    }
    put_bytes(text, out);
    Ok(())
}

/// Reads a boolean; a CSV cell or a JSON text may also spell it 0/1, t/f, y/n or yes/no.
pub(crate) fn boolean(text: &[u8]) -> Encoded<bool> {
    let is_any_of = |words: &[&str]| {
        words
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
    };
    if is_any_of(&["true", "1", "t", "y", "yes"]) {
        Ok(true)
    } else if is_any_of(&["false", "0", "f", "n", "no"]) {
        Ok(false)
    } else {
        Err(Fault::new(
            RowErrorKind::NotABoolean,
            "expected `true` or `false` (boolean)",
        ))
    }
}

/// Checks the canonical text of a UUID (RFC 9562, section 4): 8-4-4-4-12 hexadecimal digits.
pub(crate) fn check_uuid(text: &[u8]) -> Encoded {
    let hexadecimal = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    let fits = text.len() == 36
        && [8, 13, 18, 23].iter().all(|place| text[*place] == b'-')
        && hexadecimal(text) == 32;
    if fits {
        return Ok(());
    }
    let wanted = "expected 36 characters such as `f81d4fae-7dec-11d0-a765-00a0c91e6bf6` (uuid)";
    Err(Fault::new(RowErrorKind::NotAUuid, wanted))
}

/// Appends the 16 bytes of a UUID, given its canonical text.
pub(crate) fn put_uuid(text: &[u8], out: &mut Vec<u8>) -> Encoded {
    check_uuid(text)?;
    let digits: Vec<u8> = text
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    out.extend(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]));
    Ok(())
}

/// Appends the canonical text of a UUID.
pub(crate) fn put_uuid_text(bytes: &[u8; 16], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// The symbols of an enum, prepared for look-ups.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// In the schema's order.
    names: Vec<String>,
    /// Indexes into `names`, sorted by name.
    sorted: Vec<u32>,
}

impl Symbols {
    pub(crate) fn new(names: Vec<String>) -> Symbols {
        let mut sorted: Vec<u32> = (0..names.len() as u32).collect();
        sorted.sort_by(|left, right| names[*left as usize].cmp(&names[*right as usize]));
        Symbols { names, sorted }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn has(&self, text: &[u8]) -> bool {
        self.find(text).is_some()
    }

    /// The index of the symbol `text`. A short list is scanned: most symbols differ in length.
    #[inline]
    pub(crate) fn find(&self, text: &[u8]) -> Option<usize> {
        const HANDFUL: usize = 8;
        if self.names.len() <= HANDFUL {
            return self.names.iter().position(|name| name.as_bytes() == text);
        }
        let place = self
            .sorted
            .binary_search_by(|index| self.names[*index as usize].as_bytes().cmp(text));
        place.ok().map(|place| self.sorted[place] as usize)
    }

    /// Appends the index of the symbol that equals `text` exactly.
    #[inline]
    pub(crate) fn put(&self, text: &[u8], out: &mut Vec<u8>) -> Encoded {
        match self.find(text) {
            Some(index) => {
                put_long(index as i64, out);
                Ok(())
            }
            None => Err(self.unknown(text)),
        }
    }

    #[cold]
    fn unknown(&self, text: &[u8]) -> Box<Fault> {
        const SHOWN: usize = 12;
        let mut names = self
            .names
            .iter()
            .take(SHOWN)
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        if self.names.len() > SHOWN {
            names.push_str(", ...");
        }
        let fault = Fault::new(
            RowErrorKind::UnknownSymbol,
            format!("the enum's symbols are {names}"),
        );
        match self.near(text) {
            Some(near) => fault.with_hint(Hint::near(&near)),
            None => fault,
        }
    }

    /// The symbol that was probably meant: the same in another case, else one with a similar spelling.
    fn near(&self, text: &[u8]) -> Option<String> {
        // Bounds the cost, since each bad row is compared with every symbol, letter by letter.
        const MOST: usize = 1_000;
        const LONGEST: usize = 100;
        let trimmed = text.trim_ascii();
        let same = |name: &&String| name.as_bytes().eq_ignore_ascii_case(trimmed);
        if let Some(name) = self.names.iter().find(same) {
            return Some(name.clone());
        }
        if trimmed.len() > LONGEST || self.names.len() > MOST || likely::is_missing_value(trimmed) {
            return None;
        }
        near_miss(std::str::from_utf8(trimmed).ok()?, &self.names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans() {
        for text in ["true", "TRUE", "1", "t", "Y", "yes"] {
            assert_eq!(boolean(text.as_bytes()), Ok(true), "{text}");
        }
        for text in ["false", "False", "0", "F", "n", "NO"] {
            assert_eq!(boolean(text.as_bytes()), Ok(false), "{text}");
        }
        for text in ["", "2", "on", " true"] {
            assert_eq!(
                boolean(text.as_bytes()).unwrap_err().kind,
                RowErrorKind::NotABoolean,
                "{text}"
            );
        }
    }

    #[test]
    fn uuids_have_their_canonical_form() {
        assert!(check_uuid(b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6").is_ok());
        for text in [
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bfg",
            "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
            "",
        ] {
            assert_eq!(
                check_uuid(text.as_bytes()).unwrap_err().kind,
                RowErrorKind::NotAUuid,
                "{text}"
            );
        }
    }

    #[test]
    fn a_uuid_as_bytes_has_the_same_text() {
        let text = b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
        let mut out = Vec::new();
        put_uuid(text, &mut out).unwrap();
        assert_eq!(out[..4], [0xf8, 0x1d, 0x4f, 0xae]);
        let bytes: [u8; 16] = out.try_into().unwrap();
        let mut again = Vec::new();
        put_uuid_text(&bytes, &mut again);
        assert_eq!(again, text);
    }

    #[test]
    fn symbols_are_exact_and_a_near_miss_is_only_suggested() {
        let symbols = Symbols::new(["SELL", "BUY", "UNKNOWN"].map(str::to_owned).to_vec());
        for (index, name) in ["SELL", "BUY", "UNKNOWN"].iter().enumerate() {
            let mut out = Vec::new();
            symbols.put(name.as_bytes(), &mut out).unwrap();
            assert_eq!(out, [index as u8 * 2]);
        }
        let many = Symbols::new((0..40).map(|number| format!("S{number}")).collect());
        assert_eq!(
            (many.find(b"S7"), many.find(b"S39"), many.find(b"S40")),
            (Some(7), Some(39), None)
        );
        let fault = symbols.put(b"sell", &mut Vec::new()).unwrap_err();
        assert_eq!(fault.hint, Some("did you mean `SELL`?".into()));
        assert_eq!(fault.reason, "the enum's symbols are `SELL`, `BUY`, `UNKNOWN`");
    }

    #[test]
    fn a_similar_symbol_is_suggested() {
        let symbols = Symbols::new(["XASX", "FULL", "CHIA"].map(str::to_owned).to_vec());
        for (text, near) in [
            ("ASX", Some("XASX")),
            ("XAS", Some("XASX")),
            ("xasx ", Some("XASX")),
            ("NYSE", None),
            ("NULL", None),
            ("", None),
        ] {
            assert_eq!(symbols.near(text.as_bytes()).as_deref(), near, "{text}");
        }
    }

    #[test]
    fn strings_are_utf_8() {
        let mut out = Vec::new();
        put_string("é".as_bytes(), false, &mut out).unwrap();
        assert_eq!(out, [4, 0xc3, 0xa9]);
        let fault = put_string(b"caf\xe9", false, &mut out).unwrap_err();
        assert_eq!(fault.kind, RowErrorKind::NotUtf8);
        assert!(fault.reason.contains("0xe9 at position 4"), "{}", fault.reason);
    }
}
