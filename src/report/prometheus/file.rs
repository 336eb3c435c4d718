//! Writes the metrics file as a whole or not at all.
//!
//! A collector may read the file at any time. The new file is written next to it under another name, synced,
//! and renamed over it.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::report::missing_folder;

/// Fails now if [`write()`] would fail at the end of the run.
pub fn check_writable(path: &Path) -> io::Result<()> {
    // It is dropped, and thus removed, immediately.
    beside(&target(path)?).map(drop)
}

/// Replaces the file at `path` with one that contains `text`.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = target(path)?;
    let mut file = beside(&target)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// What is replaced: the file that a link points to, not the link, and never a directory or a device.
fn target(path: &Path) -> io::Result<PathBuf> {
    if path.file_name().is_none() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is not the path of a file",
        ));
    }
    match path.metadata() {
        Ok(found) if found.is_file() => path.canonicalize(),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is not a regular file",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}

/// An empty file in the same directory, so that the rename does not cross file systems.
fn beside(target: &Path) -> io::Result<NamedTempFile> {
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Readable for the collector, which usually runs as another user; the umask still removes bits. The
    // name does not end with `.prom`, so that node_exporter ignores a half-written file.
    tempfile::Builder::new()
        .prefix(".k2-produce-metrics-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(directory)
        .map_err(|error| missing_folder::explained(target, without_path(error)))
}

/// The system's error without a file name: the temporary name means nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    let system = error.get_ref().and_then(|error| error.source()?.downcast_ref());
    match system.and_then(io::Error::raw_os_error) {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k2.prom");
        check_writable(&path).unwrap();
        assert_eq!(names(directory.path()), [""; 0], "the check leaves no file");
        write(&path, "first\n").unwrap();
        let reader = fs::File::open(&path).unwrap();
        write(&path, "second\n").unwrap();
        assert_eq!(
            io::read_to_string(reader).unwrap(),
            "first\n",
            "a reader keeps the file that it opened"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "second\n");
        assert_eq!(names(directory.path()), ["k2.prom"]);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777 & !0o644, 0, "no more than 0644");
        assert_eq!(mode & 0o600, 0o600);
    }

    #[test]
    fn a_link_is_kept_and_its_target_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("k2.prom"), directory.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }

    #[test]
    fn an_error_names_the_missing_folder_and_not_the_temporary_file() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let said = check_writable(&missing.join("k2.prom")).unwrap_err().to_string();
        assert_eq!(said, format!("the folder `{}` does not exist", missing.display()));
        fs::write(&missing, "").unwrap();
        let error = check_writable(&missing.join("k2.prom")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
        assert!(!error.to_string().contains("k2-produce-metrics"), "{error}");
    }

    #[test]
    fn a_file_that_could_not_be_written_at_the_end_is_an_error_at_the_start() {
        let directory = tempfile::tempdir().unwrap();
        assert!(check_writable(&directory.path().join("missing/k2.prom")).is_err());
        assert!(check_writable(directory.path()).is_err(), "a directory");
        assert!(
            check_writable(Path::new("/dev/null")).is_err(),
            "a device is never replaced"
        );
        assert!(check_writable(Path::new("")).is_err());
        assert!(write(Path::new("/dev/full"), "x").is_err());
    }
}
