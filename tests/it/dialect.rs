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
    for (typed, delimiter) in [("tab", "\t"), ("|", "|"), (";", ";"), ("||", "||"), ("::", "::")] {
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
    for delimiter in ["\"", "pipe", "é", ""] {
        env.dry_run(&["rows.csv", "--delimiter", delimiter])
            .expect(2)
            .says(&format!(
                "invalid value '{delimiter}' for '--delimiter <CHARACTERS>': "
            ))
            .says("expected one ASCII character other than `\"` and the ends of lines, several such as `||`, or `tab`");
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

/// The values of the same trades, loaded as they are with a header.
fn values(topic: &str) -> Vec<serde_json::Value> {
    let records = stack().dump(topic);
    records.iter().map(|record| record["value"].clone()).collect()
}

#[test]
fn notations_of_vendors_have_the_same_records() {
    let env = TestEnv::new();
    let (header, rows) = trades(",");
    env.write("header.csv", format!("{header}\n{rows}"));
    let as_it_is = stack().topic("dialect", 1, "schemas/trade.avsc");
    env.run_on_stack(&["--topic", &as_it_is, "header.csv"]).expect(0);
    let expected = values(&as_it_is);
    let names: Vec<&str> = header.split(',').collect();
    let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    let table: Vec<Vec<String>> = rows.lines().map(cells).collect();
    let widths: Vec<usize> = (0..names.len())
        .map(|column| 1 + table.iter().map(|row| row[column].chars().count()).max().unwrap())
        .collect();
    let fixed: String = table
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:>width$}"));
            cells.collect::<String>() + "\r\n"
        })
        .collect();
    let pairs: Vec<String> = names
        .iter()
        .zip(&widths)
        .map(|(name, width)| format!("[\"{name}\", {width}]"))
        .collect();
    let quoted: String = table
        .iter()
        .map(|row| {
            let cells = row.iter().map(|cell| match cell.as_str() {
                "" => String::new(),
                cell => format!("'\\{}'", cell.replace('\'', "\\'")),
            });
            cells.collect::<Vec<_>>().join("::") + "\n# a comment with a ' and ::\n"
        })
        .collect();
    let columns = format!("columns = [\"{}\"]", names.join("\", \""));
    for (input, text) in [
        (
            format!("{columns}\ndelimiter = \"::\"\nquote = \"'\"\nescape = '\\'\ncomment = \"#\""),
            quoted,
        ),
        (format!("widths = [{}]", pairs.join(", ")), fixed),
        (
            "header-line = 4\nskip-matching = ['^---', '^TRAILER,']".to_owned(),
            format!(
                "Trades\n\n\"not a quote\n{header}\n{rows}TRAILER,{}\n--- END\n",
                table.len()
            ),
        ),
    ] {
        let topic = stack().topic("dialect", 1, "schemas/trade.avsc");
        env.write("map.toml", format!("[input]\n{input}\n"));
        env.write("rows.csv", text);
        env.run_on_stack(&["--topic", &topic, "--map", "map.toml", "rows.csv"])
            .expect(0);
        assert_eq!(values(&topic), expected, "{input}");
    }
}

const PAIRS: &str = r#"{"type": "record", "name": "T", "fields": [
    {"name": "symbol", "type": "string"}, {"name": "volume", "type": "int"}]}"#;

fn pairs(env: &TestEnv, input: &str, text: &str) {
    env.write("t.avsc", PAIRS);
    env.write("map.toml", format!("[input]\n{input}\n"));
    env.write("t.csv", text);
}

fn dry_run(env: &TestEnv, more: &[&str]) -> crate::support::Done {
    let run = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "t.avsc",
        "--map",
        "map.toml",
    ];
    env.run(&[&run[..], more].concat())
}

