//! Hints for when rejected rows cannot be kept in a file.

use crate::report::RejectsError;

pub(in crate::cli) fn words(error: &RejectsError) -> Option<&'static str> {
    match error {
        RejectsError::Exists(_) => Some(
            "load it first, or name another file; `--rejects-overwrite` replaces the file of an earlier run",
        ),
        RejectsError::Conflict(_) => {
            Some("a name that ends in `/`, such as `--rejects bad/`, keeps one file per input")
        }
        RejectsError::Continue(..) | RejectsError::Shorter { .. } => Some(
            "bring the file back as it was: the load continues it; `--restart` with another rejects file sends all \
                 rows again, also those that are on the topic",
        ),
        RejectsError::Changed { .. } => Some(
            "bring the file back as it was, and correct the rows in a copy of it: load the copy as a file of its own",
        ),
        RejectsError::InUse(_) => {
            Some("run a load once at a time; when that run has ended, the same command continues the load")
        }
        // It depends on the name, so it is added where the name is known.
        RejectsError::Resumed(_) | RejectsError::Create(..) | RejectsError::Write(..) => None,
    }
}
