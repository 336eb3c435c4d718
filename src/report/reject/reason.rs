//! A line of `FILE.errors.jsonl`: the position of a kept row, and why it was kept.

use serde_json::{Map, Value, json};

use super::{HintWords, RejectReason, RejectsSettings};
use crate::encode::RowError;
use crate::load::{DeliveryError, Fate, ObservedRow};

/// The JSON object for `row`, with a line feed; `rejects_line` is where the row is in FILE.
pub(super) fn reason(
    row: &ObservedRow<'_>,
    fate: Fate,
    why: RejectReason<'_>,
    rejects_line: u64,
    settings: &RejectsSettings,
) -> String {
    let hint_words = settings.hint_words;
    let Value::Object(mut object) = json!({
        "fate": fate.word(),
        "file": row.input,
        "line": row.position.line,
        "line_column": row.position.column,
        "byte": row.position.raw_byte,
        "rejects_line": rejects_line,
    }) else {
        unreachable!("braces make an object")
    };
    let mut faults = match why {
        RejectReason::Row(error) => error
            .all()
            .map(|fault| row_fault(fault, row.columns, hint_words))
            .collect(),
        RejectReason::Delivery(error) => vec![delivery_fault(error)],
    }
    .into_iter();
    object.extend(faults.next().into_iter().flatten());
    object.insert("also".to_owned(), faults.map(Value::Object).collect());
    if let Some(load) = &settings.load {
        object.insert("load".to_owned(), Value::from(&*load.name));
    }
    format!("{}\n", Value::Object(object))
}

/// One fault of a row. A value that is not UTF-8 is given twice: readable in `value`, exact in `value_hex`.
fn row_fault(fault: &RowError, columns: &[String], hint_words: HintWords) -> Map<String, Value> {
    let column = fault.column.and_then(|number| columns.get(number - 1));
    let value = fault.value.as_deref();
    let Value::Object(mut object) = json!({
        "field": fault.field,
        "column": column,
        "column_number": fault.column,
        "type": fault.wanted,
        "value": value.map(String::from_utf8_lossy),
        "kind": fault.kind.name(),
        "reason": fault.to_string(),
        "hint": fault.hint.as_ref().map(hint_words),
    }) else {
        unreachable!("braces make an object")
    };
    if let Some(value) = value
        && std::str::from_utf8(value).is_err()
    {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        object.insert("value_hex".to_owned(), Value::from(hex));
    }
    object
}

/// The delivery error of a row, with the same keys.
fn delivery_fault(error: &DeliveryError) -> Map<String, Value> {
    let Value::Object(object) = json!({
        "field": null,
        "column": null,
        "column_number": null,
        "type": null,
        "value": null,
        "kind": error.code,
        "reason": error.message,
        "hint": null,
    }) else {
        unreachable!("braces make an object")
    };
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::RowErrorKind;
    use crate::input::Encoding;
    use crate::load::InputNumber;
    use crate::record::Position;
    use crate::report::reject::{Existing, RejectsOfLoad, tests};

    fn row(columns: &[String]) -> ObservedRow<'_> {
        ObservedRow {
            input: "trades.csv",
            number: InputNumber::new(0),
            columns,
            position: Position {
                row: 1040,
                line: 1042,
                decoded_byte: 90_210,
                raw_byte: Some(90_210),
                column: None,
            },
            bytes: b"",
        }
    }

    fn fault(value: &[u8]) -> RowError {
        RowError {
            field: Some("price".to_owned()),
            wanted: Some("decimal(18, 6)".to_owned()),
            value: Some(value.to_owned()),
            column: Some(2),
            ..*RowError::whole(
                RowErrorKind::DecimalScale,
                "decimal(18, 6) allows 6 digits after the decimal point",
            )
        }
    }

    fn settings() -> RejectsSettings {
        RejectsSettings {
            load: Some(RejectsOfLoad {
                name: "trades".into(),
                has_begun: true,
                kept: Default::default(),
            }),
            ..tests::settings(Encoding::Utf8, Existing::Refuse)
        }
    }

    fn rejected(error: &RowError) -> String {
        let columns = ["Symbol", "Price"].map(str::to_owned);
        reason(
            &row(&columns),
            Fate::Rejected,
            RejectReason::Row(error),
            2,
            &settings(),
        )
    }

    #[test]
    fn a_reason_is_one_line_of_json() {
        assert_eq!(
            rejected(&fault(b"40.2015678")),
            "{\"fate\":\"rejected\",\"file\":\"trades.csv\",\"line\":1042,\"line_column\":null,\"byte\":90210,\"rejects_line\":2,\
             \"field\":\"price\",\"column\":\"Price\",\"column_number\":2,\"type\":\"decimal(18, 6)\",\
             \"value\":\"40.2015678\",\"kind\":\"decimal_scale\",\
             \"reason\":\"`40.2015678` does not fit `price` (column 2): decimal(18, 6) allows 6 digits after the decimal point\",\
             \"hint\":null,\"also\":[],\"load\":\"trades\"}\n"
        );
    }

    #[test]
    fn further_faults_of_the_row_are_in_a_list() {
        let further = RowError {
            field: Some("volume".to_owned()),
            value: Some(b"1,000".to_vec()),
            hint: Some("write `1000`".into()),
            ..*RowError::whole(RowErrorKind::NotANumber, "not a number")
        };
        let line = rejected(&RowError {
            also: vec![further],
            ..fault(b"1")
        });
        assert_eq!(line.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["kind"], "decimal_scale");
        assert_eq!(object["also"].as_array().unwrap().len(), 1);
        let further = &object["also"][0];
        assert_eq!(
            (&further["field"], &further["value"], &further["hint"]),
            (&"volume".into(), &"1,000".into(), &"write `1000`".into())
        );
        assert!(further["column"].is_null());
    }

    #[test]
    fn the_document_names_each_key_and_no_other() {
        let document = include_str!("../../../docs/rejects.md");
        let documented: Vec<&str> = document
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let object: Value = serde_json::from_str(&rejected(&fault(b"\xff"))).unwrap();
        let written: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(documented, written);
    }

    #[test]
    fn a_row_that_was_not_delivered_has_the_same_keys() {
        let error = DeliveryError {
            code: "_NO_REPORT".to_owned(),
            message: "no report".to_owned(),
        };
        let line = reason(
            &row(&[]),
            Fate::Unknown,
            RejectReason::Delivery(&error),
            2,
            &settings(),
        );
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&object["fate"], &object["kind"], &object["reason"]),
            (&"unknown".into(), &"_NO_REPORT".into(), &"no report".into())
        );
        for key in ["field", "column", "column_number", "type", "value", "hint"] {
            assert!(object[key].is_null());
        }
        assert!(object.get("value_hex").is_none());
        let keys = |line: &str| {
            let object: Map<String, Value> = serde_json::from_str(line).unwrap();
            object.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(&line), keys(&rejected(&fault(b"1"))));
    }

    #[test]
    fn a_value_may_contain_any_bytes() {
        let line = rejected(&fault(b"caf\xe9\"\n\x1b"));
        assert_eq!(line.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["value"], "caf\u{fffd}\"\n\u{1b}");
        assert_eq!(object["value_hex"], "636166e9220a1b");
    }
}
