//! The splitter of CSV, compared with csv-core, and with itself on the same bytes in pieces.
//!
//! It differs from csv-core on purpose (docs/semantics.md): text after a closing quote is noted, and the row is rejected;
//! a quote that is never closed makes the row incomplete. CR ends a comment, as it ends any line.

use std::sync::Arc;

use csv_core::{ReadRecordResult, ReaderBuilder};
use k2_produce::record::csv::{Cell, Split};
use k2_produce::record::{CellNotation, Delimiters, Extent, FixedColumn, Notation, RowFormat};

use crate::random::Random;

/// A row: its cells, or none if text follows a closing quote, its length with the terminator, and its lines.
#[derive(Debug, PartialEq)]
struct Row {
    cells: Option<Vec<Vec<u8>>>,
    count: usize,
    length: usize,
    lines: u64,
}

pub(crate) fn run(data: &[u8]) {
    let mut random = Random::of(data);
    let (format, theirs) = dialect(&mut random);
    let piece = random.usize(1..=16);
    let text = random.rest().to_vec();
    let (rows, whole) = rows(&format, &text);

    let lines: u64 = rows.iter().map(|row| row.lines).sum();
    let unterminated = whole > 0 && format.last_terminator(&text[..whole]).is_none();
    assert_eq!(
        lines,
        format.terminators(&text[..whole]) + u64::from(unterminated)
    );
    assert_eq!(whole, format.whole_rows(&text, Extent::Whole));
    assert_eq!(
        in_pieces(&format, &text[..whole], piece),
        rows,
        "pieces of {piece} bytes"
    );

    // csv-core removes a byte order mark, which `input` does here.
    let differs = text.starts_with(b"\xef") || (theirs.has_comments && text.contains(&b'\r'));
    if let Some(mut builder) = theirs.builder.filter(|_| !differs) {
        // A comment at the end of the text would be an empty record.
        let end: &[u8] = if theirs.has_comments { b"\n" } else { b"" };
        let theirs = records(&mut builder, &[&text[..], end].concat());
        let ours = rows.iter().filter(|row| row.count > 0);
        let mut theirs = theirs.iter();
        for row in ours {
            let record = theirs.next().expect("csv-core finds fewer rows");
            assert_eq!(row.count, record.len());
            if let Some(cells) = &row.cells {
                assert_eq!(cells, record);
            }
        }
        if whole == text.len() {
            assert_eq!(theirs.next(), None, "csv-core finds more rows");
        }
    }
}

/// How csv-core reads the same format, if it can.
struct Theirs {
    builder: Option<ReaderBuilder>,
    has_comments: bool,
}

fn dialect(random: &mut Random) -> (RowFormat, Theirs) {
    let delimiter = random.one_of(b",;\t| a\x1f");
    let quote = random.one_of(b"\"'");
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).quote(quote);
    let comparable = |builder: ReaderBuilder, has_comments| Theirs {
        builder: Some(builder),
        has_comments,
    };
    let incomparable = Theirs {
        builder: None,
        has_comments: false,
    };
    let notation = |cells: CellNotation, comment: Option<&[u8]>| {
        let notation = Notation::new(cells, comment, Vec::new()).expect("it is valid");
        RowFormat::Other(Arc::new(notation))
    };
    let separated = |delimiter: &[u8], quote, escape| {
        CellNotation::separated(delimiter, quote, escape).expect("they are different characters")
    };
    let plain = Delimiters::new(delimiter, quote).expect("they are different characters");
    match random.u8(..8) {
        0 => {
            builder.delimiter(b',').quote(b'"');
            (RowFormat::Csv(Delimiters::RFC_4180), comparable(builder, false))
        }
        1 | 2 => (RowFormat::Csv(plain), comparable(builder, false)),
        3 => {
            builder.double_quote(false).escape(Some(b'\\'));
            (
                notation(separated(&[delimiter], Some(quote), Some(b'\\')), None),
                comparable(builder, false),
            )
        }
        4 => {
            builder.quoting(false);
            (
                notation(separated(&[delimiter], None, None), None),
                comparable(builder, false),
            )
        }
        5 => {
            builder.comment(Some(b'#'));
            (
                notation(CellNotation::Plain(plain), Some(b"#")),
                comparable(builder, true),
            )
        }
        6 => (
            notation(separated(b"||", Some(quote), None), Some(b"//")),
            incomparable,
        ),
        _ => {
            let column = |(name, width): (&str, usize)| FixedColumn {
                name: name.to_owned(),
                width,
            };
            let columns = [("a", 2), ("", 1), ("b", 3)].map(column).to_vec();
            (
                notation(
                    CellNotation::fixed(columns).expect("they have widths"),
                    Some(b"#"),
                ),
                incomparable,
            )
        }
    }
}

/// The rows and skipped lines up to the first that is incomplete, and their length. Skipped lines and blank ones have no
/// cells.
fn rows(format: &RowFormat, text: &[u8]) -> (Vec<Row>, usize) {
    let (mut rows, mut at, mut cells) = (Vec::new(), 0, Vec::new());
    while at < text.len() {
        let rest = &text[at..];
        let row = match format.split(rest, Extent::Whole, &mut cells) {
            Split::Incomplete { quote } => {
                assert!(
                    quote.is_some_and(|quote| quote < rest.len()),
                    "nothing but a quote is incomplete"
                );
                break;
            }
            Split::Row(end) if !format.is_blank(&rest[..end.content]) => {
                assert!(end.content <= end.next && end.next <= rest.len());
                Row {
                    cells: end.stray.is_none().then(|| texts(&cells, rest)),
                    count: cells.len(),
                    length: end.next,
                    lines: end.lines,
                }
            }
            Split::Row(end) | Split::Skipped(end) => Row {
                cells: None,
                count: 0,
                length: end.next,
                lines: end.lines,
            },
        };
        at += row.length;
        rows.push(row);
    }
    (rows, at)
}

fn texts(cells: &[Cell], row: &[u8]) -> Vec<Vec<u8>> {
    cells.iter().map(|cell| cell.text(row).into_owned()).collect()
}

/// The same rows, of bytes that arrive in pieces, as the reader of an input cuts them.
fn in_pieces(format: &RowFormat, text: &[u8], piece: usize) -> Vec<Row> {
    let (mut all, mut carry) = (Vec::new(), Vec::new());
    for piece in text.chunks(piece) {
        carry.extend_from_slice(piece);
        let whole = format.whole_rows(&carry, Extent::Front);
        let (rows, length) = rows(format, &carry[..whole]);
        assert_eq!(length, whole, "whole rows can be split");
        all.extend(rows);
        carry.drain(..whole);
    }
    all.extend(rows(format, &carry).0);
    all
}

fn records(builder: &mut ReaderBuilder, text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = builder.build();
    let (mut output, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 2]);
    let (mut records, mut at, mut written, mut ended) = (Vec::new(), 0, 0, 0);
    loop {
        let (result, read, output_length, ends_length) =
            reader.read_record(&text[at..], &mut output[written..], &mut ends[ended..]);
        at += read;
        written += output_length;
        ended += ends_length;
        match result {
            ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends[..ended].iter().copied());
                let cells = starts
                    .zip(&ends[..ended])
                    .map(|(start, end)| output[start..*end].to_vec());
                records.push(cells.collect());
                (written, ended) = (0, 0);
            }
            // The next call, with nothing left, says that this was the end.
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::End => return records,
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                unreachable!("there is room for the whole text")
            }
        }
    }
}
