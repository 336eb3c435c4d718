//! The mapping of a run: the mapping file, and the entries of `--set`.

use std::fs;
use std::path::Path;

use super::arguments::MappingArguments;
use super::exit::Exit;
use super::failure::Failure;
use crate::escape::printable;
use crate::mapping::MapFile;

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
