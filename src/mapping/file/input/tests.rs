use crate::mapping::MapFile;
use crate::record::{Delimiter, Delimiters, Dialect, HeaderRow, RowFormat};

fn dialect(input: &str) -> Dialect {
    let map = MapFile::parse("map.toml", &format!("[input]\n{input}\n")).unwrap();
    map.input().dialect(None, &[]).unwrap()
}

/// The error of a table, its message and the text that it points at.
fn error(input: &str, options: (Option<&str>, &[&str])) -> (String, String) {
    let text = format!("[input]\n{input}\n");
    let delimiter = options.0.map(|text| text.parse::<Delimiter>().unwrap());
    let columns: Vec<String> = options.1.iter().map(|name| (*name).to_owned()).collect();
    let error = MapFile::parse("map.toml", &text)
        .and_then(|map| map.input().dialect(delimiter.as_ref(), &columns))
        .expect_err(input);
    let shown = error.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    let carets = lines[2].find('^').unwrap()..lines[2].len();
    let (_, message) = lines[0].split_once(": ").unwrap();
    (message.to_owned(), lines[1][carets].to_owned())
}

#[test]
fn a_usual_notation_takes_the_fast_path() {
    assert_eq!(dialect(""), Dialect::default());
    let rows = RowFormat::Csv(Delimiters::new(b'|', b'\'').unwrap());
    assert_eq!(dialect("delimiter = \"|\"\nquote = \"'\"").rows, rows);
    assert!(matches!(dialect("comment = \"#\"").rows, RowFormat::Other(_)));
    assert!(matches!(dialect("delimiter = \"||\"").rows, RowFormat::Other(_)));
}

#[test]
fn lines_before_the_header_are_counted() {
    assert_eq!(dialect("skip-lines = 3").lines_before, 3);
    assert_eq!(dialect("header-line = 4").lines_before, 3);
    let dialect = dialect("widths = [[\"a\", 2], [\"\", 1], [\"b\", 3]]\nskip-lines = 1");
    assert_eq!(dialect.lines_before, 1);
    let names = ["a".to_owned(), "b".to_owned()];
    assert_eq!(dialect.header, HeaderRow::Given(names.into()));
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_their_place() {
    for (input, message, place) in [
        ("columns = []", "expected the names of the columns", "[]"),
        ("columns = [\"a\", 1]", "expected the names of the columns", "1"),
        (
            "columns = [\"a\", \"b\", \"a\"]",
            "the column `a` is named twice",
            "\"a\"",
        ),
        ("delimiter = 1", "expected a text", "1"),
        ("delimiter = \"\"", "expected one ASCII character", "\"\""),
        ("delimiter = \"pipe\"", "expected one ASCII character", "\"pipe\""),
        (
            "delimiter = \"|\\\"\"",
            "expected one ASCII character",
            "\"|\\\"\"",
        ),
        ("quote = \"''\"", "expected one ASCII character", "\"''\""),
        ("quote = \"\\n\"", "expected one ASCII character", "\"\\n\""),
        ("quote = \",\"", "the quote is part of the delimiter", "\",\""),
        ("escape = \"\"", "expected one ASCII character", "\"\""),
        ("escape = '\"'", "the escape character is the quote", "'\"'"),
        (
            "escape = ','",
            "the escape character is part of the delimiter",
            "','",
        ),
        (
            "escape = '\\'\nquote = 'none'",
            "the escape character applies within quotes",
            "'\\'",
        ),
        ("comment = ''", "expected one or more ASCII characters", "''"),
        ("comment = ','", "rows can begin with this text too", "','"),
        ("comment = '\"'", "rows can begin with this text too", "'\"'"),
        ("skip-lines = -1", "expected a number of lines", "-1"),
        ("skip-lines = '3'", "expected a number of lines", "'3'"),
        ("header-line = 0", "expected the number of a line", "0"),
        ("skip-matching = ''", "expected a pattern", "''"),
        ("skip-matching = []", "expected a pattern", "[]"),
        (
            "skip-matching = ['^a', 'b(']",
            "the pattern is invalid: unclosed group",
            "(",
        ),
        (
            "skip-lines = 1\nheader-line = 2",
            "`header-line` contradicts another setting: `skip-lines`",
            "2",
        ),
        (
            "columns = ['a']\nheader-line = 2",
            "`header-line` contradicts another setting: `columns`",
            "2",
        ),
        ("widths = [['a', 0]]", "expected a width from 1", "0"),
        ("widths = [['a']]", "expected a name and a width", "['a']"),
        (
            "widths = [['', 2]]",
            "expected at least one column with a name",
            "[['', 2]]",
        ),
        (
            "widths = [['a', 2], ['a', 2]]",
            "the column `a` is named twice",
            "'a'",
        ),
        (
            "widths = [['a', 2]]\ndelimiter = ';'",
            "`delimiter` has no meaning with `widths`",
            "';'",
        ),
        (
            "widths = [['a', 2]]\nquote = 'none'",
            "`quote` has no meaning with `widths`",
            "'none'",
        ),
        (
            "widths = [['a', 2]]\ncolumns = ['a']",
            "`columns` has no meaning with `widths`",
            "['a']",
        ),
        (
            "widths = [['a', 2]]\nheader-line = 3",
            "`header-line` has no meaning with `widths`",
            "3",
        ),
        (
            "header-lines = 2",
            "`header-lines` has no meaning here",
            "header-lines",
        ),
    ] {
        let (found, pointed) = error(input, (None, &[]));
        assert!(found.starts_with(message), "{input}: {found}");
        assert_eq!(pointed, place, "{input}");
    }
}

#[test]
fn options_that_contradict_the_table_are_refused() {
    let (message, place) = error("quote = \"'\"", (Some("'"), &[]));
    assert_eq!(
        (message.as_str(), place.as_str()),
        ("the quote is part of the delimiter", "\"'\"")
    );
    let (message, _) = error("widths = [['a', 2]]", (Some(";"), &[]));
    assert_eq!(
        message,
        "`--delimiter` has no meaning with `widths`: omit one of them"
    );
    let (message, _) = error("widths = [['a', 2]]", (None, &["a"]));
    assert_eq!(
        message,
        "`--columns` has no meaning with `widths`: omit one of them"
    );
    let (message, _) = error("header-line = 2", (None, &["a"]));
    assert!(message.contains("`--columns` names the columns"), "{message}");
}

#[test]
fn options_win_over_the_table() {
    let map = MapFile::parse("map.toml", "[input]\ndelimiter = ';'\ncolumns = ['a']\n").unwrap();
    let dialect = map
        .input()
        .dialect(Some(&"|".parse().unwrap()), &["b".to_owned()])
        .unwrap();
    assert_eq!(dialect.rows.delimiter().unwrap(), b"|");
    assert_eq!(dialect.header, HeaderRow::Given(["b".to_owned()].into()));
}
