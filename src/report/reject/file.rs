//! One FILE of rejected rows and its FILE.errors.jsonl: a row is in both or in neither.

use std::path::{Path, PathBuf};

use super::error::RejectsError;
use super::output::Output;
use super::reason::reason;
use super::{KeptRows, RejectReason, RejectsSettings};
use crate::escape::printable;
use crate::load::{Fate, KeptExtent, ObservedRow};
use crate::record::{BYTE_ORDER_MARK, Delimiters, RowFormat, return_in_string};

/// The two files.
#[derive(Debug)]
pub(super) struct RejectsFile {
    settings: RejectsSettings,
    rows: Output,
    errors: Output,
    header: Option<Header>,
    /// The lines before the header, or before the first row if there is none.
    preamble: Option<Vec<u8>>,
    kept: u64,
    /// The line of FILE for the next row.
    next_line: u64,
    /// Memory for what is appended to FILE.
    piece: Vec<u8>,
    /// What is covered by a checkpoint, in an exactly-once load.
    settled: KeptExtent,
    /// Whether the files have, or may have, more than that.
    is_ahead: bool,
    /// Whether they are files of a load that were not opened yet.
    is_untouched: bool,
}

#[derive(Debug)]
struct Header {
    input: String,
    format: RowFormat,
    bytes: Vec<u8>,
}

impl RejectsFile {
    /// Creates both files, empty; refuses if one exists, even as a dangling link. Earlier files that will be replaced
    /// are kept until the first row.
    pub(super) fn create(path: &Path, settings: RejectsSettings) -> Result<RejectsFile, RejectsError> {
        let errors = errors_path(path);
        let rows = Output::create(path.to_owned(), settings.existing)?;
        match Output::create(errors, settings.existing) {
            Ok(errors) => Ok(RejectsFile {
                settings,
                rows,
                errors,
                header: None,
                preamble: None,
                kept: 0,
                next_line: 1,
                piece: Vec::new(),
                settled: KeptExtent::NOTHING,
                is_ahead: false,
                is_untouched: false,
            }),
            Err(error) => {
                rows.remove();
                Err(error)
            }
        }
    }

    /// The files of a load, which earlier runs may have written; `kept` is covered by its checkpoints. They are not touched
    /// before [`RejectsFile::continue_at`].
    pub(super) fn of_load(
        path: &Path,
        settings: RejectsSettings,
        kept: KeptExtent,
    ) -> Result<RejectsFile, RejectsError> {
        let file = RejectsFile {
            settings,
            rows: Output::of_load(path.to_owned()),
            errors: Output::of_load(errors_path(path)),
            header: None,
            preamble: None,
            kept: kept.rows,
            next_line: kept.next_line,
            piece: Vec::new(),
            settled: kept,
            is_ahead: false,
            is_untouched: true,
        };
        file.expect(kept)?;
        Ok(file)
    }

    /// Fails if the files are not those that the load wrote: then nothing in them may be removed.
    fn expect(&self, kept: KeptExtent) -> Result<(), RejectsError> {
        self.rows.expect_length(kept.rows_bytes)?;
        self.errors.expect_length(kept.errors_bytes)?;
        // Its reason is written before a row.
        let has_more = self.rows.found_length() > kept.rows_bytes;
        if has_more && self.errors.found_length() == kept.errors_bytes {
            return Err(self.rows.changed(kept.rows_bytes));
        }
        match kept.rows_bytes {
            0 => Ok(()),
            length => self.rows.expect_line_end(length),
        }
    }

    /// Opens the files of a load, and removes what is not covered by its checkpoints.
    pub(super) fn continue_at(&mut self, kept: KeptExtent) -> Result<(), RejectsError> {
        if self.is_untouched {
            // Both, before one is changed.
            self.expect(kept)?;
            self.rows.continue_at(kept.rows_bytes)?;
            self.errors.continue_at(kept.errors_bytes)?;
            (self.kept, self.next_line, self.settled) = (kept.rows, kept.next_line, kept);
            self.is_untouched = false;
        }
        Ok(())
    }

