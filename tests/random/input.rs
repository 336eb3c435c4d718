//! The files of a run: rows that fit a schema, rows that do not, and bytes that are not rows.

use std::collections::BTreeMap;

use crate::hostile;
use crate::pairs::{Case, CsvText, Input, Manner};
use crate::random::Random;

/// The content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    /// Every row fits.
    Good,
    /// Some rows have values that do not fit, but the number of rows is certain.
    Mixed,
    /// Bytes were changed at random positions.
    Mangled,
}

impl Quality {
    pub(crate) const ALL: [Quality; 3] = [Quality::Good, Quality::Mixed, Quality::Mangled];
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16le,
}

/// A file.
#[derive(Debug)]
pub(crate) struct DrawnFile {
    pub is_csv: bool,
    pub bytes: Vec<u8>,
    /// The number of rows, if it is certain.
    pub rows: Option<u64>,
    /// Whether every row must be accepted.
    pub all_good: bool,
}

/// Draws a file with values of the schema.
pub(crate) fn draw(
    random: &mut Random,
    case: &Case,
    manner: Manner,
    quality: Quality,
    encoding: Encoding,
) -> DrawnFile {
    let draws = random.one_of(&[1, 4, 12, 40]);
    let mut lines: Vec<String> = Vec::new();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut may_be_rejected = false;
    for _ in 0..draws {
        let pair = case.pair_in(manner, random);
        may_be_rejected |= pair.may_be_ambiguous;
        match pair.input {
            Input::Jsonl(line) => lines.push(line),
            Input::Csv(CsvText { header, row }) => {
                // Such a row looks like the start of another file.
                may_be_rejected |= row.starts_with('\u{feff}') || row == header;
                tables.entry(header).or_default().push(row);
            }
        }
    }
    // Rows that omit fields have different columns, so only those with the commonest header are used.
    let table = tables.into_iter().max_by_key(|(_, rows)| rows.len());
    let mut file = match table {
        Some((header, rows)) if lines.is_empty() || random.bool() => csv(random, &header, rows, quality),
        _ => jsonl(random, lines, quality),
    };
    file.all_good = quality == Quality::Good && !may_be_rejected;
    match encoding {
        Encoding::Utf8 if random.one_in(8) => drop(file.bytes.splice(..0, *b"\xef\xbb\xbf")),
        Encoding::Utf8 => {}
        Encoding::Utf16le => file.bytes = utf_16(&file.bytes),
    }
    if quality == Quality::Mangled {
        hostile::mangle(random, &mut file.bytes);
        file.rows = None;
    }
    file
}

fn csv(random: &mut Random, header: &str, rows: Vec<String>, quality: Quality) -> DrawnFile {
    let end = random.one_of(&["\n", "\n", "\r\n", "\r"]);
    let rows: Vec<Vec<u8>> = rows
        .into_iter()
        .map(|row| match quality {
            Quality::Mixed if random.one_in(4) => damaged_row(random, &row),
            _ => row.into_bytes(),
        })
        .collect();
    file(random, true, Some(header), rows, end)
}

/// The row with a changed cell, or with one more or one less. It stays one row and does not become a blank line.
fn damaged_row(random: &mut Random, row: &str) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).from_reader(row.as_bytes());
    // The csv crate takes an empty line for no row.
    let Some(record) = reader.byte_records().next() else {
        return row.as_bytes().to_vec();
    };
    let record = record.expect("reading from memory succeeds");
    let mut cells: Vec<Vec<u8>> = record.iter().map(<[u8]>::to_vec).collect();
    match random.u32(..6) {
        0 => cells.push(hostile::cell(random)),
        1 if cells.len() > 1 => drop(cells.pop()),
        _ => {
            let at = random.usize(..cells.len());
            cells[at] = hostile::cell(random);
        }
    }
    let always = csv::QuoteStyle::Always;
    let style = random.one_of(&[csv::QuoteStyle::Necessary, always]);
    let mut writer = csv::WriterBuilder::new()
        .quote_style(style)
        .from_writer(Vec::new());
    writer.write_record(&cells).expect("writing to memory succeeds");
    let mut row = writer.into_inner().expect("writing to memory succeeds");
    row.pop();
    row
}

fn jsonl(random: &mut Random, lines: Vec<String>, quality: Quality) -> DrawnFile {
    let end = random.one_of(&["\n", "\n", "\r\n"]);
    let rows = lines
        .into_iter()
        .map(|line| match quality {
            Quality::Mixed if random.one_in(4) => damaged_line(random, line),
            _ => line,
        })
        .map(String::into_bytes)
        .collect();
    file(random, false, None, rows, end)
}

/// The line with a part replaced. It stays one line and does not become blank.
fn damaged_line(random: &mut Random, mut line: String) -> String {
    let places: Vec<usize> = (0..=line.len()).filter(|&at| line.is_char_boundary(at)).collect();
    let first = random.usize(..places.len());
    let last = random
        .usize(first..places.len())
        .min(first + random.one_of(&[0, 1, 10]));
    line.replace_range(places[first]..places[last], &hostile::json(random));
    if line.trim_ascii().is_empty() {
        line.push('x');
    }
    line
}

fn file(random: &mut Random, is_csv: bool, header: Option<&str>, rows: Vec<Vec<u8>>, end: &str) -> DrawnFile {
    let count = rows.len() as u64;
    let mut bytes = Vec::new();
    for row in header
        .map(|header| header.as_bytes().to_vec())
        .into_iter()
        .chain(rows)
    {
        bytes.extend(row);
        bytes.extend(end.bytes());
        if random.one_in(12) {
            bytes.extend(end.bytes());
        }
    }
    if random.one_in(4) && count > 0 {
        while bytes.ends_with(end.as_bytes()) {
            bytes.truncate(bytes.len() - end.len());
        }
    }
    DrawnFile {
        is_csv,
        bytes,
        rows: Some(count),
        all_good: false,
    }
}

/// The text as little-endian UTF-16 with a byte order mark.
fn utf_16(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}
