//! Blocks in which rows become plain messages against the general code: the same batch, whatever else is in the block.

use std::sync::Arc;

use proptest::prelude::*;

use crate::encode::{HeaderSource, KeyChoice, MessageHeader, MessagePlan, PlanSettings};
use crate::input::{Block, Encoding};
use crate::kafka::{Partitioner, SizeLimit};
use crate::load::InputNumber;
use crate::load::batch::{BatchEncoder, BatchSettings, BatchTopic};
use crate::load::encoded_block::EncodedBlock;
use crate::mapping::Mapping;
use crate::mapping::rules::Rules;
use crate::record::{Delimiters, LineStart, RowFormat};
use crate::schema::{RegisteredSchema, SchemaId};

const SCHEMA: &str = r#"{"type":"record","name":"Trade","fields":[
    {"name":"symbol","type":"string"},
    {"name":"volume","type":"long"},
    {"name":"venue","type":"string","default":"A"},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":3}},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"buyer","type":["null","string"],"default":null}]}"#;

const NAMES: [&str; 6] = ["symbol", "volume", "venue", "price", "at", "buyer"];

/// Whether there is a topic, and what it needs.
#[derive(Debug, Clone, Copy)]
struct Topic {
    partitions: u32,
    /// The size limit of messages.
    most: usize,
    needs_keys: bool,
}

/// The batch encoders of two plans for the same rows: as users have it, and without plain messages.
fn encoders(
    key: &KeyChoice,
    headers: &[MessageHeader],
    topic: Option<Topic>,
    columns: Option<&[&str]>,
) -> [BatchEncoder; 2] {
    let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
    let mapping = Mapping::by_name(Rules::default());
    let columns = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let binding = match &columns {
        Some(names) => mapping.bind_columns(names, &schema).unwrap(),
        None => mapping.bind_keys(&schema).unwrap(),
    };
    let [plain, general] = [0; 2].map(|_| {
        let settings = PlanSettings {
            headers: headers.to_vec(),
            ..PlanSettings::new(key.clone())
        };
        let plan = MessagePlan::compile(&binding, &settings).unwrap();
        plan.set_schema_id(SchemaId::new(7));
        plan
    });
    let topics = topic.map(|topic| BatchTopic {
        name: "t".into(),
        partitioner: Partitioner::new("murmur2_random", topic.partitions),
        size_limit: SizeLimit::of_bytes(topic.most),
        needs_keys: topic.needs_keys,
    });
    let header = columns.map(|names| names.join(",").into_bytes().into_boxed_slice());
    [plain, general.without_plain()].map(|plan| {
        let settings = BatchSettings {
            topics: topics.clone().into_iter().collect(),
            times: None,
        };
        let header = header.clone().into_iter().collect();
        BatchEncoder::new("t".into(), Arc::new(plan), header, settings)
    })
}

/// The batches of a block whose rows before the line `first` are skipped.
fn batches(encoder: &mut BatchEncoder, format: &RowFormat, text: &[u8], first: u64) -> Vec<EncodedBlock> {
    let mut next = Some(Block {
        start: LineStart {
            line: 2,
            decoded_byte: 9,
            raw_byte: Some(9),
        },
        format: format.clone(),
        rows_before: 3,
        encoding: Encoding::Utf8,
        compressed_bytes: None,
        origins: None,
        bytes: text.to_vec(),
    });
    let mut batches = Vec::new();
    while let Some(block) = next {
        let mut batch = encoder.encode(InputNumber::new(0), block, first);
        next = batch.rest.take();
        batches.push(batch);
    }
    batches
}

/// Everything of a batch that the publishing thread uses.
fn described(batch: &EncodedBlock) -> String {
    let EncodedBlock {
        marked,
        arena,
        messages,
        headers,
        errors,
        blank_lines,
        skipped_rows,
        no_start,
        next_line,
        dropped_keys,
        ..
    } = batch;
    format!(
        "{:?}",
        (
            (marked, arena, messages, headers, errors),
            (blank_lines, skipped_rows, no_start, next_line, dropped_keys),
        )
    )
}

fn assert_equal([mut plain, mut general]: [BatchEncoder; 2], format: &RowFormat, blocks: &[(Vec<u8>, u64)]) {
    for (text, first) in blocks {
        let [found, expected] = [&mut plain, &mut general].map(|encoder| {
            let batches = batches(encoder, format, text, *first);
            batches.iter().map(described).collect::<Vec<_>>()
        });
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(text));
    }
}

fn keys() -> impl Strategy<Value = KeyChoice> {
    proptest::sample::select(vec![
        KeyChoice::None,
        KeyChoice::Default,
        KeyChoice::Text("venue".parse().unwrap()),
        KeyChoice::Text("{venue}".parse().unwrap()),
        KeyChoice::Text("{buyer}".parse().unwrap()),
        KeyChoice::Text("{volume}".parse().unwrap()),
        KeyChoice::Text("{venue}.{symbol}".parse().unwrap()),
    ])
}

