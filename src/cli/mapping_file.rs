//! The mapping of a run: the mapping file, and the entries of `--set`.

use std::fs;
use std::path::Path;

use super::arguments::MappingArguments;
use super::config::{Author, Choice};
use super::exit::Exit;
use super::failure::Failure;
use crate::escape::printable;
use crate::mapping::{MapError, MapFile};

/// Reads the mapping that the arguments name.
pub(super) fn read(arguments: &MappingArguments) -> Result<MapFile, Failure> {
    let mut map = match &arguments.map {
        Some(path) => file(path)?,
        None => MapFile::default(),
    };
    for entry in &arguments.set {
        map.set(entry)?;
    }
    Ok(map)
}

/// Fails if the mapping that the working directory's file names looks values up in files outside of that directory: a
/// directory that was downloaded would send what is in them to its own brokers.
pub(super) fn check_lookups(map: &MapFile, choice: &Choice) -> Result<(), Failure> {
    if choice.author != Author::WorkingDirectory {
        return Ok(());
    }
    let path = Path::new(&choice.words[0]);
    let folder = path.parent().unwrap_or(Path::new(""));
    let working = choice.folder();
    for lookup in map.lookup_files() {
        let inside = match (fs::canonicalize(folder.join(lookup)), fs::canonicalize(working)) {
            (Ok(file), Ok(working)) => file.starts_with(working),
            _ => false,
        };
        if !inside {
            let message = format!(
                "`map` in the working directory looks values up in `{}`, which is outside of the working directory",
                printable(lookup.as_bytes(), 300)
            );
            let error = MapError::at(choice.place.clone(), message);
            return Err(error
                .with_hint("pass `--map FILE` if these values are to be published")
                .into());
        }
    }
    Ok(())
}

fn file(path: &Path) -> Result<MapFile, Failure> {
    let name = printable(path.as_os_str().as_encoded_bytes(), 4096).into_owned();
    let unreadable = |why: &str| Failure::new(Exit::Usage, format!("{name}: {why}"));
    let bytes = fs::read(path).map_err(|error| {
        let message = format!("{name}: the mapping file cannot be read");
        Failure::because(Exit::Usage, message, error)
    })?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("the mapping file is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut map = MapFile::parse(&name, text)?;
    map.read_lookups(path.parent().unwrap_or(Path::new("")))?;
    Ok(map)
}
