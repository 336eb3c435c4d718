//! Fields that a mapping gives the same value in every row.

use std::sync::Arc;

use super::*;

const SCHEMA: &str = r#"{"type": "record", "name": "T", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}},
    {"name": "time", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
    {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL"]}},
    {"name": "flags", "type": {"type": "array", "items": "int"}},
    {"name": "leg", "type": ["null", {"type": "record", "name": "Leg", "fields": [
        {"name": "venue", "type": "string"}, {"name": "size", "type": ["null", "long"]}]}]}]}"#;

const MAP: &str = r#"
[fields]
symbol = "Sym"
price = '"40.20"'
time = '"2014-03-10T10:00:05.516"'
side = 'upper("sell")'
flags = '"[1, 2]"'
leg.venue = '"A"'
leg.size = "Size"

[rules]
tz = "Australia/Sydney"
"#;

fn plan(map: &str, header: Option<&str>, settings: &PlanSettings) -> Result<Arc<MessagePlan>, PlanError> {
    mapped_plan(&mapping_of(map), &schema(SCHEMA), header, settings)
}

/// The datum as the apache-avro crate reads it, and the key.
fn read(plan: Arc<MessagePlan>, row: &str) -> (Value, Option<Vec<u8>>) {
    let mut out = Vec::new();
    let message = Encoder::new(plan).encode_line(row.as_bytes(), &mut out).unwrap();
    let judge = judge(&schema(SCHEMA));
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(&judge)
        .build()
        .unwrap();
    let mut datum = &out[message.value];
    let value = reader.read_value(&mut datum).unwrap();
    assert!(datum.is_empty(), "the whole datum is read");
    (value, message.key.map(|key| out[key].to_vec()))
}

fn own_columns(row: &str) -> Value {
    let schema = schema(SCHEMA);
    let binding = Mapping::default().bind_keys(&schema).unwrap();
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    read(Arc::new(plan), row).0
}

#[test]
fn constants_have_the_datum_of_the_same_text_in_a_column() {
    let wanted = own_columns(
        r#"{"symbol": "BHP", "price": "40.20", "time": "2014-03-10T10:00:05.516+11:00", "side": "SELL", "flags": [1, 2], "leg": {"venue": "A", "size": 7}}"#,
    );
    let settings = PlanSettings::new(KeyChoice::None);
    let csv = plan(MAP, Some("Sym,Size"), &settings).unwrap();
    assert_eq!(read(csv, "BHP,7").0, wanted);
    let json = plan(MAP, None, &settings).unwrap();
    assert_eq!(read(json, r#"{"Sym": "BHP", "Size": 7}"#).0, wanted);
}

/// Keys and timestamps are read from the places of their fields.
#[test]
fn a_constant_can_be_the_key_and_the_timestamp() {
    let mut settings = PlanSettings::new(KeyChoice::Text(Template::field("side")));
    settings.timestamp = Some(crate::encode::TimestampSource::Field("time".to_owned()));
    let plan = plan(MAP, Some("Sym,Size"), &settings).unwrap();
    let mut out = Vec::new();
    let message = Encoder::new(plan).encode_line(b"BHP,7", &mut out).unwrap();
    assert_eq!(&out[message.key.unwrap()], b"SELL");
    assert_eq!(message.timestamp, Some(1_394_406_005_516));
}

#[test]
fn a_constant_that_does_not_fit_its_field_is_refused_before_the_first_row() {
    for (entry, wrong, said) in [
        (
            "price = '\"40.20\"'",
            "price = '\"forty\"'",
            "m.toml:4:10: the value does not fit `price`: expected a number (decimal(18, 6))\n",
        ),
        (
            "side = 'upper(\"sell\")'",
            "side = '\"sell\"'",
            "m.toml:6:9: the value does not fit `side`: ",
        ),
        (
            "leg.size = \"Size\"",
            "leg.size = '\"x\"'",
            "m.toml:9:13: the value does not fit `leg.size`: expected an integer (long)",
        ),
        (
            "flags = '\"[1, 2]\"'",
            "flags = '\"[1, x]\"'",
            "m.toml:7:10: the value does not fit `flags`: ",
        ),
        (
            "price = '\"40.20\"'",
            "price = 'null'",
            "m.toml:4:10: the value does not fit `price`: ",
        ),
    ] {
        assert!(MAP.contains(entry));
        let map = MAP.replace(entry, wrong);
        let error = plan(&map, Some("Sym,Size"), &PlanSettings::new(KeyChoice::None)).unwrap_err();
        assert!(error.message.starts_with(said), "{error}");
    }
}

#[test]
fn a_part_of_the_message_that_no_row_can_have_is_refused_before_the_first_row() {
    let mut timed = PlanSettings::new(KeyChoice::Default);
    timed.timestamp = Some(crate::encode::TimestampSource::Mapped);
    let untimed = PlanSettings::new(KeyChoice::Default);
    for (part, settings, said) in [
        (
            "key = 'null'",
            &untimed,
            "key`: the message's key would be empty\n 2 | key = 'null'\n   |        ^^^^",
        ),
        (
            "key = 'trim(\" \")'",
            &untimed,
            "key`: the message's key would be empty",
        ),
        (
            "partition = \"-1\"",
            &untimed,
            "partition`: expected the number of a partition, from 0",
        ),
        (
            "partition = 1.5",
            &untimed,
            "partition`: expected the number of a partition, from 0",
        ),
        (
            "partition = 'null'",
            &untimed,
            "partition`: expected the number of a partition, from 0",
        ),
        ("timestamp = '\"2014-03-10T10:00:05\"'", &timed, "timestamp`: "),
        (
            "timestamp = '\"soon\"'",
            &timed,
            "timestamp`: expected an RFC 3339 time",
        ),
        (
            "timestamp = 'null'",
            &timed,
            "timestamp`: it is null, but the message needs its timestamp",
        ),
        (
            "timestamp = '\"1970-01-01T00:00:00Z\"'",
            &timed,
            "timestamp`: a message timestamp must be after 1970",
        ),
    ] {
        let error = plan(
            &format!("[message]\n{part}\n{OTHERS}"),
            Some("symbol,price,time,side,flags"),
            settings,
        );
        let message = error.unwrap_err().message;
        assert!(message.starts_with("m.toml:2:"), "{part}: {message}");
        assert!(
            message.contains(&format!(": the value does not fit `message.{said}")),
            "{part}: {message}"
        );
    }
    for part in [
        "key = '\"k\"'",
        "partition = 0",
        "timestamp = '\"2014-03-10T10:00:05Z\"'",
        "headers.h = 'null'",
    ] {
        let settings = if part.starts_with("timestamp") {
            &timed
        } else {
            &untimed
        };
        let fits = plan(
            &format!("[message]\n{part}\n{OTHERS}"),
            Some("symbol,price,time,side,flags"),
            settings,
        );
        assert!(fits.is_ok(), "{part}: {fits:?}");
    }
}

const OTHERS: &str = "[fields]\nleg = 'null'\n";

/// Null is a constant as others are.
#[test]
fn a_null_is_written_if_the_field_allows_it() {
    let wanted = own_columns(
        r#"{"symbol": "BHP", "price": "1", "time": null, "side": "BUY", "flags": [], "leg": null}"#,
    );
    let map = "[fields]\ntime = 'null'\nleg = 'null'\n";
    let plan = plan(
        map,
        Some("symbol,price,side,flags"),
        &PlanSettings::new(KeyChoice::None),
    )
    .unwrap();
    assert_eq!(read(plan, "BHP,1,BUY,[]").0, wanted);
}
