//! `--rejects DIR/`: which file of the folder an input's rows are kept in.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::KeptInput;
use super::error::RejectsError;
use super::file::errors_path;

/// The folder, and the names in it that are taken.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Whether it was made for this run.
    is_new: bool,
    taken: HashSet<PathBuf>,
}

impl Folder {
    /// Makes the folder unless it is there.
    pub(super) fn open(path: &Path) -> Result<Folder, RejectsError> {
        let is_new = match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => false,
            Err(error) => return Err(RejectsError::Create(path.to_owned(), error)),
        };
        Ok(Folder {
            path: path.to_owned(),
            is_new,
            taken: HashSet::new(),
        })
    }

    /// The file for an input: that of its own name, with a number where another input has taken it.
    pub(super) fn path_for(&mut self, input: &KeptInput<'_>) -> PathBuf {
        let name = match input.file_name {
            Some(name) => PathBuf::from(name),
            None => PathBuf::from(format!("stdin.{}", input.format.format().name())),
        };
        let mut path = self.path.join(&name);
        let mut number = 2;
        while self.taken.contains(&path) || self.taken.contains(&errors_path(&path)) {
            path = self.path.join(numbered(&name, number));
            number += 1;
        }
        self.taken.insert(errors_path(&path));
        self.taken.insert(path.clone());
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_new {
            // It stays where a file is in it.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// `trades.csv` as `trades-2.csv`.
fn numbered(name: &Path, number: usize) -> OsString {
    let mut numbered = name.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!("-{number}"));
    if let Some(extension) = name.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    numbered
}
