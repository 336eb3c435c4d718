//! A regular file, read in the state in which the run first saw it.
//!
//! Nothing prevents another process from writing to it in the meantime. After each read the state of the file is
//! compared with the first one, and bytes that may have changed are not returned. Appended bytes are never returned:
//! the end of the earlier file may lie in the middle of a row of the later one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use rustix::buffer::spare_capacity;

use super::identity::{Change, Identity};

/// A regular file in its first state; see the module.
#[derive(Debug)]
pub(super) struct RegularFile {
    file: File,
    /// The path by which it was opened; none for standard input.
    path: Option<PathBuf>,
    /// Its state when the run first saw it.
    first: Identity,
    /// The offset of the next byte to read.
    at: u64,
    change: Option<Change>,
}

impl RegularFile {
    /// Reads from the current offset of `file`, as long as it stays in the state `first`.
    pub(super) fn new(mut file: File, path: Option<PathBuf>, first: Identity) -> io::Result<RegularFile> {
        Ok(RegularFile {
            at: file.stream_position()?,
            file,
            path,
            first,
            change: None,
        })
    }

    /// Compares with an earlier state of the file than the one when it was opened.
    pub(super) fn compare_with(&mut self, earlier: Identity) {
        self.first = earlier.of_file();
    }

    /// Its length in bytes in its first state.
    pub(super) fn length(&self) -> u64 {
        self.first.length
    }

    /// How the file changed, as of the last read.
    pub(super) fn change(&self) -> Option<Change> {
        self.change
    }

    /// Reads bytes of the file in its first state. Returns 0 at the end of that, or if the file was changed so that it
    /// cannot be read.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)?;
        self.keep(read as u64)
    }

    /// The same, into the spare capacity of `bytes`, which must have some.
    pub(super) fn append_to(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let filled = bytes.len();
        let read = rustix::io::read(&self.file, spare_capacity(bytes))?;
        let kept = self.keep(read as u64);
        bytes.truncate(filled + kept.as_ref().copied().unwrap_or(0));
        kept
    }

    /// How many of the bytes that were read are of the file in its first state.
    fn keep(&mut self, read: u64) -> io::Result<usize> {
        let start = self.at;
        self.at += read;
        self.change = self.first.change_to(&Identity::of(&self.file.metadata()?));
        let end = self.first.length;
        let kept = match self.change {
            Some(Change::Grown { .. }) => read.min(end.saturating_sub(start)),
            Some(_) => 0,
            None if read == 0 => {
                self.change = self.change_at_end();
                0
            }
            // A file system that does not know the lengths of its files may return more bytes than it reports.
            None => read,
        };
        Ok(kept as usize)
    }

    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        self.at = self.file.seek(SeekFrom::Start(to))?;
        Ok(())
    }

    /// Changes that are visible only at the end: there were fewer bytes, or the path now leads to another file.
    fn change_at_end(&self) -> Option<Change> {
        if self.at < self.first.length {
            return Some(Change::Rewritten);
        }
        let now = match fs::metadata(self.path.as_ref()?) {
            Ok(metadata) => Identity::of(&metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(Change::Removed),
            // The file was read to its end. That its folder is not accessible any more does not affect it.
            Err(_) => return None,
        };
        (!self.first.is_same_file(&now)).then_some(Change::Replaced)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::*;

    fn open(path: &Path) -> RegularFile {
        let file = File::open(path).unwrap();
        let first = Identity::of(&file.metadata().unwrap());
        RegularFile::new(file, Some(path.to_owned()), first).unwrap()
    }

    /// Reads four bytes, changes the file, and reads the rest.
    fn read_around(change: impl FnOnce(&Path)) -> (Vec<u8>, Option<Change>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        fs::write(&path, "0123456789").unwrap();
        let mut file = open(&path);
        let mut bytes = vec![0; 4];
        assert_eq!(file.read(&mut bytes).unwrap(), 4);
        change(&path);
        loop {
            let mut room = [0; 4];
            match file.read(&mut room).unwrap() {
                0 => return (bytes, file.change()),
                read => bytes.extend_from_slice(&room[..read]),
            }
        }
    }

    #[test]
    fn the_file_is_read_in_its_first_state() {
        let append = |path: &Path| {
            let mut file = File::options().append(true).open(path).unwrap();
            file.write_all(b"ab").unwrap();
        };
        let cut = |path: &Path| {
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_len(6)
                .unwrap()
        };
        let touch = |path: &Path| {
            let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(later)
                .unwrap();
        };
        let replace = |path: &Path| {
            fs::write(path.with_extension("new"), "0123456789").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        };
        let remove = |path: &Path| fs::remove_file(path).unwrap();
        let all = &b"0123456789"[..];
        type Case<'a> = (&'a dyn Fn(&Path), &'a [u8], Option<Change>);
        let table: [Case<'_>; 6] = [
            (&|_| (), all, None),
            (&append, all, Some(Change::Grown { from: 10, to: 12 })),
            (&cut, b"0123", Some(Change::Shrunk { from: 10, to: 6 })),
            (&touch, b"0123", Some(Change::Rewritten)),
            (&replace, all, Some(Change::Replaced)),
            (&remove, all, Some(Change::Removed)),
        ];
        for (change, bytes, seen) in table {
            assert_eq!(read_around(change), (bytes.to_vec(), seen));
        }
    }

    #[test]
    fn a_file_of_unknown_length_is_read_to_its_end() {
        let mut file = open(Path::new("/proc/version"));
        assert_eq!(file.first.length, 0);
        assert!(file.read(&mut [0; 8]).unwrap() > 0);
        assert_eq!(file.change(), None);
    }
}
