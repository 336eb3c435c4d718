//! A file that is new, belongs to the user alone, and tells every write that fails.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::error::RejectsError;

#[derive(Debug)]
pub(super) struct Output {
    pub(super) path: PathBuf,
    pub(super) file: BufWriter<File>,
}

impl Output {
    pub(super) fn create(path: PathBuf) -> Result<Output, RejectsError> {
        // O_EXCL follows no link and never takes a file that somebody else put there.
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
        {
            Ok(file) => Ok(Output {
                path,
                file: BufWriter::new(file),
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(RejectsError::Exists(path)),
            Err(error) => Err(RejectsError::Create(path, error)),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), RejectsError> {
        self.file
            .write_all(bytes)
            .map_err(|error| RejectsError::Write(self.path.clone(), error))
    }

    pub(super) fn sync(&mut self) -> Result<(), RejectsError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| RejectsError::Write(self.path.clone(), error))
    }

    pub(super) fn remove(&self) {
        // Nothing is lost where this fails: the file is empty.
        let _ = fs::remove_file(&self.path);
    }
}
