//! The row loop allocates nothing for a good flat row after its buffers have grown.

use std::sync::Arc;

use k2_produce::encode::{
    Encoder, HeaderSource, KeyChoice, MessageHeader, MessagePlan, PlanSettings, TimestampSource,
};
use k2_produce::mapping::functions::{
    Capture, DateFormat, Negative, NumberFormat, TimeShift, arithmetic, implied, seconds_of_day, text,
};
use k2_produce::mapping::rules::{EpochUnit, Rules};
use k2_produce::mapping::{Binding, MapFile, Mapping};
use k2_produce::record::{Framing, JsonShape, RowFormat};
use k2_produce::schema::RegisteredSchema;

/// A flat record with every kind of field that trades have, including unions.
const TRADE: &str = r#"{"type": "record", "name": "Trade", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "company_id", "type": "int"},
    {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}},
    {"name": "fee", "type": {"type": "fixed", "name": "Fee", "size": 8, "logicalType": "decimal", "precision": 18, "scale": 2}},
    {"name": "weight", "type": "double"},
    {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL"]}},
    {"name": "buyer_id", "type": ["null", "string"], "default": null},
    {"name": "note", "type": ["null", "long", "string"], "default": null},
    {"name": "exchange", "type": "string", "default": "ASX"}]}"#;

const HEADER: [&str; 10] = [
    "symbol",
    "company_id",
    "time",
    "day",
    "price",
    "fee",
    "weight",
    "side",
    "buyer_id",
    "note",
];

const CSV: &[u8] = b"BHP,7078,2014-03-10T10:00:05.516Z,2014-03-10,-40.20,1.5,0.30000000000000004,SELL,,late";

const JSON: &[u8] = br#"{"symbol":"BHP","company_id":7078,"time":"2014-03-10T10:00:05.516Z","day":"2014-03-10","price":40.2,"fee":"1.50","weight":0.10000000000000001,"side":"SELL","buyer_id":{"string":"x"},"note":7}"#;

/// Computed fields, next to those that come from columns with their names.
const MAPPING: &str = r#"
[rows]
where = 'price < 0.5 and side == "SELL" and (buyer_id == null or not (day >= "2014-03-10"))'

[fields]
symbol = 'concat(lower(symbol), "/AX")'
company_id = "company_id * 2 - line_number()"
time = 'datetime("%Y-%m-%d %H:%M:%S%.f%z", day, "10:00:05.516Z")'
weight = 'first(buyer_id, number(price), weight)'
side = 'translate(side, {"SELL": "BUY", "BUY": "SELL"})'
note = 'replace(capture(symbol, "(.)$"), "P", "late")'
buyer_id = 'key_value(note, "7", "|")'
"#;

fn mapped_by(text: &str) -> Mapping {
    let map = MapFile::parse("m.toml", text).unwrap();
    Mapping::by_name(Rules::default()).with_map(Arc::new(map))
}

fn encoder(binding: &Binding<'_>) -> Encoder {
    let template = "{exchange}.{symbol}".parse().unwrap();
    let settings = PlanSettings {
        timestamp: Some(TimestampSource::Field("time".to_owned())),
        ..PlanSettings::new(KeyChoice::Text(template))
    };
    Encoder::new(Arc::new(MessagePlan::compile(binding, &settings).unwrap()))
}

/// The number of allocations for a thousand rows, after one row that lets the buffers grow.
fn allocations(mut encode: impl FnMut(&mut Vec<u8>)) -> u64 {
    let mut out = Vec::with_capacity(4096);
    encode(&mut out);
    let counted = allocation_counter::measure(|| {
        for _ in 0..1_000 {
            out.clear();
            encode(&mut out);
        }
    });
    counted.count_total
}

#[test]
fn flat_rows_allocate_nothing() {
    let schema = RegisteredSchema::from_text("t-value", TRADE).unwrap();
    let header = HEADER.map(str::to_owned);
    let mapping = Mapping::default();

    let mut csv = encoder(&mapping.bind_columns(&header, &schema).unwrap());
    let from_cells = allocations(|out| {
        csv.encode_line(CSV, out).unwrap();
    });

    let mut jsonl = encoder(&mapping.bind_keys(&schema).unwrap());
    let from_json = allocations(|out| {
        jsonl.encode_line(JSON, out).unwrap();
    });
    let mut mapped = encoder(&mapped_by(MAPPING).bind_columns(&header, &schema).unwrap());
    let from_mapped_cells = allocations(|out| {
        assert!(mapped.admits_line(CSV).unwrap());
        mapped.encode_line(CSV, out).unwrap();
    });
    // A row within other values, which gets its names and a value from around it.
    const NAMES: [&str; 10] = [
        "symbol",
        "company_id",
        "time",
        "",
        "price",
        "fee",
        "weight",
        "side",
        "buyer_id",
        "note",
    ];
    const WITHIN: &[u8] = br#"{"day":"2014-03-10","data":[["BHP",7078,"2014-03-10T10:00:05.516Z",0,40.2,"1.50",0.5,"SELL",null,7]]}"#;
    let map = MapFile::parse("m.toml", "fields.day = '$root.day'").unwrap();
    let path = Some("data[*]".parse().unwrap());
    let shape = JsonShape::new(path, NAMES.map(str::to_owned).to_vec(), map.enclosing_values()).unwrap();
    let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
    let format = RowFormat::Json(Framing::Values, Arc::new(shape));
    let mut within = encoder(&mapping.bind_keys(&schema).unwrap()).with_format(format);
    let from_within = allocations(|out| {
        within.encode_line(WITHIN, out).unwrap();
    });
    assert_eq!(
        (from_cells, from_json, from_mapped_cells, from_within),
        (0, 0, 0, 0)
    );

    // The counter does count allocations.
    assert!(allocations(|out| out.extend(vec![0; 10])) >= 1_000);
}

