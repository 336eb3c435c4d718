//! A new file that only the user can read, and that contains only whole pieces.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::RejectsError;
use crate::report::missing_folder;

/// What happens to an existing file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The run is refused.
    Refuse,
    /// A new file replaces it when the first row is kept, if it is a regular file.
    Replace,
    /// The run is refused: it resumes a run that may have kept rows there that exist nowhere else.
    Resumed,
}

#[derive(Debug)]
pub(super) struct Output {
    pub(super) path: PathBuf,
    existing: Existing,
    /// None while it is closed.
    file: Option<File>,
    /// The device and the inode of the created file; none while an earlier file still exists.
    created: Option<(u64, u64)>,
    /// The length of the whole pieces, in bytes.
    length: u64,
    /// Whether a part of a piece could not be removed.
    is_broken: bool,
}

impl Output {
    /// Creates the file, unless an earlier file exists that will be replaced later.
    pub(super) fn create(path: PathBuf, existing: Existing) -> Result<Output, RejectsError> {
        let mut output = Output {
            path,
            existing,
            file: None,
            created: None,
            length: 0,
            is_broken: false,
        };
        if existing != Existing::Replace || !output.is_regular_file() {
            output.create_new()?;
        }
        Ok(output)
    }

    /// The file of a load, which earlier runs may have written. It is not touched before [`Output::continue_at`].
    pub(super) fn of_load(path: PathBuf) -> Output {
        Output {
            path,
            existing: Existing::Refuse,
            file: None,
            created: None,
            length: 0,
            is_broken: false,
        }
    }

    /// Fails if the file has fewer bytes than `length`.
    pub(super) fn expect_length(&self, length: u64) -> Result<(), RejectsError> {
        let found = fs::metadata(&self.path).map(|found| found.len());
        match found {
            Ok(now) if now >= length => Ok(()),
            Ok(now) => Err(RejectsError::Shorter {
                path: self.path.clone(),
                length: now,
                expected: length,
            }),
            Err(_) if length == 0 => Ok(()),
            Err(error) => Err(RejectsError::Continue(self.path.clone(), error)),
        }
    }

    /// Fails if a line does not end after the first `length` bytes, since someone else then changed the file.
    pub(super) fn expect_line_end(&self, length: u64) -> Result<(), RejectsError> {
        let last = self.last_of(length);
        match last.map_err(|error| RejectsError::Continue(self.path.clone(), error))? {
            // In UTF-16 a line end has two bytes.
            [before, last] if [before, last].iter().any(|byte| b"\r\n".contains(byte)) => Ok(()),
            _ => Err(self.changed(length)),
        }
    }

