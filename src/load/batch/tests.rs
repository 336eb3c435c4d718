//! All kinds of rows within a batch: positions, errors, encodings, and the limits of its size.

use super::*;
use crate::encode::{HeaderSource, KeyChoice, MessageHeader, PlanSettings, RowErrorKind};
use crate::mapping::Mapping;
use crate::record::{Delimiters, Position};
use crate::schema::RegisteredSchema;

fn encoder(header: Option<&str>) -> BatchEncoder {
    encoder_with(header, 4, [])
}

fn encoder_with<const N: usize>(
    header: Option<&str>,
    max_row_bytes: usize,
    headers: [MessageHeader; N],
) -> BatchEncoder {
    let text = r#"{"type":"record","name":"R","fields":[{"name":"f","type":"long"}]}"#;
    let schema = RegisteredSchema::from_text("t-value", text).unwrap();
    let binding = match header {
        Some(name) => Mapping::default()
            .bind_columns(&[name.to_owned()], &schema)
            .unwrap(),
        None => Mapping::default().bind_keys(&schema).unwrap(),
    };
    let mut settings = PlanSettings::new(KeyChoice::None);
    settings.headers = headers.to_vec();
    let plan = MessagePlan::compile(&binding, &settings).unwrap();
    BatchEncoder::new(
        "t".into(),
        Arc::new(plan),
        header.map(|name| name.as_bytes().into()).into_iter().collect(),
        BatchSettings {
            topics: Arc::new([BatchTopic {
                name: "t".into(),
                partitioner: Partitioner::new("random", 1),
                size_limit: SizeLimit::of_bytes(max_row_bytes),
                needs_keys: false,
            }]),
            times: None,
        },
    )
}

const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);
const START: LineStart = LineStart {
    line: 2,
    decoded_byte: 2,
    raw_byte: Some(2),
};
const INPUT: InputNumber = InputNumber::new(0);

fn block(format: RowFormat, bytes: impl AsRef<[u8]>) -> Block {
    Block {
        start: START,
        format,
        rows_before: 0,
        encoding: Encoding::Utf8,
        compressed_bytes: None,
        origins: None,
        bytes: bytes.as_ref().to_vec(),
    }
}

fn block_in(encoding: &str, format: RowFormat, bytes: &[u8]) -> Block {
    Block {
        encoding: encoding.parse().unwrap(),
        ..block(format, bytes)
    }
}

#[test]
fn a_batch_is_bounded_however_large_its_rows_become() {
    let default = "x".repeat(20_000);
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":"long"}},
        {{"name":"d","type":"string","default":"{default}"}}]}}"#
    );
    let schema = RegisteredSchema::from_text("t-value", &schema).unwrap();
    let binding = Mapping::default()
        .bind_columns(&["f".to_owned()], &schema)
        .unwrap();
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    let settings = BatchSettings {
        topics: Arc::default(),
        times: None,
    };
    let mut encoder = BatchEncoder::new("t".into(), Arc::new(plan), Arc::new([]), settings);
    let text = "1\n\n".repeat(500) + "x\n";
    let (mut next, mut rows, mut batches) = (Some(block(CSV, &text)), Vec::new(), 0);
    while let Some(block) = next {
        assert_eq!(
            block.start.decoded_byte,
            START.decoded_byte + (text.len() - block.bytes.len()) as u64
        );
        assert_eq!(block.start.raw_byte, Some(block.start.decoded_byte));
        let mut encoded = encoder.encode(INPUT, block, 1);
        assert!(
            encoded.arena.len() <= MAX_BATCH_BYTES + 20_100,
            "{}",
            encoded.arena.len()
        );
        let count = encoded.marked.rows.len() as u32;
        rows.extend((0..count).map(|row| encoded.marked.position(row).line));
        batches += 1;
        next = encoded.rest.take();
        assert_eq!(encoded.errors.len(), usize::from(next.is_none()));
    }
    assert_eq!(batches, 3);
    let lines: Vec<u64> = (0..=500).map(|row| START.line + 2 * row).collect();
    assert_eq!(rows, lines);
}

#[test]
fn a_batch_has_a_row_however_large_the_headers_of_all_rows_are() {
    for (header, format, text) in [
        (Some("f"), CSV, "1\n\n2\nx\n3\n"),
        (None, RowFormat::Jsonl, "{\"f\":1}\n\n{\"f\":2}\n{}\n{\"f\":3}\n"),
    ] {
        let constant = MessageHeader {
            name: "h".to_owned(),
            source: HeaderSource::Template("x".repeat(MAX_BATCH_BYTES + 1).parse().unwrap()),
        };
        let mut encoder = encoder_with(header, 2 * MAX_BATCH_BYTES, [constant]);
        let (mut next, mut lines, mut batches) = (Some(block(format, text)), Vec::new(), 0);
        while let Some(block) = next {
            let mut encoded = encoder.encode(INPUT, block, 1);
            lines.extend((0..encoded.marked.rows.len() as u32).map(|row| encoded.marked.position(row).line));
            next = encoded.rest.take();
            batches += 1;
            assert!(batches < 9, "{lines:?}");
        }
        assert_eq!(lines, [2, 4, 5, 6]);
    }
}

#[test]
fn bad_rows_count_for_the_size_of_a_batch() {
    let text = "x\n".repeat(100_000);
    let encoded = encoder(Some("f")).encode(INPUT, block(CSV, &text), 1);
    assert!(encoded.errors.len() < 20_000, "{}", encoded.errors.len());
    assert_eq!(
        encoded.rest.unwrap().bytes.len(),
        text.len() - 2 * encoded.errors.len()
    );
}

