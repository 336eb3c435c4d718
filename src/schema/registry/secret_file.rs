//! Files that hold secrets: how they are read, and whether others can read them too.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Far larger than any user, password or token; a longer file is another kind of file.
pub(super) const MAX_BYTES: u64 = 64 << 10;

/// Why a secret cannot be read from its file.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// The file does not exist, and its name may be the secret itself.
    SecretForName,
    /// The reason of the operating system.
    System(std::io::Error),
    /// It is larger than [`MAX_BYTES`].
    TooLarge,
    /// It is not text.
    NotText,
}

/// The text of a small file.
pub(super) fn read(path: &Path) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| match may_be_secret(path, error.kind()) {
            true => Unreadable::SecretForName,
            false => Unreadable::System(error),
        })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::NotText)
}

/// Whether the name of a missing file looks like `USER:PASSWORD` or a token instead of a mistyped name.
fn may_be_secret(path: &Path, error: ErrorKind) -> bool {
    // Many tokens are longer than any file name: the operating system refuses them.
    if !matches!(
        error,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename
    ) {
        return false;
    }
    let text = path.to_string_lossy();
    let is_in_a_folder = path
        .parent()
        .is_some_and(|parent| !parent.as_os_str().is_empty() && parent.is_dir());
    // A short password is a word, and so is the name of a file without a folder and an extension.
    let is_a_word = !text.contains('/') && path.extension().is_none();
    text.contains(':')
        || is_a_word
        || (text.len() >= 20 && !text.starts_with(['/', '.', '~']) && !is_in_a_folder)
}

/// Whether every user of this machine can read the file. Pipes and terminals are private.
pub(super) fn is_readable_by_all(path: &Path) -> bool {
    const OTHERS_READ: u32 = 0o004;
    fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & OTHERS_READ != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_secret_is_distinguished_from_a_mistyped_one() {
        for (name, may_be) in [
            ("token.txt", false),
            ("./token", false),
            ("token", true),
            ("eyJhbGciSECRET", true),
            ("registry.token", false),
            ("/run/secrets/the-token-of-the-registry", false),
            ("./the-token-of-the-registry", false),
            ("src/the-token-of-the-registry", false),
            ("alice:secret", true),
            ("alice:secret/with/slashes", true),
            ("eyJhbGciOiJIUzI1NiJ9.e30.abc", true),
            ("b3BlbiBzZXNhbWU/b3BlbiBzZXNhbWU", true),
        ] {
            let error = read(Path::new(name)).unwrap_err();
            let found = matches!(error, Unreadable::SecretForName);
            assert_eq!(found, may_be, "{name}: {error:?}");
        }
        let long = "x".repeat(5000);
        assert!(matches!(read(Path::new(&long)), Err(Unreadable::SecretForName)));
    }

    #[test]
    fn the_mode_of_a_file_determines_who_can_read_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, readable) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_readable_by_all(file.path()), readable, "{mode:o}");
        }
        assert!(!is_readable_by_all(Path::new("/dev/null")));
        assert!(!is_readable_by_all(Path::new("/nowhere")));
    }
}
