use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::record::RowFormat;

fn pattern(text: &str) -> LinePattern {
    LinePattern(Regex::new(text).unwrap())
}

fn separated(delimiter: &str, quote: Option<u8>, escape: Option<u8>) -> CellNotation {
    CellNotation::separated(delimiter.as_bytes(), quote, escape).unwrap()
}

fn fixed(widths: &[(&str, usize)]) -> CellNotation {
    let column = |(name, width): &(&str, usize)| FixedColumn {
        name: (*name).to_owned(),
        width: *width,
    };
    CellNotation::fixed(widths.iter().map(column).collect()).unwrap()
}

/// Notations of every kind.
pub(in crate::record) fn notations() -> impl Strategy<Value = Notation> {
    let cells = prop_oneof![
        Just(separated(",", Some(b'"'), None)),
        Just(separated("||", Some(b'"'), None)),
        Just(separated("|;|", Some(b'\''), Some(b'\\'))),
        Just(separated(";", None, None)),
        Just(separated(",", Some(b'"'), Some(b'\\'))),
        Just(fixed(&[("a", 2), ("", 1), ("b", 3)])),
    ];
    let comment = prop_oneof![Just(None), Just(Some(&b"#"[..]))];
    let skipped = prop_oneof![Just(None), Just(Some("^a.*a$"))];
    (cells, comment, skipped).prop_map(|(cells, comment, skipped)| {
        Notation::new(cells, comment, skipped.map(pattern).into_iter().collect()).unwrap()
    })
}

/// The texts of the rows up to the first that is not complete or has a stray character, and whether it is the last.
fn rows(notation: &Notation, bytes: &[u8]) -> (Vec<Vec<Vec<u8>>>, bool) {
    let format = RowFormat::Other(Arc::new(notation.clone()));
    let (mut at, mut rows, mut cells) = (0, Vec::new(), Vec::new());
    while at < bytes.len() {
        let rest = &bytes[at..];
        match format.split(rest, Extent::Whole, &mut cells) {
            Split::Row(end) if end.stray.is_some() => return (rows, false),
            Split::Row(end) => {
                if !format.is_blank(&rest[..end.content]) {
                    rows.push(cells.iter().map(|cell| cell.text(rest).into_owned()).collect());
                }
                at += end.next;
            }
            Split::Skipped(end) => {
                assert!(cells.is_empty());
                at += end.next;
            }
            Split::Incomplete { .. } => return (rows, false),
        }
    }
    (rows, true)
}

fn texts(notation: &Notation, bytes: &str) -> Vec<Vec<String>> {
    let (rows, complete) = rows(notation, bytes.as_bytes());
    assert!(complete, "{bytes:?}");
    let text = |cell: Vec<u8>| String::from_utf8(cell).unwrap();
    rows.into_iter()
        .map(|row| row.into_iter().map(text).collect())
        .collect()
}

fn plain(cells: CellNotation) -> Notation {
    Notation::new(cells, None, Vec::new()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// The csv crate is the witness. It joins text after a closing quote to the cell and closes a quote at the end of
    /// the file, where k2-produce reports an error. Its comments end only at LF, and one without LF at the end of the
    /// file makes an empty record, so files with comments have only LF here, also at their end.
    #[test]
    fn the_csv_crate_reads_the_same_cells(
        bytes in proptest::collection::vec(
            prop_oneof![
                6 => proptest::sample::select(b"a,;\"'\\#\n\n\r".to_vec()),
                1 => any::<u8>(),
            ],
            0..60,
        ),
        delimiter in proptest::sample::select(b",;a\t".to_vec()),
        quote in proptest::sample::select(vec![None, Some(b'"'), Some(b'\'')]),
        escape in proptest::sample::select(vec![None, Some(b'\\'), Some(b'~')]),
        comment in proptest::sample::select(vec![None, Some(b'#')]),
    ) {
        let escape = escape.filter(|_| quote.is_some());
        let bytes: Vec<u8> = match comment {
            Some(_) => {
                let other = bytes.into_iter().filter(|byte| *byte != b'\r');
                other.chain([b'\n']).collect()
            }
            None => bytes,
        };
        prop_assume!(!bytes.starts_with(b"\xef\xbb\xbf"));
        let cells = CellNotation::separated(&[delimiter], quote, escape).unwrap();
        let prefix = comment.map(|comment| vec![comment]);
        let notation = Notation::new(cells, prefix.as_deref(), Vec::new()).unwrap();
        let (ours, complete) = rows(&notation, &bytes);
        let mut reader = ::csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).delimiter(delimiter).comment(comment);
        match quote {
            Some(quote) => reader.quote(quote).double_quote(escape.is_none()).escape(escape),
            None => reader.quoting(false),
        };
        let theirs = reader.from_reader(&bytes[..]).into_byte_records();
        let theirs: Vec<Vec<Vec<u8>>> = theirs
            .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect();
        match complete {
            true => prop_assert_eq!(ours, theirs),
            false => prop_assert_eq!(&ours[..], &theirs[..ours.len()]),
        }
    }

    #[test]
    fn long_delimiters_divide_a_line_as_str_split_does(
        text in "[a|:\"\n é]{0,40}",
        delimiter in proptest::sample::select(vec!["||", "::", "|:|", "|", " | "]),
    ) {
        let notation = plain(separated(delimiter, None, None));
        let expected: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split(delimiter).collect())
            .collect();
        prop_assert_eq!(texts(&notation, &text), expected);
    }

    #[test]
    fn columns_of_fixed_width_are_characters(text in "[a bé東\u{1f600}]{0,12}", widths in [1usize..5, 1..5, 1..5]) {
        let notation = plain(fixed(&[("a", widths[0]), ("", widths[1]), ("c", widths[2])]));
        let characters: Vec<char> = text.chars().collect();
        let whole = characters.len() == widths.iter().sum::<usize>();
        let (rows, complete) = rows(&notation, text.as_bytes());
        prop_assert_eq!(complete, whole || text.is_empty());
        if whole {
            let cell = |from: usize, width: usize| {
                let cell: String = characters[from..from + width].iter().collect();
                cell.trim_matches(' ').as_bytes().to_vec()
            };
            prop_assert_eq!(rows, [vec![cell(0, widths[0]), cell(widths[0] + widths[1], widths[2])]]);
        }
    }
}

