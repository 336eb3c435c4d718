//! The source of an input's bytes: a file or standard input.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::buffer::spare_capacity;

use super::archive::{self, Archives, Entry};
use super::identity::{Change, Identity};
use super::regular_file::RegularFile;
use crate::escape::printable;

/// The source of an input's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file, or something else with a path, such as a named pipe.
    File(PathBuf),
    /// A file in a zip archive.
    Member(Box<Member>),
    /// Standard input, written `-`.
    StandardInput,
}

/// A file in a zip archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// As it was given: `day.zip:trades/a.csv`.
    pub argument: OsString,
    /// The path of the archive.
    pub archive: PathBuf,
    /// The path of the file within the archive.
    pub name: String,
}

/// An opened location.
pub(super) struct Found {
    pub(super) bytes: RawBytes,
    /// None for standard input, unless it is a regular file.
    pub(super) identity: Option<Identity>,
    /// The length of a regular file that has a name. Only such a file can be read twice, and from any position.
    pub(super) length: Option<u64>,
}

/// The bytes, read sequentially.
pub(super) struct RawBytes {
    source: Source,
    /// Bytes that were looked at and are still to be returned.
    ahead: Vec<u8>,
    /// The file that is read from it, if it is an archive.
    member: Option<Entry>,
}

enum Source {
    Regular(RegularFile),
    /// A pipe or a device. Standard input is read as a file too, because Rust's own reader takes one that cannot be
    /// read for one that has ended.
    Stream(File),
}

impl Location {
    /// The location that an argument names.
    pub fn of(argument: &OsStr) -> Location {
        if argument == "-" {
            return Location::StandardInput;
        }
        match archive::divided(argument) {
            Some((archive, name)) => Location::Member(Box::new(Member {
                argument: argument.to_owned(),
                archive,
                name: name.to_string_lossy().into_owned(),
            })),
            None => Location::File(PathBuf::from(argument)),
        }
    }

    /// The path of the file; none for standard input. That of a file in an archive begins with the path of the archive,
    /// as if this were a directory.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Location::File(path) => Some(path.clone()),
            Location::Member(member) => Some(member.archive.join(&member.name)),
            Location::StandardInput => None,
        }
    }

    /// The name of the file without its folder; none for standard input.
    pub fn file_name(&self) -> Option<&OsStr> {
        match self {
            Location::File(path) => path.file_name(),
            Location::Member(member) => Path::new(&member.name).file_name(),
            Location::StandardInput => None,
        }
    }

    /// The argument that names it.
    pub fn argument(&self) -> &OsStr {
        match self {
            Location::File(path) => path.as_os_str(),
            Location::Member(member) => &member.argument,
            Location::StandardInput => OsStr::new("-"),
        }
    }

    /// The display name.
    pub(super) fn name(&self) -> String {
        printable(self.argument().as_encoded_bytes(), 4096).into_owned()
    }

    /// The identity of the file; none for standard input, or if the file does not exist.
    pub(super) fn identity(&self) -> Option<Identity> {
        match self {
            Location::File(path) => Some(Identity::of(&fs::metadata(path).ok()?)),
            Location::Member(member) => {
                Some(Identity::of(&fs::metadata(&member.archive).ok()?).of_member(&member.name))
            }
            Location::StandardInput => None,
        }
    }

    /// `archives` has the directories of the archives that were read before.
    pub(super) fn open(&self, archives: &Archives) -> io::Result<Found> {
        let path = match self {
            Location::File(path) => path,
            Location::Member(member) => return self::member(archives, &member.archive, &member.name),
            Location::StandardInput => return standard_input(),
        };
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let identity = Identity::of(&metadata);
        let bytes = match metadata.is_file() {
            true => Source::Regular(RegularFile::new(file, Some(path.clone()), identity)?),
            false => Source::Stream(file),
        };
        Ok(Found {
            bytes: RawBytes::of(bytes),
            identity: Some(identity),
            length: metadata.is_file().then_some(metadata.len()),
        })
    }
}

/// A file in an archive.
fn member(archives: &Archives, archive: &Path, name: &str) -> io::Result<Found> {
    let file = File::open(archive)?;
    let identity = Identity::of(&file.metadata()?);
    let entry = archives.entry(archive, file.try_clone()?, identity, name)?;
    let length = entry.compressed_size()?;
    let mut raw = RegularFile::new(file, Some(archive.to_owned()), identity)?;
    raw.seek(0)?;
    Ok(Found {
        bytes: RawBytes {
            member: Some(entry),
            ..RawBytes::of(Source::Regular(raw))
        },
        identity: Some(identity.of_member(name)),
        length: Some(length),
    })
}

/// Standard input: a pipe, a terminal, or a file that the shell opened.
fn standard_input() -> io::Result<Found> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Found {
            bytes: RawBytes::of(Source::Stream(file)),
            identity: None,
            length: None,
        });
    }
    let identity = Identity::of(&metadata);
    Ok(Found {
        bytes: RawBytes::of(Source::Regular(RegularFile::new(file, None, identity)?)),
        identity: Some(identity),
        length: None,
    })
}

impl Read for RawBytes {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        RawBytes::read(self, room)
    }
}

impl RawBytes {
    fn of(source: Source) -> RawBytes {
        RawBytes {
            source,
            ahead: Vec::new(),
            member: None,
        }
    }

    /// The file that is read from it, if it is an archive, and the length of the archive.
    pub(super) fn member(&self) -> Option<(&Entry, u64)> {
        match (&self.member, &self.source) {
            (Some(entry), Source::Regular(file)) => Some((entry, file.length())),
            _ => None,
        }
    }

    /// Reads the next bytes, at least one unless it is the end, and as many more as `is_enough` asks for. They are
    /// returned again when they are read.
    pub(super) fn look_ahead(&mut self, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        let mut ahead = std::mem::take(&mut self.ahead);
        loop {
            let read = self.append_to(&mut ahead, 256 << 10)?;
            if read == 0 || is_enough(&ahead) {
                break;
            }
        }
        self.ahead = ahead;
        Ok(&self.ahead)
    }

    /// Appends about `wanted` bytes to `bytes`, or fewer. Returns how many; 0 at the end.
    pub(super) fn append_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            let taken = self.ahead.len().min(wanted);
            bytes.extend(self.ahead.drain(..taken));
            return Ok(taken);
        }
        bytes.reserve_exact(wanted.max(1));
        loop {
            let read = match &mut self.source {
                Source::Regular(file) => file.append_to(bytes),
                Source::Stream(file) => {
                    rustix::io::read(file, spare_capacity(bytes)).map_err(io::Error::from)
                }
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// Reads into `room`. Returns how many bytes; 0 at the end.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            let taken = self.ahead.len().min(room.len());
            room[..taken].copy_from_slice(&self.ahead[..taken]);
            self.ahead.drain(..taken);
            return Ok(taken);
        }
        loop {
            let read = match &mut self.source {
                Source::Regular(file) => file.read(room),
                Source::Stream(file) => file.read(room),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        self.ahead.clear();
        match &mut self.source {
            Source::Regular(file) => file.seek(to),
            Source::Stream(_) => Err(ErrorKind::NotSeekable.into()),
        }
    }

    /// Compares a regular file with its earlier state from now on.
    pub(super) fn compare_with(&mut self, earlier: Identity) {
        if let Source::Regular(file) = &mut self.source {
            file.compare_with(earlier);
        }
    }

    /// How a regular file changed since the state that it is compared with.
    pub(super) fn change(&self) -> Option<Change> {
        match &self.source {
            Source::Regular(file) => file.change(),
            Source::Stream(_) => None,
        }
    }
}
