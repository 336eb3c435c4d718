//! Keys, headers and timestamps of messages.

use super::*;
use crate::encode::hint::Hint;
use crate::schema::SchemaId;

#[test]
fn keys_are_the_canonical_text_of_their_field() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"symbol","type":["null","string"]},{"name":"n","type":"long"},{"name":"b","type":"boolean"},
        {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
        {"name":"side","type":{"type":"enum","name":"E","symbols":["BUY","SELL"]}}]}"#;
    let line = "BHP,1e3,Y,-0.5,SELL";
    let key = |choice: &KeyChoice| {
        csv_with(
            text,
            "symbol,n,b,price,side",
            line,
            &Settings::new(choice.clone()),
        )
        .unwrap()
        .key()
        .map(str::to_owned)
    };
    let field = |name: &str| text_key(name);
    assert_eq!(key(&KeyChoice::Default).as_deref(), Some("BHP"));
    assert_eq!(key(&KeyChoice::None), None);
    for (name, expected) in [
        ("n", "1000"),
        ("b", "true"),
        ("price", "-0.50"),
        ("side", "SELL"),
        ("symbol", "BHP"),
    ] {
        assert_eq!(key(&field(name)).as_deref(), Some(expected), "{name}");
    }
    let error = csv(text, "symbol,n,b,price,side", ",1,y,1,BUY").err().unwrap();
    assert_eq!(error.kind, RowErrorKind::EmptyKey);
}

#[test]
fn a_field_of_a_record_in_a_union_with_null_can_be_the_key() {
    let text = r#"["null",{"type":"record","name":"x.Trade","fields":[{"name":"symbol","type":"string"}]}]"#;
    for line in [
        r#"{"symbol":"BHP"}"#,
        r#"{"x.Trade":{"symbol":"BHP"}}"#,
        r#"{"Trade":{"symbol":"BHP"}}"#,
    ] {
        assert_eq!(json(text, line).unwrap().key(), Some("BHP"), "{line}");
    }
    assert_eq!(csv(text, "symbol", "BHP").unwrap().key(), Some("BHP"));
    assert_eq!(json(text, "null").err().unwrap().kind, RowErrorKind::EmptyKey);
}

/// Trades and quotes in one topic.
const SEVERAL: &str = r#"["null",
    {"type":"record","name":"x.Trade","fields":[{"name":"n","type":"int"},{"name":"symbol","type":["null","string"]}]},
    {"type":"record","name":"x.Quote","fields":[{"name":"symbol","type":"string"},{"name":"bid","type":"int"}]}]"#;

