//! One file, or standard input: its format, its length and its header, looked at before the first row is sent.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::BlockReader;
use super::error::SourceError;
use super::header::Header;
use crate::escape::printable;
use crate::record::{Format, Position};

/// One file, or standard input, ready to be read.
pub struct Input {
    /// The name as the user gave it, safe to show; `-` for standard input.
    pub name: Arc<str>,
    /// The format of its rows.
    pub format: Format,
    /// Its length in bytes; none for what is no regular file.
    pub length: Option<u64>,
    /// The header, for CSV.
    pub header: Option<Header>,
    path: PathBuf,
    /// What cannot be opened twice stays open from the look at its header on.
    reader: Option<BlockReader>,
}

impl Input {
    /// Opens the input that `argument` names and reads its header.
    ///
    /// # Errors
    /// A format that is not known, a file that cannot be opened or read, or a header that is none.
    pub fn open(argument: &OsStr, format: Option<Format>) -> Result<Input, SourceError> {
        let path = PathBuf::from(argument);
        let name: Arc<str> = printable(argument.as_encoded_bytes(), 4096).into();
        let format = match format.or_else(|| format_of(&path)) {
            Some(format) => format,
            None => {
                let message = match argument == "-" {
                    true => "the format of standard input is not known".to_owned(),
                    false => format!("{name}: the format is not known from the name"),
                };
                let hint = "say `--format csv` or `--format jsonl`";
                return Err(SourceError::usage(message).with_hint(hint));
            }
        };
        let mut input = Input {
            name,
            format,
            length: None,
            header: None,
            path,
            reader: None,
        };
        let mut reader = input.reader_at_start()?;
        input.header = reader.header().cloned();
        if input.length.is_none() {
            input.reader = Some(reader);
        }
        Ok(input)
    }

    /// A reader of the input's rows, from the first one on.
    ///
    /// # Errors
    /// The file cannot be opened any more, or its header is another than before.
    pub fn into_reader(mut self) -> Result<BlockReader, SourceError> {
        if let Some(reader) = self.reader.take() {
            return Ok(reader);
        }
        let before = self.header.clone();
        let mut reader = self.reader_at_start()?;
        if reader.header() != before.as_ref() {
            return Err(SourceError::input(format!(
                "{}: the file was changed since the run began",
                self.name
            )));
        }
        Ok(reader)
    }

    /// A reader from the row at `position` on, which an earlier reader has named.
    ///
    /// # Errors
    /// The input is no regular file, or the place is beyond its end.
    pub fn into_reader_at(mut self, position: &Position) -> Result<BlockReader, SourceError> {
        let mut file = self.open_file()?;
        if self.length.is_none_or(|length| position.byte > length) {
            return Err(SourceError::input(format!(
                "{position}: cannot be read from there"
            )));
        }
        file.seek(SeekFrom::Start(position.byte))
            .map_err(|error| self.read_error(&error))?;
        Ok(BlockReader::at(file, true, self.format, position.clone()))
    }

    fn reader_at_start(&mut self) -> Result<BlockReader, SourceError> {
        let file = self.open_file()?;
        let regular = self.length.is_some();
        BlockReader::start(file, regular, self.format, Arc::clone(&self.name))
    }

    fn open_file(&mut self) -> Result<Source, SourceError> {
        if self.path.as_os_str() == "-" {
            return Ok(Source::Stdin(io::stdin()));
        }
        let file = File::open(&self.path).map_err(|error| {
            SourceError::input(format!("{}: cannot be opened: {}", self.name, reason(&error)))
        })?;
        let metadata = file.metadata().map_err(|error| self.read_error(&error))?;
        if metadata.is_dir() {
            return Err(SourceError::input(format!("{}: is a directory", self.name)));
        }
        self.length = metadata.is_file().then_some(metadata.len());
        Ok(Source::File(file))
    }

    fn read_error(&self, error: &io::Error) -> SourceError {
        SourceError::input(format!("{}: cannot be read: {}", self.name, reason(error)))
    }
}

/// An I/O error's words without the number of the operating system.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    }
}

/// What bytes come from.
pub(super) enum Source {
    File(File),
    Stdin(io::Stdin),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read(buffer),
            Source::Stdin(stdin) => stdin.lock().read(buffer),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Source::File(file) => file.seek(to),
            Source::Stdin(_) => Err(io::ErrorKind::NotSeekable.into()),
        }
    }
}
