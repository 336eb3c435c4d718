//! Why compressed data cannot be decompressed.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

use super::{Compression, MAX_MEMORY};

/// Why compressed data cannot be decompressed any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input) struct Damage {
    pub(in crate::input) compression: Compression,
    pub(in crate::input) kind: DamageKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input) enum DamageKind {
    /// The file ends before the compressed data does.
    Truncated,
    /// The data, or its checksum, is wrong; with what the library says.
    Corrupt(String),
    /// It needs more memory than is allowed.
    TooMuchMemory,
}

impl Damage {
    pub(super) fn of(compression: Compression, error: &io::Error) -> Damage {
        let kind = match error.kind() {
            ErrorKind::UnexpectedEof => DamageKind::Truncated,
            _ if needs_too_much_memory(error) => DamageKind::TooMuchMemory,
            _ => DamageKind::Corrupt(error.to_string()),
        };
        Damage { compression, kind }
    }
}

fn needs_too_much_memory(error: &io::Error) -> bool {
    let of_xz = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(of_xz, Some(liblzma::stream::Error::MemLimit))
        // The zstd crate gives only the text of `ZSTD_error_frameParameter_windowTooLarge`.
        || error.to_string() == "Frame requires too much memory for decoding"
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.compression.name();
        match &self.kind {
            DamageKind::Truncated => write!(formatter, "the {name} data is incomplete"),
            DamageKind::Corrupt(what) => write!(formatter, "the {name} data is corrupt ({what})"),
            DamageKind::TooMuchMemory => write!(
                formatter,
                "decompressing the {name} data needs more than {} MiB of memory",
                MAX_MEMORY >> 20
            ),
        }
    }
}

impl Error for Damage {}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, damage)
    }
}
