//! Detects whether a file is still the same file in the same state.
//!
//! A name does not identify a file: with links a file has several names, and a new file can replace one under the same
//! name.

use std::fmt;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;

/// The operating system's identifiers of a file, and its state at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    /// In bytes.
    pub(super) length: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// The hash of the name of a file in an archive; the other figures are then those of the archive.
    member: Option<u64>,
}

/// Which file it is, by device and inode and, in an archive, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId(u64, u64, Option<u64>);

/// How a file changed between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Another file has this name now.
    Replaced,
    /// No file has this name any more.
    Removed,
    /// It became shorter.
    Shrunk {
        /// Bytes before.
        from: u64,
        /// Bytes after.
        to: u64,
    },
    /// It was written to, but its length is the same.
    Rewritten,
    /// It became longer. It is unknown whether its earlier bytes are unchanged.
    Grown {
        /// Bytes before.
        from: u64,
        /// Bytes after.
        to: u64,
    },
}

impl Identity {
    pub(super) fn of(metadata: &Metadata) -> Identity {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            member: None,
        }
    }

    /// The identity of a file in this archive.
    pub(super) fn of_member(self, name: &str) -> Identity {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Identity {
            member: Some(hasher.finish()),
            ..self
        }
    }

    /// The identity of the archive, if this is that of a file in one.
    pub(super) fn of_file(self) -> Identity {
        Identity { member: None, ..self }
    }

    /// Which file it is, in any state.
    pub fn file(&self) -> FileId {
        FileId(self.device, self.inode, self.member)
    }

    /// Whether both are the same file, in any state.
    pub fn is_same_file(&self, other: &Identity) -> bool {
        self.file() == other.file()
    }

    /// How the file changed between `self` and `later`; none if it did not.
    pub(super) fn change_to(&self, later: &Identity) -> Option<Change> {
        let (from, to) = (self.length, later.length);
        if !self.is_same_file(later) {
            return Some(Change::Replaced);
        }
        match to.cmp(&from) {
            std::cmp::Ordering::Less => Some(Change::Shrunk { from, to }),
            std::cmp::Ordering::Greater => Some(Change::Grown { from, to }),
            std::cmp::Ordering::Equal => (self.modified != later.modified).then_some(Change::Rewritten),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Replaced => formatter.write_str("was replaced by another file"),
            Change::Removed => formatter.write_str("was removed"),
            Change::Shrunk { from, to } => write!(formatter, "shrank from {from} to {to} bytes"),
            Change::Rewritten => formatter.write_str("was rewritten"),
            Change::Grown { from, to } => write!(formatter, "grew from {from} to {to} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn every_kind_of_change_is_recognized() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let seen = || Identity::of(&fs::metadata(&path).unwrap());
        fs::write(&path, "ab").unwrap();
        let first = seen();
        assert_eq!(first.change_to(&seen()), None);

        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"c").unwrap();
        let appended = seen();
        assert_eq!(first.change_to(&appended), Some(Change::Grown { from: 2, to: 3 }));
        assert_eq!(
            appended.change_to(&first),
            Some(Change::Shrunk { from: 3, to: 2 })
        );

        file.set_modified(SystemTime::now() + Duration::from_secs(1))
            .unwrap();
        assert_eq!(appended.change_to(&seen()), Some(Change::Rewritten));

        fs::write(folder.path().join("new"), "abc").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(appended.change_to(&seen()), Some(Change::Replaced));
    }
}
