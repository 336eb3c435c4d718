use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::record::csv::Split;
use crate::record::{CellNotation, Delimiters, Extent, HeaderRow, LineStart, Notation};

fn settings(format: Format, label: &str) -> ReadSettings {
    ReadSettings {
        format: Some(format),
        encoding: label.parse().unwrap(),
        ..ReadSettings::default()
    }
}

fn open(path: &Path, settings: &ReadSettings) -> Input {
    Input::open(path.as_os_str(), settings).unwrap()
}

/// The remaining rows of a reader.
struct Rest {
    start: Option<LineStart>,
    bytes: Vec<u8>,
    rows: Vec<Position>,
    fails: bool,
}

fn rest(mut reader: BlockReader, format: &RowFormat) -> Rest {
    let mut rest = Rest {
        start: None,
        bytes: Vec::new(),
        rows: Vec::new(),
        fails: false,
    };
    loop {
        let block = match reader.next_block() {
            Ok(Some(block)) => block,
            Ok(None) => return rest,
            Err(_) => {
                rest.fails = true;
                return rest;
            }
        };
        rest.start.get_or_insert(block.start);
        let (mut at, mut line, mut cells) = (0, block.start.line, Vec::new());
        while at < block.bytes.len() {
            let split = format.split(&block.bytes[at..], Extent::Whole, &mut cells);
            let (Split::Row(end) | Split::Skipped(end)) = split else {
                panic!("a block must hold whole rows")
            };
            rest.rows.push(Position {
                row: rest.rows.len() as u64,
                line,
                decoded_byte: block.start.decoded_byte + at as u64,
                raw_byte: block.raw_byte_at(at),
                column: None,
            });
            at += end.next;
            line += end.lines;
        }
        rest.bytes.extend_from_slice(&block.bytes);
    }
}

fn encoded(label: &str, text: &str) -> Vec<u8> {
    match label {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        label => {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
            encoding.encode(text).0.into_owned()
        }
    }
}

