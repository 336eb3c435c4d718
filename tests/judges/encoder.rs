//! Calls the k2-produce library: from a schema and the text of a row to a datum. No other module of these tests calls its
//! encoder.

use std::sync::Arc;

use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings, RowErrorKind};
use k2_produce::mapping::rules::{self, Rules};
use k2_produce::mapping::{Binding, Mapping};
use k2_produce::record::Extent;
use k2_produce::record::csv::{Cell, Split, split};
use k2_produce::schema::{RegisteredSchema, TimeUnit};

use crate::pairs::{BytesEncoding, CsvText, EpochUnit, Input, JsonForm, Manner};

/// The reason why there is no datum.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The schema is rejected, or the header does not fit it.
    Schema(String),
    /// The row is rejected.
    Row(RowErrorKind, String),
}

/// A schema parsed by k2-produce.
pub(crate) struct OurSchema(RegisteredSchema);

impl OurSchema {
    pub(crate) fn parse(text: &str) -> Result<OurSchema, Refusal> {
        RegisteredSchema::from_text("pairs-value", text)
            .map(OurSchema)
            .map_err(|error| Refusal::Schema(error.to_string()))
    }

    /// The row's datum. Also checks that a rejected row leaves the output unchanged.
    pub(crate) fn encode(&self, input: &Input, manner: &Manner) -> Result<Vec<u8>, Refusal> {
        match input {
            Input::Jsonl(line) => self.encode_jsonl(line.as_bytes(), manner),
            Input::Csv(CsvText { header, row }) => self.encode_csv(header, row.as_bytes(), manner),
        }
    }

    pub(crate) fn encode_jsonl(&self, line: &[u8], manner: &Manner) -> Result<Vec<u8>, Refusal> {
        self.encode_jsonl_by(line, rules(manner))
    }

    /// The same, with each number rounded to the nearest float or double.
    pub(crate) fn encode_jsonl_nearest(&self, line: &[u8], manner: &Manner) -> Result<Vec<u8>, Refusal> {
        let nearest = Rules {
            float_nearest: true,
            ..rules(manner)
        };
        self.encode_jsonl_by(line, nearest)
    }

    fn encode_jsonl_by(&self, line: &[u8], rules: Rules) -> Result<Vec<u8>, Refusal> {
        let binding = Mapping::by_name(rules).bind_keys(&self.0);
        encode_line(
            line,
            &binding.map_err(|error| Refusal::Schema(error.to_string()))?,
        )
    }

    pub(crate) fn encode_csv(&self, header: &str, row: &[u8], manner: &Manner) -> Result<Vec<u8>, Refusal> {
        let names: Vec<String> = cells(header.as_bytes())
            .iter()
            .map(|cell| String::from_utf8(cell.text(header.as_bytes()).into_owned()).expect("UTF-8"))
            .collect();
        let binding = Mapping::by_name(rules(manner)).bind_columns(&names, &self.0);
        encode_line(row, &binding.map_err(|error| Refusal::Schema(error.to_string()))?)
    }
}

fn encode_line(line: &[u8], binding: &Binding<'_>) -> Result<Vec<u8>, Refusal> {
    let plan = MessagePlan::compile(binding, &PlanSettings::new(KeyChoice::None))
        .map_err(|error| Refusal::Schema(error.to_string()))?;
    const BEFORE: &[u8] = b"previous output";
    let mut out = BEFORE.to_vec();
    let mut encoder = Encoder::new(Arc::new(plan));
    let result = encoder.encode_line(line, &mut out);
    assert!(out.starts_with(BEFORE), "the previous output was changed");
    match result {
        Ok(message) => {
            // A line that is written like the one before may take a shorter way.
            let mut again = Vec::new();
            let second = encoder.encode_line(line, &mut again).map(|message| message.value);
            assert_eq!(second.map(|value| &again[value]), Ok(&out[message.value.clone()]));
            Ok(out[message.value].to_vec())
        }
        Err(error) => {
            assert_eq!(out, BEFORE, "a rejected row left bytes in the output");
            let value = String::from_utf8_lossy(error.value.as_deref().unwrap_or_default()).into_owned();
            let field = error.field.as_deref().unwrap_or_default();
            let text = format!("{:?}: {} (`{field}` = `{value}`)", error.kind, error.reason);
            Err(Refusal::Row(error.kind, text))
        }
    }
}

/// The rules that a user would have to set for a file of this manner.
fn rules(manner: &Manner) -> Rules {
    Rules {
        bytes_encoding: Some(match manner.bytes {
            BytesEncoding::Latin1 => rules::BytesEncoding::Latin1,
            BytesEncoding::Base64 => rules::BytesEncoding::Base64,
            BytesEncoding::Hex => rules::BytesEncoding::Hex,
            BytesEncoding::Utf8 => rules::BytesEncoding::Utf8,
        }),
        json_encoding: match manner.form {
            JsonForm::Either => rules::JsonEncoding::Auto,
            JsonForm::Plain => rules::JsonEncoding::Plain,
            JsonForm::Avro => rules::JsonEncoding::Avro,
        },
        epoch_unit: manner.epoch.map(|unit| match unit {
            EpochUnit::Seconds => rules::EpochUnit::Seconds,
            EpochUnit::Millis => rules::EpochUnit::Subsecond(TimeUnit::Millis),
            EpochUnit::Micros => rules::EpochUnit::Subsecond(TimeUnit::Micros),
            EpochUnit::Nanos => rules::EpochUnit::Subsecond(TimeUnit::Nanos),
        }),
        integer_date: Some(rules::IntegerDate::Days),
        integer_time: Some(rules::IntegerTime::Unit),
        ..Rules::default()
    }
}

fn cells(row: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    match split(row, Extent::Whole, &mut cells) {
        Split::Row(end) => assert_eq!(end.content, row.len(), "one row: {row:?}"),
        Split::Skipped(_) | Split::Incomplete { .. } => panic!("no whole row: {row:?}"),
    }
    cells
}
