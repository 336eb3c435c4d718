//! A line of `FILE.errors.jsonl`: where a kept row stood, and why it was kept.

use serde_json::{Map, Value, json};

use super::{KeptFault, KeptRow};

/// The JSON object for `row`, with a line feed; `rejects_line` is where the row stands in FILE.
pub(crate) fn reason(row: &KeptRow<'_>, rejects_line: u64) -> String {
    let Value::Object(mut object) = json!({
        "fate": row.fate.word(),
        "file": row.file,
        "line": row.line,
        "byte": row.byte,
        "rejects_line": rejects_line,
    }) else {
        unreachable!("braces make an object")
    };
    object.extend(fault(&row.fault));
    let also = row.also.iter().map(|further| Value::Object(fault(further)));
    object.insert("also".to_owned(), also.collect());
    format!("{}\n", Value::Object(object))
}

/// A value that is not UTF-8 is told twice: readable in `value`, exact in `value_hex`.
fn fault(fault: &KeptFault<'_>) -> Map<String, Value> {
    let Value::Object(mut object) = json!({
        "field": fault.field,
        "column": fault.column,
        "column_number": fault.column_number,
        "type": fault.wanted,
        "value": fault.value.map(String::from_utf8_lossy),
        "kind": fault.kind,
        "reason": fault.reason,
        "hint": fault.hint,
    }) else {
        unreachable!("braces make an object")
    };
    if let Some(value) = fault.value
        && std::str::from_utf8(value).is_err()
    {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        object.insert("value_hex".to_owned(), Value::from(hex));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::counts::Fate;

    const FAULT: KeptFault<'_> = KeptFault {
        field: Some("price"),
        column: Some("Price"),
        column_number: Some(5),
        wanted: Some("decimal(18, 6)"),
        value: Some(b"40.2015678"),
        kind: "decimal_scale",
        reason: "decimal(18, 6) keeps 6 digits after the point",
        hint: None,
    };

    const ROW: KeptRow<'_> = KeptRow {
        fate: Fate::Rejected,
        file: "trades.csv",
        line: 1042,
        byte: Some(90_210),
        fault: FAULT,
        also: &[],
        bytes: b"",
    };

    #[test]
    fn a_reason_is_one_line_of_json() {
        assert_eq!(
            reason(&ROW, 2),
            "{\"fate\":\"rejected\",\"file\":\"trades.csv\",\"line\":1042,\"byte\":90210,\"rejects_line\":2,\
             \"field\":\"price\",\"column\":\"Price\",\"column_number\":5,\"type\":\"decimal(18, 6)\",\
             \"value\":\"40.2015678\",\"kind\":\"decimal_scale\",\
             \"reason\":\"decimal(18, 6) keeps 6 digits after the point\",\"hint\":null,\"also\":[]}\n"
        );
    }

    #[test]
    fn further_faults_of_the_row_stand_in_a_list() {
        let also = [KeptFault {
            field: Some("volume"),
            value: Some(b"1,000"),
            kind: "not_a_number",
            hint: Some("write `1000`"),
            ..KeptFault::default()
        }];
        let line = reason(&KeptRow { also: &also, ..ROW }, 2);
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
        let row = KeptRow {
            fault: KeptFault {
                value: Some(b"\xff"),
                ..FAULT
            },
            ..ROW
        };
        let object: Value = serde_json::from_str(&reason(&row, 2)).unwrap();
        let written: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(documented, written);
    }

    #[test]
    fn what_is_not_known_is_null() {
        let row = KeptRow {
            fate: Fate::Unknown,
            fault: KeptFault::default(),
            ..ROW
        };
        let object: Value = serde_json::from_str(&reason(&row, 2)).unwrap();
        assert_eq!(object["fate"], "unknown");
        for key in ["field", "column", "column_number", "type", "value", "hint"] {
            assert!(object[key].is_null());
        }
        assert!(object.get("value_hex").is_none());
    }

    #[test]
    fn a_value_may_hold_any_bytes() {
        let row = KeptRow {
            fault: KeptFault {
                value: Some(b"caf\xe9\"\n\x1b"),
                ..FAULT
            },
            ..ROW
        };
        let line = reason(&row, 2);
        assert_eq!(line.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["value"], "caf\u{fffd}\"\n\u{1b}");
        assert_eq!(object["value_hex"], "636166e9220a1b");
    }
}
