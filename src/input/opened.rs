//! One input with its format, length and header, which are read before the first row is sent.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::archive::Archives;
use super::block::BlockReader;
use super::decode::{Decoder, Encoding};
use super::error::InputError;
use super::format;
use super::header::{Header, Layout};
use super::hint::Hint;
use super::identity::{Change, Identity};
use super::location::{Found, Location, RawBytes};
use super::read_settings::ReadSettings;
use super::unreadable;
use crate::record::{Dialect, Format, Framing, HeaderRow, Position, RowFormat};

/// One file, or standard input, ready to be read.
///
/// ```
/// use k2_produce::input::{Input, ReadSettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("trades.csv");
/// # std::fs::write(&path, "symbol,price\nBHP,40.2\n")?;
/// let input = Input::open(path.as_os_str(), &ReadSettings::default())?;
/// assert_eq!(input.header().expect("CSV has columns").names, ["symbol", "price"]);
///
/// let first = input.first_row();
/// assert_eq!((first.line, first.raw_byte), (2, Some(13)));
/// let block = input.reader_at(&first)?.next_block()?.expect("the file has a row");
/// assert_eq!(block.bytes, b"BHP,40.2\n");
/// # Ok(())
/// # }
/// ```
pub struct Input {
    /// The display name: as the user gave it, made safe to print; `-` for standard input. It does not identify the
    /// file.
    pub name: Arc<str>,
    /// Where it is.
    pub location: Location,
    /// How its rows are laid out.
    pub layout: Layout,
    /// Its encoding.
    pub encoding: Encoding,
    /// Its length in bytes; none unless it is a regular file.
    pub length: Option<u64>,
    /// Which file it is; none for standard input, unless it is a regular file.
    pub identity: Option<Identity>,
    /// See [`ReadSettings::max_row_bytes`].
    max_row_bytes: usize,
    /// See [`Input::open_among`].
    archives: Archives,
    /// Where its first row starts.
    first_row: Position,
    /// The decoded bytes before the first row: a byte order mark, the header.
    front: Vec<u8>,
    /// See [`Input::one_array`].
    one_array: Option<InputError>,
    /// The reader of an input that cannot be opened twice; it stays open after the header is read.
    reader: Option<BlockReader>,
}

impl Input {
    /// Opens the input that `argument` names and reads its header.
    ///
    /// # Errors
    /// The format is unknown, the file cannot be opened or read, or the header is invalid.
    pub fn open(argument: &OsStr, settings: &ReadSettings) -> Result<Input, InputError> {
        Input::open_among(argument, settings, &Archives::default())
    }

    /// The same for one of many inputs, which share the directories of their zip archives.
    ///
    /// # Errors
    /// See [`Input::open`].
    pub fn open_among(
        argument: &OsStr,
        settings: &ReadSettings,
        archives: &Archives,
    ) -> Result<Input, InputError> {
        let location = Location::of(argument);
        let name: Arc<str> = location.name().into();
        let ReadSettings {
            dialect,
            encoding,
            max_row_bytes,
            ..
        } = settings;
        let format = match settings.format.or_else(|| format_of_name(&location)) {
            Some(format) => format,
            None => return Err(unknown_format(&name, &location)),
        };
        let rows = match format {
            Format::Csv => dialect.rows.clone(),
            Format::Jsonl if settings.json.is_plain() => RowFormat::Jsonl,
            Format::Jsonl => RowFormat::Json(Framing::Lines, Arc::clone(&settings.json)),
            Format::Json => RowFormat::Json(Framing::Values, Arc::clone(&settings.json)),
        };
        refuse_ambiguous_delimiters(&name, &rows, *encoding)?;
        let found = location
            .open(archives)
            .map_err(|error| cannot_be_opened(&name, &location, error))?;
        let (length, identity) = (found.length, found.identity);
        let decoder = decoder(&name, found.bytes, *encoding)?;
        let mut reader = BlockReader::new(decoder, rows.clone(), Arc::clone(&name), length, *max_row_bytes);
        let mut front = reader.look_at_start(&location)?;
        let mut one_array = None;
        let layout = match format {
            Format::Csv => Layout::Csv {
                rows,
                header: header(&mut reader, &mut front, dialect)?,
            },
            // With a path to the rows a line may well be an array.
            Format::Jsonl if !rows.unnests() => {
                one_array = reader.look_at_first_line()?;
                Layout::Json { rows }
            }
            Format::Jsonl | Format::Json => Layout::Json { rows },
        };
        Ok(Input {
            name,
            location,
            layout,
            encoding: *encoding,
            length,
            identity,
            max_row_bytes: *max_row_bytes,
            archives: archives.clone(),
            first_row: reader.position().of_row(0),
            front,
            one_array,
            reader: length.is_none().then_some(reader),
        })
    }

