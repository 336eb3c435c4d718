//! Files with another character between columns, and files without a header.

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

/// Trades in another dialect: the header's names, and the rows without quotes.
fn trades(delimiter: &str) -> (String, String) {
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let (header, rows) = trades.split_once('\n').unwrap();
    let plain = rows.lines().filter(|row| !row.contains(['"', ';', '|', '\t']));
    let rows: String = plain.map(|row| row.replace(',', delimiter) + "\n").collect();
    (header.to_owned(), rows)
}

#[test]
fn a_file_in_another_dialect_has_the_same_records() {
    let env = TestEnv::new();
    let (header, rows) = trades(",");
    env.write("header.csv", format!("{header}\n{rows}"));
    let as_it_is = stack().topic("dialect", 1, "schemas/trade.avsc");
    env.run_on_stack(&["--topic", &as_it_is, "header.csv"]).expect(0);
    let values = |topic: &str| -> Vec<serde_json::Value> {
        let records = stack().dump(topic);
        records.iter().map(|record| record["value"].clone()).collect()
    };
    let expected = values(&as_it_is);
    assert!(expected.len() > 20, "{}", expected.len());
    for (typed, delimiter) in [("tab", "\t"), ("|", "|"), (";", ";")] {
        let topic = stack().topic("dialect", 1, "schemas/trade.avsc");
        let (_, rows) = trades(delimiter);
        env.write("rows.csv", rows);
        env.run_on_stack(&[
            "--topic",
            &topic,
            "rows.csv",
            "--delimiter",
            typed,
            "--columns",
            &header,
        ])
        .expect(0);
        assert_eq!(values(&topic), expected, "{typed}");
    }
}

#[test]
fn rows_without_a_header_are_kept_and_resumed_like_others() {
    let env = TestEnv::new();
    let (header, rows) = trades("|");
    let mut lines: Vec<String> = rows.lines().take(5).map(str::to_owned).collect();
    let good = lines[1].clone();
    lines[1] = good.replace('|', ",");
    env.write("rows.csv", lines.join("\n") + "\n");
    let read = ["--delimiter", "|", "--columns", &header, "rows.csv"];
    env.dry_run(&read)
        .expect(3)
        .says("error: rows.csv:2: expected 11 cells, found 1\n");
    env.dry_run(&[&read[..], &["--rejects", "bad.csv"]].concat())
        .expect(1);
    assert_eq!(
        env.read("bad.csv"),
        format!("{}\n", lines[1]),
        "no header is added"
    );
    env.write("bad.csv", format!("{good}\n"));
    env.dry_run(&["--delimiter", "|", "--columns", &header, "bad.csv"])
        .expect(0);
    env.dry_run(&[&read[..], &["--from", "rows.csv:3"]].concat())
        .expect(0)
        .says("3 rows");
}

#[test]
fn the_names_of_columns_are_checked_like_a_header() {
    let env = TestEnv::new();
    let (header, rows) = trades(",");
    env.write("rows.csv", rows);
    env.dry_run(&["rows.csv", "--columns", &header.replace("price", "prise")])
        .expect(3)
        .says("rows.csv does not fit Trade")
        .says("rename the column `prise` to `price`");
    env.dry_run(&["rows.csv", "--columns", &header.replace("price", "symbol")])
        .expect(2)
        .says("error: `--columns`: `symbol` is given twice\n");
    for delimiter in ["\"", ";;", "é", ""] {
        env.dry_run(&["rows.csv", "--delimiter", delimiter])
            .expect(2)
            .says(&format!(
                "invalid value '{delimiter}' for '--delimiter <CHARACTER>': "
            ))
            .says("expected one ASCII character other than `\"` and the ends of lines, or `tab`");
    }
}

#[test]
fn a_header_in_a_file_with_given_names_is_not_a_row() {
    let env = TestEnv::new();
    let schema = r#"{"type": "record", "name": "T", "fields": [
        {"name": "symbol", "type": "string"}, {"name": "note", "type": "string"}]}"#;
    env.write("t.avsc", schema);
    for (text, line) in [
        ("symbol,note\nA,x\n", 1),
        ("\u{feff}symbol,note\nA,x\n", 1),
        ("\"symbol\",\"note\"\nA,x\n", 1),
        ("A,x\nsymbol,note\nB,y\n", 2),
    ] {
        env.write("t.csv", text);
        let run = [
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            "t.avsc",
            "--columns",
            "symbol, note",
            "t.csv",
        ];
        env.run(&run)
            .expect(3)
            .says(&format!("error: t.csv:{line}: the row repeats the header\n"));
    }
    let run = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "t.avsc",
        "--columns",
        "symbol,note,note",
        "t.csv",
    ];
    env.run(&run)
        .expect(2)
        .says("error: `--columns`: `note` is given twice\n");
}
