//! `--rejects`: rejected rows unchanged, so that they can be corrected and loaded.
//!
//! All inputs share one FILE, or each has its own in a folder. A FILE begins with the header of its input, and the
//! lines that are skipped before it, so that the same command loads it;
//! `FILE.errors.jsonl` has one object per row, with its position and the reason (`reason` builds its lines). All files
//! are created before the run sends anything, except that the files of an earlier run are replaced when the first row
//! is kept. Only the user can read them, and new files without a row are removed. A row is written to both files, as a
//! whole, before a later one is sent. No write error is ignored: a row that cannot be kept must end the run.

mod error;
mod file;
mod folder;
mod of_load;
mod output;
mod reason;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use self::error::RejectsError;
use self::file::RejectsFile;
pub use self::file::errors_path;
use self::folder::Folder;
pub use self::folder::{files_of_inputs, numbered};
pub use self::of_load::RejectsOfLoad;
pub use self::output::Existing;
use crate::encode::{Hint, RowError};
use crate::input::Encoding;
use crate::load::{DeliveryError, Fate, FileOutcome, KeptExtent, KeptOfLoad, ObservedRow};
use crate::record::RowFormat;

/// Why a row is kept.
#[derive(Clone, Copy, Debug)]
pub enum RejectReason<'a> {
    /// The row is bad.
    Row(&'a RowError),
    /// It was not, or may not have been, delivered.
    Delivery(&'a DeliveryError),
}

/// Formats a hint.
pub type HintWords = fn(&Hint) -> String;

/// How rows are kept.
#[derive(Debug, Clone)]
pub struct RejectsSettings {
    /// The encoding of the inputs, which the rows keep.
    pub encoding: Encoding,
    /// Formats hints.
    pub hint_words: HintWords,
    /// What happens to existing files.
    pub existing: Existing,
    /// The exactly-once load that the rows belong to.
    pub load: Option<RejectsOfLoad>,
}

/// An input with rows to keep.
#[derive(Debug, Clone)]
pub struct KeptInput<'a> {
    /// Its name for people.
    pub name: &'a str,
    /// The name of its file; none for standard input.
    pub file_name: Option<&'a std::ffi::OsStr>,
    /// Whether the run reads it; the inputs before `--from` are not read, and come first.
    pub is_read: bool,
    /// How its rows are written.
    pub format: RowFormat,
    /// The lines before its header or its first row, with their terminators.
    pub preamble: &'a [u8],
    /// Its header with its line terminator; empty if it has none.
    pub header: &'a [u8],
    /// What earlier runs of an exactly-once load kept, in the file that this input uses.
    pub kept: Option<KeptExtent>,
}

/// Rows in a FILE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRows {
    /// FILE.
    pub path: PathBuf,
    /// Where the reasons are.
    pub errors_path: PathBuf,
    /// How many rows there are.
    pub rows: u64,
}

/// The place for rows that are not delivered.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    /// The exactly-once load that they belong to.
    of_load: Option<RejectsOfLoad>,
    files: Vec<RejectsFile>,
    /// The files in the folder of inputs that are not read.
    unread: Vec<PathBuf>,
    /// Dropped after the files in it.
    folder: Option<Folder>,
    /// The one of `files` that is open.
    open: usize,
    /// The first file, locked. Dropped last.
    #[expect(dead_code, reason = "it is held")]
    lock: Option<File>,
}

