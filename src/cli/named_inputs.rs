//! The inputs that the arguments name: files, the files of a directory or of a zip archive, those that match a pattern,
//! and those in a list.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::{DirEntry, WalkDir};

use super::arguments::NamedInputs;
use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use crate::escape::printable;
use crate::input::{self, MemberFile, Obstacle};
use crate::report::figures::count_of;

/// Files of a directory that are not read, as shown in the note about them.
const SHOWN: usize = 3;

/// Replaces directories and patterns by their files, and appends the files in the list.
///
/// # Errors
/// A directory or a list that cannot be read; a directory or a pattern without a file; a list without a name.
pub(super) fn expand(named: &mut NamedInputs) -> Result<(), Failure> {
    named.files = expanded(named)?;
    Ok(())
}

fn expanded(named: &NamedInputs) -> Result<Vec<OsString>, Failure> {
    let mut inputs = Vec::new();
    for argument in &named.files {
        let path = Path::new(argument);
        if argument == "-" {
            inputs.push(argument.clone());
        } else if let Some((archive, pattern)) = input::divided_archive(argument) {
            inputs.extend(files_in(&archive, pattern)?);
        } else if path.is_dir() {
            inputs.extend(files_of(path)?);
        } else if is_pattern(argument) && fs::symlink_metadata(path).is_err() {
            inputs.extend(matches_of(argument)?);
        } else {
            inputs.push(argument.clone());
        }
    }
    if let Some(list) = &named.files_from {
        if list.as_os_str() == "-" && inputs.iter().any(|input| input == "-") {
            let message =
                "standard input cannot be both a list of files (`--files-from -`) and an input (`-`)";
            return Err(Failure::new(Exit::Usage, message));
        }
        inputs.extend(names_in(list)?);
    }
    Ok(inputs)
}

/// The files of a directory with names that show their format, in natural order.
fn files_of(directory: &Path) -> Result<Vec<OsString>, Failure> {
    let cannot_be_read = |error| {
        let message = format!("{}: cannot be read", shown(directory.as_os_str()));
        Failure::because(Exit::Input, message, error)
    };
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(directory).map_err(cannot_be_read)? {
        let path = entry.map_err(cannot_be_read)?.path();
        if path.file_name().is_some_and(is_hidden) || path.is_dir() {
            continue;
        }
        match input::format_of_name(&path) {
            Some(_) => files.push(path),
            None => others.push(path),
        }
    }
    let directory = shown(directory.as_os_str());
    if files.is_empty() {
        let message = format!("{directory}: is a directory without a .csv, .jsonl, .ndjson or .json file");
        return Err(Failure::new(Exit::Input, message));
    }
    if !others.is_empty() {
        others.sort();
        let names = others.iter().take(SHOWN).filter_map(|path| path.file_name());
        let mut names: Vec<String> = names.map(|name| format!("`{}`", shown(name))).collect();
        if others.len() > SHOWN {
            names.push("...".to_owned());
        }
        messages::line(&format!(
            "note: {directory}: {} not read, because of the extension: {}",
            count_of(others.len() as u64, "file is", "files are"),
            names.join(", ")
        ));
    }
    Ok(in_natural_order(files))
}

/// The files in a zip archive that match a pattern, in natural order, or the one with this name.
fn files_in(archive: &Path, pattern: &OsStr) -> Result<Vec<OsString>, Failure> {
    let name = shown(archive.as_os_str());
    let failure = |message: String| Failure::new(Exit::Input, message);
    let files = input::archive_members(archive).map_err(|error| {
        Failure::because(
            Exit::Input,
            format!("{name}: cannot be read as a zip archive"),
            error,
        )
        .with_hint(Some(
            "its directory is at its end, so a part of an archive cannot be read",
        ))
    })?;
    let wanted = pattern.to_string_lossy();
    let chosen: Vec<&MemberFile> = match files.iter().find(|file| file.name == wanted) {
        Some(file) => vec![file],
        None => {
            let glob = GlobBuilder::new(&wanted).literal_separator(true).build();
            let matcher = glob.map_err(|error| {
                let message = format!("{name}: has no file `{}`", shown(pattern));
                Failure::because(Exit::Input, message, error)
            })?;
            let matcher = matcher.compile_matcher();
            let visible = |file: &&MemberFile| !file.name.split('/').any(|part| is_hidden(part.as_ref()));
            let files = files.iter().filter(visible);
            files.filter(|file| matcher.is_match(&file.name)).collect()
        }
    };
    if chosen.is_empty() {
        let first = files.iter().take(SHOWN);
        let mut first: Vec<String> = first
            .map(|file| format!("`{}`", shown(file.name.as_ref())))
            .collect();
        if files.len() > SHOWN {
            first.push("...".to_owned());
        }
        let holds = match first.is_empty() {
            true => "it is empty".to_owned(),
            false => format!("it contains {}", first.join(", ")),
        };
        let message = format!(
            "{name}: no file in the archive matches `{}`; {holds}",
            shown(pattern)
        );
        return Err(failure(message));
    }
    if let Some((file, obstacle)) = chosen.iter().find_map(|file| Some((file, file.obstacle?))) {
        let why = match obstacle {
            Obstacle::Encrypted => "is encrypted".to_owned(),
            Obstacle::Method(method) => format!("is compressed with {method}, not with deflate"),
        };
        let message = format!(
            "{name}:{} {why}, so it cannot be read directly",
            shown(file.name.as_ref())
        );
        return Err(failure(message).with_hint(Some("unpack the archive first")));
    }
    let members = chosen.into_iter().map(|file| {
        let mut argument = archive.as_os_str().to_owned();
        argument.push(":");
        argument.push(&file.name);
        PathBuf::from(argument)
    });
    Ok(in_natural_order(members.collect()))
}