    /// The last two of the first `length` bytes.
    fn last_of(&self, length: u64) -> io::Result<[u8; 2]> {
        let mut last = [0; 2];
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(length.saturating_sub(2)))?;
        file.read_exact(&mut last)?;
        Ok(last)
    }

    /// How many bytes the file has; 0 if it does not exist.
    pub(super) fn found_length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// The error for a file of which the load wrote so many bytes, and that someone else changed.
    pub(super) fn changed(&self, written: u64) -> RejectsError {
        RejectsError::Changed {
            path: self.path.clone(),
            length: self.found_length(),
            expected: written,
        }
    }

    /// Opens the file of a load, of which the first `length` bytes are kept, and removes what follows them. It is created
    /// if nothing is kept.
    pub(super) fn continue_at(&mut self, length: u64) -> Result<(), RejectsError> {
        self.expect_length(length)?;
        let opened = match OpenOptions::new().append(true).open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound && length == 0 => new_file(&self.path),
            opened => opened,
        };
        let opened = opened.and_then(|file| {
            file.set_len(length)?;
            Ok((identity(&file)?, file))
        });
        match opened {
            Ok((created, file)) => {
                self.created = Some(created);
                self.file = Some(file);
                self.length = length;
                Ok(())
            }
            Err(error) if length == 0 => {
                let error = missing_folder::explained(&self.path, error);
                Err(RejectsError::Create(self.path.clone(), error))
            }
            Err(error) => Err(RejectsError::Continue(self.path.clone(), error)),
        }
    }

    /// Whether what was to be removed could be removed.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_broken
    }

    /// Replaces an earlier file with a new, empty one, unless that was done before.
    pub(super) fn replace_earlier(&mut self) -> Result<(), RejectsError> {
        if self.created.is_some() {
            return Ok(());
        }
        self.remove_earlier()?;
        self.create_new()
    }

    /// Whether an earlier file exists that has not been replaced.
    pub(super) fn is_earlier(&self) -> bool {
        self.created.is_none() && self.is_regular_file()
    }

    /// Removes an earlier file that has not been replaced.
    pub(super) fn remove_earlier(&self) -> Result<(), RejectsError> {
        if !self.is_earlier() {
            return Ok(());
        }
        fs::remove_file(&self.path).map_err(|error| RejectsError::Create(self.path.clone(), error))
    }

    fn is_regular_file(&self) -> bool {
        self.path.symlink_metadata().is_ok_and(|found| found.is_file())
    }

    fn create_new(&mut self) -> Result<(), RejectsError> {
        let created = new_file(&self.path).and_then(|file| Ok((identity(&file)?, file)));
        match created {
            Ok((created, file)) => {
                self.created = Some(created);
                self.file = Some(file);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let path = self.path.clone();
                Err(match self.existing {
                    Existing::Resumed => RejectsError::Resumed(path),
                    Existing::Refuse | Existing::Replace => RejectsError::Exists(path),
                })
            }
            Err(error) => {
                let error = missing_folder::explained(&self.path, error);
                Err(RejectsError::Create(self.path.clone(), error))
            }
        }
    }

    /// Its length, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends a piece; on an error no part of it remains.
    ///
    /// It is then with the operating system, so it survives the end of the process, whatever the cause.
    pub(super) fn append(&mut self, piece: &[u8]) -> Result<(), RejectsError> {
        let before = self.length;
        let written = match self.is_broken {
            true => Err(io::Error::other("part of a row could not be removed")),
            false => self.open().and_then(|mut file| file.write_all(piece)),
        };
        match written {
            Ok(()) => self.length += piece.len() as u64,
            Err(_) => self.cut_back_to(before),
        }
        written.map_err(|error| RejectsError::Write(self.path.clone(), error))
    }

    /// Removes everything after the first `length` bytes.
    pub(super) fn cut_back_to(&mut self, length: u64) {
        let cut = self.open().and_then(|file| file.set_len(length));
        self.is_broken |= cut.is_err();
        self.length = length;
    }

    /// Closes the file until the next piece, because a run may have thousands of files.
    pub(super) fn close(&mut self) {
        self.file = None;
    }

    pub(super) fn sync(&mut self) -> Result<(), RejectsError> {
        let synced = self.open().and_then(File::sync_all);
        synced.map_err(|error| RejectsError::Write(self.path.clone(), error))
    }

    /// Removes the file that was created; an earlier one is kept.
    pub(super) fn remove(&self) {
        if self.created.is_some() {
            // Nothing is lost if this fails: the file is empty.
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Removes the file of a load, which was created to lock it, if it is empty.
    pub(super) fn remove_empty(&self) {
        if fs::metadata(&self.path).is_ok_and(|found| found.is_file() && found.len() == 0) {
            let _ = fs::remove_file(&self.path);
        }
    }

    fn open(&mut self) -> io::Result<&File> {
        if self.file.is_none() {
            let file = OpenOptions::new().append(true).open(&self.path)?;
            if Some(identity(&file)?) != self.created {
                return Err(io::Error::other("another file has taken its place"));
            }
            self.file = Some(file);
        }
        Ok(self.file.as_ref().expect("it was opened just now"))
    }

    /// Writes to `file` from now on.
    #[cfg(test)]
    pub(super) fn redirect(&mut self, file: File) {
        self.file = Some(file);
    }
}

/// Creates a file. O_EXCL follows no link and never opens a file that another process created.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}
