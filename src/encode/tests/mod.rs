//! Conversions as a user meets them, checked with the apache-avro crate's decoder.

mod branches;
mod constants;
mod envelopes;
mod key_fields;
mod keys;
mod mapped;
mod mapped_parts;
mod nested;
mod permitted;
mod places;
mod sources;
mod tombstones;
mod types;

use apache_avro::types::Value;

use std::ops::Range;
use std::sync::Arc;

use super::*;
use crate::mapping::{Binding, MapFile, Mapping, Rules};
use crate::schema::RegisteredSchema;

const TRADE: &str = r#"{"type":"record","name":"Trade","namespace":"com.k2","fields":[
    {"name":"symbol","type":"string"},
    {"name":"company_id","type":"int"},
    {"name":"exchange","type":"string","default":"ASX"},
    {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}},
    {"name":"buyer_id","type":["null","string"],"default":null},
    {"name":"sequence_number","type":["null","long"],"default":null}]}"#;

fn schema(text: &str) -> RegisteredSchema {
    RegisteredSchema::from_text("t-value", text).unwrap()
}

/// The mapping of a mapping file with this text.
fn mapping_of(text: &str) -> Mapping {
    let map = MapFile::parse("m.toml", text).unwrap_or_else(|error| panic!("{error}"));
    Mapping::by_name(Rules::default()).with_map(Arc::new(map))
}

/// The plan of a mapping for CSV with these columns, separated by commas, or for rows of JSON.
fn mapped_plan(
    mapping: &Mapping,
    schema: &RegisteredSchema,
    header: Option<&str>,
    settings: &PlanSettings,
) -> Result<Arc<MessagePlan>, PlanError> {
    let names: Vec<String> = header.unwrap_or_default().split(',').map(str::to_owned).collect();
    let binding = match header {
        Some(_) => mapping.bind_columns(&names, schema),
        None => mapping.bind_keys(schema),
    };
    let binding = binding.unwrap_or_else(|error| panic!("{error}"));
    MessagePlan::compile(&binding, settings).map(Arc::new)
}

fn judge(schema: &RegisteredSchema) -> apache_avro::Schema {
    apache_avro::Schema::parse_str(&schema.text).unwrap()
}

pub(super) struct Encoding {
    schema: RegisteredSchema,
    out: Vec<u8>,
    message: EncodedMessage,
    headers: Vec<Option<Range<usize>>>,
    dropped_keys: u64,
}

impl Encoding {
    fn value(&self) -> Value {
        let mut datum = &self.out[self.message.value.clone()];
        let judge = judge(&self.schema);
        let reader = apache_avro::reader::datum::GenericDatumReader::builder(&judge)
            .build()
            .unwrap();
        let value = reader.read_value(&mut datum).unwrap();
        assert!(datum.is_empty(), "the whole datum is read");
        value
    }

    pub(super) fn datum(&self) -> &[u8] {
        &self.out[self.message.value.clone()]
    }

    pub(super) fn field(&self, name: &str) -> Value {
        match self.value() {
            Value::Record(fields) => fields.into_iter().find(|(field, _)| field == name).unwrap().1,
            _ => unreachable!(),
        }
    }

    fn key(&self) -> Option<&str> {
        let key = self.message.key.clone();
        key.map(|key| std::str::from_utf8(&self.out[key]).unwrap())
    }
}

/// The settings a row is encoded with.
#[derive(Clone)]
pub(super) struct Settings {
    mapping: Mapping,
    plan: PlanSettings,
}

impl Settings {
    fn new(key: KeyChoice) -> Settings {
        Settings {
            mapping: Mapping::default(),
            plan: PlanSettings::new(key),
        }
    }
}

pub(super) fn csv_with(
    text: &str,
    header: &str,
    line: &str,
    settings: &Settings,
) -> Result<Encoding, Box<RowError>> {
    let schema = schema(text);
    let names: Vec<String> = header.split(',').map(str::to_owned).collect();
    let binding = settings.mapping.bind_columns(&names, &schema).unwrap();
    let plan = MessagePlan::compile(&binding, &settings.plan).unwrap();
    encode(schema.clone(), plan, line)
}