#[test]
fn blank_lines_are_not_rows() {
    let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\n\n\r\n2\r3"), 1);
    assert_eq!(
        (encoded.marked.rows.len(), encoded.blank_lines, encoded.next_line),
        (3, 2, 7)
    );
    assert_eq!(encoded.marked.position(1).line, 5);
    let encoded = encoder(None).encode(INPUT, block(RowFormat::Jsonl, "\n {\"f\":1} \n  \n"), 1);
    assert_eq!(
        (
            encoded.marked.rows.len(),
            encoded.blank_lines,
            encoded.marked.position(0).line
        ),
        (1, 2, 3)
    );
}

fn rows_with_messages(encoded: &EncodedBlock) -> Vec<u32> {
    encoded.messages.iter().map(|message| message.row).collect()
}

/// The bad rows, each with the kind of its error.
fn faults(encoded: &EncodedBlock) -> Vec<(u32, RowErrorKind)> {
    let errors = encoded.errors.iter();
    errors.map(|(row, error)| (*row, error.kind)).collect()
}

#[test]
fn a_bad_row_does_not_change_its_neighbours() {
    let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\nx\n\"2\"y\n3\n123456789012345\n"), 1);
    assert_eq!(rows_with_messages(&encoded), [0, 3]);
    let expected = [
        (1, RowErrorKind::NotANumber),
        (2, RowErrorKind::Quote),
        (4, RowErrorKind::TooLarge),
    ];
    assert_eq!(faults(&encoded), expected);
    assert_eq!(
        encoded.arena,
        [2, 6],
        "no part of the bad rows remains in the arena"
    );
}

#[test]
fn headers_count_for_the_size_and_a_bad_row_has_none() {
    let line = MessageHeader {
        name: "line".to_owned(),
        source: HeaderSource::Line,
    };
    // A byte of value, 14 of the header without its value, and lines of up to two digits.
    let mut encoder = encoder_with(Some("f"), 1 + 14 + 2, [line]);
    let lines = "\n".repeat(96);
    let encoded = encoder.encode(INPUT, block(CSV, format!("1\nx\n2{lines}3\n4\n")), 1);
    assert_eq!(rows_with_messages(&encoded), [0, 2]);
    let values: Vec<&[u8]> = encoded
        .headers
        .iter()
        .map(|range| {
            let range = range.clone().unwrap();
            &encoded.arena[range.start as usize..range.end as usize]
        })
        .collect();
    assert_eq!(values, [b"2", b"4"]);
    let expected = [
        (1, RowErrorKind::NotANumber),
        (3, RowErrorKind::TooLarge),
        (4, RowErrorKind::TooLarge),
    ];
    assert_eq!(faults(&encoded), expected);
}

#[test]
fn rows_before_the_first_line_are_skipped() {
    let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\nx\n3\n"), 4);
    assert_eq!((encoded.marked.rows.len(), encoded.errors.len()), (1, 0));
    assert_eq!(
        encoded.marked.position(0),
        Position {
            row: 0,
            line: 4,
            decoded_byte: 6,
            raw_byte: Some(6),
            column: None,
        }
    );
    assert_eq!(encoded.skipped_rows, 2, "so the input has two rows before it");
}

#[test]
fn a_row_that_is_the_beginning_of_a_file_is_an_error() {
    let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\nf\n\u{feff}f\n2\n"), 1);
    assert_eq!(
        faults(&encoded),
        [(1, RowErrorKind::HeaderAgain), (2, RowErrorKind::ByteOrderMark)]
    );
}

#[test]
fn cells_are_split_and_unquoted_by_the_dialect() {
    let dialect = RowFormat::Csv(Delimiters::new(b';', b'\'').unwrap());
    let rows = "1\n'2'\n\"3\"\n'it''s'\n4,5\n6;7\n";
    let encoded = encoder(Some("f")).encode(INPUT, block(dialect, rows), 1);
    assert_eq!(encoded.arena, [2, 4]);
    let values: Vec<_> = encoded
        .errors
        .iter()
        .map(|(row, error)| (*row, error.value.as_deref()))
        .collect();
    let expected = [
        (2, Some(&b"\"3\""[..])),
        (3, Some(&b"it''s"[..])),
        (4, Some(&b"4,5"[..])),
        (5, None),
    ];
    assert_eq!(values, expected);
}

#[test]
fn rows_in_another_encoding_are_decoded_one_by_one_and_split_after_it() {
    // A trail byte of Shift_JIS may be a backslash, which JSON would read as an escape.
    let mut encoder = encoder(None);
    let encoded = encoder.encode(
        INPUT,
        block_in(
            "shift_jis",
            RowFormat::Jsonl,
            b"{\"f\":1}\n{\"f\":\"\x83\x5c\"}\n{\"f\":\"\x83\"}\n",
        ),
        1,
    );
    assert_eq!(encoded.messages.len(), 1);
    let (ka, malformed) = (&encoded.errors[0].1, &encoded.errors[1].1);
    assert_eq!(ka.value.as_deref(), Some("ソ".as_bytes()));
    assert_eq!(malformed.kind, RowErrorKind::Encoding);
    assert_eq!(
        malformed.reason,
        "the bytes 0x83 are not valid Shift_JIS, at the row's byte 7"
    );
    assert_eq!(malformed.span, Some(6..7));
}