    /// What is kept now.
    pub(super) fn extent(&self) -> KeptExtent {
        if self.is_untouched {
            return self.settled;
        }
        KeptExtent {
            rows_bytes: self.rows.length(),
            errors_bytes: self.errors.length(),
            rows: self.kept,
            next_line: self.next_line,
        }
    }

    /// Records that everything is covered by a checkpoint.
    pub(super) fn settle(&mut self) {
        self.settled = self.extent();
        self.is_ahead = false;
    }

    /// Removes the rows that are not covered by a checkpoint.
    pub(super) fn roll_back(&mut self) -> Result<(), RejectsError> {
        if !std::mem::take(&mut self.is_ahead) {
            return Ok(());
        }
        self.rows.cut_back_to(self.settled.rows_bytes);
        self.errors.cut_back_to(self.settled.errors_bytes);
        (self.kept, self.next_line) = (self.settled.rows, self.settled.next_line);
        match self.rows.is_whole() && self.errors.is_whole() {
            true => Ok(()),
            false => {
                let error = std::io::Error::other("rows that were not committed could not be removed");
                Err(RejectsError::Write(self.rows.path.clone(), error))
            }
        }
    }

    /// Sets the format of an input's rows and its header, which is empty if the input has none.
    ///
    /// # Errors
    /// Another input has another format or header.
    pub(super) fn header(
        &mut self,
        input: &str,
        format: RowFormat,
        bytes: &[u8],
    ) -> Result<(), RejectsError> {
        let Some(known) = &self.header else {
            self.header = Some(Header {
                input: input.to_owned(),
                format,
                bytes: bytes.to_owned(),
            });
            return Ok(());
        };
        let (input, other) = (
            printable(input.as_bytes(), 200),
            printable(known.input.as_bytes(), 200),
        );
        let (name, known_name) = (format.format().name(), known.format.format().name());
        let difference = if known_name != name {
            format!("`{input}` is {name} and `{other}` is {known_name}")
        } else if known.format != format {
            format!("`{input}` has a different delimiter than `{other}`")
        } else if bare(&format, &known.bytes) != bare(&format, bytes) {
            format!("`{input}` has a different header than `{other}`")
        } else {
            return Ok(());
        };
        Err(RejectsError::Conflict(format!(
            "{difference}: their rows cannot share one file"
        )))
    }

    /// Sets the lines before the header or the first row. Those of the first input remain, since their number is the
    /// same for all.
    pub(super) fn preamble(&mut self, bytes: &[u8]) {
        self.preamble.get_or_insert_with(|| bytes.to_owned());
    }

    /// Keeps a row in both files, or in neither.
    pub(super) fn keep(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        why: RejectReason<'_>,
    ) -> Result<(), RejectsError> {
        self.rows.replace_earlier()?;
        self.errors.replace_earlier()?;
        let mut piece = std::mem::take(&mut self.piece);
        piece.clear();
        let lines = self.append_to(&mut piece, row.bytes);
        let (before, line) = (self.errors.length(), self.next_line + lines.before);
        let errors_line = reason(row, fate, why, line, &self.settings);
        // A row without its reason could not be recognized as one of the load.
        let kept = self.errors.append(errors_line.as_bytes()).and_then(|()| {
            let kept = self.rows.append(&piece);
            kept.inspect_err(|_| self.errors.cut_back_to(before))
        });
        self.piece = piece;
        if kept.is_ok() {
            self.is_ahead = true;
            self.kept += 1;
            self.next_line = line + lines.of_row;
        }
        kept
    }

