//! `--from FILE:LINE`: where a run starts that resumes a stopped one.
//!
//! FILE is compared with the arguments, byte for byte, and then by file identity: `./a.csv` is `a.csv`. Displayed
//! names do not identify a file: two files may be displayed alike.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::exit::Exit;
use super::failure::Failure;
use super::name_list::shortened;
use super::shell;
use crate::escape::printable;
use crate::input::Input;
use crate::load::NoStart;
use crate::record::LineColumn;
use crate::report::figures::count;

/// Where a run starts.
pub(super) struct RunStart {
    /// The inputs that are not read, because they come before the one that the run starts in.
    pub(super) skipped: Vec<Input>,
    /// The place in the first input that is read.
    pub(super) first: LineColumn,
}

impl RunStart {
    /// At the first row of the first input.
    pub(super) const FIRST_ROW: RunStart = RunStart {
        skipped: Vec::new(),
        first: LineColumn { line: 1, column: 1 },
    };
}

/// Takes the inputs before the one that `from` names out of `inputs`.
pub(super) fn start_from(from: &OsStr, inputs: &mut Vec<Input>) -> Result<RunStart, Failure> {
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let shown = printable(from.as_bytes(), 4096);
    let mut readings = readings(from);
    let Some((mut file, mut first)) = readings.next() else {
        return Err(usage(format!(
            "`--from {shown}`: expected FILE:LINE, such as `trades.csv:1042`"
        )));
    };
    let named = |file: &OsStr, inputs: &[Input]| {
        let found = indexes(inputs, |input| input.location.argument() == file);
        match found.is_empty() {
            true => indexes(inputs, |input| input.is_at(file)),
            false => found,
        }
    };
    let mut found = named(file, inputs);
    if found.is_empty()
        && let Some((other, place)) = readings.next()
    {
        let among = named(other, inputs);
        if among.iter().any(|index| inputs[*index].layout.rows().unnests()) {
            (file, first, found) = (other, place, among);
        }
    }
    let file = printable(file.as_bytes(), 4096);
    match found[..] {
        [index] => Ok(RunStart {
            skipped: inputs.drain(..index).collect(),
            first,
        }),
        [] => {
            let names = shortened(inputs.iter().map(|input| format!("`{}`", input.name)));
            Err(usage(format!(
                "`--from {shown}`: `{file}` is not one of the files given: {names}"
            )))
        }
        _ => Err(
            usage(format!("`--from {shown}`: `{file}` is given more than once")).with_hint(Some(
                "give only the inputs that are still to be loaded, each once",
            )),
        ),
    }
}

fn indexes(inputs: &[Input], is_sought: impl Fn(&Input) -> bool) -> Vec<usize> {
    let found = inputs.iter().enumerate().filter(|(_, input)| is_sought(input));
    found.map(|(index, _)| index).collect()
}

/// What `FILE:LINE` and `FILE:LINE:COLUMN` can mean: the name of a file may contain colons.
fn readings(from: &OsStr) -> impl Iterator<Item = (&OsStr, LineColumn)> {
    let line = split(from);
    let column = line.and_then(|(rest, column)| {
        let (file, line) = split(rest)?;
        Some((file, LineColumn { line, column }))
    });
    let line = line.map(|(file, line)| (file, line.into()));
    line.into_iter().chain(column)
}

fn split(from: &OsStr) -> Option<(&OsStr, u64)> {
    let bytes = from.as_bytes();
    let colon = bytes.iter().rposition(|byte| *byte == b':')?;
    let line = str::from_utf8(&bytes[colon + 1..]).ok()?.parse().ok()?;
    (line > 0).then(|| (OsStr::from_bytes(&bytes[..colon]), line))
}

/// The value of `--from` that resumes at `line` of the file `argument`, as a word for a shell.
pub(super) fn argument(argument: &OsStr, line: u64, column: Option<u64>) -> String {
    let mut from = argument.to_owned();
    from.push(format!(":{line}"));
    if let Some(column) = column {
        from.push(format!(":{column}"));
    }
    shell::word(&from).into_owned()
}

