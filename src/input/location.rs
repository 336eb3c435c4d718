//! Where an input's bytes come from: a file or standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::identity::Identity;
use crate::escape::printable;

/// Where an input's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file, or something with a name among the files, such as a named pipe.
    File(PathBuf),
    /// Standard input, written `-`.
    StandardInput,
}

/// What was found at a location.
pub(super) struct Found {
    pub(super) bytes: RawBytes,
    /// None for standard input.
    pub(super) identity: Option<Identity>,
    /// The length of a regular file: the only kind that can be read twice, and from anywhere.
    pub(super) length: Option<u64>,
}

/// The bytes themselves, read from front to back.
pub(super) enum RawBytes {
    File(File),
    StandardInput(io::Stdin),
}

impl Location {
    /// The location that an argument names.
    pub fn of(argument: &OsStr) -> Location {
        if argument == "-" {
            Location::StandardInput
        } else {
            Location::File(PathBuf::from(argument))
        }
    }

    /// The argument that names it.
    pub fn argument(&self) -> &OsStr {
        match self {
            Location::File(path) => path.as_os_str(),
            Location::StandardInput => OsStr::new("-"),
        }
    }

    /// Its name for people.
    pub(super) fn name(&self) -> String {
        printable(self.argument().as_encoded_bytes(), 4096).into_owned()
    }

    pub(super) fn open(&self) -> io::Result<Found> {
        let path = match self {
            Location::File(path) => path,
            Location::StandardInput => {
                return Ok(Found {
                    bytes: RawBytes::StandardInput(io::stdin()),
                    identity: None,
                    length: None,
                });
            }
        };
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        Ok(Found {
            bytes: RawBytes::File(file),
            identity: Some(Identity::of(&metadata)),
            length: metadata.is_file().then_some(metadata.len()),
        })
    }
}

impl RawBytes {
    /// Appends up to `wanted` bytes to `bytes`, and gives how many: 0 at the end.
    pub(super) fn append_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        let filled = bytes.len();
        bytes.resize(filled + wanted, 0);
        let read = loop {
            let room = &mut bytes[filled..];
            let read = match self {
                RawBytes::File(file) => file.read(room),
                RawBytes::StandardInput(stdin) => stdin.lock().read(room),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        bytes.truncate(filled + read.as_ref().copied().unwrap_or(0));
        read
    }

    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        match self {
            RawBytes::File(file) => file.seek(SeekFrom::Start(to)).map(drop),
            RawBytes::StandardInput(_) => Err(ErrorKind::NotSeekable.into()),
        }
    }
}