fn encode(schema: RegisteredSchema, plan: MessagePlan, line: &str) -> Result<Encoding, Box<RowError>> {
    let mut encoder = Encoder::new(Arc::new(plan));
    let mut out = b"before".to_vec();
    let result = encoder.encode_line(line.as_bytes(), &mut out);
    if result.is_err() {
        assert_eq!(out, b"before", "a rejected row leaves no bytes in the output");
    }
    let message = result?;
    let shifted = |range: Range<usize>| range.start - 6..range.end - 6;
    Ok(Encoding {
        schema,
        out: out.split_off(6),
        message: EncodedMessage {
            value: shifted(message.value),
            is_tombstone: message.is_tombstone,
            key: message.key.map(shifted),
            timestamp: message.timestamp,
            partition: message.partition,
            topic: message.topic,
        },
        headers: encoder
            .headers()
            .iter()
            .cloned()
            .map(|range| range.map(shifted))
            .collect(),
        dropped_keys: encoder.dropped_keys(),
    })
}

/// Settings with the default key.
pub(super) fn ruled(rules: Rules) -> Settings {
    Settings {
        mapping: Mapping::by_name(rules),
        ..Settings::new(KeyChoice::Default)
    }
}

/// A field or a template as the text of the key.
fn text_key(written: &str) -> KeyChoice {
    KeyChoice::Text(Template::field_or_template(written).unwrap())
}

fn csv(text: &str, header: &str, line: &str) -> Result<Encoding, Box<RowError>> {
    csv_with(text, header, line, &Settings::new(KeyChoice::Default))
}

fn json(text: &str, line: &str) -> Result<Encoding, Box<RowError>> {
    json_with(text, line, &Settings::new(KeyChoice::Default))
}

pub(super) fn json_with(text: &str, line: &str, settings: &Settings) -> Result<Encoding, Box<RowError>> {
    let schema = schema(text);
    let binding = settings.mapping.bind_keys(&schema).unwrap();
    let plan = MessagePlan::compile(&binding, &settings.plan).unwrap();
    encode(schema.clone(), plan, line)
}

/// A record with one field `f` of the given type.
pub(super) fn one(field_type: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{field_type}}}]}}"#)
}

fn long(value: i64) -> Value {
    Value::Long(value)
}

#[test]
fn a_trade_from_csv() {
    let header = "price,symbol,company_id,time,buyer_id,sequence_number";
    let row = csv(TRADE, header, "-40.20,BHP,7078,2014-03-10T10:00:05.516Z,,77").unwrap();
    assert_eq!(row.field("symbol"), Value::String("BHP".into()));
    assert_eq!(row.field("company_id"), Value::Int(7078));
    assert_eq!(
        row.field("exchange"),
        Value::String("ASX".into()),
        "no column: the default"
    );
    assert_eq!(row.field("time"), Value::TimestampMillis(1_394_445_605_516));
    assert_eq!(
        row.field("price"),
        Value::Decimal((-40_200_000i64).to_be_bytes()[4..].to_vec().into())
    );
    assert_eq!(row.field("buyer_id"), Value::Union(0, Box::new(Value::Null)));
    assert_eq!(row.field("sequence_number"), Value::Union(1, Box::new(long(77))));
    assert_eq!(row.key(), Some("BHP"));
}

#[test]
fn a_trade_from_json_in_any_order_plain_or_wrapped() {
    let plain = r#"{"sequence_number":77,"time":"2014-03-10T10:00:05.516Z","price":40.20,"company_id":7078,"symbol":"BHP","buyer_id":null}"#;
    let wrapped = r#"{"symbol":"B\u0048P","company_id":"7078","exchange":"ASX","time":1394445605516,"price":"4.02e1","buyer_id":null,"sequence_number":{"long":77}}"#;
    let plain = json(TRADE, plain).unwrap();
    assert_eq!(plain.value(), json(TRADE, wrapped).unwrap().value());
    assert_eq!(
        plain.field("sequence_number"),
        Value::Union(1, Box::new(long(77)))
    );
    assert_eq!(plain.key(), Some("BHP"));
}

