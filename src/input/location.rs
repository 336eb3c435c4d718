//! One file, or standard input: its format, its length and its header, looked at before the first row is sent.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::BlockReader;
use super::bytes::Source;
use super::encoding::Encoding;
use super::error::InputError;
use super::header::Header;
use super::unreadable;
use crate::escape::printable;
use crate::record::{Delimiters, Format, LineStart, Place, Position, RowFormat};

/// One file, or standard input, ready to be read.
pub struct Input {
    /// The name for people: as the user gave it, made safe to show; `-` for standard input. It is no identity.
    pub name: Arc<str>,
    /// The argument that named it.
    pub argument: OsString,
    /// How its rows are written.
    pub format: RowFormat,
    /// What its bytes stand for.
    pub encoding: Encoding,
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
    pub fn open(argument: &OsStr, format: Option<Format>, encoding: Encoding) -> Result<Input, InputError> {
        let path = PathBuf::from(argument);
        let name: Arc<str> = printable(argument.as_encoded_bytes(), 4096).into();
        let format = match format.or_else(|| format_of(&path)) {
            Some(Format::Csv) => RowFormat::Csv(Delimiters::RFC_4180),
            Some(Format::Jsonl) => RowFormat::Jsonl,
            None => return Err(unknown_format(&name, &path)),
        };
        let mut input = Input {
            name,
            argument: argument.to_owned(),
            format,
            encoding,
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
    pub fn into_reader(mut self) -> Result<BlockReader, InputError> {
        if let Some(reader) = self.reader.take() {
            return Ok(reader);
        }
        let before = self.header.clone();
        let mut reader = self.reader_at_start()?;
        if reader.header() != before.as_ref() {
            return Err(InputError::input(format!(
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
    pub fn into_reader_at(mut self, position: &Position) -> Result<BlockReader, InputError> {
        let mut source = self.open_source()?;
        let within = |raw_byte: &u64| self.length.is_some_and(|length| *raw_byte <= length);
        let Some(raw_byte) = position.raw_byte.filter(within) else {
            let place = Place {
                input: &self.name,
                line: position.line,
            };
            return Err(InputError::input(format!("{place}: cannot be read from there")));
        };
        source.seek(raw_byte).map_err(|error| self.read_error(&error))?;
        let start = LineStart {
            line: position.line,
            decoded_byte: position.decoded_byte,
            raw_byte: position.raw_byte,
        };
        Ok(BlockReader::at(source, self.format, self.name, start))
    }

    fn reader_at_start(&mut self) -> Result<BlockReader, InputError> {
        let source = self.open_source()?;
        BlockReader::start(source, self.format, Arc::clone(&self.name))
    }

    fn open_source(&mut self) -> Result<Source, InputError> {
        if self.path.as_os_str() == "-" {
            return Ok(Source::stdin(self.encoding));
        }
        let file = File::open(&self.path).map_err(|error| {
            InputError::input(format!("{}: cannot be opened: {}", self.name, reason(&error)))
        })?;
        let metadata = file.metadata().map_err(|error| self.read_error(&error))?;
        if metadata.is_dir() {
            return Err(InputError::input(format!("{}: is a directory", self.name)));
        }
        self.length = metadata.is_file().then_some(metadata.len());
        Ok(Source::file(file, self.length.is_some(), self.encoding))
    }

    fn read_error(&self, error: &io::Error) -> InputError {
        InputError::input(format!("{}: cannot be read: {}", self.name, reason(error)))
    }
}

/// What to say of an input whose name tells no format: what it is, where its first bytes tell that.
fn unknown_format(name: &str, path: &Path) -> InputError {
    if name == "-" {
        return InputError::usage("the format of standard input is not known")
            .with_hint("say `--format csv` or `--format jsonl`");
    }
    let packed = first_bytes(path).and_then(|bytes| unreadable::packed(name, None, &bytes));
    packed.unwrap_or_else(|| {
        let hint = match path.extension().is_some_and(|extension| extension == "json") {
            true => "say `--format jsonl` if each line is one object",
            false => "say `--format csv` or `--format jsonl`",
        };
        InputError::usage(format!("{name}: the format is not known from the name")).with_hint(hint)
    })
}

/// What a regular file begins with; a pipe would be emptied by looking.
fn first_bytes(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.is_file() {
        File::open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    }
    Some(bytes)
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

pub(super) fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    }
}
