//! A file that a command writes for people to edit: one that exists is never replaced.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use crate::escape::printable;

/// Writes `text` to a new file.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let name = printable(path.as_os_str().as_encoded_bytes(), 4096).into_owned();
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(Exit::Usage, format!("{name}: exists, and is not overwritten"))
                .with_hint(Some("remove it, or give another name with `--output`"))
        }
        _ => Failure::because(Exit::Usage, format!("{name}: cannot be written"), error),
    })
}