#[test]
fn empty_cells() {
    let table: &[(&str, &str, Result<Value, RowErrorKind>)] = &[
        (
            r#"["null","long"]"#,
            "",
            Ok(Value::Union(0, Box::new(Value::Null))),
        ),
        (
            r#"["long","null"]"#,
            "",
            Ok(Value::Union(1, Box::new(Value::Null))),
        ),
        (
            r#"["null","string"]"#,
            "",
            Ok(Value::Union(0, Box::new(Value::Null))),
        ),
        (
            r#"["null","string"]"#,
            "\"\"",
            Ok(Value::Union(1, Box::new(Value::String(String::new())))),
        ),
        (
            r#"["null","long"]"#,
            "\"\"",
            Ok(Value::Union(0, Box::new(Value::Null))),
        ),
        (r#""string""#, "", Ok(Value::String(String::new()))),
        (r#""string""#, "\"\"", Ok(Value::String(String::new()))),
        (r#""string","default":"x""#, "", Ok(Value::String("x".into()))),
        (
            r#""string","default":"x""#,
            "\"\"",
            Ok(Value::String(String::new())),
        ),
        (r#""long","default":5"#, "", Ok(long(5))),
        (r#""long""#, "", Err(RowErrorKind::Empty)),
        (r#""long""#, "\"\"", Err(RowErrorKind::Empty)),
    ];
    for (field_type, cell, expected) in table {
        let two = format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{field_type}}},{{"name":"g","type":"string"}}]}}"#
        );
        let result = csv(&two, "f,g", &format!("{cell},x"))
            .map(|row| row.field("f"))
            .map_err(|error| error.kind);
        assert_eq!(result, *expected, "{field_type} {cell:?}");
    }
}