/// Headers of which the first two are the same for all rows of a file.
fn headers() -> impl Strategy<Value = Vec<MessageHeader>> {
    let all = ["source", "file", "line", "symbol"].map(|name| MessageHeader {
        name: name.to_owned(),
        source: match name {
            "source" => HeaderSource::Template("asx".parse().unwrap()),
            "file" => HeaderSource::File,
            "line" => HeaderSource::Line,
            _ => HeaderSource::Template("{symbol}".parse().unwrap()),
        },
    });
    prop_oneof![
        2 => Just(Vec::new()),
        2 => proptest::sample::subsequence(all[..2].to_vec(), 1..=2),
        1 => proptest::sample::subsequence(all.to_vec(), 1..=4),
    ]
}

fn topics() -> impl Strategy<Value = Option<Topic>> {
    let topic = (1u32..9, prop_oneof![Just(30usize), Just(1000)], any::<bool>());
    proptest::option::of(topic.prop_map(|(partitions, most, needs_keys)| Topic {
        partitions,
        most,
        needs_keys,
    }))
}

/// The texts of a row.
fn texts() -> impl Strategy<Value = Vec<String>> {
    (
        prop_oneof![9 => "[A-Z]{1,5}", 1 => "[A-Z]{0,70}", 1 => "é{0,2}"],
        prop_oneof![9 => "-?[0-9]{1,9}", 1 => "[0-9.x]{0,20}"],
        prop_oneof![4 => "[AP]", 1 => Just(String::new())],
        prop_oneof![9 => "[0-9]{1,4}\\.[0-9]{1,3}", 1 => "-?[0-9]{0,9}\\.?[0-9]{0,4}"],
        prop_oneof![9 => "2014-03-10T10:0[01]:[0-5][0-9]\\.[0-9]{3}Z", 1 => "2014-02-(28|29)T10:00:[0-6]0(\\.[0-9]{0,7}|)Z"],
        prop_oneof![4 => "[A-Z-]{0,16}", 1 => "[A-Z]{15,200}"],
    )
        .prop_map(|(symbol, volume, venue, price, at, buyer)| vec![symbol, volume, venue, price, at, buyer])
}

/// A line that is not a row of six cells.
fn other_lines() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "",
        " ",
        "\"BHP\",1,A,1.5,2014-03-10T10:00:00Z,",
        "BHP,1,A,1.5,2014-03-10T10:00:00Z,\"a\nb\"",
        "BHP,1,A,1.5,2014-03-10T10:00:00Z,a\"b",
        "BHP,1,A,1.5,2014-03-10T10:00:00Z",
        "BHP,1,A,1.5,2014-03-10T10:00:00Z,,",
        "symbol,volume,venue,price,at,buyer",
        "\u{feff}BHP,1,A,1.5,2014-03-10T10:00:00Z,",
        "{}",
        "{\"symbol\":\"BHP\"}",
        "{\"symbol\":\"BHP\",\"volume\":1,\"price\":1,\"at\":\"2014-03-10T10:00:00Z\",\"more\":1}",
    ])
    .prop_map(str::to_owned)
}

fn csv_row(texts: &[String]) -> String {
    texts.join(",")
}

/// `style` says which keys are absent, which numbers are strings, and whether there are blanks.
fn json_row(texts: &[String], style: u8) -> String {
    let blank = if style & 1 == 1 { " " } else { "" };
    let members = NAMES.iter().zip(texts).filter_map(|(name, text)| {
        let is_number = matches!(*name, "volume" | "price") && style & 2 == 0;
        let value = match text.as_str() {
            "" if style & 4 == 4 => return None,
            "" => "null".to_owned(),
            text if is_number => text.to_owned(),
            text => format!("\"{text}\""),
        };
        Some(format!("\"{name}\":{blank}{value}"))
    });
    format!("{{{}{blank}}}", members.collect::<Vec<_>>().join(","))
}

fn line_ends() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r")]
}

