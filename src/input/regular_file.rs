//! A regular file, read as it was when the run first looked at it.
//!
//! Another process may write to it meanwhile, and nothing keeps it from doing so. After each read the file's state is
//! compared with the first one, so that bytes are not given out once it is known that they may be others than those
//! that were there. Bytes that are appended are never given out: what ends at the end of the earlier file may be half
//! a row of the later one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::identity::{Change, Identity};

/// See the module.
#[derive(Debug)]
pub(super) struct RegularFile {
    file: File,
    /// The name that it was opened by; none for standard input.
    path: Option<PathBuf>,
    /// How it was when the run first looked at it.
    first: Identity,
    /// The byte that is read next.
    at: u64,
    change: Option<Change>,
}

impl RegularFile {
    /// Reads on from where `file` is, as long as it stays as it was when `first` was seen.
    pub(super) fn new(mut file: File, path: Option<PathBuf>, first: Identity) -> io::Result<RegularFile> {
        Ok(RegularFile {
            at: file.stream_position()?,
            file,
            path,
            first,
            change: None,
        })
    }

    /// Compares with an earlier look at the file than the one that came with opening it.
    pub(super) fn compare_with(&mut self, earlier: Identity) {
        self.first = earlier;
    }

    /// What happened to the file, as far as the last read found out.
    pub(super) fn change(&self) -> Option<Change> {
        self.change
    }

    /// Reads bytes of the file as it was; 0 at its end, and once it has become another.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)? as u64;
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
            // A file of a system that does not know its files' lengths may have more than it says.
            None => read,
        };
        Ok(kept as usize)
    }

    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        self.at = self.file.seek(SeekFrom::Start(to))?;
        Ok(())
    }

    /// What the file itself does not show: that there was less of it, or that its name is another file's.
    fn change_at_end(&self) -> Option<Change> {
        if self.at < self.first.length {
            return Some(Change::Rewritten);
        }
        let now = match fs::metadata(self.path.as_ref()?) {
            Ok(metadata) => Identity::of(&metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(Change::Removed),
            // It was read to its end; that its folder cannot be looked at any more says nothing of it.
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
    fn what_is_given_out_is_the_file_as_it_was() {
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
    fn a_file_whose_length_is_not_known_is_read_to_its_end() {
        let mut file = open(Path::new("/proc/version"));
        assert_eq!(file.first.length, 0);
        assert!(file.read(&mut [0; 8]).unwrap() > 0);
        assert_eq!(file.change(), None);
    }
}
