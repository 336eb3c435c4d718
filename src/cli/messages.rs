//! Printing: the only writer for the terminal, and the only place that formats the chain of causes of an error.
//!
//! Text from files, servers and arguments is escaped when it is put into a message. This writer escapes the rest, so
//! that the only control sequences that reach a terminal are the colours written here.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, reason = "this is where lines are printed")
)]

use std::borrow::Cow;
use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use console::Term;
use serde_json::Value;

use super::closed_streams;
use super::exit::Exit;
use super::failure::Failure;
use super::file_clash::NamedFile;
use super::wrap::wrapped;
use crate::escape::{self, printable};

/// The error of the first line that could not be printed.
static LOST: OnceLock<String> = OnceLock::new();

/// The error if something could not be printed on standard error.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// The content of the lines of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// Sentences, which may be wrapped.
    Flowing,
    /// Aligned characters, which must not be wrapped.
    Aligned,
}

/// Prints one line on standard error.
pub(super) fn line(text: &str) {
    write_lines(&printable(text.as_bytes(), usize::MAX), Lines::Flowing);
}

/// Prints a text of several lines.
pub(super) fn lines(text: &str) {
    write_lines(&escape::lines(text), Lines::Flowing);
}

/// Prints lines with characters aligned to those of other lines, such as carets under a value.
pub(super) fn aligned_lines(text: &str) {
    write_lines(&escape::lines(text), Lines::Aligned);
}

/// The width in columns of the terminal for messages, if there is one.
pub(super) fn columns() -> Option<usize> {
    let (_, columns) = Term::stderr().size_checked()?;
    Some(usize::from(columns))
}

fn write_lines(text: &str, lines: Lines) {
    let width = columns().filter(|_| lines == Lines::Flowing);
    let colours = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let mut out = io::stderr().lock();
    for line in text.lines() {
        let line = width.map_or(Cow::Borrowed(line), |width| wrapped(line, width));
        let written = match colours {
            true => writeln!(out, "{}", coloured(&line)),
            false => writeln!(out, "{line}"),
        };
        if let Err(error) = written {
            LOST.get_or_init(|| error.to_string());
        }
    }
}

/// The line with its first word coloured, if that is the kind of the line. Errors look like those of the parser.
fn coloured(line: &str) -> Cow<'_, str> {
    let bold = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    let Some((word, rest)) = line.split_once(':') else {
        return Cow::Borrowed(line);
    };
    let style = match word {
        "error" | "also" => bold(AnsiColor::Red),
        "warning" | "stopped" => bold(AnsiColor::Yellow),
        "hint" => bold(AnsiColor::Green),
        "note" => bold(AnsiColor::Cyan),
        _ => return Cow::Borrowed(line),
    };
    Cow::Owned(format!("{style}{word}:{style:#}{rest}"))
}

/// Prints a line of librdkafka's log, requested with `-X debug`.
pub(super) fn client_log(facility: &str, text: &str) {
    line(&format!("{facility}: {text}"));
}

/// Writes a result to standard output, for people.
///
/// # Errors
/// It is closed or full.
pub(super) fn standard_output(text: &str) -> io::Result<()> {
    write_standard_output(&escape::lines(text))
}

/// Writes JSON to standard output, with all characters escaped that a terminal would act on.
///
/// # Errors
/// It is closed or full.
pub(super) fn standard_output_json(json: &Value) -> io::Result<()> {
    write_standard_output(&escape::json(&format!("{json:#}\n")))
}

fn write_standard_output(text: &str) -> io::Result<()> {
    let mut out = StandardOutput;
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Standard output; if it was closed when the process started, writing to it fails.
pub(super) struct StandardOutput;

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        closed_streams::check_standard_output()?;
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// The result of writing to standard output. A reader that stops early, such as `head`, is not an error.
///
/// # Errors
/// It could not be written for another reason.
pub(super) fn unless_enough(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::because(
            Exit::Input,
            format!("standard output cannot be written: {error}"),
            error,
        )),
        _ => Ok(()),
    }
}

/// The files of standard output and standard error.
pub(super) fn streams() -> Vec<NamedFile> {
    let out = io::stdout().as_fd().try_clone_to_owned();
    let err = io::stderr().as_fd().try_clone_to_owned();
    let file = |stream: io::Result<OwnedFd>, words: &str| {
        NamedFile::open(&File::from(stream.ok()?).metadata().ok()?, words)
    };
    [file(out, "standard output"), file(err, "standard error")]
        .into_iter()
        .flatten()
        .collect()
}

/// A writer that escapes its output.
pub(super) struct Escaping<W>(pub(super) W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Text is written in whole characters.
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(escape::lines(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Prints an error with its causes and its hint. Its text may be a table.
pub(super) fn error_text(text: &str, hint: Option<&str>) {
    lines(&format!("error: {text}"));
    if let Some(hint) = hint {
        line(&format!("hint: {hint}"));
    }
}

/// The errors of a command, each printed when it occurs and kept for the summary.
#[derive(Debug, Default)]
pub(super) struct ErrorLog {
    texts: Vec<String>,
}

impl ErrorLog {
    /// Prints an error with its causes and its hint.
    pub(super) fn error(&mut self, text: &str, hint: Option<&str>) {
        error_text(text, hint);
        self.texts.push(text.to_owned());
    }

    /// Records an error that is already printed.
    pub(super) fn record(&mut self, text: &str) {
        self.texts.push(text.to_owned());
    }

    /// What was printed after `error: `.
    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

/// The error and its causes, joined by `: `. A cause that the preceding text already contains is not repeated.
pub(super) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = match error.downcast_ref::<io::Error>() {
            Some(error) => system_reason(error),
            None => error.to_string(),
        };
        if !text.to_lowercase().contains(&reason.to_lowercase()) {
            text.push_str(": ");
            text.push_str(&reason);
        }
        cause = error.source();
    }
    text
}

/// The text of an I/O error for use within a sentence, without the number of the operating system.
fn system_reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_entry() -> io::Error {
        io::Error::from_raw_os_error(2)
    }

    #[test]
    fn the_first_word_of_a_line_is_coloured_by_its_kind() {
        assert_eq!(coloured("error: x"), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m x");
        for plain in ["t.csv: no column", "10 rows: 9 delivered", "errors", ""] {
            assert_eq!(coloured(plain), plain);
        }
    }

    #[test]
    fn the_escaping_writer_escapes() {
        let mut written = Vec::new();
        Escaping(&mut written).write_all(b"a\x1b[2J\n").unwrap();
        assert_eq!(written, b"a\\x1b[2J\n");
    }

    #[test]
    fn causes_follow_their_error() {
        let error = anyhow::Error::new(no_entry())
            .context("cannot create `bad.csv`")
            .context("rejected rows cannot be kept");
        assert_eq!(
            with_causes(error.as_ref()),
            "rejected rows cannot be kept: cannot create `bad.csv`: no such file or directory"
        );
    }

    #[test]
    fn a_cause_that_is_already_in_the_text_is_not_repeated() {
        let quoted = format!("it cannot be read: {}", no_entry());
        let error = anyhow::Error::new(no_entry()).context(quoted);
        assert_eq!(
            with_causes(error.as_ref()),
            "it cannot be read: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn operating_system_error_numbers_are_omitted() {
        assert_eq!(with_causes(&io::Error::other("Gone")), "Gone");
        assert_eq!(
            system_reason(&io::Error::from_raw_os_error(13)),
            "permission denied"
        );
    }
}
