//! `--rejects`: the files in which a run keeps rejected rows, and what they contain at the end.

use std::error::Error;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::messages::{self, ErrorLog};
use super::name_list::shortened;
use super::settings::Settings;
use super::{hints, shell};
use crate::escape::printable;
use crate::input::Input;
use crate::load::{OpenLoad, PlannedInput, RunOutcome};
use crate::report::reject::{self, Existing, KeptInput, RejectsOfLoad, RejectsSettings};
use crate::report::summary::{KeptFileSummary, RejectsSummary};
use crate::report::{Rejects, RejectsError};

/// Creates the files of `--rejects`, if it is given, or continues those of `load`. `skipped` are the inputs that come before `--from`.
pub(super) fn create(
    settings: &Settings,
    skipped: &[Input],
    planned: &[PlannedInput],
    load: Option<&OpenLoad>,
) -> Result<Option<Rejects>, Failure> {
    let Some(path) = &settings.bad_rows.rejects else {
        return Ok(None);
    };
    // Otherwise each run has files of its own.
    let load = load.filter(|load| load.is_exactly_once());
    if !is_folder(path) && settings.mapping.uses_file_name() {
        let message = "the mapping uses the name of the file, which the rows in a rejects file would lose";
        let hint = "keep them in a folder, in files of the same names: `--rejects bad/`";
        return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
    }
    if settings.mapping.uses_positions() {
        messages::line(
            "warning: the mapping uses numbers of rows or lines: rows that are loaded from the rejects file get those of \
             that file",
        );
    }
    let skipped = skipped.iter().map(|input| kept_input(input, false));
    let planned = planned.iter().enumerate().map(|(index, planned)| KeptInput {
        kept: load.and_then(|load| load.of_input(index)?.rejects),
        ..kept_input(&planned.input, true)
    });
    let inputs: Vec<KeptInput<'_>> = skipped.chain(planned).collect();
    let how = RejectsSettings {
        encoding: settings.input.encoding,
        hint_words: hints::encode::words,
        // The rows that the run before `--from` rejected may be in any of the files.
        existing: match settings.input.from {
            Some(_) => Existing::Resumed,
            None => settings.bad_rows.existing,
        },
        load: load.map(|load| RejectsOfLoad {
            name: load.name().into(),
            has_begun: load.has_begun(),
            kept: load.kept(),
        }),
    };
    let rejects = match is_folder(path) {
        true => Rejects::in_folder(path, how, &inputs),
        false => Rejects::in_file(path, how, &inputs),
    };
    Ok(Some(rejects.map_err(|error| match error {
        RejectsError::Resumed(_) => Failure::from(error).with_hint(Some(another_name(path))),
        error => Failure::from(error),
    })?))
}

fn kept_input(input: &Input, is_read: bool) -> KeptInput<'_> {
    KeptInput {
        is_read,
        name: &input.name,
        file_name: input.location.file_name(),
        format: input.layout.rows(),
        preamble: input.header().map_or(&[], |header| &header.preamble),
        header: input.header().map_or(&[], |header| &header.row),
        kept: None,
    }
}

/// Whether the path names a folder: an existing one, or one to create.
pub(super) fn is_folder(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b"/") || path.is_dir()
}

/// The hint to use another name than `path`.
fn another_name(path: &Path) -> String {
    let is_folder = is_folder(path);
    let name = match path.file_name() {
        Some(_) => path.to_owned(),
        // `.` or `..`
        None => path.join("rejects"),
    };
    let free = (2..)
        .map(|number| reject::numbered(&name, number))
        .find(|path| path.symlink_metadata().is_err());
    let mut free = free.expect("numbers do not end").into_os_string();
    let (what, which) = match is_folder {
        true => {
            free.push("/");
            ("folder", "folders")
        }
        false => ("name", "files"),
    };
    format!(
        "give another {what}, such as `{}`; the rejected rows are then in both {which}",
        shell::flag("--rejects", &free)
    )
}

/// Writes the kept rows to disk, removes what an earlier run kept of the inputs that were read, warns of what it kept
/// of the others, and prints which files there are.
pub(super) fn finish(
    rejects: Option<Rejects>,
    done: &RunOutcome,
) -> (Option<RejectsSummary>, Result<(), RejectsError>) {
    let Some(mut rejects) = rejects else {
        return (None, Ok(()));
    };
    let synced = rejects.sync().and(rejects.remove_earlier(&done.files));
    let earlier: Vec<String> = rejects.earlier().map(shown_in_backticks).collect();
    if !earlier.is_empty() {
        messages::line(&format!(
            "warning: left from an earlier run, because this run read no row of the input: {}",
            shortened(earlier.into_iter())
        ));
    }
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let files: Vec<KeptFileSummary> = rejects
        .kept()
        .iter()
        .map(|file| KeptFileSummary {
            path: shown(&file.path),
            errors_path: shown(&file.errors_path),
            rows: file.rows,
        })
        .collect();
    let summary = RejectsSummary {
        path: shown(rejects.path()),
        errors_path: match rejects.is_folder() {
            true => None,
            false => files.first().map(|file| file.errors_path.clone()),
        },
        rows: files.iter().map(|file| file.rows).sum(),
        files,
    };
    ((summary.rows > 0).then_some(summary), synced)
}

fn shown_in_backticks(path: &Path) -> String {
    format!("`{}`", printable(path.as_os_str().as_encoded_bytes(), 300))
}

/// Prints why rows cannot be kept.
pub(super) fn print_error(error: &(dyn Error + 'static), log: &mut ErrorLog) {
    let text = messages::with_causes(error);
    log.error(&format!("rejected rows cannot be kept: {text}"), None);
}

/// `--rejects FILE` with the name of a file that does not exist and is not an input.
pub(super) fn suggestion(done: &RunOutcome, extension: &str) -> String {
    let is_input = |name: &str| {
        let name = Some(OsStr::new(name));
        done.files
            .iter()
            .any(|file| Path::new(&file.argument).file_name() == name)
    };
    let names = std::iter::once(format!("bad.{extension}"));
    let mut names = names.chain((2..).map(|number| format!("bad-{number}.{extension}")));
    let free = names.find(|name| !is_input(name) && Path::new(name).symlink_metadata().is_err());
    shell::flag("--rejects", OsStr::new(&free.expect("numbers do not end")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_one_that_does_not_exist() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("bad-2.csv"), "").unwrap();
        std::fs::create_dir(at("bad.d")).unwrap();
        for (name, other) in [
            ("bad.csv", "bad-3.csv"),
            ("rejects", "rejects-2"),
            ("bad.d", "bad-2.d/"),
            ("new/", "new-2/"),
            ("..", "../rejects-2/"),
        ] {
            let hint = another_name(&at(name));
            let expected = format!("`--rejects {}`", at(other).display());
            assert!(hint.contains(&expected), "{name}: {hint}");
        }
    }
}
