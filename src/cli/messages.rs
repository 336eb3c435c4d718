//! What is printed, and the only place where an error's chain of causes becomes text.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, reason = "this is where lines are printed")
)]

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;

use super::file_clash::NamedFile;

/// Why the first line that could not be printed could not.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a line on standard error.
pub(super) fn line(text: &str) {
    if let Err(error) = writeln!(io::stderr().lock(), "{text}") {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Why something could not be printed on standard error, if something could not.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Prints a line of librdkafka's log, which the user asked for.
pub(super) fn client_log(facility: &str, text: &str) {
    line(&format!("{facility}: {}", text.escape_debug()));
}

/// Writes what was asked for to standard output.
///
/// # Errors
/// It is closed or full.
pub(super) fn standard_output(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The files that standard output and standard error go to.
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

/// Prints an error, its causes included, and its hint.
pub(super) fn error_text(text: &str, hint: Option<&str>) {
    line(&format!("error: {text}"));
    if let Some(hint) = hint {
        line(&format!("hint: {hint}"));
    }
}

/// The errors of a command, each printed as it comes; machines read them at the end.
#[derive(Debug, Default)]
pub(super) struct ErrorLog {
    texts: Vec<String>,
}

impl ErrorLog {
    /// Prints an error, its causes included, and its hint.
    pub(super) fn error(&mut self, text: &str, hint: Option<&str>) {
        error_text(text, hint);
        self.texts.push(text.to_owned());
    }

    /// What was printed after `error: `.
    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

/// The error and its causes, joined by `: `. A cause that the text before it quotes is not repeated.
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

/// An I/O error's text as it reads within a sentence, without the operating system's number.
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
    fn causes_follow_the_error_that_they_explain() {
        let error = anyhow::Error::new(no_entry())
            .context("cannot create `bad.csv`")
            .context("rejected rows cannot be kept");
        assert_eq!(
            with_causes(error.as_ref()),
            "rejected rows cannot be kept: cannot create `bad.csv`: no such file or directory"
        );
    }

    #[test]
    fn a_cause_that_is_quoted_already_is_not_repeated() {
        let quoted = format!("it cannot be read: {}", no_entry());
        let error = anyhow::Error::new(no_entry()).context(quoted);
        assert_eq!(
            with_causes(error.as_ref()),
            "it cannot be read: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn the_numbers_of_the_operating_system_are_left_out() {
        assert_eq!(with_causes(&io::Error::other("Gone")), "Gone");
        assert_eq!(
            system_reason(&io::Error::from_raw_os_error(13)),
            "permission denied"
        );
    }
}
