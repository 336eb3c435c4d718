//! `--rejects FILE`: rejected rows unchanged, so that FILE can be corrected and loaded.
//!
//! FILE begins with the header of the input; `FILE.errors.jsonl` has one object for each row with where it
//! stood and why it is there (its lines are made in `reason`). Both are created before the run sends
//! anything, belong to the user alone, and go away again where no row came. No write error is swallowed:
//! a row that could not be kept must end the run.

mod error;
mod output;
mod reason;

use std::path::{Path, PathBuf};

pub use self::error::RejectsError;
use self::output::Output;
use self::reason::reason;
use crate::encode::{Hint, RowError};
use crate::escape::printable;
use crate::input::Encoding;
use crate::load::{DeliveryError, Fate, ObservedRow};
use crate::record::{Delimiters, RowFormat};

/// Why a row is kept.
#[derive(Clone, Copy, Debug)]
pub enum RejectReason<'a> {
    /// The row is bad.
    Row(&'a RowError),
    /// It was not, or may not have been, delivered.
    Delivery(&'a DeliveryError),
}

/// What puts a hint into words.
pub type HintWords = fn(&Hint) -> String;

/// The two files.
#[derive(Debug)]
pub struct RejectsFile {
    encoding: Encoding,
    hint_words: HintWords,
    rows: Output,
    errors: Output,
    header: Option<Header>,
    kept: u64,
    /// The line of FILE that the next row will stand on.
    next_line: u64,
}

#[derive(Debug)]
struct Header {
    input: String,
    format: RowFormat,
    bytes: Vec<u8>,
}

impl RejectsFile {
    /// Creates both files, empty; refuses where one is there, be it a link that leads nowhere.
    ///
    /// The rows go into the file in `encoding`, that of the inputs.
    pub fn create(
        path: &Path,
        encoding: Encoding,
        hint_words: HintWords,
    ) -> Result<RejectsFile, RejectsError> {
        let errors_path = errors_path(path);
        let rows = Output::create(path.to_owned())?;
        match Output::create(errors_path) {
            Ok(errors) => Ok(RejectsFile::over(rows, errors, encoding, hint_words)),
            Err(error) => {
                rows.remove();
                Err(error)
            }
        }
    }

    fn over(rows: Output, errors: Output, encoding: Encoding, hint_words: HintWords) -> RejectsFile {
        RejectsFile {
            encoding,
            hint_words,
            rows,
            errors,
            header: None,
            kept: 0,
            next_line: 1,
        }
    }

    /// Where the rows go.
    pub fn path(&self) -> &Path {
        &self.rows.path
    }

    /// Where the reasons go.
    pub fn errors_path(&self) -> &Path {
        &self.errors.path
    }

    /// Rows kept so far.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// Takes in how an input's rows are written and its header, which is empty where the input has none.
    ///
    /// To be called for every input before the run begins, so that inputs that cannot share the file are
    /// refused before anything is sent.
    pub fn header(&mut self, input: &str, format: RowFormat, bytes: &[u8]) -> Result<(), RejectsError> {
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
            format!("`{input}` has other delimiters than `{other}`")
        } else if bare(format, &known.bytes) != bare(format, bytes) {
            format!("`{input}` has another header than `{other}`")
        } else {
            return Ok(());
        };
        Err(RejectsError::Conflict(format!(
            "{difference}: their rows cannot share one file"
        )))
    }

    /// Keeps a row; on an error the run must stop, because the next one would be lost too.
    pub fn keep(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        why: RejectReason<'_>,
    ) -> Result<(), RejectsError> {
        let (format, header) = match &self.header {
            Some(header) => (header.format, &header.bytes[..]),
            None => (RowFormat::Csv(Delimiters::RFC_4180), &[][..]),
        };
        let line_end = format.last_terminator(header).unwrap_or(b"\n");
        let encoding = self.encoding;
        if self.kept == 0 {
            self.rows.write(encoding.byte_order_mark())?;
        }
        if self.kept == 0 && !header.is_empty() {
            self.rows.write(&encoding.as_in_file(header))?;
            if format.last_terminator(header).is_none() {
                self.rows.write(&encoding.as_in_file(line_end))?;
            }
            self.next_line += lines(format, header);
        }
        let errors_line = reason(row, fate, why, self.next_line, self.hint_words);
        self.rows.write(&encoding.as_in_file(row.bytes))?;
        if format.last_terminator(row.bytes).is_none() {
            self.rows.write(&encoding.as_in_file(line_end))?;
        }
        self.next_line += lines(format, row.bytes);
        self.errors.write(errors_line.as_bytes())?;
        self.kept += 1;
        Ok(())
    }

    /// Puts everything on the disk; the files go away where no row was kept. Returns the rows kept.
    pub fn finish(mut self) -> Result<u64, RejectsError> {
        if self.kept > 0 {
            self.rows.sync()?;
            self.errors.sync()?;
        }
        Ok(self.kept)
    }
}

