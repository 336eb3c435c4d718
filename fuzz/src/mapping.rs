//! Any text in place of a mapping file, used with rows of CSV and of JSON if it is accepted.
//!
//! The other files of lookups are not read, so their tables are empty.

use std::path::Path;
use std::sync::Arc;

use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings, TimestampSource};
use k2_produce::mapping::{Binding, MapFile, Mapping, Rules};
use k2_produce::schema::RegisteredSchema;

/// Fields of many types, most of them with defaults.
pub(crate) const SCHEMA: &str = r#"{"type":"record","name":"T","namespace":"k2","fields":[
    {"name":"symbol","type":"string"},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":6},"default":"\u0000"},
    {"name":"volume","type":["null","long"],"default":null},
    {"name":"time","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null},
    {"name":"day","type":["null",{"type":"int","logicalType":"date"}],"default":null},
    {"name":"side","type":["null",{"type":"enum","name":"Side","symbols":["BUY","SELL"]}],"default":null},
    {"name":"ratio","type":["null","double","string"],"default":null},
    {"name":"flag","type":["null","boolean"],"default":null},
    {"name":"tags","type":{"type":"array","items":"string"},"default":[]},
    {"name":"more","type":{"type":"map","values":["null","string","long"]},"default":{}},
    {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
        {"name":"id","type":["null","string"],"default":null},{"name":"next","type":["null","Leg"],"default":null}]}],
     "default":null},
    {"name":"hash","type":["null",{"type":"fixed","name":"Hash","size":4}],"default":null},
    {"name":"uuid","type":["null",{"type":"string","logicalType":"uuid"}],"default":null}]}"#;

const COLUMNS: [&str; 6] = ["symbol", "price", "volume", "Date", "Time", "Trade Price"];

const ROWS: [&str; 5] = [
    "BHP,40.20,1597,25/03/2014,10:00:05.516,40.205",
    "\"\",-1e3,,2014-03-25,36000,\"1.234,5\"",
    ",,,,,",
    "35=AE|55=BHP|,\"[1,{\"\"a\"\":null}]\",007,20140325,00:00:60,(12)",
    "\u{e9}\u{1f600}\u{df}\u{3a3},NaN,9223372036854775808,0001-01-01,24:00,\u{a0} x ",
];

const LINES: [&str; 4] = [
    r#"{"symbol":"BHP","price":40.20,"volume":"1597","Date":"25/03/2014","Time":"10:00:05.516","Trade Price":1e2}"#,
    r#"{"symbol":null,"price":{"a":[1,2,{"b":"c"}]},"trades":[{"px":1.5,"id":"x"}],"leg":{"id":"y","next":{"id":null}}}"#,
    r#"{"symbol":"","volume":-0,"flag":true,"tags":["a",null],"more":{"k":1,"":"v"},"ratio":"NaN"}"#,
    "{}",
];

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let map = match MapFile::parse("trades.toml", text) {
        Ok(map) => map,
        Err(error) => return crate::assert_message(&error.to_string()),
    };
    _ = map.input().dialect(None, &[]);
    let schema = RegisteredSchema::from_text("mapping-value", SCHEMA).expect("the schema is valid");
    let mapping = Mapping::by_name(Rules::default())
        .for_input(Some(Path::new("data/trades_7078.csv")))
        .with_map(Arc::new(map.clone()));
    _ = mapping.check(&schema);
    match mapping.bind_columns(&COLUMNS.map(str::to_owned), &schema) {
        Ok(binding) => encode(&map, &binding, &ROWS),
        Err(error) => crate::assert_message(&error.to_string()),
    }
    match mapping.bind_keys(&schema) {
        Ok(binding) => encode(&map, &binding, &LINES),
        Err(error) => crate::assert_message(&error.to_string()),
    }
}

fn encode(map: &MapFile, binding: &Binding<'_>, rows: &[&str]) {
    let settings = PlanSettings {
        timestamp: map.has_timestamp().then_some(TimestampSource::Mapped),
        ..PlanSettings::new(KeyChoice::Default)
    };
    let plan = match MessagePlan::compile(binding, &settings) {
        Ok(plan) => plan,
        Err(error) => return crate::assert_message(&error.to_string()),
    };
    let mut encoder = Encoder::new(Arc::new(plan));
    let schema = apache_avro::Schema::parse_str(SCHEMA).expect("the schema is valid");
    let mut out = Vec::new();
    for row in rows {
        if encoder
            .admits_line(row.as_bytes())
            .is_ok_and(|is_admitted| !is_admitted)
        {
            continue;
        }
        let before = out.len();
        match encoder.encode_line(row.as_bytes(), &mut out) {
            Ok(message) if message.is_tombstone => assert!(message.value.is_empty()),
            Ok(message) => assert_datum(&schema, &out[message.value]),
            Err(error) => {
                assert_eq!(out.len(), before, "a rejected row left bytes");
                error
                    .all()
                    .for_each(|error| crate::assert_message(&error.to_string()));
            }
        }
    }
}

/// The bytes are a datum of the schema.
pub(crate) fn assert_datum(schema: &apache_avro::Schema, mut datum: &[u8]) {
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(schema)
        .build()
        .expect("a reader");
    reader.read_value(&mut datum).expect("a datum");
    assert!(datum.is_empty(), "{} bytes are left", datum.len());
}
