//! What bytes come from: a file or standard input, and out of UTF-16 where they are in that.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use super::encoding::{Encoding, Utf16Decoder};

/// A file or standard input, read from front to back.
pub(super) struct Source {
    from: From,
    /// A regular file has its next bytes ready; what comes through a pipe is passed on as it comes.
    pub(super) regular: bool,
    pub(super) encoding: Encoding,
    utf16: Option<Utf16>,
}

enum From {
    File(File),
    Stdin(io::Stdin),
}

struct Utf16 {
    decoder: Utf16Decoder,
    bytes: Vec<u8>,
}

impl Source {
    pub(super) fn file(file: File, regular: bool, encoding: Encoding) -> Source {
        Source::new(From::File(file), regular, encoding)
    }

    pub(super) fn stdin(encoding: Encoding) -> Source {
        Source::new(From::Stdin(io::stdin()), false, encoding)
    }

    fn new(from: From, regular: bool, encoding: Encoding) -> Source {
        let utf16 = match encoding {
            Encoding::Utf16(order) => Some(Utf16 {
                decoder: Utf16Decoder::new(order),
                bytes: Vec::new(),
            }),
            Encoding::Utf8 | Encoding::AsciiCompatible(_) => None,
        };
        Source {
            from,
            regular,
            encoding,
            utf16,
        }
    }

    /// Goes to a byte of the file at which a row starts.
    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        match &mut self.from {
            From::File(file) => file.seek(SeekFrom::Start(to)).map(drop),
            From::Stdin(_) => Err(ErrorKind::NotSeekable.into()),
        }
    }

    /// Appends about `wanted` bytes, or what is there, to `bytes`; false at the end.
    pub(super) fn append_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
        let Some(utf16) = &mut self.utf16 else {
            return self.from.append_to(bytes, wanted).map(|read| read > 0);
        };
        utf16.bytes.clear();
        if self.from.append_to(&mut utf16.bytes, wanted)? > 0 {
            utf16.decoder.decode(&utf16.bytes, bytes);
            return Ok(true);
        }
        match utf16.decoder.finish(bytes) {
            true => Ok(false),
            false => Err(io::Error::new(
                ErrorKind::InvalidData,
                format!("its last byte is half a unit of {}", self.encoding),
            )),
        }
    }
}

impl From {
    fn append_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        let filled = bytes.len();
        bytes.resize(filled + wanted, 0);
        let read = loop {
            let room = &mut bytes[filled..];
            let read = match self {
                From::File(file) => file.read(room),
                From::Stdin(stdin) => stdin.lock().read(room),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        bytes.truncate(filled + read.as_ref().copied().unwrap_or(0));
        read
    }
}