#[test]
fn skipped_lines_are_counted_and_keep_their_numbers() {
    let env = TestEnv::new();
    let input = "comment = \"#\"\nheader-line = 4\nskip-matching = '^---'";
    let text = "Trades\nof \"today\n# \"x\nsymbol|volume\n# y\nA|1\nB|x\n--- 3 ROWS\nC|3\n--- END";
    pairs(&env, &format!("delimiter = \"|\"\n{input}"), text);
    let summary = dry_run(&env, &["t.csv", "--rejects", "bad.csv", "--summary", "json"]).expect(1);
    assert_eq!(summary.json()["skipped_lines"], 6);
    dry_run(&env, &["t.csv", "--max-errors", "100%"])
        .expect(1)
        .says("error: t.csv:7: ")
        .says("\n6 lines skipped by `comment`, `skip-matching` or `header-line`\n");
    // The lines before the header are there too, so the same command loads the corrected file.
    let start = "Trades\nof \"today\n# \"x\nsymbol|volume\n";
    assert_eq!(env.read("bad.csv"), format!("{start}B|x\n"));
    assert!(env.read("bad.csv.errors.jsonl").contains("\"rejects_line\":5"));
    env.write("bad.csv", format!("{start}B|2\n"));
    dry_run(&env, &["bad.csv"])
        .expect(0)
        .says("dry run: 1 row: 1 fit");
    for (from, rows) in [
        ("t.csv:8", "1 row: 1 fit"),
        ("t.csv:9", "1 row: 1 fit"),
        ("t.csv:10", "0 rows"),
    ] {
        dry_run(&env, &["t.csv", "--from", from]).says(&format!("dry run: {rows}"));
    }
    dry_run(&env, &["t.csv", "--limit", "1"])
        .expect(0)
        .says("\n4 lines skipped by `");
}

#[test]
fn rows_of_fixed_width_that_are_too_short_or_too_long_are_rejected() {
    let env = TestEnv::new();
    pairs(
        &env,
        "widths = [[\"symbol\", 4], [\"\", 1], [\"volume\", 3]]",
        "BHP   12\nCBA  1\nANZ  1234\n\"A|.   1\n",
    );
    dry_run(&env, &["t.csv", "--max-errors", "100%"])
        .expect(1)
        .says("t.csv:2: the line is too short: expected 8 characters, found 6; `volume` (characters 6 to 8) is incomplete")
        .says("t.csv:3: the line is too long: expected 8 characters, found 9")
        .says("dry run: 4 rows: 2 fit, 2 rejected");
}

#[test]
fn an_escaped_quote_is_text() {
    let env = TestEnv::new();
    pairs(
        &env,
        "escape = '\\'",
        "symbol,volume\n\"a\\\"\n,b\",1\n\"a\"\"b\",2\n",
    );
    dry_run(&env, &["t.csv"])
        .expect(3)
        .says("error: t.csv:4: text follows the closing quote of column 1")
        .says("hint: within a quoted cell, write `\\` before each quote");
    pairs(&env, "quote = 'none'", "symbol,volume\n\"a,1\n");
    dry_run(&env, &["t.csv"]).expect(0).says("1 row: 1 fit");
}

#[test]
fn settings_of_rows_that_cannot_be_used_are_refused_before_the_first_row() {
    let env = TestEnv::new();
    for (input, said) in [
        (
            "quote = \"''\"",
            "error: map.toml:2:9: expected one ASCII character",
        ),
        (
            "quote = \",\"",
            "error: map.toml:2:9: the quote is part of the delimiter\n 2 | quote = \",\"\n   |         ^^^",
        ),
        (
            "columns = [\"a\", \"a\"]",
            "error: map.toml:2:17: the column `a` is named twice",
        ),
        (
            "skip-matching = \"^(\"",
            "error: map.toml:2:19: the pattern is invalid: unclosed group",
        ),
        (
            "widths = [[\"a\", 2]]\ncolumns = [\"a\"]",
            "error: map.toml:3:11: `columns` has no meaning with `widths`",
        ),
    ] {
        pairs(&env, input, "symbol,volume\nA,1\n");
        dry_run(&env, &["t.csv"]).expect(2).says(said);
    }
    pairs(&env, "skip-lines = 3", "symbol,volume\nA,1\n");
    dry_run(&env, &["t.csv"])
        .expect(3)
        .says("error: t.csv: has 2 lines, but the first 3 are skipped");
}

#[test]
fn settings_for_csv_are_refused_if_no_input_is_csv() {
    let env = TestEnv::new();
    pairs(&env, "delimiter = ';'", "symbol;volume\nA;1\n");
    env.write("t.jsonl", "{\"symbol\": \"A\", \"volume\": 1}\n");
    dry_run(&env, &["t.jsonl"])
        .expect(2)
        .says("error: `delimiter` in `[input]` applies to CSV, but t.jsonl is JSONL\n");
    dry_run(&env, &["t.jsonl", "t.csv"]).expect(0);
    let run = ["--topic", "t", "--dry-run", "--schema-file", "t.avsc", "t.jsonl"];
    env.run(&[&run[..], &["--delimiter", ";"]].concat())
        .expect(2)
        .says("error: `--delimiter` applies to CSV, but t.jsonl is JSONL\n");
}