#[test]
fn cells_are_quoted_and_escaped() {
    let bars = plain(separated("||", Some(b'"'), None));
    assert_eq!(
        texts(&bars, "a||\"b||\"\"c\nd\"|| \"x\"\r\n|||e\n"),
        [vec!["a", "b||\"c\nd", " \"x\""], vec!["", "|e"]]
    );
    let escaped = plain(separated(",", Some(b'"'), Some(b'\\')));
    assert_eq!(
        texts(&escaped, "\"a\\\"b\\\\\",\"\\\r\nx\",c\\d\n"),
        [["a\"b\\", "\r\nx", "c\\d"]]
    );
    let unquoted = plain(separated(",", None, None));
    assert_eq!(texts(&unquoted, "\"a,b\"\n"), [["\"a", "b\""]]);
}

#[test]
fn a_comment_with_a_quote_is_one_line() {
    let cells = separated(",", Some(b'"'), None);
    let notation = Notation::new(cells, Some(b"#"), vec![pattern("^--- ")]).unwrap();
    let text = "# it's \"open,\"\na,\"# x\n--- y\"\n--- END \"OF\" FILE ---\n\"#b\",c\n#";
    assert_eq!(texts(&notation, text), [["a", "# x\n--- y"], ["#b", "c"]]);
    let mut cells = Vec::new();
    let front = notation.split(b"# \"", Extent::Front, &mut cells);
    assert_eq!(front, Split::Incomplete { quote: None });
}

#[test]
fn rows_of_fixed_width_must_have_their_width() {
    let notation = plain(fixed(&[("Date", 4), ("Price", 5)]));
    let mut cells = Vec::new();
    for (row, stray) in [
        ("2024  1.5", None),
        ("2024 1.5", Some(8)),
        ("20", Some(2)),
        ("2024  1.5 ", Some(9)),
    ] {
        let Split::Row(end) = notation.split(row.as_bytes(), Extent::Whole, &mut cells) else {
            panic!("{row:?}")
        };
        assert_eq!((end.content, end.stray), (row.len(), stray), "{row:?}");
    }
}

#[test]
fn notations_that_contradict_themselves_are_refused() {
    use NotationFault::*;
    for (delimiter, quote, escape, fault) in [
        (",", Some(b'\n'), None, Quote),
        (",", Some(0xe9), None, Quote),
        ("|'|", Some(b'\''), None, QuoteInDelimiter),
        (",", Some(b'"'), Some(b'\r'), Escape),
        (",", Some(b'"'), Some(b'"'), EscapeIsQuote),
        ("\\", Some(b'"'), Some(b'\\'), EscapeInDelimiter),
        (",", None, Some(b'\\'), EscapeWithoutQuote),
    ] {
        let cells = CellNotation::separated(delimiter.as_bytes(), quote, escape);
        assert_eq!(cells, Err(fault), "{delimiter} {quote:?} {escape:?}");
    }
    for (comment, fault) in [
        ("", Comment),
        ("#\n", Comment),
        ("\u{e9}", Comment),
        ("\"#", CommentInRows),
        ("|", CommentInRows),
        ("||#", CommentInRows),
    ] {
        let cells = separated("||", Some(b'"'), None);
        let notation = Notation::new(cells, Some(comment.as_bytes()), Vec::new());
        assert_eq!(notation, Err(fault), "{comment:?}");
    }
    let column = |name: &str, width| FixedColumn {
        name: name.to_owned(),
        width,
    };
    for columns in [vec![], vec![column("", 3)], vec![column("a", 0)]] {
        assert_eq!(CellNotation::fixed(columns), Err(Widths));
    }
}

#[test]
fn a_skipped_row_that_continues_on_further_lines_is_skipped_whole() {
    let cells = separated(",", Some(b'"'), None);
    let notation = Notation::new(cells, None, vec![pattern("^TEST")]).unwrap();
    assert_eq!(
        texts(&notation, "TEST,1,\"note\nBHP,2,z\"\nCBA,1,2\n"),
        [["CBA", "1", "2"]]
    );
    let mut split = Vec::new();
    let found = notation.split(b"TEST,\"a\nb\"\nc\n", Extent::Whole, &mut split);
    assert!(
        matches!(found, Split::Skipped(end) if (end.next, end.lines) == (11, 2)),
        "{found:?}"
    );
    // A quote that is not closed is an error, not the end of the rows.
    let (rows, complete) = rows(&notation, b"a,b\nTEST,\"x\nc,d\n");
    assert_eq!((rows.len(), complete), (1, false));
}
