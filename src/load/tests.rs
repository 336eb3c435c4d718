//! Arbitrary bytes through a whole dry run. Panics are tested in `workers`, replaced clients in `clients`, a slow
//! broker in `held_rows`.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::encode::{KeyChoice, MessagePlan, PlanSettings, Template};
use crate::input::{Encoding, Input, Layout, ReadSettings};
use crate::mapping::Mapping;
use crate::record::{Format, Position};
use crate::report::reject::{Existing, KeptInput, RejectsSettings};
use crate::report::{Progress, Rejects, Reporter};
use crate::schema::RegisteredSchema;

mod clients;
mod gaps;
mod good_rows;
mod held_rows;
mod pace;
mod starts;
mod threads;
mod workers;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"s","type":"string"},
    {"name":"p","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"t","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},
    {"name":"m","type":{"type":"map","values":["null","int"]},"default":{}}]}"#;

static REGISTERED: LazyLock<RegisteredSchema> =
    LazyLock::new(|| RegisteredSchema::from_text("t-value", SCHEMA).unwrap());

/// Pieces of good rows, so that random bytes are close to them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 34] = [
        b"s",
        b"p",
        b"t",
        b"m",
        b"s,p",
        b"s,p,t,m\n",
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"{\"s\":\"x\",\"p\":1.5}\n",
        b"{\"s\":\"",
        b"\"p\":",
        b"\\ud800",
        b"\\u00e9",
        b"1.5",
        b"1e9999999999",
        b"-0",
        b"2014-03-10T10:00:05Z",
        b"null",
        b"{\"k\":1}",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\0",
        b"\x81",
        b"\xe9",
        "東".as_bytes(),
    ];
    prop_oneof![
        4 => proptest::sample::select(pieces.to_vec()).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![Just(&b"s,p\n"[..]), Just(&b"s,p,t,m\n"[..]), Just(&b""[..])];
    (header, proptest::collection::vec(piece(), 0..40))
        .prop_map(|(header, pieces)| [header, &pieces.concat()].concat())
}

/// A dry run of the file; none if it is refused before its first row.
fn dry(path: &OsStr, format: Format, encoding: Encoding) -> Option<Run> {
    let settings = ReadSettings {
        format: Some(format),
        encoding,
        ..ReadSettings::default()
    };
    let input = Input::open(path, &settings).ok()?;
    let binding = match &input.layout {
        Layout::Csv { header, .. } => Mapping::default().bind_columns(&header.names, &REGISTERED).ok()?,
        Layout::Json { .. } => Mapping::default().bind_keys(&REGISTERED).unwrap(),
    };
    let settings = PlanSettings::new(KeyChoice::Text(Template::field("s")));
    let plan = Arc::new(MessagePlan::compile(&binding, &settings).unwrap());
    Some(Run {
        inputs: vec![PlannedInput {
            input,
            plan,
            first: 1.into(),
        }],
        sink: Sink::Discard,
        topics: 1,
        times: None,
        pace: None,
        limit: None,
        max_errors: ErrorBudget::Unlimited,
        max_failures: 0,
        interrupts: Interrupts::default(),
        load: None,
        threads: None,
        if_empty: false,
    })
}

#[test]
fn the_lines_of_a_header_are_counted_whether_rows_follow_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for (text, lines) in [
        ("s,p", 1),
        ("s,p\n", 1),
        ("s,p,\"a\nb\"", 2),
        ("s,p\nx,1", 2),
        ("s,p\r", 1),
    ] {
        let path = folder.path().join("t");
        std::fs::write(&path, text).unwrap();
        let (done, _) = dry_run(path.as_os_str(), Format::Csv, Encoding::Utf8, None).unwrap();
        assert_eq!(done.files[0].lines, lines, "{text:?}");
    }
}

