//! What would help with an input that cannot be read. How it is written is left to whoever knows the user's commands.

use super::decode::Encoding;
use super::location::Location;
use crate::record::Format;

/// What would help with an input that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Advice that needs nothing but its text.
    Advice(&'static str),
    /// The limit of a row's length may have to be raised.
    RaiseRowLimit,
    /// The format has to be given.
    GiveFormat,
    /// The format has to be given as JSONL, if each line is one object.
    GiveJsonlForLines,
    /// The file is to be read in another format.
    ReadAs(Format),
    /// JSON is read as JSONL.
    ReadJsonAsJsonl,
    /// The encoding that the file is in has to be given; it is not this one.
    GiveEncoding(Encoding),
    /// The file is in this encoding.
    ReadIn(Encoding),
    /// The file is in UTF-8, so no encoding is to be given.
    ReadInUtf8,
    /// The file has to be converted from this encoding.
    ConvertFrom {
        /// The encoding's name.
        encoding: &'static str,
        /// The file.
        location: Location,
    },
    /// The file has to be saved with commas between the columns.
    SaveWithCommas,
    /// A directory was given, and the files within it are to be.
    FilesWithin(Location),
    /// The file has to be unpacked.
    Unpack {
        /// The command that writes what is in a file to standard output.
        program: &'static str,
        /// The file.
        location: Location,
        /// The format of what is in it.
        format: Format,
    },
    /// The JSON has to be written as one object a line.
    ToLines {
        /// What it is now.
        form: JsonForm,
        /// The file.
        location: Location,
    },
}

/// JSON that is not one object a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonForm {
    /// One array of objects.
    Array,
    /// Objects that go over several lines.
    SpreadObjects,
}
