//! A file that cannot be created because its folder does not exist: the error names the folder.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::escape::printable;

/// The error of creating `path`, which names the folder if that is missing. The message of the operating system is the
/// same for every part of the path.
pub(super) fn explained(path: &Path, error: io::Error) -> io::Error {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    match (error.kind(), folder) {
        (ErrorKind::NotFound, Some(folder)) => {
            let shown = printable(folder.as_os_str().as_encoded_bytes(), 500);
            io::Error::new(error.kind(), format!("the folder `{shown}` does not exist"))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_missing_folder_is_named_and_every_other_reason_is_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a").join("b");
        let path = missing.join("f");
        let error = explained(&path, File::create(&path).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let said = format!("the folder `{}` does not exist", missing.display());
        assert_eq!(error.to_string(), said);
        let there = folder.path().join("f");
        let error = File::open(&there).unwrap_err();
        let system = error.to_string();
        assert_eq!(explained(&there, error).to_string(), system);
    }
}