/// Runs the file; none if it is refused before its first row.
fn dry_run(
    path: &OsStr,
    format: Format,
    encoding: Encoding,
    kept: Option<&Path>,
) -> Option<(RunOutcome, Reporter)> {
    let dry = dry(path, format, encoding)?;
    let input = &dry.inputs[0].input;
    let input = KeptInput {
        kept: None,
        name: &input.name,
        file_name: None,
        is_read: true,
        format: input.layout.rows(),
        preamble: input.header().map_or(&[][..], |header| &header.preamble),
        header: input.header().map_or(&[][..], |header| &header.row),
    };
    let settings = RejectsSettings {
        encoding,
        hint_words: |hint| format!("{hint:?}"),
        existing: Existing::Refuse,
        load: None,
    };
    let rejects = kept.map(|kept| Rejects::in_file(kept, settings, &[input]).unwrap());
    let mut reporter = Reporter::new(rejects, Progress::quiet());
    Some((run(dry, &mut reporter), reporter))
}

#[test]
fn a_position_counts_the_rows_before_it_across_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let row = "x,1.5\r\n\r\n";
    let rows = 100_000;
    let text = format!("s,p\n{}x,bad\n", row.repeat(rows));
    std::fs::write(&path, &text).unwrap();
    for first_line in [1, 1 + rows as u64] {
        let mut dry = dry(path.as_os_str(), Format::Csv, Encoding::Utf8).unwrap();
        dry.max_errors = ErrorBudget::Rows(0);
        dry.inputs[0].first = first_line.into();
        let done = run(dry, &mut Reporter::new(None, Progress::quiet()));
        let Some(Stop::Row { at, .. }) = done.stop else {
            panic!("{:?}", done.stop)
        };
        let byte = (text.len() - "x,bad\n".len()) as u64;
        let position = Position {
            row: rows as u64,
            line: 2 + 2 * rows as u64,
            decoded_byte: byte,
            raw_byte: Some(byte),
            column: None,
        };
        assert_eq!(at.position, position, "from line {first_line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Rows, row errors or one clear error; no panic, no row without a fate.
    #[test]
    fn any_bytes_end_in_rows_row_errors_or_one_error(
        bytes in bytes(),
        format in prop_oneof![Just(Format::Csv), Just(Format::Jsonl)],
        label in proptest::sample::select(vec!["utf-8", "windows-1252", "shift_jis", "gb18030", "utf-16le", "utf-16be"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        std::fs::write(&path, &bytes).unwrap();
        let encoding: Encoding = label.parse().unwrap();
        let kept = folder.path().join("bad");
        let Some((done, mut reporter)) = dry_run(path.as_os_str(), format, encoding, Some(&kept)) else {
            return Ok(());
        };
        prop_assert!(matches!(&done.stop, None | Some(Stop::Source(_))), "{:?}", done.stop);
        prop_assert_eq!(done.counts.read, done.counts.rejected + done.counts.unsent);
        let leading: u64 = reporter.row_errors.groups().iter().map(|group| group.leading).sum();
        prop_assert_eq!(leading, done.counts.rejected);
        if done.stop.is_none() {
            let mark = done.files[0].bytes.abs_diff(bytes.len() as u64);
            prop_assert!(mark <= 3, "all bytes but a byte order mark are read: {} of {}", done.files[0].bytes, bytes.len());
        }
        // The kept rows are read again as the same bad rows.
        let rejected = done.counts.rejected;
        let rows: u64 = reporter.rejects.take().unwrap().kept().iter().map(|file| file.rows).sum();
        prop_assert_eq!(rows, rejected);
        if rejected > 0 {
            let again = dry_run(kept.as_os_str(), format, encoding, None).map(|(again, _)| again.counts);
            let figures = again.map(|counts| (counts.read, counts.rejected));
            // Bad JSON alone may not look like JSONL.
            let refused = figures.is_none() && format == Format::Jsonl;
            prop_assert!(refused || figures == Some((rejected, rejected)), "{:?}", figures);
        }
    }
}
