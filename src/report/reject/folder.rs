//! `--rejects DIR/`: the file in the folder for the rows of each input.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::KeptInput;
use super::error::RejectsError;
use super::file::errors_path;
use crate::record::Format;
use crate::report::missing_folder;

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Whether it was made for this run.
    is_new: bool,
}

impl Folder {
    /// Creates the folder if it does not exist.
    pub(super) fn open(path: &Path) -> Result<Folder, RejectsError> {
        let is_new = match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => false,
            Err(error) => {
                let error = missing_folder::explained(path, error);
                return Err(RejectsError::Create(path.to_owned(), error));
            }
        };
        Ok(Folder {
            path: path.to_owned(),
            is_new,
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_new {
            // It is not removed if it contains a file.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// The file for each input.
pub(super) fn paths(folder: &Path, inputs: &[KeptInput<'_>]) -> Vec<PathBuf> {
    let names = inputs
        .iter()
        .map(|input| (input.file_name, input.format.format()));
    files_of_inputs(folder, names)
}

/// The files in a folder for inputs with these names and formats: each has the name of its input, with a number if an
/// earlier input has the same name. Standard input has no name.
pub fn files_of_inputs<'a>(
    folder: &Path,
    inputs: impl IntoIterator<Item = (Option<&'a OsStr>, Format)>,
) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    // Many inputs may have the same name, such as one for each day: their numbers are not tried again.
    let mut next_numbers: HashMap<PathBuf, u64> = HashMap::new();
    let mut paths = Vec::new();
    for (file_name, format) in inputs {
        let name = match file_name {
            Some(name) => PathBuf::from(name),
            None => PathBuf::from(format!("stdin.{}", format.name())),
        };
        let mut path = folder.join(&name);
        if taken.contains(&path) || taken.contains(&errors_path(&path)) {
            let number = next_numbers.entry(name.clone()).or_insert(2);
            while taken.contains(&path) || taken.contains(&errors_path(&path)) {
                path = numbered(&folder.join(&name), *number);
                *number += 1;
            }
        }
        taken.insert(errors_path(&path));
        taken.insert(path.clone());
        paths.push(path);
    }
    paths
}

/// `trades.csv` as `trades-2.csv`.
pub fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}