/// Why a run cannot start at line `first_line` of `name`, given as `file`, and where it can.
pub(super) fn no_start(name: &str, file: &OsStr, first_line: u64, no_start: NoStart) -> Failure {
    let from = |line| argument(file, line, None);
    let asked = from(first_line);
    match no_start {
        NoStart::WithinRow { row, next } => {
            let message = format!(
                "`--from {asked}`: no row starts at line {first_line}: it is within the row that starts at line {row}"
            );
            let hint = format!(
                "`--from {}` begins with that row, `--from {}` after it",
                from(row),
                from(next)
            );
            Failure::new(Exit::Usage, message).with_hint(Some(hint))
        }
        NoStart::BeyondEnd { lines } => {
            let lines = count(lines);
            Failure::new(
                Exit::Usage,
                format!("`--from {asked}`: {name} ends with line {lines}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ReadSettings;

    #[test]
    fn a_file_is_found_by_its_argument_even_if_another_is_displayed_alike() {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = Vec::new();
        for name in [&b"a\\xff.csv"[..], b"a\xff.csv"] {
            let path = folder.path().join(OsStr::from_bytes(name));
            std::fs::write(&path, "f\n1\n").unwrap();
            inputs.push(Input::open(path.as_os_str(), &ReadSettings::default()).unwrap());
        }
        assert_eq!(inputs[0].name, inputs[1].name);
        let second = inputs[1].location.argument().to_owned();
        let mut from = second.clone();
        from.push(":7");
        assert_eq!(start_from(&from, &mut inputs).unwrap().first.line, 7);
        assert_eq!(inputs.len(), 1);
        assert_eq!(inputs[0].location.argument(), second);
    }

    #[test]
    fn a_file_is_found_by_another_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = Vec::new();
        for name in ["a.csv", "b.csv"] {
            let path = folder.path().join(name);
            std::fs::write(&path, "f\n1\n").unwrap();
            inputs.push(Input::open(path.as_os_str(), &ReadSettings::default()).unwrap());
        }
        let mut from = folder.path().join(".").join("b.csv").into_os_string();
        from.push(":2");
        assert_eq!(start_from(&from, &mut inputs).unwrap().first.line, 2);
        assert!(inputs[0].name.ends_with("b.csv"));
        let mut from = folder.path().join("c.csv").into_os_string();
        from.push(":2");
        assert!(start_from(&from, &mut inputs).is_err());
    }

    #[test]
    fn the_last_colon_separates_file_and_line() {
        let table: [(&str, Option<(&str, u64)>); 6] = [
            ("t.csv:1042", Some(("t.csv", 1042))),
            ("12:30.csv:2", Some(("12:30.csv", 2))),
            ("-:5", Some(("-", 5))),
            ("t.csv", None),
            ("t.csv:0", None),
            ("t.csv:x", None),
        ];
        for (from, parts) in table {
            let expected = parts.map(|(file, line)| (OsStr::new(file), line));
            assert_eq!(split(OsStr::new(from)), expected, "{from}");
        }
    }

    #[test]
    fn what_is_printed_can_be_typed() {
        assert_eq!(argument(OsStr::new("trades.csv"), 3, None), "trades.csv:3");
        assert_eq!(argument(OsStr::new("-"), 501, None), "-:501");
        assert_eq!(argument(OsStr::new("t.json"), 1, Some(77)), "t.json:1:77");
        assert_eq!(
            argument(OsStr::new("my trades.csv"), 3, None),
            "'my trades.csv:3'"
        );
        assert_eq!(argument(OsStr::new("$(id).csv"), 3, None), "'$(id).csv:3'");
        assert_eq!(
            argument(OsStr::from_bytes(b"it's\xff\n\\.csv"), 3, None),
            "$'it\\'s\\xff\\x0a\\\\.csv:3'"
        );
    }
}