#[test]
fn json_types_are_not_mixed_up() {
    use RowErrorKind::{Empty, NotABoolean, WrongType};
    let table: &[(&str, &str, Result<Value, RowErrorKind>)] = &[
        (r#""string""#, "1", Err(WrongType)),
        (r#""string""#, "true", Err(WrongType)),
        (r#""string""#, "null", Err(Empty)),
        (r#""string""#, "[]", Err(WrongType)),
        (r#""long""#, "true", Err(WrongType)),
        (r#""long""#, "\"12\"", Ok(long(12))),
        (r#""long""#, "12.0", Ok(long(12))),
        (r#""long""#, "9223372036854775807", Ok(long(i64::MAX))),
        (r#""double""#, "\"NaN\"", Ok(Value::Double(f64::NAN))),
        (r#""float""#, "0.1", Ok(Value::Float(0.1))),
        (r#""boolean""#, "true", Ok(Value::Boolean(true))),
        (r#""boolean""#, "\"Yes\"", Ok(Value::Boolean(true))),
        (r#""boolean""#, "1", Err(WrongType)),
        (r#""boolean""#, "\"2\"", Err(NotABoolean)),
        (r#"{"type":"string","logicalType":"uuid"}"#, "5", Err(WrongType)),
        (r#"["null","long"]"#, "{\"int\":1}", Err(WrongType)),
        (
            r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
            "\"B\"",
            Ok(Value::Enum(1, "B".into())),
        ),
        (
            r#"{"type":"array","items":"string"}"#,
            "[]",
            Ok(Value::Array(vec![])),
        ),
        (
            r#"{"type":"array","items":"long"}"#,
            "[1,2]",
            Ok(Value::Array(vec![long(1), long(2)])),
        ),
    ];
    for (field_type, value, expected) in table {
        let result = json(&one(field_type), &format!("{{\"f\":{value}}}")).map(|row| row.field("f"));
        match (result.map_err(|error| error.kind), expected) {
            (Ok(Value::Double(ours)), Ok(Value::Double(theirs))) if theirs.is_nan() => assert!(ours.is_nan()),
            (result, expected) => assert_eq!(result, *expected, "{field_type} {value}"),
        }
    }
}

const NESTED: &str = r#"{"type":"record","name":"R","namespace":"n","fields":[
    {"name":"quote","type":{"type":"record","name":"Quote","fields":[
        {"name":"legs","type":{"type":"array","items":{"type":"record","name":"Leg","fields":[
            {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
            {"name":"next","type":["null","n.Leg"],"default":null}]}}},
        {"name":"tags","type":["null",{"type":"map","values":"string"}],"default":null}]}}]}"#;

#[test]
fn records_arrays_and_maps_nest() {
    let line = r#"{"quote":{"tags":{"a":"1","b":"2"},"legs":[{"price":1.5,"next":{"n.Leg":{"price":"2"}}},{"price":3,"next":{"price":4,"next":null}}]}}"#;
    let row = json(NESTED, line).unwrap();
    let text = format!("{:?}", row.value());
    for part in ["\"a\": String(\"1\")", "\"b\": String(\"2\")", "Union(1, Record"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn an_error_names_the_path_the_value_and_its_place() {
    let line = r#"{"quote":{"legs":[{"price":1},{"price":1.005}]}}"#;
    let error = json(NESTED, line).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`1.005` does not fit `quote.legs[1].price`: decimal(9, 2) allows 2 digits after the decimal point"
    );
    assert_eq!(&line[error.span.clone().unwrap()], "1.005");
    let error = json(NESTED, r#"{"quote":{"legs":[],"tags":{"x":5}}}"#)
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "`5` does not fit `quote.tags[\"x\"]`: string does not accept a JSON number"
    );
}

#[test]
fn cells_hold_json_if_their_type_requires_it() {
    let text = one(r#"["null",{"type":"map","values":"string"}]"#);
    assert_eq!(
        csv(&text, "f,x", ",1").unwrap().field("f"),
        Value::Union(0, Box::new(Value::Null))
    );
    assert_eq!(
        csv(&text, "f,x", "null,1").unwrap().field("f"),
        Value::Union(0, Box::new(Value::Null))
    );
    let row = csv(&text, "f,x", r#""{""k"":""v""}",1"#).unwrap();
    let map = Value::Map([("k".to_owned(), Value::String("v".into()))].into());
    assert_eq!(row.field("f"), Value::Union(1, Box::new(map)));
    assert_eq!(
        csv(&text, "f,x", "oops,1").err().unwrap().kind,
        RowErrorKind::Json
    );
}

#[test]
fn rows_that_do_not_fit_as_a_whole() {
    let message = |result: Result<Encoding, Box<RowError>>| result.err().unwrap().to_string();
    let text = one("\"long\"");
    assert_eq!(message(csv(&text, "f", "1,2")), "expected 1 cells, found 2");
    assert_eq!(
        message(json(&text, "[1]")),
        "expected a JSON object with a key for each field"
    );
    assert_eq!(
        message(json(&text, "{}")),
        "`f`: the key is absent and the field (long) has no default"
    );
    assert_eq!(
        message(json(&text, r#"{"f":1,"f":1}"#)),
        "`f`: the key occurs twice in its object"
    );
    let error = json(&text, r#"{"f":1,"F":2}"#).err().unwrap();
    assert_eq!(error.to_string(), "`F`: the schema has no field of this name");
    assert_eq!(error.hint, Some("did you mean `f`?".into()));
}

#[test]
fn any_cell_is_encoded_exactly_or_rejected() {
    use proptest::prelude::*;
    let text = one(r#"{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}"#);
    proptest!(|(cell in "[-+]?[0-9]{0,14}[.]?[0-9]{0,8}(e[-+]?[0-9]{1,2})?")| {
        prop_assume!(!cell.is_empty());
        if let Ok(row) = csv(&text, "f", &cell) {
            let Value::Decimal(decimal) = row.field("f") else { unreachable!() };
            let unscaled = apache_avro::BigDecimal::from((num_of(decimal), 6));
            let expected: apache_avro::BigDecimal = cell.trim_end_matches('.').parse().unwrap();
            prop_assert_eq!(unscaled, expected, "{}", cell);
        }
    });
}

fn num_of(decimal: apache_avro::Decimal) -> num_bigint::BigInt {
    decimal.into()
}