/// Lines that are long enough for most of the input to lie outside the first piece read.
fn filler(lines: usize) -> String {
    format!("{},é東\u{1f600}\r\n", "x".repeat(1000)).repeat(lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// From any row that one reader reached, another one reads exactly the remaining rows.
    #[test]
    fn a_reader_continues_where_another_one_was(
        texts in proptest::collection::vec("[a-z,\"\n\r é東\u{1f600}]{0,40}", 3),
        lines in prop_oneof![Just(0usize), Just(400)],
        mark in any::<bool>(),
        format in prop_oneof![Just(Format::Csv), Just(Format::Jsonl)],
        label in proptest::sample::select(vec![
            "utf-8", "windows-1252", "shift_jis", "gb18030", "utf-16le", "utf-16be",
        ]),
        picks in proptest::collection::vec(any::<proptest::sample::Index>(), 4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let [first, second, third] = &texts[..] else { unreachable!() };
        let mark = if mark && label.starts_with("utf") { "\u{feff}" } else { "" };
        let filler = filler(lines);
        let text = format!("{mark}a,\"b\nc\"\n{first}\n{filler}{second}\n{filler}{third}");
        fs::write(&path, encoded(label, &text)).unwrap();
        let Ok(input) = Input::open(path.as_os_str(), &settings(format, label)) else {
            return Ok(());
        };
        let rows = input.layout.rows();
        let whole = rest(input.reader_at(&input.first_row()).unwrap(), &rows);
        prop_assert!(whole.rows.first().is_none_or(|row| *row == input.first_row()));
        for pick in picks.iter().filter(|_| !whole.rows.is_empty()) {
            let position = whole.rows[pick.index(whole.rows.len())];
            let before = (position.decoded_byte - input.first_row().decoded_byte) as usize;
            // Also if the raw byte offset is unknown.
            for raw_byte in [position.raw_byte, None] {
                let reader = input.reader_at(&Position { raw_byte, ..position }).unwrap();
                let rest = rest(reader, &rows);
                prop_assert!(rest.bytes == whole.bytes[before..], "{} {:?}", label, position);
                prop_assert_eq!(rest.fails, whole.fails);
                let start = rest.start.unwrap();
                prop_assert_eq!(start.of_row(position.row), position);
            }
        }
    }
}

#[test]
fn a_position_beyond_the_end_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "a\n1\n2\n").unwrap();
    let input = open(&path, &ReadSettings::default());
    for raw_byte in [Some(300_000), None] {
        let position = Position {
            row: 9,
            line: 10,
            decoded_byte: 300_000,
            raw_byte,
            column: None,
        };
        let error = input.reader_at(&position).err().unwrap().to_string();
        assert!(
            error.ends_with("t.csv:10: cannot be read from this line on"),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_changed_before_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let changed = |change: &dyn Fn()| {
        fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
        let input = open(&path, &ReadSettings::default());
        change();
        let error = input.into_reader().err()?.to_string();
        let (_, what) = error.rsplit_once("t.csv: ").unwrap();
        let what = what.strip_suffix(" during the run; none of its rows was read");
        Some(what.unwrap_or(&error).to_owned())
    };
    assert_eq!(changed(&|| {}), None);
    let says = |change: &dyn Fn(), what| assert_eq!(changed(change).as_deref(), Some(what));
    says(
        &|| fs::write(&path, "a,b\n").unwrap(),
        "shrank from 12 to 4 bytes",
    );
    let another_header = || fs::write(&path, "b,a\n1,2\n3,4\n5,6\n").unwrap();
    says(&another_header, "was rewritten");
    let replaced = || {
        let new = folder.path().join("new");
        fs::write(&new, "a,b\n7,8\n9,0\n").unwrap();
        fs::rename(new, &path).unwrap();
    };
    says(&replaced, "was replaced by another file");
    says(&|| fs::remove_file(&path).unwrap(), "was removed");
}

/// The rows and the error from reading a file that is changed after its first block was returned.
fn changed_in_mid_read(text: &[u8], label: &str, change: impl FnOnce(&Path)) -> (usize, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, text).unwrap();
    let input = open(&path, &settings(Format::Csv, label));
    let mut reader = input.into_reader().unwrap();
    let mut rows = reader.next_block().unwrap().unwrap().bytes;
    change(&path);
    loop {
        match reader.next_block() {
            Ok(Some(block)) => rows.extend(block.bytes),
            Ok(None) => return (rows.len(), String::new()),
            Err(error) => {
                let error = error.to_string();
                return (rows.len(), error.rsplit_once("t.csv: ").unwrap().1.to_owned());
            }
        }
    }
}

#[test]
fn a_file_that_is_changed_in_mid_read_ends_with_an_error_and_never_with_half_a_row() {
    let text = format!("a,b\n{}5,6", "1,2\n".repeat(400_000));
    let bytes = text.as_bytes();
    let append = |path: &Path| {
        let mut file = fs::File::options().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, b"00\n7,8\n").unwrap();
    };
    let (rows, error) = changed_in_mid_read(bytes, "utf-8", append);
    assert_eq!(rows, 4 * 400_000, "`5,6` became `5,600`");
    assert_eq!(
        error,
        "grew from 1600007 to 1600014 bytes during the run; its rows before line 400002 were read"
    );
    let cut_at_a_row = |path: &Path| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(4 + 4 * 100_000).unwrap();
    };
    let (rows, error) = changed_in_mid_read(bytes, "utf-8", cut_at_a_row);
    assert!(rows < 4 * 400_000 && rows.is_multiple_of(4), "{rows}");
    let line = 2 + rows / 4;
    assert_eq!(
        error,
        format!("shrank from 1600007 to 400004 bytes during the run; its rows before line {line} were read")
    );
    let replace = |path: &Path| {
        fs::write(path.with_extension("new"), "a,b\n").unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    };
    let (rows, error) = changed_in_mid_read(bytes, "utf-8", replace);
    assert_eq!(rows, 4 * 400_000 + 3);
    assert_eq!(
        error,
        "was replaced by another file during the run; all rows of the earlier file were read"
    );
    assert_eq!(
        changed_in_mid_read(bytes, "utf-8", |_| ()),
        (1_600_003, String::new())
    );
}

#[test]
fn a_file_cut_in_the_middle_of_a_utf_16_code_unit_is_reported_as_shrunk() {
    let text = encoded("utf-16le", &format!("a,b\n{}", "1,2\n".repeat(400_000)));
    let cut = |path: &Path| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(800_001).unwrap();
    };
    let (_, error) = changed_in_mid_read(&text, "utf-16le", cut);
    assert!(
        error.starts_with("shrank from 3200008 to 800001 bytes"),
        "{error}"
    );
}

#[test]
fn names_can_be_given_if_the_file_has_no_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut settings = ReadSettings::default();
    settings.dialect.header = HeaderRow::Given(["a".to_owned(), "b".to_owned()].into());
    settings.dialect.rows = RowFormat::Csv(Delimiters::new(b';', b'\'').unwrap());
    for (text, start) in [("1;'x\n'\n2;y\n", 0), ("\u{feff}1;'x\n'\n2;y\n", 3), ("", 0)] {
        fs::write(&path, text).unwrap();
        let input = open(&path, &settings);
        let header = input.header().unwrap();
        assert_eq!((header.names.join(" "), header.line()), ("a b".to_owned(), None));
        assert_eq!(input.first_row().decoded_byte, start);
        let rows = input.layout.rows();
        let rest = rest(input.into_reader().unwrap(), &rows);
        assert_eq!(rest.bytes, text.as_bytes()[start as usize..]);
        let lines: Vec<u64> = rest.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, if text.is_empty() { vec![] } else { vec![1, 3] });
    }
}

