//! Ensures that a file that a run writes is not one that it also reads, or writes for another purpose.
//!
//! Files are compared by device and inode and not by name, because links give a file several names. A file that does
//! not exist yet is identified by its directory and its future name.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;

/// A file that a run reads or writes, with the option or input that named it.
pub(super) struct NamedFile {
    words: String,
    identity: Identity,
}

#[derive(Debug, PartialEq, Eq)]
enum Identity {
    Existing {
        device: u64,
        inode: u64,
    },
    New {
        device: u64,
        directory: u64,
        name: OsString,
    },
}

impl NamedFile {
    /// The file at `path`; none if it is not a regular file, or cannot be examined.
    pub(super) fn at(path: &Path, words: String) -> Option<NamedFile> {
        let identity = Identity::of_path(path)?;
        Some(NamedFile { words, identity })
    }

    /// An open file; none if it is not a regular one.
    pub(super) fn open(metadata: &Metadata, words: &str) -> Option<NamedFile> {
        let words = words.to_owned();
        let identity = Identity::of(metadata)?;
        Some(NamedFile { words, identity })
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Option<Identity> {
        metadata.is_file().then(|| Identity::Existing {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    fn of_path(path: &Path) -> Option<Identity> {
        match fs::metadata(path) {
            Ok(metadata) => Identity::of(&metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => Identity::of_new(path),
            Err(_) => None,
        }
    }

    /// The identity of a file that would be created at `path`, through dangling links.
    fn of_new(path: &Path) -> Option<Identity> {
        /// The limit of Linux.
        const MOST_LINKS: usize = 40;
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let directory = match path.parent() {
                Some(parent) if parent != Path::new("") => parent.to_owned(),
                _ => PathBuf::from("."),
            };
            if let Ok(target) = fs::read_link(&path) {
                path = directory.join(target);
                continue;
            }
            let name = path.file_name()?.to_owned();
            let directory = fs::metadata(directory).ok()?;
            return Some(Identity::New {
                device: directory.dev(),
                directory: directory.ino(),
                name,
            });
        }
        None
    }
}

/// The files of a run.
#[derive(Default)]
pub(super) struct RunFiles {
    /// Those that are read.
    pub(super) read: Vec<NamedFile>,
    /// Those that are written, each for a different purpose.
    pub(super) written: Vec<NamedFile>,
    /// The files of standard output and standard error, which may be the same.
    pub(super) streams: Vec<NamedFile>,
}

impl RunFiles {
    /// Refuses a file that would overwrite another file of the run, or write into it.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (index, file) in self.written.iter().enumerate() {
            let others = self
                .read
                .iter()
                .chain(&self.written[..index])
                .chain(&self.streams);
            file.check_differs_from(others)?;
        }
        self.streams
            .iter()
            .try_for_each(|stream| stream.check_differs_from(&self.read))
    }
}

impl NamedFile {
    fn check_differs_from<'a>(&self, others: impl IntoIterator<Item = &'a NamedFile>) -> Result<(), Failure> {
        let same = others.into_iter().find(|other| other.identity == self.identity);
        match same {
            None => Ok(()),
            Some(other) => {
                let message = format!("{} is the same file as {}", self.words, other.words);
                let hint = "name another file";
                Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_identified_by_any_of_its_names_whether_it_exists_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let identity = |name: &str| Identity::of_path(&at(name));
        fs::write(at("file"), "").unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::hard_link(at("file"), at("hard")).unwrap();
        symlink("file", at("soft")).unwrap();
        symlink("../new", at("folder/dangling")).unwrap();
        symlink("folder", at("folder-too")).unwrap();
        symlink("round", at("round")).unwrap();
        for same in ["hard", "soft", "folder/../file", "./file"] {
            assert_eq!(identity(same), identity("file"), "{same}");
        }
        for same in ["./new", "folder/dangling", "folder-too/dangling"] {
            assert_eq!(identity(same), identity("new"), "{same}");
        }
        assert_eq!(identity("folder/new"), identity("folder-too/new"));
        assert_ne!(identity("folder/new"), identity("new"));
        assert_ne!(identity("new"), identity("file"));
        for none in ["folder", "missing/new", "round", "file/new"] {
            assert_eq!(identity(none), None, "{none}");
        }
    }

    #[test]
    fn only_streams_may_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| NamedFile::at(&folder.path().join(name), format!("`{name}`")).unwrap();
        let files = |read: &[&str], written: &[&str], streams: &[&str]| {
            let named = |names: &[&str]| names.iter().map(|name| file(name)).collect();
            RunFiles {
                read: named(read),
                written: named(written),
                streams: named(streams),
            }
        };
        for good in [
            files(&["a", "a"], &["b", "c"], &["d", "d"]),
            files(&["a"], &[], &[]),
        ] {
            assert!(good.check().is_ok());
        }
        for bad in [
            files(&["a"], &["a"], &[]),
            files(&[], &["b", "b"], &[]),
            files(&[], &["b"], &["b"]),
            files(&["a"], &[], &["d", "a"]),
        ] {
            assert_eq!(bad.check().unwrap_err().exit, Exit::Usage);
        }
    }
}
