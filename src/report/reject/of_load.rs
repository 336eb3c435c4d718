//! The rejects files of an exactly-once load, which its runs share: each continues them where the last checkpoint ended.
//!
//! Only one run at a time may use them: another one could remove rows that are covered by a checkpoint which it does not
//! know yet. So a run locks the first file for as long as it lives, before it fences any other run.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::error::RejectsError;
use super::file::errors_path;
use super::output::new_file;
use crate::load::{KeptExtent, KeptOfLoad};

/// The load that rejected rows belong to.
#[derive(Debug, Clone)]
pub struct RejectsOfLoad {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it has checkpoints, and is continued.
    pub has_begun: bool,
    /// What its checkpoints cover.
    pub kept: KeptOfLoad,
}

impl RejectsOfLoad {
    /// What the checkpoints cover of the file that all inputs share. If no row of an unfinished input is in it, it may be
    /// another file than before, or the earlier one may be gone.
    pub(super) fn shared(&self, path: &Path, kept: &KeptOfLoad) -> Option<KeptExtent> {
        let is_empty = |path: &Path| fs::metadata(path).map_or(true, |found| found.len() == 0);
        match kept.is_needed || !is_empty(path) || !is_empty(&errors_path(path)) {
            true => kept.last,
            false => None,
        }
    }

    /// Whether the files are those that have what is `kept`; also if they do not exist.
    pub(super) fn is_own(&self, path: &Path, kept: KeptExtent) -> bool {
        let errors = errors_path(path);
        kept.rows > 0 && (!errors.exists() || self.is_in_all(&errors))
    }

    /// Whether existing files have nothing but rows of this load, so that those that no checkpoint covers can be removed;
    /// also if the files do not exist. A run that was killed may have left empty files before the load had begun.
    pub(super) fn has_written(&self, path: &Path) -> bool {
        let length = |path: &Path| match path.symlink_metadata() {
            Ok(found) if found.is_file() => Some(found.len()),
            Ok(_) => None,
            Err(_) => Some(0),
        };
        let errors = errors_path(path);
        match (length(path), length(&errors)) {
            (Some(0), Some(0)) => true,
            (Some(_), Some(1..)) => self.has_begun && self.is_in_all(&errors),
            _ => false,
        }
    }

    /// Whether each reason is for a row of this load. The last one may be incomplete.
    fn is_in_all(&self, errors: &Path) -> bool {
        let Ok(file) = File::open(errors) else {
            return false;
        };
        BufReader::new(file).split(b'\n').all(|line| {
            let Ok(line) = line else { return false };
            match serde_json::from_slice::<Value>(&line) {
                Ok(reason) => reason["load"] == *self.name,
                Err(error) => error.is_eof(),
            }
        })
    }
}

/// Locks a new file if it can be locked: no run of a load then takes it for an abandoned one.
pub(super) fn lock_if_free(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    file.try_lock().ok().map(|()| file)
}

/// Locks the first file of a load; it is created if it does not exist and nothing is kept in it. None if it does not exist
/// otherwise, or if the file system has no locks.
pub(super) fn lock(path: &Path, kept: KeptExtent) -> Result<Option<File>, RejectsError> {
    loop {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() != ErrorKind::NotFound || kept.rows > 0 => return Ok(None),
            Err(_) => match new_file(path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists && !path.is_symlink() => continue,
                // The one who creates the files reports it.
                Err(_) => return Ok(None),
            },
        };
        match file.try_lock() {
            // Its last user may have removed it.
            Ok(()) if is_at(&file, path) => return Ok(Some(file)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RejectsError::InUse(path.to_owned())),
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(locked), Ok(there)) => (locked.dev(), locked.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "{\"line\":2,\"load\":\"trades\"}\n";
    const OTHER: &str = "{\"line\":2,\"load\":\"other\"}\n";
    const NONE: &str = "{\"line\":2}\n";

    #[test]
    fn files_with_nothing_but_rows_of_a_load_that_has_begun_are_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.csv");
        let has_written = |has_begun, rows: Option<&str>, errors: Option<&str>| {
            for (path, content) in [(&path, rows), (&errors_path(&path), errors)] {
                match content {
                    Some(content) => fs::write(path, content).unwrap(),
                    None => _ = fs::remove_file(path),
                }
            }
            let load = RejectsOfLoad {
                name: "trades".into(),
                has_begun,
                kept: KeptOfLoad::default(),
            };
            load.has_written(&path)
        };
        let two = format!("{OWN}{OWN}");
        let incomplete = format!("{OWN}{}", &OWN[..9]);
        let mixed = format!("{OWN}{OTHER}");
        for (has_begun, rows, errors, expected) in [
            (false, None, None, true),
            (false, Some(""), Some(""), true),
            (false, Some(""), None, true),
            (false, Some("a\n"), Some(OWN), false),
            (true, Some("a\n"), Some(OWN), true),
            (true, Some(""), Some(OWN), true),
            (true, None, Some(OWN), true),
            (true, Some("a\nb\n"), Some(two.as_str()), true),
            (true, Some("a\n"), Some(incomplete.as_str()), true),
            (true, Some("a\n"), Some(""), false),
            (true, Some("a\n"), None, false),
            (true, Some("a\n"), Some(OTHER), false),
            (true, Some("a\n"), Some(NONE), false),
            (true, Some("a\n"), Some(mixed.as_str()), false),
            (true, Some("a\n"), Some("text\n"), false),
        ] {
            assert_eq!(
                has_written(has_begun, rows, errors),
                expected,
                "{has_begun} {rows:?} {errors:?}"
            );
        }
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        let load = RejectsOfLoad {
            name: "trades".into(),
            has_begun: true,
            kept: KeptOfLoad::default(),
        };
        assert!(!load.has_written(&link));
    }
}
