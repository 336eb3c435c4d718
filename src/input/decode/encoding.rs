//! The encodings of inputs: UTF-8, and those that `--encoding` can name.
//!
//! In most of them an ASCII byte that separates rows or cells is never part of another character, so rows are cut on
//! the bytes of the file, and a row is decoded later, only if it is not pure ASCII. UTF-16 is different: it is
//! converted to UTF-8 as it is read (`utf16`). The conversion is lossless and can be reversed exactly.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use encoding_rs::DecoderResult;

use super::utf16;

/// The encoding of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// An encoding in which the bytes that separate rows and cells are always those characters.
    AsciiCompatible(&'static encoding_rs::Encoding),
    /// UTF-16, in either byte order.
    Utf16(ByteOrder),
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The low byte: UTF-16LE.
    Little,
    /// The high byte: UTF-16BE.
    Big,
}

/// Bytes that do not form a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Their offset in the bytes to be decoded.
    pub(crate) at: usize,
    /// How many bytes they are.
    pub(crate) length: usize,
}

impl FromStr for Encoding {
    type Err = String;

    /// Parses a label of the WHATWG encoding standard, ignoring case.
    fn from_str(label: &str) -> Result<Encoding, String> {
        let Some(encoding) = encoding_rs::Encoding::for_label(label.as_bytes()) else {
            return Err(
                "unknown encoding; expected a label of the WHATWG standard such as `windows-1252`, `shift_jis` or \
                 `utf-16le`"
                    .to_owned(),
            );
        };
        if encoding == encoding_rs::UTF_8 {
            Ok(Encoding::Utf8)
        } else if encoding == encoding_rs::UTF_16LE {
            Ok(Encoding::Utf16(ByteOrder::Little))
        } else if encoding == encoding_rs::UTF_16BE {
            Ok(Encoding::Utf16(ByteOrder::Big))
        } else if encoding.is_ascii_compatible() {
            Ok(Encoding::AsciiCompatible(encoding))
        } else {
            Err(
                "rows in this encoding cannot be separated; convert the file to UTF-8 with `iconv`"
                    .to_owned(),
            )
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::AsciiCompatible(encoding) => encoding.name(),
            Encoding::Utf16(ByteOrder::Little) => "UTF-16LE",
            Encoding::Utf16(ByteOrder::Big) => "UTF-16BE",
        };
        formatter.write_str(name)
    }
}

impl Encoding {
    /// Whether this ASCII byte always stands for its character and is never part of another one.
    pub(crate) fn keeps(self, byte: u8) -> bool {
        match self {
            Encoding::Utf8 | Encoding::Utf16(_) => true,
            // The second byte of a character is `@` or higher, except that GB 18030 uses digits as second and fourth
            // bytes.
            Encoding::AsciiCompatible(encoding) => {
                encoding.is_single_byte() || (byte < b'@' && !byte.is_ascii_digit())
            }
        }
    }

    /// The length in the file of `bytes`, which the decoder produced.
    pub(crate) fn raw_length(self, bytes: &[u8]) -> u64 {
        match self {
            Encoding::Utf16(_) => utf16::encoded_length(bytes),
            Encoding::Utf8 | Encoding::AsciiCompatible(_) => bytes.len() as u64,
        }
    }

    /// A block's bytes as they were in the file.
    pub(crate) fn as_in_file(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Encoding::Utf16(order) => Cow::Owned(utf16::encode(bytes, order)),
            Encoding::Utf8 | Encoding::AsciiCompatible(_) => Cow::Borrowed(bytes),
        }
    }

    /// The byte order mark for a file in this encoding, by which other programs recognize it.
    pub(crate) fn byte_order_mark(self) -> &'static [u8] {
        match self {
            Encoding::Utf16(ByteOrder::Little) => b"\xff\xfe",
            Encoding::Utf16(ByteOrder::Big) => b"\xfe\xff",
            Encoding::Utf8 | Encoding::AsciiCompatible(_) => b"",
        }
    }

    /// Appends a block's `bytes` to `text` as UTF-8.
    ///
    /// # Errors
    /// The first bytes that do not form a character; everything before them has been appended.
    pub(crate) fn decode(self, bytes: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
        let Encoding::AsciiCompatible(encoding) = self else {
            let valid = match std::str::from_utf8(bytes) {
                Ok(_) => bytes.len(),
                Err(error) => error.valid_up_to(),
            };
            text.extend_from_slice(&bytes[..valid]);
            // A lone surrogate takes up three bytes here (see `utf16`); otherwise one byte is reported.
            let length = if matches!(self, Encoding::Utf16(_)) { 3 } else { 1 };
            return match valid == bytes.len() {
                true => Ok(()),
                false => Err(Malformed { at: valid, length }),
            };
        };
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let room = decoder
            .max_utf8_buffer_length_without_replacement(bytes.len())
            .expect("a row is much smaller than the address space");
        let start = text.len();
        text.resize(start + room, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(bytes, &mut text[start..], true);
        text.truncate(start + written);
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::Malformed(length, after) => {
                let (length, after) = (usize::from(length), usize::from(after));
                Err(Malformed {
                    at: read - length - after,
                    length,
                })
            }
            DecoderResult::OutputFull => unreachable!("there is room for the longest text"),
        }
    }

    /// A block's bytes for display: converted to UTF-8, with bytes that do not form a character left unchanged. The
    /// first of these are at the position that [`Encoding::decode`] reports.
    pub(crate) fn readable(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if !matches!(self, Encoding::AsciiCompatible(_)) {
            return Cow::Borrowed(bytes);
        }
        let mut text = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Err(Malformed { at, length }) = self.decode(rest, &mut text) {
            text.extend_from_slice(&rest[at..at + length]);
            rest = &rest[at + length..];
        }
        Cow::Owned(text)
    }
}

#[cfg(test)]
mod tests;