impl Drop for RejectsFile {
    /// Also where the run ends early: files that hold nothing would stand in the way of the next run.
    fn drop(&mut self) {
        if self.kept == 0 && self.next_line == 1 {
            self.rows.remove();
            self.errors.remove();
        }
    }
}

/// The file of the reasons that goes with a file of rows.
pub fn errors_path(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".errors.jsonl");
    PathBuf::from(path)
}

/// A header without its byte order mark and line end, which do not make it another one.
fn bare(format: RowFormat, header: &[u8]) -> &[u8] {
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
    let end = format.last_terminator(header).map_or(0, <[u8]>::len);
    &header[..header.len() - end]
}

/// Physical lines, a last one without an end included.
fn lines(format: RowFormat, bytes: &[u8]) -> u64 {
    format.terminators(bytes) + u64::from(format.last_terminator(bytes).is_none())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::{self, BufWriter};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use serde_json::Value;

    use super::*;
    use crate::encode::RowErrorKind;
    use crate::record::Position;

    const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);
    const HEADER: &[u8] = b"symbol,price\r\n";

    /// The words of a hint that has some of its own.
    pub(super) fn advice(hint: &Hint) -> String {
        match hint {
            Hint::Advice(advice) => advice.to_string(),
            other => format!("{other:?}"),
        }
    }

    /// Keeps a bad row.
    fn keep(rejects: &mut RejectsFile, line: u64, bytes: &[u8]) -> Result<(), RejectsError> {
        let row = ObservedRow {
            input: "trades.csv",
            columns: &[],
            position: Position {
                row: 0,
                line,
                decoded_byte: 14,
                raw_byte: Some(14),
            },
            bytes,
        };
        let error = RowError::whole(RowErrorKind::NotANumber, "not a number");
        rejects.keep(&row, Fate::Rejected, RejectReason::Row(&error))
    }

    fn names(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn rows_are_kept_as_they_stood_under_their_header() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.csv");
        let mut rejects = RejectsFile::create(&path, Encoding::Utf8, advice).unwrap();
        rejects.header("trades.csv", CSV, HEADER).unwrap();
        rejects
            .header("more.csv", CSV, b"\xef\xbb\xbfsymbol,price\n")
            .unwrap();
        keep(&mut rejects, 2, b"BHP,x\r\n").unwrap();
        keep(&mut rejects, 3, b"\"B\nHP\",x\n").unwrap();
        keep(&mut rejects, 5, b"caf\xe9,x").unwrap();
        assert_eq!(rejects.finish().unwrap(), 3);

        let kept = fs::read(&path).unwrap();
        assert_eq!(kept, b"symbol,price\r\nBHP,x\r\n\"B\nHP\",x\ncaf\xe9,x\r\n");
        let errors_path = directory.path().join("bad.csv.errors.jsonl");
        let errors = fs::read_to_string(&errors_path).unwrap();
        let errors: Vec<Value> = errors
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let at: Vec<(u64, u64)> = errors
            .iter()
            .map(|error| {
                (
                    error["line"].as_u64().unwrap(),
                    error["rejects_line"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(at, [(2, 2), (3, 3), (5, 5)]);
        for path in [&path, &errors_path] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn jsonl_has_no_header() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.jsonl");
        let mut rejects = RejectsFile::create(&path, Encoding::Utf8, advice).unwrap();
        rejects.header("trades.jsonl", RowFormat::Jsonl, b"").unwrap();
        keep(&mut rejects, 1, b"{}\n").unwrap();
        keep(&mut rejects, 2, b"{").unwrap();
        rejects.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}\n{\n");
    }

    #[test]
    fn a_jsonl_row_that_ends_in_a_lone_cr_does_not_run_into_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.jsonl");
        let mut rejects = RejectsFile::create(&path, Encoding::Utf8, advice).unwrap();
        rejects.header("a.jsonl", RowFormat::Jsonl, b"").unwrap();
        keep(&mut rejects, 1, b"{\"a\":\r1\n").unwrap();
        keep(&mut rejects, 2, b"{\r").unwrap();
        keep(&mut rejects, 1, b"[\n").unwrap();
        rejects.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{\"a\":\r1\n{\r\n[\n");
        let errors = fs::read_to_string(directory.path().join("bad.jsonl.errors.jsonl")).unwrap();
        let lines = errors.lines().map(|line| {
            let error: Value = serde_json::from_str(line).unwrap();
            error["rejects_line"].as_u64().unwrap()
        });
        assert_eq!(lines.collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn inputs_whose_columns_names_were_given_share_a_file_without_a_header() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.csv");
        let mut rejects = RejectsFile::create(&path, Encoding::Utf8, advice).unwrap();
        rejects.header("a.csv", CSV, b"").unwrap();
        rejects.header("b.csv", CSV, b"").unwrap();
        let semicolon = RowFormat::Csv(Delimiters::new(b';', b'"').unwrap());
        for (format, header, difference) in [
            (RowFormat::Jsonl, &b""[..], "`c` is jsonl and `a.csv` is csv"),
            (CSV, HEADER, "`c` has another header than `a.csv`"),
            (semicolon, b"", "`c` has other delimiters than `a.csv`"),
        ] {
            let error = rejects.header("c", format, header).unwrap_err().to_string();
            assert_eq!(error, format!("{difference}: their rows cannot share one file"));
        }
        keep(&mut rejects, 1, b"BHP,x\n").unwrap();
        rejects.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"BHP,x\n");
    }

    #[test]
    fn rows_that_came_from_utf_16_go_back_into_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.csv");
        let mut rejects = RejectsFile::create(&path, "utf-16le".parse().unwrap(), advice).unwrap();
        rejects.header("trades.csv", CSV, b"name\n").unwrap();
        keep(&mut rejects, 2, "東\n".as_bytes()).unwrap();
        keep(&mut rejects, 3, b"\xed\xa0\xbd").unwrap();
        rejects.finish().unwrap();
        let kept = fs::read(&path).unwrap();
        assert_eq!(kept, b"\xff\xfen\0a\0m\0e\0\n\0\x71\x67\n\0\x3d\xd8\n\0");
    }

    #[test]
    fn inputs_that_differ_cannot_share_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut rejects = RejectsFile::create(&directory.path().join("bad"), Encoding::Utf8, advice).unwrap();
        rejects.header("a.csv", CSV, HEADER).unwrap();
        let error = rejects
            .header("b.csv", CSV, b"price,symbol\r\n")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "`b.csv` has another header than `a.csv`: their rows cannot share one file"
        );
        let error = rejects
            .header("c.jsonl", RowFormat::Jsonl, b"")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "`c.jsonl` is jsonl and `a.csv` is csv: their rows cannot share one file"
        );
    }

    #[test]
    fn a_run_without_bad_rows_leaves_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.csv");
        let mut rejects = RejectsFile::create(&path, Encoding::Utf8, advice).unwrap();
        rejects.header("a.csv", CSV, HEADER).unwrap();
        assert_eq!(names(directory.path()), 2, "both are there from the start");
        assert_eq!(rejects.finish().unwrap(), 0);
        assert_eq!(names(directory.path()), 0);
        drop(RejectsFile::create(&path, Encoding::Utf8, advice).unwrap());
        assert_eq!(
            names(directory.path()),
            0,
            "a run that ends early leaves none either"
        );
    }

    #[test]
    fn a_file_that_is_there_is_refused_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.csv");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(
            RejectsFile::create(&path, Encoding::Utf8, advice),
            Err(RejectsError::Exists(_))
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

        let other = directory.path().join("other.csv");
        fs::write(directory.path().join("other.csv.errors.jsonl"), "precious").unwrap();
        assert!(matches!(
            RejectsFile::create(&other, Encoding::Utf8, advice),
            Err(RejectsError::Exists(_))
        ));
        assert!(!other.exists(), "the half that was created is taken back");
    }

    #[test]
    fn no_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("bad.csv"));
        symlink(&target, &link).unwrap();
        assert!(matches!(
            RejectsFile::create(&link, Encoding::Utf8, advice),
            Err(RejectsError::Exists(_))
        ));
        assert!(!target.exists());
    }

    #[test]
    fn a_directory_that_is_missing_is_an_error_before_the_run() {
        let error =
            RejectsFile::create(Path::new("/nonexistent/bad\u{1b}.csv"), Encoding::Utf8, advice).unwrap_err();
        assert_eq!(error.to_string(), "cannot create `/nonexistent/bad\\x1b.csv`");
        assert!(std::error::Error::source(&error).is_some());
    }

    /// Rejects whose `full` half goes to a disk without room.
    fn on_a_full_disk(directory: &Path, full: &str) -> RejectsFile {
        let output = |name: &str| {
            let path = directory.join(name);
            let device = if name == full {
                Path::new("/dev/full")
            } else {
                &path
            };
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .open(device)
                .unwrap();
            Output {
                path,
                file: BufWriter::new(file),
            }
        };
        RejectsFile::over(output("rows"), output("errors"), Encoding::Utf8, advice)
    }

    #[test]
    fn a_full_disk_is_never_swallowed() {
        let directory = tempfile::tempdir().unwrap();
        for full in ["rows", "errors"] {
            let mut rejects = on_a_full_disk(directory.path(), full);
            keep(&mut rejects, 2, b"BHP,x\n").expect("it waits in the buffer");
            let written = keep(&mut rejects, 3, &[b'x'; 100_000]).and_then(|()| rejects.finish());
            let error = written.unwrap_err();
            assert!(error.to_string().contains(&format!("/{full}`")), "{error}");
            let RejectsError::Write(_, cause) = error else {
                panic!("{error}")
            };
            assert_eq!(cause.kind(), io::ErrorKind::StorageFull);
        }
    }
}