/// `#` begins comments.
fn with_comments() -> RowFormat {
    let cells = CellNotation::separated(b",", Some(b'"'), None).unwrap();
    RowFormat::Other(Arc::new(Notation::new(cells, Some(b"#"), Vec::new()).unwrap()))
}

#[test]
fn the_lines_before_the_first_row_are_kept_with_and_without_a_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut settings = ReadSettings::default();
    settings.dialect.rows = with_comments();
    settings.dialect.lines_before = 1;
    let names: Arc<[String]> = ["a".to_owned(), "b".to_owned()].into();
    for header in [HeaderRow::InFile, HeaderRow::Given(names)] {
        let is_given = header != HeaderRow::InFile;
        settings.dialect.header = header;
        for before in ["title\n", "title\n#1\n# 2\n", "#\r\n#\r\n"] {
            let columns = if is_given { "" } else { "a,b\n" };
            fs::write(&path, format!("{before}{columns}1,2\n#3\n")).unwrap();
            let input = open(&path, &settings);
            let header = input.header().unwrap();
            assert_eq!(header.preamble, before.as_bytes());
            let lines = before.matches('\n').count() as u64;
            assert_eq!((header.skipped_lines, header.names.len()), (lines, 2));
            let reader = input.into_reader().unwrap();
            assert_eq!(rest(reader, &with_comments()).bytes, b"1,2\n#3\n");
        }
    }
    settings.dialect.header = HeaderRow::Given(["a".to_owned()].into());
    fs::write(&path, "title\n#1").unwrap();
    let input = open(&path, &settings);
    assert_eq!(input.header().unwrap().preamble, b"title\n#1");
    assert!(
        rest(input.into_reader().unwrap(), &with_comments())
            .bytes
            .is_empty()
    );
}

#[test]
fn the_line_of_the_header_must_have_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut settings = ReadSettings::default();
    settings.dialect.rows = with_comments();
    settings.dialect.lines_before = 1;
    settings.dialect.header = HeaderRow::OnLine;
    for (text, message) in [
        (
            "title\n# x\na,b\n1,2\n",
            Some("it is skipped (`comment` or `skip-matching`)"),
        ),
        ("title\n\na,b\n1,2\n", Some("it is blank")),
        ("title\na,b\n1,2\n", None),
    ] {
        fs::write(&path, text).unwrap();
        let error = Input::open(path.as_os_str(), &settings)
            .err()
            .map(|error| error.to_string());
        let message = message.map(|why| {
            format!(
                "{}:2: this line should be the header (`header-line`), but {why}",
                path.display()
            )
        });
        assert_eq!(error, message, "{text}");
    }
}

#[test]
fn delimiters_that_can_be_part_of_other_characters_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "a|b\n1|2\n").unwrap();
    let mut settings = settings(Format::Csv, "shift_jis");
    settings.dialect.rows = RowFormat::Csv(Delimiters::new(b'|', b'"').unwrap());
    let error = Input::open(path.as_os_str(), &settings).err().unwrap();
    assert_eq!(error.kind, crate::input::InputErrorKind::Usage);
    assert!(
        error
            .message
            .contains("in Shift_JIS `|` can be part of another character")
    );
    settings.encoding = "windows-1252".parse().unwrap();
    assert_eq!(open(&path, &settings).header().unwrap().names, ["a", "b"]);
}

#[test]
fn a_file_with_two_names_has_one_identity() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "a\n1\n").unwrap();
    let link = folder.path().join("link.csv");
    fs::hard_link(&path, &link).unwrap();
    let other = folder.path().join("other.csv");
    fs::write(&other, "a\n1\n").unwrap();
    let identity = |path: &Path| open(path, &ReadSettings::default()).identity.unwrap();
    assert!(identity(&path).is_same_file(&identity(&link)));
    assert!(!identity(&path).is_same_file(&identity(&other)));
}

#[test]
fn the_operating_systems_error_is_the_source() {
    use std::error::Error;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("t.csv");
    let error = Input::open(missing.as_os_str(), &ReadSettings::default())
        .err()
        .unwrap();
    assert!(error.to_string().ends_with("t.csv: cannot be opened"));
    let cause = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.kind(), ErrorKind::NotFound);
}