impl Rejects {
    /// One file for the rows of all inputs.
    ///
    /// # Errors
    /// The file exists, is in use or cannot be created, or the inputs have different headers or formats. A file that may have
    /// rows of an input that the run does not read from its first row is never replaced.
    pub fn in_file(
        path: &Path,
        settings: RejectsSettings,
        inputs: &[KeptInput<'_>],
    ) -> Result<Rejects, RejectsError> {
        let kept = settings
            .load
            .as_ref()
            .and_then(|load| load.shared(path, &load.kept));
        let mut lock = lock(path, &settings, kept)?;
        let mut file = created(path, &settings, kept)?;
        for input in inputs.iter().filter(|input| input.is_read) {
            file.header(input.name, input.format.clone(), input.header)?;
            file.preamble(input.preamble);
        }
        if settings.load.is_none() {
            lock = of_load::lock_if_free(path);
        }
        Ok(Rejects {
            lock,
            of_load: settings.load,
            path: path.to_owned(),
            files: vec![file],
            unread: Vec::new(),
            folder: None,
            open: 0,
        })
    }

    /// A file for each input, in their order; the folder is created if it does not exist. Inputs that are not read
    /// count for the names of the files.
    ///
    /// # Errors
    /// A file exists, or it or the folder cannot be created. The file of an input that the run does not read from its
    /// first row is never replaced.
    pub fn in_folder(
        path: &Path,
        settings: RejectsSettings,
        inputs: &[KeptInput<'_>],
    ) -> Result<Rejects, RejectsError> {
        let folder = Folder::open(path)?;
        let (mut files, mut unread) = (Vec::new(), Vec::new());
        let mut locked = None;
        for (input, path) in inputs.iter().zip(folder::paths(path, inputs)) {
            if !input.is_read {
                unread.push(path);
                continue;
            }
            if files.is_empty() {
                locked = lock(&path, &settings, input.kept)?;
            }
            let mut file = created(&path, &settings, input.kept)?;
            file.header(input.name, input.format.clone(), input.header)?;
            file.preamble(input.preamble);
            file.close();
            files.push(file);
        }
        Ok(Rejects {
            of_load: settings.load,
            lock: locked,
            path: path.to_owned(),
            files,
            unread,
            folder: Some(folder),
            open: 0,
        })
    }

    /// The file or the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether each input has its own file.
    pub fn is_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Keeps a row; on an error no part of it is kept.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn keep(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        why: RejectReason<'_>,
    ) -> Result<(), RejectsError> {
        let index = match self.folder {
            Some(_) => row.number.index(),
            None => 0,
        };
        if index != self.open {
            self.files[self.open].close();
            self.open = index;
        }
        self.files[index].keep(row, fate, why)
    }

    /// Opens the files of a load, and removes what its checkpoints do not cover.
    ///
    /// # Errors
    /// A file cannot be opened, or has less than is covered.
    pub fn continue_at(&mut self, kept: &KeptOfLoad) -> Result<(), RejectsError> {
        let shared = self
            .of_load
            .as_ref()
            .and_then(|load| load.shared(&self.path, kept));
        for (index, file) in self.files.iter_mut().enumerate() {
            let kept = match self.folder {
                Some(_) => kept.of_inputs.get(index).copied().flatten(),
                None => shared,
            };
            file.continue_at(kept.unwrap_or(KeptExtent::NOTHING))?;
            if self.folder.is_some() {
                file.close();
            }
        }
        Ok(())
    }

    /// How much is kept in the file for the rows of an input, by its number.
    pub fn extent(&self, input: usize) -> KeptExtent {
        let index = match self.folder {
            Some(_) => input,
            None => 0,
        };
        self.files[index].extent()
    }

    /// Records that all rows so far are covered by a checkpoint.
    pub fn settle(&mut self) {
        self.files.iter_mut().for_each(RejectsFile::settle);
    }

    /// Removes the rows that are not covered by a checkpoint.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn roll_back(&mut self) -> Result<(), RejectsError> {
        self.files.iter_mut().try_for_each(RejectsFile::roll_back)
    }

    /// The files with rows.
    pub fn kept(&self) -> Vec<KeptRows> {
        self.files.iter().filter_map(RejectsFile::kept).collect()
    }

    /// Removes the files of an earlier run that could be mistaken for files of this run: those of inputs from which
    /// rows were read, or that were read to the end in a run that read rows from others. `inputs` are those of the run
    /// in the order of their numbers.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove_earlier(&self, inputs: &[FileOutcome]) -> Result<(), RejectsError> {
        let is_examined = |input: &FileOutcome| input.counts.read > 0 || input.is_empty();
        // A run that reads no row has no result.
        if inputs.iter().all(|input| input.counts.read == 0) {
            return Ok(());
        }
        for (index, file) in self.files.iter().enumerate() {
            let is_outdated = match self.folder {
                Some(_) => is_examined(&inputs[index]),
                None => inputs.iter().all(is_examined),
            };
            if is_outdated {
                file.remove_earlier()?;
            }
        }
        Ok(())
    }

    /// The files of an earlier run that still exist.
    pub fn earlier(&self) -> impl Iterator<Item = &Path> {
        let unread = self.unread.iter().map(PathBuf::as_path);
        let unread = unread.filter(|path| path.is_file() || errors_path(path).is_file());
        unread.chain(self.files.iter().filter_map(RejectsFile::earlier))
    }

    /// Writes everything to the disk.
    ///
    /// # Errors
    /// The disk does not accept it. All files are tried first.
    pub fn sync(&mut self) -> Result<(), RejectsError> {
        let mut synced = Ok(());
        for file in &mut self.files {
            let done = file.sync();
            file.close();
            synced = synced.and(done);
        }
        synced
    }
}

/// Locks the first file of a load.
fn lock(
    path: &Path,
    settings: &RejectsSettings,
    kept: Option<KeptExtent>,
) -> Result<Option<File>, RejectsError> {
    match settings.load {
        Some(_) => of_load::lock(path, kept.unwrap_or(KeptExtent::NOTHING)),
        None => Ok(None),
    }
}

/// A new file, or one that earlier runs of the same load may have written.
fn created(
    path: &Path,
    settings: &RejectsSettings,
    kept: Option<KeptExtent>,
) -> Result<RejectsFile, RejectsError> {
    let kept = kept.unwrap_or(KeptExtent::NOTHING);
    match &settings.load {
        Some(load) if load.is_own(path, kept) || load.has_written(path) => {
            RejectsFile::of_load(path, settings.clone(), kept)
        }
        _ => RejectsFile::create(path, settings.clone()),
    }
}

#[cfg(test)]
mod tests;