    /// The columns of a CSV input.
    pub fn header(&self) -> Option<&Header> {
        match &self.layout {
            Layout::Csv { header, .. } => Some(header),
            Layout::Json { .. } => None,
        }
    }

    /// The format of its rows.
    pub fn format(&self) -> Format {
        self.layout.rows().format()
    }

    /// The error to report if rows must be objects but the file is one JSON array on one line. Returned only once.
    pub fn one_array(&mut self) -> Option<InputError> {
        self.one_array.take()
    }

    /// Whether `argument` names the same file.
    pub fn is_at(&self, argument: &OsStr) -> bool {
        let there = Location::of(argument).identity();
        self.identity
            .zip(there)
            .is_some_and(|(one, other)| one.is_same_file(&other))
    }

    /// Where its first row starts.
    pub fn first_row(&self) -> Position {
        self.first_row
    }

    /// The decoded bytes before the first row: a byte order mark, the header.
    pub(crate) fn front(&self) -> &[u8] {
        &self.front
    }

    /// The same input for another reader. If it can be read only once, the first one of these can be read.
    pub(crate) fn again(&mut self) -> Input {
        Input {
            name: Arc::clone(&self.name),
            location: self.location.clone(),
            layout: self.layout.clone(),
            encoding: self.encoding,
            length: self.length,
            archives: self.archives.clone(),
            identity: self.identity,
            max_row_bytes: self.max_row_bytes,
            first_row: self.first_row,
            front: self.front.clone(),
            one_array: None,
            reader: self.reader.take(),
        }
    }

    /// Returns a reader that starts at the first row.
    ///
    /// # Errors
    /// The file can no longer be opened, or it has changed.
    pub fn into_reader(mut self) -> Result<BlockReader, InputError> {
        match self.reader.take() {
            Some(reader) => Ok(reader),
            None => self.reader_at(&self.first_row),
        }
    }

    /// Returns a reader that starts at `position`, which another reader of this input reached.
    ///
    /// # Errors
    /// The input cannot be read twice, has changed, or ends before the position.
    pub fn reader_at(&self, position: &Position) -> Result<BlockReader, InputError> {
        // Bytes read from a pipe are gone; opening it again would take bytes from its current reader.
        let Some(before) = self.identity.filter(|_| self.length.is_some()) else {
            return Err(InputError::input(format!(
                "{}: can be read only once, from its start",
                self.name
            )));
        };
        let found = self
            .location
            .open(&self.archives)
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => self.changed(Change::Removed),
                _ => cannot_be_opened(&self.name, &self.location, error),
            })?;
        let Found {
            mut bytes, identity, ..
        } = found;
        match identity.map_or(Some(Change::Replaced), |now| before.change_to(&now)) {
            // Its earlier rows can still be read.
            None | Some(Change::Grown { .. }) => bytes.compare_with(before),
            Some(change) => return Err(self.changed(change)),
        }
        let decoder = decoder(&self.name, bytes, self.encoding)?;
        let name = Arc::clone(&self.name);
        let rows = self.layout.rows();
        let mut reader = BlockReader::new(decoder, rows, name, self.length, self.max_row_bytes);
        if !reader.starts_with(&self.front)? {
            return Err(self.changed(Change::Rewritten));
        }
        reader.go_to(position)?;
        Ok(reader)
    }

    /// The error if the input was loaded under another name.
    pub(crate) fn loaded_as(&self, name: &str) -> InputError {
        let name = crate::escape::printable(name.as_bytes(), 500);
        let message = format!(
            "{}: has the rows of `{name}`, which this load has loaded",
            self.name
        );
        InputError::input(message).with_hint(Hint::AlreadyLoaded)
    }

    /// The error if what comes before `position` is not what was loaded from there.
    pub(crate) fn differs_before(&self, position: &Position) -> InputError {
        let rows = position.row;
        let line = position.line;
        let message = match rows {
            0 => format!(
                "{}: its header is not the one with which the load began",
                self.name
            ),
            _ => format!(
                "{}: its rows before line {line} are not those that were loaded: the first {rows} rows have changed",
                self.name
            ),
        };
        InputError::input(message).with_hint(Hint::NotAsLoaded)
    }

    fn changed(&self, change: Change) -> InputError {
        InputError::changed(&self.name, change, "none of its rows was read")
    }
}

