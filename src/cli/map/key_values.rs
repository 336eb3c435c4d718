//! Recognizes files whose lines are pairs of keys and values, such as FIX messages: they have no columns to draft a
//! mapping for.

use std::path::Path;
use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::settings::InputSettings;
use crate::cli::{preflight, text_rows};
use crate::escape::printable;
use crate::record::{CellNotation, Dialect, Format, HeaderRow, Notation, RowFormat};

/// How many lines are looked at.
const LINES: u64 = 20;

/// Fewer pairs in a line may be there by chance.
const FEWEST_PAIRS: usize = 3;

/// What separates pairs, and how a mapping file writes it. The first is the one of FIX.
const SEPARATORS: [(char, &str); 8] = [
    ('\u{1}', "\\u0001"),
    ('|', "|"),
    (';', ";"),
    ('\t', "\\t"),
    ('^', "^"),
    ('&', "&"),
    (',', ","),
    (' ', " "),
];

/// Refuses such a file, with what to write. If options say what separates its columns, it has columns.
///
/// # Errors
/// It is such a file, or cannot be read.
pub(super) fn refuse(settings: &mut InputSettings) -> Result<(), Failure> {
    // A pipe can be read only once.
    if !settings.csv_options.is_empty() || !settings.files.iter().all(|file| Path::new(file).is_file()) {
        return Ok(());
    }
    let dialect = std::mem::replace(&mut settings.dialect, lines());
    let opened = preflight::open(settings);
    settings.dialect = dialect;
    let input = opened?.pop().expect("one file is given");
    if input.format() != Format::Csv {
        return Ok(());
    }
    let name = Arc::clone(&input.name);
    let lines = text_rows::first(input, LINES)?;
    let lines: Vec<&[u8]> = lines.iter().map(|row| row.text.as_slice()).collect();
    let Some((key, pair, written)) = recognized(&lines) else {
        return Ok(());
    };
    let (pair, key) = (printable(pair, 40), printable(key, 40));
    let quotes = if written.starts_with('\\') { "\"\"\"" } else { "'" };
    let message = format!("{name}: its lines are keys with values, such as `{pair}`, so it has no columns");
    let hint = format!(
        "write the mapping by hand: with `columns = [\"Line\"]`, `delimiter = \"\\u0002\"` and `quote = \"none\"` in \
         `[input]` each line is one column, and `{quotes}key_value(Line, \"{key}\", \"{written}\"){quotes}` is a value in it"
    );
    Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)))
}

/// Each line is a row with one column.
fn lines() -> Dialect {
    let cells = CellNotation::separated(b"\x02", None, None).expect("there is no quote");
    let notation = Notation::new(cells, None, Vec::new()).expect("there is no comment");
    Dialect {
        rows: RowFormat::Other(Arc::new(notation)),
        header: HeaderRow::Given(["line".to_owned()].into()),
        lines_before: 0,
    }
}

/// The first key, its pair, and the separator that leaves the most pairs in the first line; none unless all lines are
/// such pairs.
fn recognized<'l>(lines: &[&'l [u8]]) -> Option<(&'l [u8], &'l [u8], &'static str)> {
    let first = *lines.first()?;
    let fits = |line: &[u8], separator: char| {
        let parts = || {
            line.split(|byte| char::from(*byte) == separator)
                .filter(|part| !part.is_empty())
        };
        let pairs = parts().filter(|part| key_of(part).is_some()).count();
        // One part may be something else, such as a time before a message.
        (pairs >= FEWEST_PAIRS && parts().count() <= pairs + 1).then_some(pairs)
    };
    let found = SEPARATORS.iter().filter(|(separator, _)| {
        let separator = *separator;
        lines.iter().all(|line| fits(line, separator).is_some())
    });
    // Of several with as many pairs the first.
    let (separator, written) = found.rev().max_by_key(|(separator, _)| fits(first, *separator))?;
    let mut parts = first.split(|byte| char::from(*byte) == *separator);
    let (key, pair) = parts.find_map(|part| Some((key_of(part)?, part)))?;
    Some((key, pair, written))
}

/// The key of a pair: letters, digits, `_`, `-` and `.` before `=`.
fn key_of(part: &[u8]) -> Option<&[u8]> {
    let key = &part[..part.iter().position(|byte| *byte == b'=')?];
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    (!key.is_empty() && key.iter().all(fits)).then_some(key)
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_of_pairs_are_recognized_with_their_separator() {
        let recognized = |lines: &[&'static str]| {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            let (key, pair, separator) = super::recognized(&lines)?;
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            Some((text(key), text(pair), separator))
        };
        let found = |key: &str, pair: &str, separator| Some((key.to_owned(), pair.to_owned(), separator));
        for (line, expected) in [
            (
                "20140310-10:00:05 : 8=FIX.4.4|9=176|35=AE|31=40.20|",
                found("9", "9=176", "|"),
            ),
            (
                "8=FIX.4.4\u{1}9=60\u{1}35=0\u{1}58=a b\u{1}",
                found("8", "8=FIX.4.4", "\\u0001"),
            ),
            ("time=1 level=info msg=x", found("time", "time=1", " ")),
            ("symbol,price,volume", None),
            ("a=1,b=2", None),
            ("BHP,note=1,x,y,b=2,c=3", None),
            ("", None),
        ] {
            assert_eq!(recognized(&[line]), expected, "{line}");
        }
        assert_eq!(recognized(&["a=1|b=2|c=3", "symbol|price|c"]), None);
        assert_eq!(recognized(&[]), None);
    }
}
