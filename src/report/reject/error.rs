//! Why rows cannot be kept, in words for people; the message of the operating system is the source of the error.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::escape::printable;

/// Why rows cannot be kept.
#[derive(Debug)]
pub enum RejectsError {
    /// A file with that name exists.
    Exists(PathBuf),
    /// A file with that name exists and may have rows of the run that this one resumes.
    Resumed(PathBuf),
    /// It cannot be created.
    Create(PathBuf, io::Error),
    /// It cannot be written.
    Write(PathBuf, io::Error),
    /// The file of an earlier run of the load cannot be opened.
    Continue(PathBuf, io::Error),
    /// The file of an earlier run of the load has fewer bytes than that run wrote.
    Shorter {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
        /// The length in bytes that the checkpoint says.
        expected: u64,
    },
    /// The file of an earlier run of the load was changed by someone else.
    Changed {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
        /// How many bytes the load has written.
        expected: u64,
    },
    /// Another run keeps rows there now.
    InUse(PathBuf),
    /// Two inputs that cannot share a rejects file.
    Conflict(String),
}

impl fmt::Display for RejectsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| printable(path.as_os_str().as_encoded_bytes(), 500).into_owned();
        match self {
            RejectsError::Exists(path) => {
                write!(
                    f,
                    "`{}` exists; rejected rows never overwrite a file",
                    shown(path)
                )
            }
            RejectsError::Resumed(path) => write!(
                f,
                "`{}` exists and may contain rows from before `--from`; it is not overwritten",
                shown(path)
            ),
            RejectsError::Create(path, _) => write!(f, "cannot create `{}`", shown(path)),
            RejectsError::Write(path, _) => write!(f, "cannot write rejected rows to `{}`", shown(path)),
            RejectsError::Continue(path, _) => write!(
                f,
                "`{}`, the rejects file of the earlier runs of this load, cannot be opened",
                shown(path)
            ),
            RejectsError::Shorter {
                path,
                length,
                expected,
            } => write!(
                f,
                "`{}` has {length} bytes, fewer than the {expected} that earlier runs of this load wrote",
                shown(path)
            ),
            RejectsError::Changed {
                path,
                length,
                expected,
            } => write!(
                f,
                "`{}` was changed since earlier runs of this load wrote it (it has {length} bytes; they wrote {expected})",
                shown(path)
            ),
            RejectsError::InUse(path) => write!(
                f,
                "another run is at work and keeps its rejected rows in `{}`",
                shown(path)
            ),
            RejectsError::Conflict(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for RejectsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RejectsError::Create(_, error)
            | RejectsError::Write(_, error)
            | RejectsError::Continue(_, error) => Some(error),
            RejectsError::Exists(_)
            | RejectsError::Resumed(_)
            | RejectsError::Shorter { .. }
            | RejectsError::Changed { .. }
            | RejectsError::InUse(_)
            | RejectsError::Conflict(_) => None,
        }
    }
}