#[test]
fn parts_of_messages_that_a_mapping_computes_allocate_nothing() {
    const PARTS: &str = r#"
        [rows]
        tombstone = 'side == "BUY"'
        [message]
        key = '"{symbol}/{side}"'
        timestamp = 'time'
        partition = 'row_number()'
        headers = { venue = 'lower(symbol)', none = 'null' }"#;
    let schema = RegisteredSchema::from_text("t-value", TRADE).unwrap();
    let header = HEADER.map(str::to_owned);
    let mapping = mapped_by(PARTS);
    let binding = mapping.bind_columns(&header, &schema).unwrap();
    let names = ["venue", "none"].into_iter().enumerate();
    let settings = PlanSettings {
        headers: names
            .map(|(index, name)| MessageHeader {
                name: name.to_owned(),
                source: HeaderSource::Mapped(index),
            })
            .collect(),
        timestamp: Some(TimestampSource::Mapped),
        ..PlanSettings::new(KeyChoice::Default)
    };
    let mut encoder = Encoder::new(Arc::new(MessagePlan::compile(&binding, &settings).unwrap()));
    let deleted = String::from_utf8(CSV.to_vec()).unwrap().replace("SELL", "BUY");
    let count = allocations(|out| {
        assert!(!encoder.encode_line(CSV, out).unwrap().is_tombstone);
        assert!(encoder.encode_str(&deleted, out).unwrap().is_tombstone);
    });
    assert_eq!(count, 0);
}

#[test]
fn the_fields_of_a_key_that_a_mapping_computes_allocate_nothing() {
    const KEY: &str = r#"{"type": "record", "name": "Key", "fields": [
        {"name": "exchange", "type": "string"}, {"name": "company", "type": "long"},
        {"name": "symbol", "type": "string"}]}"#;
    let schema = RegisteredSchema::from_text("t-value", TRADE).unwrap();
    let key = RegisteredSchema::from_text("t-key", KEY).unwrap();
    let mapping = mapped_by("[message.key]\nexchange = 'lower(side)'\ncompany = 'company_id'\n")
        .with_key_schema(Some(Arc::new(key.avro.clone())));
    let binding = mapping.bind_columns(&HEADER.map(str::to_owned), &schema).unwrap();
    let settings = PlanSettings::new(KeyChoice::Avro {
        schema: Box::new(key),
        field: None,
    });
    let mut encoder = Encoder::new(Arc::new(MessagePlan::compile(&binding, &settings).unwrap()));
    let count = allocations(|out| {
        let message = encoder.encode_line(CSV, out).unwrap();
        assert!(out[message.key.unwrap()].starts_with(b"\x08sell"));
    });
    assert_eq!(count, 0);
}

#[test]
fn functions_of_a_mapping_allocate_nothing() {
    let fixed = DateFormat::compile("%d/%m/%Y %H:%M:%S%.f", None).unwrap();
    let named = DateFormat::compile("%a, %d %b %y %I:%M:%S.%f %p %z", Some(1970)).unwrap();
    let numbers = NumberFormat::new(',', Some('.'), Negative::Parentheses).unwrap();
    let mut pattern = Capture::compile(r"^([A-Z]+)\d{6}[CP]\d{8}$").unwrap();
    let shift = TimeShift::new("2014-03-10T10:00:00Z", jiff::Timestamp::UNIX_EPOCH).unwrap();
    let count = allocations(|out| {
        fixed.append(b"10/03/2014 10:00:05.516", out).unwrap();
        named
            .append(b"Mon, 10 mar 14 10:00:05.516000 PM +1000", out)
            .unwrap();
        seconds_of_day(b"34200.189607670", EpochUnit::Seconds, out).unwrap();
        shift.append(b"2014-03-10T21:00:05.516+11:00", out).unwrap();
        numbers.append(b"(1.234.567,89)", out).unwrap();
        implied(b"-402000", 4, out).unwrap();
        arithmetic::add(b"40.20", b"1e-3", out).unwrap();
        arithmetic::subtract(b"12345678901234567890.123456789", b"0.5", out).unwrap();
        arithmetic::multiply(b"40.20", b"100", out).unwrap();
        arithmetic::negate(b"40.20", out).unwrap();
        assert!(arithmetic::compare(b"1.0", b"1").unwrap().is_eq());
        text::upper("straße".as_bytes(), out).unwrap();
        text::lower(b"BHP", out).unwrap();
        text::trim(b" BHP ", out).unwrap();
        text::replace(b"BHP.AX", b".", b"/", out).unwrap();
        text::substring("é140620".as_bytes(), 1, Some(6), out).unwrap();
        text::split(b"@;T;\"I\"", b";", out).unwrap();
        pattern.append(b"BHP140620C00040000", out).unwrap();
    });
    assert_eq!(count, 0);
}