/// Blocks of lines, and the first line of each that is wanted.
fn blocks(row: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = Vec<(Vec<u8>, u64)>> {
    let line = (prop_oneof![8 => row, 1 => other_lines()], line_ends()).prop_map(|(line, end)| line + end);
    let bytes = (proptest::collection::vec(line, 1..20), 0usize..4).prop_map(|(lines, damage)| {
        let mut bytes = lines.concat().into_bytes();
        match damage {
            0 => bytes.truncate(bytes.trim_ascii_end().len()),
            1 if bytes.len() > 40 => bytes[40] = 0xff,
            _ => {}
        }
        bytes
    });
    proptest::collection::vec((bytes, prop_oneof![Just(1u64), Just(4)]), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn batches_of_cells_are_those_of_the_general_code(
        key in keys(),
        headers in headers(),
        topic in topics(),
        delimiter in proptest::sample::select(b",;".to_vec()),
        blocks in blocks(texts().prop_map(|texts| csv_row(&texts)).boxed()),
    ) {
        let blocks: Vec<_> = blocks
            .into_iter()
            .map(|(bytes, first)| {
                let bytes = bytes.iter().map(|byte| if *byte == b',' { delimiter } else { *byte });
                (bytes.collect(), first)
            })
            // A quote that is never closed: no block has such rows.
            .filter(|(bytes, _): &(Vec<u8>, _)| {
                let format = RowFormat::Csv(Delimiters::new(delimiter, b'"').unwrap());
                format.whole_rows(bytes, crate::record::Extent::Whole) == bytes.len()
            })
            .collect();
        let format = RowFormat::Csv(Delimiters::new(delimiter, b'"').unwrap());
        assert_equal(encoders(&key, &headers, topic, Some(&NAMES)), &format, &blocks);
    }

    #[test]
    fn batches_of_json_are_those_of_the_general_code(
        key in keys(),
        headers in headers(),
        topic in topics(),
        blocks in blocks((texts(), prop_oneof![4 => Just(0u8), 1 => 0u8..8]).prop_map(|(texts, style)| json_row(&texts, style)).boxed()),
    ) {
        assert_equal(encoders(&key, &headers, topic, None), &RowFormat::Jsonl, &blocks);
    }
}

/// Without this, the tests above could compare the general code with itself.
#[test]
fn common_rows_become_plain_messages() {
    let texts = ["BHP", "744", "P", "40.20", "2014-03-10T10:00:00.123Z", ""].map(str::to_owned);
    let lines = [
        (csv_row(&texts) + "\n").repeat(9),
        (json_row(&texts, 0) + "\r\n").repeat(9),
    ];
    let formats = [RowFormat::Csv(Delimiters::RFC_4180), RowFormat::Jsonl];
    for (format, lines) in formats.iter().zip(lines) {
        let columns = match format {
            RowFormat::Csv(_) => Some(&NAMES[..]),
            _ => None,
        };
        let [mut encoder, mut general] = encoders(&KeyChoice::Default, &[], None, columns);
        // The form of a line of JSON must be known first.
        let expected = batches(&mut encoder, format, lines.as_bytes(), 1);
        let start = super::Next { at: 0, line: 0 };
        for (encoder, is_plain) in [(&mut encoder, true), (&mut general, false)] {
            let mut found = batches(encoder, format, b"", 1);
            let batch = found.first_mut();
            assert!(batch.is_some(), "{format:?}");
            assert_eq!(encoder.takes_plain_rows(format), is_plain);
            if let Some(batch) = batch {
                let next = encoder.plain_rows(format, lines.as_bytes(), start, batch);
                assert_eq!(
                    (next.at, next.line),
                    if is_plain { (lines.len(), 9) } else { (0, 0) }
                );
                if is_plain {
                    assert_eq!(batch.messages, expected[0].messages);
                }
            }
        }
    }
}

#[test]
fn a_return_is_part_of_a_line_only_if_it_is_not_part_of_its_terminator() {
    let row = json_row(
        &["BHP", "744", "P", "40.20", "2014-03-10T10:00:00.123Z", "x"].map(str::to_owned),
        0,
    );
    let ends = ["\r\r\n", "\r\n", "\n", "\r\n", "\r\r\n", "\r\n", "\r"];
    let text: String = ends.iter().map(|end| row.clone() + end).collect();
    let blocks = [(text.clone().into_bytes(), 1), (text.into_bytes(), 1)];
    assert_equal(
        encoders(&KeyChoice::Default, &[], None, None),
        &RowFormat::Jsonl,
        &blocks,
    );
}

#[test]
fn a_batch_of_plain_messages_is_bounded() {
    let default = "x".repeat(3_000);
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":"long"}},
        {{"name":"d","type":"string","default":"{default}"}}]}}"#
    );
    let schema = RegisteredSchema::from_text("t-value", &schema).unwrap();
    let mapping = Mapping::default();
    let binding = mapping.bind_columns(&["f".to_owned()], &schema).unwrap();
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    let settings = BatchSettings {
        topics: Arc::default(),
        times: None,
    };
    let mut encoder = BatchEncoder::new("t".into(), Arc::new(plan), Arc::new([]), settings);
    let format = RowFormat::Csv(Delimiters::RFC_4180);
    let batches = batches(&mut encoder, &format, "1\n".repeat(4_000).as_bytes(), 1);
    let sizes: Vec<usize> = batches.iter().map(|batch| batch.arena.len()).collect();
    assert!(
        sizes.iter().all(|size| *size <= super::MAX_BATCH_BYTES + 3_100),
        "{sizes:?}"
    );
    assert_eq!(
        batches.iter().map(|batch| batch.messages.len()).sum::<usize>(),
        4_000
    );
}
