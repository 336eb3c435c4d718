//! Decodes the bytes of an input.
//!
//! UTF-16 is converted to UTF-8 as it is read. Other encodings are left unchanged, since rows can be cut on their
//! bytes; each row is decoded later. Only the decoder knows which raw bytes its output came from.

mod encoding;
mod utf16;

use std::io::{self, ErrorKind};

pub(crate) use self::encoding::Malformed;
pub use self::encoding::{ByteOrder, Encoding};
use self::utf16::Utf16Decoder;
use super::identity::Change;
use super::location::RawBytes;

/// Reads an input sequentially, and decodes it as far as is needed to separate rows.
pub(super) struct Decoder {
    raw: RawBytes,
    encoding: Encoding,
    utf16: Option<Utf16>,
    /// The number of raw bytes read, from the start of the input.
    raw_read: u64,
}

struct Utf16 {
    decoder: Utf16Decoder,
    bytes: Vec<u8>,
}

impl Decoder {
    pub(super) fn new(raw: RawBytes, encoding: Encoding) -> Decoder {
        let utf16 = match encoding {
            Encoding::Utf16(order) => Some(Utf16 {
                decoder: Utf16Decoder::new(order),
                bytes: Vec::new(),
            }),
            Encoding::Utf8 | Encoding::AsciiCompatible(_) => None,
        };
        Decoder {
            raw,
            encoding,
            utf16,
            raw_read: 0,
        }
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Appends about `wanted` bytes, or as many as are available, to `text`. Returns false at the end.
    pub(super) fn append_to(&mut self, text: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
        let Some(utf16) = &mut self.utf16 else {
            let read = self.raw.append_to(text, wanted)?;
            self.raw_read += read as u64;
            return Ok(read > 0);
        };
        utf16.bytes.clear();
        let read = self.raw.append_to(&mut utf16.bytes, wanted)?;
        self.raw_read += read as u64;
        if read > 0 {
            utf16.decoder.decode(&utf16.bytes, text);
            return Ok(true);
        }
        // The point where a changed file was cut off is not its end.
        if self.raw.change().is_some() {
            return Ok(false);
        }
        match utf16.decoder.finish(text) {
            true => Ok(false),
            false => Err(io::Error::new(
                ErrorKind::InvalidData,
                format!("the file ends in the middle of a {} code unit", self.encoding),
            )),
        }
    }

    /// The raw byte offset of the first byte that has not been appended yet; none if the input cannot be read again
    /// from there.
    pub(super) fn raw_byte(&self) -> Option<u64> {
        let pending = self.utf16.as_ref().map_or(0, |utf16| utf16.decoder.pending());
        Some(self.raw_read - pending)
    }

    /// How the file was changed, if it was.
    pub(super) fn change(&self) -> Option<Change> {
        self.raw.change()
    }

    /// Continues at a raw byte offset where a character starts.
    pub(super) fn seek(&mut self, raw_byte: u64) -> io::Result<()> {
        self.raw.seek(raw_byte)?;
        self.raw_read = raw_byte;
        if let Some(utf16) = &mut self.utf16 {
            utf16.decoder.forget_pending();
        }
        Ok(())
    }
}
