//! Where an error about a message's key or timestamp points: at the value that it came from, in every form of a row.

use super::*;
use crate::record::csv::split;
use crate::record::{Extent, Parts, Row, json as json_text};

const TRADE: &str = r#"{"type":"record","name":"Trade","fields":[
    {"name":"symbol","type":["null","string"]},
    {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
        {"name":"time","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},
        {"name":"venue","type":["null","int","string"]}]}]}]}"#;

/// The text that an error points at, and its column.
type Pointed = (Option<String>, Option<usize>);

fn pointed(line: &str, error: &RowError) -> Pointed {
    let span = error.span.clone();
    (span.map(|span| line[span].to_owned()), error.column)
}

/// Where an error about the timestamp `leg.time` points.
fn time_in(header: Option<&str>, line: &str) -> Pointed {
    let schema = schema(TRADE);
    let mapping = Mapping::default();
    let binding = match header {
        Some(header) => {
            let names: Vec<String> = header.split(',').map(str::to_owned).collect();
            mapping.bind_columns(&names, &schema).unwrap()
        }
        None => mapping.bind_keys(&schema).unwrap(),
    };
    let settings = PlanSettings {
        timestamp: Some(crate::encode::TimestampSource::Field("leg.time".to_owned())),
        ..PlanSettings::new(KeyChoice::None)
    };
    let plan = MessagePlan::compile(&binding, &settings).unwrap();
    let (mut cells, mut nodes) = (Vec::new(), Vec::new());
    let bytes = line.as_bytes();
    let parts = if header.is_some() {
        split(bytes, Extent::Whole, &mut cells);
        Parts::Csv(&cells)
    } else {
        json_text::parse(bytes, &mut nodes).unwrap();
        Parts::Json(&nodes)
    };
    let utf8 = true;
    let row = Row { bytes, utf8, parts };
    let mut encoder = RowEncoder::new(Arc::new(plan));
    encoder.encode(&row, &mut Vec::new()).unwrap();
    let error = encoder.at_timestamp(RowError::whole(RowErrorKind::NoTimestamp, "because"), &row);
    assert_eq!(error.field.as_deref(), Some("leg.time"));
    let pointed = pointed(line, &error);
    let value = error.value.map(|value| String::from_utf8(value).unwrap());
    assert_eq!(value, pointed.0.clone().filter(|text| !text.is_empty()));
    pointed
}

#[test]
fn an_error_about_a_time_points_at_it() {
    let text = |text: &str| Some(text.to_owned());
    let time = "2014-03-10T10:00:05Z";
    for (line, expected) in [
        (
            format!(r#"{{"symbol":"x","leg":{{"time":"{time}","venue":1}}}}"#),
            text(time),
        ),
        (
            format!(r#"{{"leg":{{"venue":1,"time":"{time}"}},"symbol":"x"}}"#),
            text(time),
        ),
        // A key with escapes, and wrappers around the record, the value and both.
        (
            format!(r#"{{"symbol":"x","leg":{{"\u0074ime":"{time}","venue":1}}}}"#),
            text(time),
        ),
        (
            format!(r#"{{"symbol":"x","leg":{{"Leg":{{"time":"{time}","venue":1}}}}}}"#),
            text(time),
        ),
        (
            r#"{"symbol":"x","leg":{"time":{"long":1394445605000},"venue":1}}"#.into(),
            text("1394445605000"),
        ),
        (
            r#"{"symbol":"x","leg":{"Leg":{"time":{"long":1394445605000},"venue":{"int":1}}}}"#.into(),
            text("1394445605000"),
        ),
        (
            r#"{"symbol":"x","leg":{"time":null,"venue":1}}"#.into(),
            text("null"),
        ),
        (r#"{"symbol":"x","leg":null}"#.into(), text("null")),
    ] {
        assert_eq!(time_in(None, &line), (expected, None), "{line}");
    }
    let header = "leg.venue,symbol,leg.time";
    for (line, expected) in [
        (format!("1,x,{time}"), (text(time), Some(3))),
        (format!("1,x,\"{time}\""), (text(time), Some(3))),
        ("1,x,".to_owned(), (text(""), Some(3))),
        // The record is null, so the time is too.
        (",x,".to_owned(), (text(""), Some(3))),
    ] {
        assert_eq!(time_in(Some(header), &line), expected, "{line}");
    }
    let leg = format!(r#"{{""time"": ""{time}"", ""venue"": 1}}"#);
    let line = format!("x,\"{leg}\"");
    assert_eq!(time_in(Some("symbol,leg"), &line), (Some(leg), Some(2)));
    assert_eq!(time_in(Some("symbol,leg"), "x,null"), (text("null"), Some(2)));
}

#[test]
fn an_error_about_a_key_points_at_the_value_that_is_empty() {
    let settings = |key: &str| Settings::new(text_key(key));
    let text = |text: &str| Some(text.to_owned());
    for (key, line, expected) in [
        ("symbol", r#"{"symbol":null,"leg":null}"#, text("null")),
        ("symbol", r#"{"symbol":"","leg":null}"#, text("")),
        ("symbol", r#"{"symbol":{"string":""},"leg":null}"#, text("")),
        (
            "leg.venue",
            r#"{"symbol":"x","leg":{"time":null,"venue":null}}"#,
            text("null"),
        ),
        (
            "leg.venue",
            r#"{"symbol":"x","leg":{"Leg":{"time":null,"venue":{"string":""}}}}"#,
            text(""),
        ),
        (
            "{symbol}.{leg.venue}",
            r#"{"symbol":"x","leg":null}"#,
            text("null"),
        ),
        (
            "{symbol}{leg.venue}",
            r#"{"symbol":"x","leg":{"time":null,"venue":null}}"#,
            text("null"),
        ),
    ] {
        let error = json_with(TRADE, line, &settings(key)).err().unwrap();
        assert_eq!(error.kind, RowErrorKind::EmptyKey);
        assert_eq!(pointed(line, &error), (expected, None), "{line}");
        assert_eq!(
            error.to_string(),
            format!("`{key}`: the message's key would be empty")
        );
    }
    for (key, header, line, expected) in [
        ("symbol", "leg,symbol", "null,", (text(""), Some(2))),
        (
            "leg.venue",
            "leg.venue,leg.time,symbol",
            ",,x",
            (text(""), Some(1)),
        ),
        (
            "{symbol}.{leg.venue}",
            "symbol,leg.time,leg.venue",
            "x,2014-03-10T10:00:05Z,",
            (text(""), Some(3)),
        ),
        ("leg.venue", "symbol,leg", "x,null", (text("null"), Some(2))),
    ] {
        let error = csv_with(TRADE, header, line, &settings(key)).err().unwrap();
        assert_eq!(error.kind, RowErrorKind::EmptyKey);
        assert_eq!(pointed(line, &error), expected, "{line}");
    }
}
