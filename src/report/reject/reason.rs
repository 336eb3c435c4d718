//! A line of `FILE.errors.jsonl`: where a kept row stood, and why it was kept.

use serde_json::{Value, json};

use super::KeptRow;

/// The JSON object for `row`, with a line feed; `rejects_line` is where the row stands in FILE.
///
/// A value that is not UTF-8 is told twice: readable in `value`, exact in `value_hex`.
pub(crate) fn reason(row: &KeptRow<'_>, rejects_line: u64) -> String {
    let mut object = json!({
        "fate": row.fate.word(),
        "file": row.file,
        "line": row.line,
        "byte": row.byte,
        "rejects_line": rejects_line,
        "field": row.field,
        "column": row.column,
        "value": row.value.map(String::from_utf8_lossy),
        "kind": row.kind,
        "reason": row.reason,
    });
    if let Some(value) = row.value
        && std::str::from_utf8(value).is_err()
    {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        object["value_hex"] = Value::from(hex);
    }
    format!("{object}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::counts::Fate;

    const ROW: KeptRow<'_> = KeptRow {
        fate: Fate::Rejected,
        file: "trades.csv",
        line: 1042,
        byte: 90_210,
        field: Some("price"),
        column: Some("Price"),
        value: Some(b"40.2015678"),
        kind: "decimal_scale",
        reason: "decimal(18, 6) keeps 6 digits after the point",
        bytes: b"",
    };

    #[test]
    fn a_reason_is_one_line_of_json() {
        assert_eq!(
            reason(&ROW, 2),
            "{\"fate\":\"rejected\",\"file\":\"trades.csv\",\"line\":1042,\"byte\":90210,\"rejects_line\":2,\
             \"field\":\"price\",\"column\":\"Price\",\"value\":\"40.2015678\",\"kind\":\"decimal_scale\",\
             \"reason\":\"decimal(18, 6) keeps 6 digits after the point\"}\n"
        );
    }

    #[test]
    fn the_document_names_each_key_and_no_other() {
        let document = include_str!("../../../docs/rejects.md");
        let documented: Vec<&str> = document
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let object: Value = serde_json::from_str(&reason(
            &KeptRow {
                value: Some(b"\xff"),
                ..ROW
            },
            2,
        ))
        .unwrap();
        let mut written: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        // In the document it stands beside `value`; in the object it comes last.
        let hex = written.pop().unwrap();
        written.insert(8, hex);
        assert_eq!(documented, written);
    }

    #[test]
    fn what_is_not_known_is_null() {
        let row = KeptRow {
            fate: Fate::Unknown,
            field: None,
            column: None,
            value: None,
            ..ROW
        };
        let object: Value = serde_json::from_str(&reason(&row, 2)).unwrap();
        assert_eq!(object["fate"], "unknown");
        for key in ["field", "column", "value"] {
            assert!(object[key].is_null());
        }
        assert!(object.get("value_hex").is_none());
    }

    #[test]
    fn a_value_may_hold_any_bytes() {
        let row = KeptRow {
            value: Some(b"caf\xe9\"\n\x1b"),
            ..ROW
        };
        let line = reason(&row, 2);
        assert_eq!(line.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["value"], "caf\u{fffd}\"\n\u{1b}");
        assert_eq!(object["value_hex"], "636166e9220a1b");
    }
}
