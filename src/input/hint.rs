//! How to fix an input that cannot be read, as data; the command line words the hints.

use super::decode::Encoding;
use super::location::Location;
use crate::record::Format;

/// A way to fix an input that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Plain text.
    Advice(&'static str),
    /// Raise the row limit, if such rows are intended.
    RaiseRowLimit,
    /// Give the format.
    GiveFormat,
    /// Read the file in another format.
    ReadAs(Format),
    /// Read JSON as JSONL, if each line is one object, or else as JSON.
    ReadAsOneOfJson,
    /// Give the encoding of the file, which is not this one.
    GiveEncoding(Encoding),
    /// Read the file in this encoding.
    ReadIn(Encoding),
    /// Do not give an encoding, since the file is UTF-8.
    ReadInUtf8,
    /// Convert the file from this encoding.
    ConvertFrom {
        /// The name of the encoding.
        encoding: &'static str,
        /// The file.
        location: Location,
    },
    /// Give this character as the one that separates columns.
    GiveDelimiter(u8),
    /// Give the files in this directory instead.
    FilesWithin(Location),
    /// Load a new file under another name, and bring the one that was loaded back.
    NotAsLoaded,
    /// Omit the input: its rows were loaded under another name.
    AlreadyLoaded,
    /// Name the files in this zip archive.
    FilesOfArchive(Location),
    /// Unpack the file.
    Unpack {
        /// The command that writes the content of a file to standard output.
        program: &'static str,
        /// The file.
        location: Location,
        /// The format of the content.
        format: Format,
    },
}
