//! Decompresses an input on a thread of its own. A compressed input is recognised by its first bytes, whatever its name.
//!
//! All members of a gzip file (RFC 1952), all frames of a zstd file (RFC 8878) and all streams of an xz file are read,
//! as their own programs read them.

mod damage;
mod members;

use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

pub(super) use self::damage::{Damage, DamageKind};
use self::members::Members;
use super::archive::Positioned;
use super::identity::Change;
use super::location::RawBytes;

/// How an input is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Xz,
    /// A file in a zip archive.
    Zip,
}

/// The most memory in bytes for what a decoder must remember of the decompressed bytes. It allows every level of `zstd`
/// up to `--ultra -22`, and of `xz`.
const MAX_MEMORY: u64 = 128 << 20;

/// Logarithm of the largest window of zstd that needs no more.
const MAX_WINDOW_LOG: u32 = MAX_MEMORY.ilog2();

/// Decompressed bytes in one piece.
const PIECE_BYTES: usize = 256 << 10;

/// Pieces that are decompressed ahead.
const PIECES_AHEAD: usize = 4;

impl Compression {
    /// How an input that starts with `bytes` is compressed.
    pub(super) fn of(bytes: &[u8]) -> Option<Compression> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            // The second one is a skippable frame, with which files of several frames may start.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            _ => None,
        }
    }

    /// Whether more bytes than these are needed to recognise it.
    pub(super) fn may_start_with(bytes: &[u8]) -> bool {
        const STARTS: [&[u8]; 3] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0"];
        let skippable = matches!(
            bytes,
            [0x50..=0x5f] | [0x50..=0x5f, 0x2a] | [0x50..=0x5f, 0x2a, 0x4d]
        );
        skippable
            || STARTS
                .iter()
                .any(|start| bytes.len() < start.len() && start.starts_with(bytes))
    }

    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
            Compression::Zip => "zip",
        }
    }
}

/// The decompressed bytes of an input.
pub(super) struct Decompressed {
    pieces: Receiver<Piece>,
    piece: Vec<u8>,
    /// Bytes of `piece` that were returned.
    at: usize,
    stored: u64,
    change: Option<Change>,
    at_end: bool,
}

enum Piece {
    Bytes {
        bytes: Vec<u8>,
        /// Bytes of the input read so far.
        stored: u64,
    },
    /// The end, with the reason if it is an early one.
    End {
        failure: Option<io::Error>,
        change: Option<Change>,
    },
}

impl Decompressed {
    /// Starts to decompress `raw`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(super) fn start(compression: Compression, raw: RawBytes) -> io::Result<Decompressed> {
        let (sender, pieces) = mpsc::sync_channel(PIECES_AHEAD);
        thread::Builder::new()
            .name("decompress".to_owned())
            .spawn(move || run(compression, raw, &sender))?;
        Ok(Decompressed {
            pieces,
            piece: Vec::new(),
            at: 0,
            stored: 0,
            change: None,
            at_end: false,
        })
    }

    /// Appends up to `wanted` bytes to `bytes`. Returns how many; 0 at the end.
    ///
    /// # Errors
    /// The input cannot be read, or a [`Damage`]; all bytes before it have been returned.
    pub(super) fn append_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        if self.at == self.piece.len() && !self.at_end {
            match self.pieces.recv() {
                Ok(Piece::Bytes { bytes, stored }) => {
                    (self.piece, self.at, self.stored) = (bytes, 0, stored);
                }
                Ok(Piece::End { failure, change }) => {
                    (self.at_end, self.change) = (true, change);
                    if let Some(failure) = failure {
                        return Err(failure);
                    }
                }
                Err(_) => {
                    self.at_end = true;
                    return Err(io::Error::other("the thread that decompresses it panicked"));
                }
            }
        }
        let rest = &self.piece[self.at..];
        let taken = rest.len().min(wanted);
        bytes.extend_from_slice(&rest[..taken]);
        self.at += taken;
        Ok(taken)
    }

    /// How many bytes of the input, which are compressed, the bytes returned so far were made from; up to a few pieces
    /// more.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// How a regular file changed; known at the end.
    pub(super) fn change(&self) -> Option<Change> {
        self.change
    }
}

/// Counts what is read of an input.
struct Counted<'a, Bytes> {
    bytes: &'a mut Bytes,
    read: &'a Cell<u64>,
    /// Whether reading failed, not decompressing.
    failed: &'a Cell<bool>,
}

impl<Bytes: Read> Read for Counted<'_, Bytes> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(room);
        match &read {
            Ok(read) => self.read.set(self.read.get() + *read as u64),
            Err(_) => self.failed.set(true),
        }
        read
    }
}

impl<Bytes: Seek> Seek for Counted<'_, Bytes> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Decompresses `raw` until its end, or until nobody takes the pieces any more.
fn run(compression: Compression, mut raw: RawBytes, pieces: &SyncSender<Piece>) {
    let (read, failed) = (Cell::new(0), Cell::new(false));
    let send_all = |decoder: &mut dyn Read| {
        loop {
            let mut bytes = vec![0; PIECE_BYTES];
            let length = decoder.read(&mut bytes)?;
            if length == 0 {
                return Ok(());
            }
            bytes.truncate(length);
            let stored = read.get();
            if pieces.send(Piece::Bytes { bytes, stored }).is_err() {
                return Ok(());
            }
        }
    };
    let member = raw.member().map(|(entry, length)| (entry.clone(), length));
    let outcome = match member {
        None => {
            let counted = Counted {
                bytes: &mut raw,
                read: &read,
                failed: &failed,
            };
            decoder(compression, counted).and_then(|mut decoder| send_all(&mut decoder))
        }
        Some((entry, length)) => {
            let counted = Counted {
                bytes: &mut Positioned::new(&mut raw, length),
                read: &read,
                failed: &failed,
            };
            entry.read(counted, |decoder| {
                // The header before the file is not part of it.
                read.set(0);
                send_all(decoder)
            })
        }
    };
    let change = raw.change();
    // A file that was changed seems to end early.
    let failure = outcome
        .err()
        .filter(|_| change.is_none())
        .map(|error| match failed.get() {
            true => error,
            false => Damage::of(compression, &error).into(),
        });
    // It fails if nobody reads any more.
    let _ = pieces.send(Piece::End { failure, change });
}

fn decoder<'a>(compression: Compression, counted: Counted<'a, RawBytes>) -> io::Result<Box<dyn Read + 'a>> {
    let buffered = BufReader::with_capacity(64 << 10, counted);
    Ok(match compression {
        Compression::Gzip => Box::new(Members::new(buffered)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered)?;
            decoder.window_log_max(MAX_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Compression::Zip => unreachable!("only a file in an archive is compressed so"),
        Compression::Xz => {
            let stream = Stream::new_stream_decoder(MAX_MEMORY, CONCATENATED)?;
            Box::new(XzDecoder::new_stream(buffered, stream))
        }
    })
}

#[cfg(test)]
mod tests;