/// The names of the columns: those given, or else those in the header, which is read. What is read is added to `front`.
fn header(reader: &mut BlockReader, front: &mut Vec<u8>, dialect: &Dialect) -> Result<Header, InputError> {
    let mut preamble = reader.skip_lines(dialect.lines_before)?;
    let header = match &dialect.header {
        HeaderRow::Given(names) => {
            preamble.append(&mut reader.take_skipped_lines()?);
            Header {
                names: names.to_vec(),
                row: Vec::new(),
                preamble,
                skipped_lines: reader.position().line - 1,
            }
        }
        HeaderRow::InFile => {
            preamble.append(&mut reader.take_skipped_lines()?);
            let mut header = reader.read_header()?;
            header.preamble = preamble;
            header
        }
        HeaderRow::OnLine => {
            reader.expect_header()?;
            let mut header = reader.read_header()?;
            header.preamble = preamble;
            header
        }
    };
    front.extend_from_slice(&header.preamble);
    front.extend_from_slice(&header.row);
    Ok(header)
}

fn decoder(name: &str, bytes: RawBytes, encoding: Encoding) -> Result<Decoder, InputError> {
    Decoder::new(bytes, encoding)
        .map_err(|error| InputError::input(format!("{name}: cannot be read")).because_of(error))
}

fn cannot_be_opened(name: &str, location: &Location, error: io::Error) -> InputError {
    match error.kind() {
        ErrorKind::IsADirectory => {
            let error = InputError::input(format!("{name}: is a directory"));
            error.with_hint(Hint::FilesWithin(location.clone()))
        }
        _ => InputError::input(format!("{name}: cannot be opened")).because_of(error),
    }
}

fn format_of_name(location: &Location) -> Option<Format> {
    format::of_name(&location.path()?)
}

/// The error for an input with a name that does not show its format. If the first bytes show what it is, that is
/// reported.
fn unknown_format(name: &str, location: &Location) -> InputError {
    let Some(path) = location.path() else {
        let error = InputError::usage("the format of standard input is unknown");
        return error.with_hint(Hint::GiveFormat);
    };
    if path.is_dir() {
        return cannot_be_opened(name, location, ErrorKind::IsADirectory.into());
    }
    let first_bytes = first_bytes(location).unwrap_or_default();
    unreadable::packed(name, location, None, &first_bytes).unwrap_or_else(|| {
        InputError::usage(format!("{name}: the format cannot be determined from the name"))
            .with_hint(Hint::GiveFormat)
    })
}

/// The first bytes of a regular file, decompressed; empty for a pipe, where reading would consume them.
fn first_bytes(location: &Location) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Location::File(path) = location else {
        return Ok(bytes);
    };
    if path.is_file() {
        Decoder::new(location.open(&Archives::default())?.bytes, Encoding::Utf8)?
            .append_to(&mut bytes, 4096)?;
    }
    Ok(bytes)
}

/// Rejects delimiters that can be part of another character, since rows and cells are split on the bytes of the file.
fn refuse_ambiguous_delimiters(name: &str, rows: &RowFormat, encoding: Encoding) -> Result<(), InputError> {
    let delimiter = rows.delimiter().unwrap_or_default().into_iter();
    // The marks of JSON are sought in the bytes of the file only if the rows are parts of its values.
    let of_json = match rows.unnests() {
        true => &b"\"\\{}[],:"[..],
        false => &[],
    };
    let separators = delimiter.chain(rows.quote()).chain(rows.escape());
    for byte in separators.chain(of_json.iter().copied()) {
        if !encoding.keeps(byte) {
            let byte = char::from(byte);
            let consequence = match rows.unnests() {
                true => "JSON in this encoding cannot be split into rows",
                false => "it cannot separate or quote cells",
            };
            return Err(InputError::usage(format!(
                "{name}: in {encoding} `{byte}` can be part of another character, so {consequence}"
            ))
            .with_hint(Hint::Advice("convert the file to UTF-8 first")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