/// Whether the shell would have replaced the argument by the names of files.
fn is_pattern(argument: &OsStr) -> bool {
    argument.as_bytes().iter().any(|byte| b"*?[{".contains(byte))
}

/// The files that match a pattern, in natural order. Links to directories are not followed, as in Bash's `globstar`:
/// they may lead in a circle.
fn matches_of(pattern: &OsStr) -> Result<Vec<OsString>, Failure> {
    let name = shown(pattern);
    let failure = |message: String| Failure::new(Exit::Input, message);
    let Some(text) = pattern.to_str() else {
        return Err(failure(format!(
            "{name}: a pattern must be UTF-8, and there is no file of this name"
        )));
    };
    let (folder, rest) = literal_part(text);
    let glob = GlobBuilder::new(&format!("{}{rest}", globset::escape(folder)))
        .literal_separator(true)
        .build()
        .map_err(|error| {
            let message = format!("{name}: there is no file of this name, and it is no valid pattern");
            Failure::because(Exit::Input, message, error)
        })?;
    let matcher = glob.compile_matcher();
    let root = if folder.is_empty() { "." } else { folder };
    let depth = match rest.contains("**") {
        true => usize::MAX,
        false => rest.split('/').count(),
    };
    let walk = WalkDir::new(root).min_depth(1).max_depth(depth);
    let is_visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    let mut files = Vec::new();
    for entry in walk.into_iter().filter_entry(is_visible) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() == 0 => break,
            Err(error) => {
                let path = error.path().unwrap_or(Path::new(root));
                let message = format!("{}: cannot be read", shown(path.as_os_str()));
                return Err(Failure::because(Exit::Input, message, error));
            }
        };
        let path = match folder.is_empty() {
            true => entry.path().strip_prefix(".").unwrap_or(entry.path()),
            false => entry.path(),
        };
        if matcher.is_match(path) && !path.is_dir() {
            files.push(path.to_owned());
        }
    }
    match files.is_empty() {
        true => Err(failure(format!("{name}: no file matches this pattern"))),
        false => Ok(in_natural_order(files)),
    }
}

/// Divides a pattern into the directories before the first one with a wildcard, with the last `/`, and the rest. A
/// directory whose name only looks like a pattern is one of them.
fn literal_part(pattern: &str) -> (&str, &str) {
    let mut at = 0;
    for (slash, _) in pattern.match_indices('/') {
        let directory = &pattern[..slash + 1];
        if is_pattern(pattern[at..slash].as_ref()) && !Path::new(directory).is_dir() {
            break;
        }
        at = slash + 1;
    }
    pattern.split_at(at)
}

/// Whether the name of a file or a directory begins with a point.
fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

/// Numbers in names are compared as numbers: `trades_2.csv` comes before `trades_10.csv`.
fn in_natural_order(mut files: Vec<PathBuf>) -> Vec<OsString> {
    alphanumeric_sort::sort_path_slice(&mut files);
    files.into_iter().map(PathBuf::into_os_string).collect()
}

