//! Whether two looks at a file saw the same file.
//!
//! A name does not identify a file: links give a file several names, and a new file can take over a name.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What the operating system knows a file by, and the state in which it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    length: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
}

impl Identity {
    pub(super) fn of(metadata: &Metadata) -> Identity {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    /// Whether both are the same file, in whatever state.
    pub fn is_same_file(&self, other: &Identity) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Whether the file, seen again as `later`, can have the same bytes at its front.
    ///
    /// A file that something is appended to does; one that became shorter, or was written to and kept its length, does
    /// not.
    pub(super) fn can_continue_as(&self, later: &Identity) -> bool {
        let appended = later.length > self.length;
        let untouched = later.length == self.length && later.modified == self.modified;
        self.is_same_file(later) && (appended || untouched)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_file_continues_until_its_front_may_be_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let seen = || Identity::of(&fs::metadata(&path).unwrap());
        fs::write(&path, "ab").unwrap();
        let first = seen();
        assert!(first.can_continue_as(&seen()));

        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"c").unwrap();
        let appended = seen();
        assert!(first.can_continue_as(&appended));
        assert!(!appended.can_continue_as(&first), "shorter");

        file.set_modified(SystemTime::now() + Duration::from_secs(1))
            .unwrap();
        assert!(!appended.can_continue_as(&seen()), "written to");
        assert!(appended.is_same_file(&seen()));

        fs::write(folder.path().join("new"), "abc").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(!appended.is_same_file(&seen()));
    }
}
