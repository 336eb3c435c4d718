//! Faults of a row that are found before its cells are examined.

use crate::encode::{Hint, RowError, RowErrorKind};
use crate::input::{Encoding, Malformed};
use crate::record::BYTE_ORDER_MARK;
use crate::record::csv::Cell;

/// The error of a row without a key, of a topic that is compacted. Most runs without keys are refused before their first
/// row; of envelopes only some may have none.
#[cold]
pub(super) fn no_key() -> Box<RowError> {
    let reason = "the topic is compacted (its `cleanup.policy`), so brokers refuse a message without a key";
    RowError::whole(RowErrorKind::EmptyKey, reason)
}

/// The error of a row that is the beginning of another file.
#[cold]
pub(super) fn start_of_a_file(row: &[u8]) -> Box<RowError> {
    let mut error = if row.starts_with(BYTE_ORDER_MARK) {
        let reason = "the row begins with a byte order mark, which is allowed only at the start of a file";
        RowError::whole(RowErrorKind::ByteOrderMark, reason)
    } else {
        RowError::whole(RowErrorKind::HeaderAgain, "the row repeats the header")
    };
    error.span = Some(0..0);
    error.hint =
        Some("remove this row, or pass the files separately if this is where another one begins".into());
    error
}

/// The error of a row with bytes that do not form a character. In the decoded text that is shown, these bytes begin at
/// `shown_at`; `cells` are those of the undecoded row, for CSV.
#[cold]
pub(super) fn undecodable(
    encoding: Encoding,
    row: &[u8],
    malformed: Malformed,
    shown_at: usize,
    cells: &[Cell],
) -> Box<RowError> {
    let Malformed { at, length } = malformed;
    let what = match encoding {
        Encoding::Utf16(_) => "unpaired surrogate".to_owned(),
        _ => {
            let bytes: Vec<String> = row[at..at + length]
                .iter()
                .map(|byte| format!("0x{byte:02x}"))
                .collect();
            format!("the bytes {} are not valid {encoding}", bytes.join(" "))
        }
    };
    let at_byte = encoding.raw_length(&row[..at]) + 1;
    let column = cells.iter().position(|cell| at < cell.end as usize);
    let place = match column {
        Some(column) => format!("in column {}, at the row's byte {at_byte}", column + 1),
        None => format!("at the row's byte {at_byte}"),
    };
    let mut error = RowError::whole(RowErrorKind::Encoding, format!("{what}, {place}"));
    error.column = column.map(|column| column + 1);
    error.span = Some(shown_at..shown_at + length);
    error.hint = Some(Hint::OtherFileEncoding);
    error
}