/// The names in a list: one per line, or each ended by a NUL byte if there is one (`find -print0`).
fn names_in(list: &Path) -> Result<Vec<OsString>, Failure> {
    let mut bytes = Vec::new();
    let read = match list.as_os_str() == "-" {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        false => fs::read(list).map(|read| bytes = read),
    };
    let name = shown(list.as_os_str());
    read.map_err(|error| Failure::because(Exit::Input, format!("{name}: cannot be read"), error))?;
    let by_nul = bytes.contains(&0);
    let end = if by_nul { 0 } else { b'\n' };
    let names: Vec<OsString> = bytes
        .split(|byte| *byte == end)
        .map(|line| {
            if by_nul {
                line
            } else {
                line.strip_suffix(b"\r").unwrap_or(line)
            }
        })
        .filter(|line| !line.is_empty())
        .map(|line| OsString::from_vec(line.to_vec()))
        .collect();
    match names.is_empty() {
        true => Err(Failure::new(
            Exit::Input,
            format!("{name}: contains no name of a file"),
        )),
        false => Ok(names),
    }
}

fn shown(name: &OsStr) -> String {
    printable(name.as_encoded_bytes(), 4096).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the inputs within `folder`, which all arguments begin with.
    fn expanded(folder: &Path, arguments: &[&str], list: Option<&str>) -> Result<Vec<String>, String> {
        let within = |name: &&str| folder.join(name).into_os_string();
        let arguments: Vec<OsString> = arguments.iter().map(within).collect();
        let list = list.map(|bytes| {
            fs::write(folder.join("list"), bytes).unwrap();
            folder.join("list")
        });
        let prefix = format!("{}/", folder.display());
        let named = NamedInputs {
            files: arguments,
            files_from: list,
        };
        match super::expanded(&named) {
            Ok(files) => Ok(files
                .iter()
                .map(|file| file.to_str().unwrap().replace(&prefix, ""))
                .collect()),
            Err(failure) => Err(failure.to_string().replace(&prefix, "")),
        }
    }

    #[test]
    fn directories_and_patterns_are_replaced_by_their_files_in_natural_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("day/more")).unwrap();
        for name in [
            "t_10.csv",
            "t_2.csv",
            "t_1.csv.gz",
            "t.jsonl",
            "notes.txt",
            ".hidden.csv",
            "[1].csv",
        ] {
            fs::write(folder.path().join("day").join(name), "").unwrap();
        }
        let in_day = |names: &[&str]| Ok(names.iter().map(|name| format!("day/{name}")).collect());
        let expanded = |arguments: &[&str]| expanded(folder.path(), arguments, None);
        assert_eq!(
            expanded(&["day"]),
            in_day(&["[1].csv", "t.jsonl", "t_1.csv.gz", "t_2.csv", "t_10.csv"])
        );
        assert_eq!(
            expanded(&["day/t_*.csv", "x"]).unwrap(),
            ["day/t_2.csv", "day/t_10.csv", "x"]
        );
        assert_eq!(expanded(&["**/t_?.csv"]), in_day(&["t_2.csv"]));
        // A file of this name comes before a pattern.
        assert_eq!(expanded(&["day/[1].csv"]), in_day(&["[1].csv"]));
        assert_eq!(
            expanded(&["day/x*"]).unwrap_err(),
            "day/x*: no file matches this pattern"
        );
        assert_eq!(
            expanded(&["day/more"]).unwrap_err(),
            "day/more: is a directory without a .csv, .jsonl, .ndjson or .json file"
        );
        assert_eq!(
            expanded(&["day/[.csv"]).unwrap_err(),
            "day/[.csv: there is no file of this name, and it is no valid pattern"
        );
    }

    #[test]
    fn links_to_directories_are_not_followed_and_names_may_be_any_bytes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/t.csv"), "").unwrap();
        std::os::unix::fs::symlink(".", folder.path().join("a/self")).unwrap();
        std::os::unix::fs::symlink("t.csv", folder.path().join("a/link.csv")).unwrap();
        fs::write(folder.path().join("a").join(OsStr::from_bytes(b"x\xff.csv")), "").unwrap();
        let expanded = |argument: &str| {
            let named = NamedInputs {
                files: vec![folder.path().join(argument).into_os_string()],
                files_from: None,
            };
            let files = super::expanded(&named).unwrap();
            let name = |file: &OsString| Path::new(file).file_name().unwrap().as_bytes().to_vec();
            files.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(expanded("**/[lt]*.csv"), [&b"link.csv"[..], b"t.csv"]);
        assert_eq!(expanded("a/x*"), [b"x\xff.csv"]);
    }

    #[test]
    fn names_are_read_from_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let expanded = |list| expanded(folder.path(), &["first.csv"], Some(list));
        assert_eq!(
            expanded("b.csv\r\n\na*.csv\n").unwrap(),
            ["first.csv", "b.csv", "a*.csv"]
        );
        assert_eq!(
            expanded("with\nline feed.csv\0b.csv\0").unwrap(),
            ["first.csv", "with\nline feed.csv", "b.csv"]
        );
        assert_eq!(expanded("\n").unwrap_err(), "list: contains no name of a file");
    }
}
