//! Decodes the bytes of an input, which are decompressed before.
//!
//! UTF-16 is converted to UTF-8 as it is read. Other encodings are left unchanged, since rows can be cut on their
//! bytes; each row is decoded later. Only the decoder knows which raw bytes its output came from.

mod encoding;
mod utf16;

use std::io::{self, ErrorKind};

pub(crate) use self::encoding::Malformed;
pub use self::encoding::{ByteOrder, Encoding};
use self::utf16::Utf16Decoder;
use super::compressed::{Compression, Decompressed};
use super::identity::Change;
use super::location::RawBytes;

/// Reads an input sequentially, and decodes it as far as is needed to separate rows.
pub(super) struct Decoder {
    bytes: Bytes,
    encoding: Encoding,
    utf16: Option<Utf16>,
    /// The number of bytes read, from the start of the input, decompressed.
    read: u64,
}

enum Bytes {
    Raw(RawBytes),
    Decompressed(Decompressed),
}

struct Utf16 {
    decoder: Utf16Decoder,
    bytes: Vec<u8>,
}

impl Decoder {
    /// # Errors
    /// The input cannot be read.
    pub(super) fn new(mut raw: RawBytes, encoding: Encoding) -> io::Result<Decoder> {
        let compression = match raw.member() {
            Some(_) => Some(Compression::Zip),
            None => Compression::of(raw.look_ahead(|bytes| !Compression::may_start_with(bytes))?),
        };
        let bytes = match compression {
            Some(compression) => Bytes::Decompressed(Decompressed::start(compression, raw)?),
            None => Bytes::Raw(raw),
        };
        let utf16 = match encoding {
            Encoding::Utf16(order) => Some(Utf16 {
                decoder: Utf16Decoder::new(order),
                bytes: Vec::new(),
            }),
            Encoding::Utf8 | Encoding::AsciiCompatible(_) => None,
        };
        Ok(Decoder {
            bytes,
            encoding,
            utf16,
            read: 0,
        })
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Appends about `wanted` bytes, or as many as are available, to `text`. Returns false at the end.
    pub(super) fn append_to(&mut self, text: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
        let Some(utf16) = &mut self.utf16 else {
            let read = self.bytes.append_to(text, wanted)?;
            self.read += read as u64;
            return Ok(read > 0);
        };
        utf16.bytes.clear();
        let read = self.bytes.append_to(&mut utf16.bytes, wanted)?;
        self.read += read as u64;
        if read > 0 {
            utf16.decoder.decode(&utf16.bytes, text);
            return Ok(true);
        }
        // The point where a changed file was cut off is not its end.
        if self.bytes.change().is_some() {
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
        match self.bytes {
            Bytes::Raw(_) => Some(self.read - pending),
            Bytes::Decompressed(_) => None,
        }
    }

    /// How many bytes of a compressed input were read; none for any other.
    pub(super) fn compressed_bytes(&self) -> Option<u64> {
        match &self.bytes {
            Bytes::Raw(_) => None,
            Bytes::Decompressed(bytes) => Some(bytes.stored()),
        }
    }

    /// How the file was changed, if it was.
    pub(super) fn change(&self) -> Option<Change> {
        self.bytes.change()
    }

    /// Continues at a raw byte offset where a character starts.
    pub(super) fn seek(&mut self, raw_byte: u64) -> io::Result<()> {
        match &mut self.bytes {
            Bytes::Raw(raw) => raw.seek(raw_byte)?,
            Bytes::Decompressed(_) => return Err(ErrorKind::NotSeekable.into()),
        }
        self.read = raw_byte;
        if let Some(utf16) = &mut self.utf16 {
            utf16.decoder.forget_pending();
        }
        Ok(())
    }
}

impl Bytes {
    fn append_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        match self {
            Bytes::Raw(raw) => raw.append_to(bytes, wanted),
            Bytes::Decompressed(decompressed) => decompressed.append_to(bytes, wanted),
        }
    }

    fn change(&self) -> Option<Change> {
        match self {
            Bytes::Raw(raw) => raw.change(),
            Bytes::Decompressed(decompressed) => decompressed.change(),
        }
    }
}
