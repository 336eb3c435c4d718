//! `--rejects DIR/`: which file of the folder an input's rows are kept in.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::KeptInput;
use super::error::RejectsError;
use super::file::errors_path;
use crate::record::Format;

/// The folder, and the names in it that are taken.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Whether it was made for this run.
    is_new: bool,
    names: Names,
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
            names: Names::default(),
        })
    }

    /// The file for an input.
    pub(super) fn path_for(&mut self, input: &KeptInput<'_>) -> PathBuf {
        let format = input.format.format();
        self.names.path_for(&self.path, input.file_name, format)
    }
}

/// The files that are taken in a folder.
#[derive(Debug, Default)]
struct Names {
    taken: HashSet<PathBuf>,
}

impl Names {
    /// The file for an input: that of its own name, with a number where another input has taken it.
    fn path_for(&mut self, folder: &Path, file_name: Option<&OsStr>, format: Format) -> PathBuf {
        let name = match file_name {
            Some(name) => PathBuf::from(name),
            None => PathBuf::from(format!("stdin.{}", format.name())),
        };
        let mut path = folder.join(&name);
        let mut number = 2;
        while self.taken.contains(&path) || self.taken.contains(&errors_path(&path)) {
            path = folder.join(numbered(&name, number));
            number += 1;
        }
        self.taken.insert(errors_path(&path));
        self.taken.insert(path.clone());
        path
    }
}

/// The files of a folder that rows of inputs with these names would go to. Standard input has none, and this format.
pub fn files_in_folder<'a>(
    folder: &Path,
    inputs: impl IntoIterator<Item = Option<&'a OsStr>>,
    format_of_standard_input: Format,
) -> Vec<PathBuf> {
    let mut names = Names::default();
    let inputs = inputs.into_iter();
    inputs
        .map(|name| names.path_for(folder, name, format_of_standard_input))
        .collect()
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