#[test]
fn a_field_of_every_record_of_a_union_can_be_the_key() {
    for (line, key) in [
        (r#"{"symbol":"BHP","bid":1}"#, "BHP"),
        (r#"{"bid":1,"symbol":"BHP"}"#, "BHP"),
        (r#"{"x.Quote":{"symbol":"BHP","bid":1}}"#, "BHP"),
        (r#"{"n":7,"symbol":"CBA"}"#, "CBA"),
        (r#"{"Trade":{"symbol":"CBA","n":7}}"#, "CBA"),
    ] {
        assert_eq!(json(SEVERAL, line).unwrap().key(), Some(key), "{line}");
        let cell = format!("\"{}\"", line.replace('"', "\"\""));
        assert_eq!(csv(SEVERAL, "row", &cell).unwrap().key(), Some(key), "{line}");
    }
    for line in ["null", r#"{"n":7,"symbol":null}"#] {
        assert_eq!(
            json(SEVERAL, line).err().unwrap().kind,
            RowErrorKind::EmptyKey,
            "{line}"
        );
    }
}

#[test]
fn a_root_type_without_such_a_field_says_why_it_cannot_be_the_key() {
    let fault = |text: &str, key: &str| {
        let schema = schema(text);
        let binding = Mapping::default().bind_keys(&schema).unwrap();
        MessagePlan::compile(&binding, &PlanSettings::new(text_key(key))).unwrap_err()
    };
    assert_eq!(
        fault(SEVERAL, "bid").message,
        "record Trade has no field `bid` for the key; the fields are n, symbol"
    );
    let error = fault(
        r#"["string",{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]}]"#,
        "a",
    );
    assert_eq!(
        error.message,
        "the root type is string or record A, not a record: `a` cannot be the key"
    );
    assert_eq!(error.hint, Some(Hint::KeyOfNoRecord));
}

const LEGS: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"exchange","type":"string"},
    {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
        {"name":"symbol","type":"string"},
        {"name":"time","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},
        {"name":"id","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}}]}]},
    {"name":"day","type":{"type":"int","logicalType":"date"}},
    {"name":"any","type":["null","int","string"]}]}"#;

const UUID: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

/// The same row in each of its possible forms.
fn each_way(settings: &Settings) -> Vec<Encoding> {
    let time = "2014-03-10T10:00:05.516999Z";
    let leg = format!(r#"{{"symbol":"BHP","time":"{time}","id":"{UUID}"}}"#);
    let doubled = leg.replace('"', "\"\"");
    vec![
        csv_with(
            LEGS,
            "day,leg.time,leg.symbol,exchange,leg.id,any",
            &format!("2014-03-10,{time},BHP,ASX,{UUID},7"),
            settings,
        )
        .unwrap(),
        csv_with(
            LEGS,
            "leg,exchange,day,any",
            &format!("\"{doubled}\",ASX,2014-03-10,7"),
            settings,
        )
        .unwrap(),
        json_with(
            LEGS,
            &format!(r#"{{"exchange":"ASX","leg":{leg},"day":"2014-03-10","any":7}}"#),
            settings,
        )
        .unwrap(),
        json_with(
            LEGS,
            &format!(r#"{{"any":{{"int":7}},"day":"2014-03-10","leg":{{"Leg":{leg}}},"exchange":"ASX"}}"#),
            settings,
        )
        .unwrap(),
    ]
}

#[test]
fn templates_and_paths_make_keys() {
    for (key, expected) in [
        ("leg.symbol", "BHP"),
        ("{exchange}.{leg.symbol}", "ASX.BHP"),
        ("{{{day}}}/{any}", "{16139}/7"),
        ("leg.id", UUID),
        ("leg.time", "1394445605516999"),
        ("{exchange}", "ASX"),
    ] {
        let settings = Settings::new(text_key(key));
        for row in each_way(&settings) {
            assert_eq!(row.key(), Some(expected), "{key}");
        }
    }
    let settings = Settings::new(text_key("{exchange}.{leg.symbol}"));
    let error = json_with(
        LEGS,
        r#"{"exchange":"ASX","leg":null,"day":"1970-01-02","any":null}"#,
        &settings,
    );
    let error = error.err().unwrap();
    assert_eq!(error.kind, RowErrorKind::EmptyKey);
    assert_eq!(
        error.to_string(),
        "`{exchange}.{leg.symbol}`: the message's key would be empty"
    );
}

#[test]
fn a_key_within_a_nullable_record_does_not_change_how_it_is_read() {
    let text = r#"{"type":"record","name":"R","fields":[{"name":"leg","type":["null",
        {"type":"record","name":"Leg","fields":[{"name":"Leg","type":"string"},{"name":"n","type":"int","default":0}]}]}]}"#;
    let settings = Settings::new(text_key("leg.Leg"));
    for (leg, key) in [
        (r#"{"Leg":"bare"}"#, "bare"),
        (r#"{"Leg":{"Leg":"wrapped"}}"#, "wrapped"),
        (r#"{"n":1,"Leg":"bare"}"#, "bare"),
    ] {
        let line = format!(r#"{{"leg":{leg}}}"#);
        let row = json_with(text, &line, &settings).unwrap();
        assert_eq!(row.key(), Some(key), "{leg}");
        assert_eq!(row.value(), json(text, &line).unwrap().value());
        let cell = format!("\"{}\"", leg.replace('"', "\"\""));
        assert_eq!(
            csv_with(text, "leg", &cell, &settings).unwrap().key(),
            Some(key),
            "{leg}"
        );
    }
}

#[test]
fn headers_are_texts_of_the_row_or_null_if_a_field_is_null() {
    let mut settings = Settings::new(KeyChoice::None);
    settings.plan.headers = ["exchange", "{leg.symbol}@{exchange}", "any"]
        .map(|written| MessageHeader {
            name: "h".to_owned(),
            source: HeaderSource::Template(Template::field_or_template(written).unwrap()),
        })
        .to_vec();
    let texts = |row: &Encoding| -> Vec<Option<String>> {
        let text = |range: Range<usize>| String::from_utf8(row.out[range].to_vec()).unwrap();
        row.headers.iter().cloned().map(|range| range.map(text)).collect()
    };
    for row in each_way(&settings) {
        let expected = ["ASX", "BHP@ASX", "7"].map(|text| Some(text.to_owned()));
        assert_eq!(texts(&row), expected);
        assert_eq!(row.value(), each_way(&Settings::new(KeyChoice::None))[0].value());
    }
    let line = r#"{"exchange":"ASX","leg":null,"day":"1970-01-02","any":null}"#;
    let row = json_with(LEGS, line, &settings).unwrap();
    assert_eq!(texts(&row), [Some("ASX".to_owned()), None, None]);
}

#[test]
fn the_messages_timestamp_is_a_field_in_milliseconds() {
    let mut settings = Settings::new(KeyChoice::None);
    settings.plan.timestamp = Some(crate::encode::TimestampSource::Field("leg.time".to_owned()));
    for row in each_way(&settings) {
        assert_eq!(row.message.timestamp, Some(1_394_445_605_516));
    }
    let with_leg = |leg: &str| {
        let line = format!(r#"{{"exchange":"ASX","leg":{leg},"day":"1970-01-02","any":null}}"#);
        json_with(LEGS, &line, &settings).unwrap().message.timestamp
    };
    let leg = |time: &str| format!(r#"{{"symbol":"BHP","time":{time},"id":"{UUID}"}}"#);
    assert_eq!(with_leg("null"), None);
    assert_eq!(with_leg(&leg("null")), None);
    // Whether a message can have this timestamp is checked later, when the topic's settings are known.
    assert_eq!(with_leg(&leg("\"1969-12-31T23:59:59Z\"")), Some(-1000));
    let schema = schema(LEGS);
    for (field, why) in [
        (
            "leg.symbol",
            "the field `leg.symbol` of type string cannot be the message's timestamp",
        ),
        ("day", "the field `day` of type date cannot be"),
        ("Day", "the schema has no field `Day` for the timestamp"),
    ] {
        let settings = PlanSettings {
            timestamp: Some(crate::encode::TimestampSource::Field(field.to_owned())),
            ..PlanSettings::new(KeyChoice::None)
        };
        let binding = Mapping::default().bind_keys(&schema).unwrap();
        let error = MessagePlan::compile(&binding, &settings).unwrap_err();
        assert!(error.message.contains(why), "{error}");
    }
}

fn avro_key(text: &str, field: Option<&str>) -> Settings {
    let mut schema = RegisteredSchema::from_text("t-key", text).unwrap();
    schema.id = Some(SchemaId::new(7));
    Settings::new(KeyChoice::Avro {
        schema: Box::new(schema),
        field: field.map(str::to_owned),
    })
}

#[test]
fn keys_may_be_avro_with_their_own_id() {
    let record = r#"{"type":"record","name":"K","fields":[
        {"name":"day","type":{"type":"int","logicalType":"date"}},{"name":"exchange","type":"string"}]}"#;
    let header = [0u8, 0, 0, 0, 7];
    // From the columns and JSON keys with the same names, regardless of what else the row has.
    let csv_row = csv_with(
        LEGS,
        "exchange,leg,day,any",
        "ASX,,2014-03-10,",
        &avro_key(record, None),
    )
    .unwrap();
    let json_row = json_with(
        LEGS,
        r#"{"exchange":"ASX","leg":null,"day":"2014-03-10","any":null}"#,
        &avro_key(record, None),
    )
    .unwrap();
    for row in [csv_row, json_row] {
        let key = row.message.key.clone().unwrap();
        assert_eq!(key.start, row.message.value.end);
        let datum = [0x96u8, 0xfc, 0x01, 6, b'A', b'S', b'X'];
        assert_eq!(row.out[key], [&header[..], &datum].concat());
    }
    // A key that is not a record is made from the named field.
    for row in [
        csv_with(
            LEGS,
            "exchange,leg,day,any",
            "ASX,,1970-01-02,",
            &avro_key("\"string\"", Some("exchange")),
        )
        .unwrap(),
        json_with(
            LEGS,
            r#"{"exchange":"ASX","leg":null,"day":"1970-01-02","any":null}"#,
            &avro_key("\"string\"", Some("exchange")),
        )
        .unwrap(),
    ] {
        let key = row.message.key.clone().unwrap();
        assert_eq!(row.out[key], [&header[..], b"\x06ASX"].concat());
    }
}

#[test]
fn keys_used_only_by_the_message_key_are_not_unknown() {
    let record = r#"{"type":"record","name":"K","fields":[{"name":"account","type":"string"}]}"#;
    let line = |more: &str| {
        format!(r#"{{"exchange":"ASX","leg":null,"day":"1970-01-02","any":null,"account":"a"{more}}}"#)
    };
    for settings in [avro_key(record, None), avro_key("\"string\"", Some("account"))] {
        assert!(json_with(LEGS, &line(""), &settings).is_ok());
        let error = json_with(LEGS, &line(r#","more":1"#), &settings).err().unwrap();
        assert_eq!(error.kind, RowErrorKind::UnknownKey);
    }
    assert!(json_with(LEGS, &line(""), &Settings::new(KeyChoice::None)).is_err());
}

#[test]
fn an_avro_key_that_cannot_be_built_is_reported() {
    let compile = |settings: &Settings, names: &[&str]| {
        let schema = schema(LEGS);
        let header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let binding: Binding<'_> = match header.is_empty() {
            true => Mapping::default().bind_keys(&schema).unwrap(),
            false => Mapping::default().bind_columns(&header, &schema).unwrap(),
        };
        let error = MessagePlan::compile(&binding, &settings.plan).unwrap_err();
        (error.message, error.hint)
    };
    let columns = ["exchange", "leg", "day", "any"];
    let record = r#"{"type":"record","name":"K","fields":[{"name":"venue","type":"int"}]}"#;
    for (settings, names, message, hint) in [
        (
            avro_key(record, None),
            &columns[..],
            "the columns do not match the key's schema",
            Hint::KeyColumns,
        ),
        (
            avro_key("\"string\"", None),
            &[],
            "no field is named for its value",
            Hint::KeyValueField,
        ),
        (
            avro_key("\"string\"", Some("venue")),
            &columns,
            "no column `venue` for the key",
            Hint::KeyValueColumn,
        ),
    ] {
        let (found, hinted) = compile(&settings, names);
        assert!(found.contains(message), "{found}");
        assert_eq!(hinted, Some(hint), "{message}");
    }
    let error = json_with(
        LEGS,
        r#"{"exchange":"ASX","leg":null,"day":"1970-01-02","any":null}"#,
        &avro_key("\"string\"", Some("venue")),
    );
    assert_eq!(error.err().unwrap().kind, RowErrorKind::Missing);
}
