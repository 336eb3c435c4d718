//! Bytes and fixed from text: only if the rules name the encoding.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::wire::put_bytes;
use crate::mapping::rules::{BytesEncoding, Rules};

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// Appends bytes, or a fixed of `size` bytes.
pub(crate) fn put(text: &[u8], size: Option<usize>, rules: &Rules, out: &mut Vec<u8>) -> Encoded {
    let words = words(size);
    let Some(encoding) = rules.bytes_encoding else {
        let reason = format!("the text encoding of {words} is not declared");
        return Err(Fault::new(RowErrorKind::Bytes, reason).with_hint(Hint::BytesEncoding));
    };
    let bytes = decode(text, encoding)
        .map_err(|why| Fault::new(RowErrorKind::Bytes, format!("expected {why} ({words})")))?;
    check_size(&bytes, size)?;
    match size {
        None => put_bytes(&bytes, out),
        Some(_) => out.extend_from_slice(&bytes),
    }
    Ok(())
}

/// The bytes of a text of characters up to U+00FF; a fixed has exactly `size` of them.
pub(crate) fn latin1(text: &[u8], size: Option<usize>) -> Encoded<Vec<u8>> {
    let bytes = decode(text, BytesEncoding::Latin1)
        .map_err(|why| Fault::new(RowErrorKind::Bytes, format!("expected {why} ({})", words(size))))?;
    check_size(&bytes, size)?;
    Ok(bytes)
}

/// The bytes of a text in base64; none if it is not.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    decode(text, BytesEncoding::Base64).ok()
}

fn words(size: Option<usize>) -> String {
    size.map_or_else(|| "bytes".to_owned(), |size| format!("fixed({size})"))
}

fn check_size(bytes: &[u8], size: Option<usize>) -> Encoded {
    match size {
        Some(size) if size != bytes.len() => {
            let reason = format!(
                "expected exactly {size} bytes ({}), found {}",
                words(Some(size)),
                bytes.len()
            );
            Err(Fault::new(RowErrorKind::Bytes, reason))
        }
        _ => Ok(()),
    }
}

fn decode(text: &[u8], encoding: BytesEncoding) -> Result<Vec<u8>, &'static str> {
    match encoding {
        BytesEncoding::Base64 => {
            let engine = if text.iter().any(|byte| matches!(byte, b'-' | b'_')) {
                &URL_SAFE
            } else {
                &STANDARD
            };
            engine.decode(text).map_err(|_| "RFC 4648 base64")
        }
        BytesEncoding::Hex => hex(text).ok_or("two hexadecimal digits for each byte"),
        BytesEncoding::Utf8 => match std::str::from_utf8(text) {
            Ok(_) => Ok(text.to_vec()),
            Err(_) => Err("UTF-8 text"),
        },
        BytesEncoding::Latin1 => {
            let wrong = "text of characters up to U+00FF, one for each byte";
            let characters = std::str::from_utf8(text).map_err(|_| wrong)?.chars();
            let bytes: Option<Vec<u8>> = characters.map(|one| u8::try_from(one).ok()).collect();
            bytes.ok_or(wrong)
        }
    }
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, size: Option<usize>, encoding: Option<BytesEncoding>) -> Option<Vec<u8>> {
        let rules = Rules {
            bytes_encoding: encoding,
            ..Rules::default()
        };
        let mut out = Vec::new();
        match put(text.as_bytes(), size, &rules, &mut out) {
            Ok(()) => Some(out),
            Err(fault) => {
                assert_eq!(fault.kind, RowErrorKind::Bytes);
                assert!(out.is_empty());
                None
            }
        }
    }

    #[test]
    fn bytes_are_read_in_the_declared_encoding() {
        use BytesEncoding::{Base64, Hex, Latin1, Utf8};
        let table: &[(&str, BytesEncoding, Option<&[u8]>)] = &[
            ("", Base64, Some(&[0])),
            ("AP8=", Base64, Some(&[4, 0, 0xff])),
            ("AP8", Base64, Some(&[4, 0, 0xff])),
            ("-_-_", Base64, Some(&[6, 0xfb, 0xff, 0xbf])),
            ("+/+/", Base64, Some(&[6, 0xfb, 0xff, 0xbf])),
            ("AP9=", Base64, None),
            ("A", Base64, None),
            ("AP8= ", Base64, None),
            ("00ffAb", Hex, Some(&[6, 0x00, 0xff, 0xab])),
            ("0", Hex, None),
            ("0x00", Hex, None),
            ("é", Utf8, Some(&[4, 0xc3, 0xa9])),
            ("é\u{0}", Latin1, Some(&[4, 0xe9, 0])),
            ("€", Latin1, None),
        ];
        for (text, encoding, expected) in table {
            assert_eq!(read(text, None, Some(*encoding)).as_deref(), *expected, "{text}");
        }
        assert_eq!(read("x", None, None), None, "no encoding of bytes is declared");
    }

    #[test]
    fn a_fixed_has_its_size() {
        assert_eq!(
            read("00ff", Some(2), Some(BytesEncoding::Hex)),
            Some(vec![0, 0xff])
        );
        assert_eq!(read("00ff", Some(3), Some(BytesEncoding::Hex)), None);
        assert_eq!(read("", Some(0), Some(BytesEncoding::Hex)), Some(vec![]));
    }
}