    /// Builds what a row adds to FILE; the first row also adds the header.
    fn append_to(&self, piece: &mut Vec<u8>, row: &[u8]) -> Lines {
        let (format, header) = match &self.header {
            Some(header) => (header.format.clone(), &header.bytes[..]),
            None => (RowFormat::Csv(Delimiters::RFC_4180), &[][..]),
        };
        let preamble = self.preamble.as_deref().unwrap_or_default();
        let (encoding, line_end) = (
            self.settings.encoding,
            format
                .last_terminator(header)
                .or_else(|| format.last_terminator(preamble))
                .unwrap_or(b"\n"),
        );
        let mut append = |bytes: &[u8]| {
            piece.extend_from_slice(&encoding.as_in_file(bytes));
            if format.last_terminator(bytes).is_none() {
                piece.extend_from_slice(&encoding.as_in_file(line_end));
            }
        };
        let mut before = 0;
        if self.kept == 0 {
            for part in [preamble, header].into_iter().filter(|part| !part.is_empty()) {
                append(part);
                before += lines(&format, part);
            }
        }
        match &format {
            // The lines of a row over several lines end with carriage returns here; see `record::Document`.
            RowFormat::Json(..) if return_in_string(row).is_none() => {
                let row: Vec<u8> = row
                    .iter()
                    .map(|byte| if *byte == b'\r' { b' ' } else { *byte })
                    .collect();
                append(&row);
            }
            RowFormat::Csv(_) | RowFormat::Other(_) | RowFormat::Jsonl | RowFormat::Json(..) => append(row),
        }
        if self.kept == 0 {
            let mark = match encoding.byte_order_mark() {
                // A reader would skip the row's own.
                b"" if before == 0 && row.starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK,
                mark => mark,
            };
            piece.splice(..0, mark.iter().copied());
        }
        Lines {
            before,
            of_row: lines(&format, row),
        }
    }

    /// Closes both files until the next row.
    pub(super) fn close(&mut self) {
        self.rows.close();
        self.errors.close();
    }

    /// Its content; none if no row was kept.
    pub(super) fn kept(&self) -> Option<KeptRows> {
        (self.kept > 0).then(|| KeptRows {
            path: self.rows.path.clone(),
            errors_path: self.errors.path.clone(),
            rows: self.kept,
        })
    }

    /// Removes the earlier files that no kept row has replaced.
    pub(super) fn remove_earlier(&self) -> Result<(), RejectsError> {
        if self.is_untouched {
            return Ok(());
        }
        self.rows.remove_earlier()?;
        self.errors.remove_earlier()
    }

    /// FILE, if files of an earlier run exist that no kept row has replaced.
    pub(super) fn earlier(&self) -> Option<&Path> {
        (!self.is_untouched && (self.rows.is_earlier() || self.errors.is_earlier()))
            .then_some(&self.rows.path)
    }

    /// Writes everything to the disk.
    pub(super) fn sync(&mut self) -> Result<(), RejectsError> {
        if self.kept > 0 && !self.is_untouched {
            self.rows.sync()?;
            self.errors.sync()?;
        }
        Ok(())
    }
}

impl Drop for RejectsFile {
    /// Also if the run ends early: empty files would block the next run.
    fn drop(&mut self) {
        if self.is_untouched {
            self.rows.remove_empty();
        } else if self.kept == 0 {
            self.rows.remove();
            self.errors.remove();
        }
    }
}

/// The number of lines that a row adds to FILE.
struct Lines {
    before: u64,
    of_row: u64,
}

/// The file for the reasons of the rows in FILE.
pub fn errors_path(path: &Path) -> PathBuf {
    let mut errors = path.as_os_str().to_owned();
    errors.push(".errors.jsonl");
    PathBuf::from(errors)
}

/// A header without its byte order mark and line end: headers that differ only in these are the same.
fn bare<'a>(format: &RowFormat, header: &'a [u8]) -> &'a [u8] {
    let header = header.strip_prefix(BYTE_ORDER_MARK).unwrap_or(header);
    let end = format.last_terminator(header).map_or(0, <[u8]>::len);
    &header[..header.len() - end]
}

/// Physical lines, including a last line without a line end.
fn lines(format: &RowFormat, bytes: &[u8]) -> u64 {
    format.terminators(bytes) + u64::from(format.last_terminator(bytes).is_none())
}

#[cfg(test)]
mod tests;
