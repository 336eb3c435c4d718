//! Dry runs, without a broker.

use crate::support::{TestEnv, fixture};

#[test]
fn every_row_is_read_and_validated_without_broker_or_registry() {
    let env = TestEnv::new();
    let (csv, jsonl) = (fixture("trades/trades.csv"), fixture("trades/trades.jsonl"));
    env.dry_run(&[&csv, &jsonl])
        .expect(0)
        .says("dry run: 4,500 rows: 4,500 fit");
    env.dry_run(&[&csv, "--limit", "7"])
        .expect(0)
        .says("dry run: 7 rows read: 7 fit");
    env.dry_run(&[&fixture("trades/trades_crlf.csv")])
        .expect(0)
        .says("6 rows: 6 fit");
}

#[test]
fn a_file_that_does_not_fit_the_schema_is_reported_once_as_a_table() {
    let env = TestEnv::new();
    env.write("t.csv", "Symbol,price,note\nBHP,1,x\n");
    let done = env.dry_run(&["t.csv"]).expect(3);
    let done = done.says("error: t.csv does not fit Trade (");
    let done = done.says("did you mean `Symbol`?");
    done.says("\n  price                decimal(18, 6)    price\n");
}

#[test]
fn a_quote_that_is_never_closed_names_the_line_where_it_opens() {
    let env = TestEnv::new();
    let done = env.dry_run(&[&fixture("trades/broken_quote.csv")]).expect(3);
    done.says("broken_quote.csv:5: the quote that opens on this line is never closed");
}

#[test]
fn a_row_of_another_length_is_rejected() {
    let env = TestEnv::new();
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
    env.write("t.csv", format!("{header}\nBHP,1\n"));
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("error: t.csv:2: expected 8 cells, found 2");
}

#[test]
fn extra_columns_cause_one_warning() {
    let env = TestEnv::new();
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
    env.write("t.csv", format!("{header},a,b\n"));
    env.dry_run(&["t.csv"])
        .expect(0)
        .says("warning: t.csv: 2 columns match no field and are ignored: `a`, `b`");
    env.write("t.csv", format!("{header},,\n"));
    env.dry_run(&["t.csv"])
        .expect(0)
        .says("2 columns match no field and are ignored: one without a name, one without a name\n");
    env.dry_run(&["t.csv", "--strict-columns"])
        .expect(3)
        .says("error: t.csv:1: 2 columns match no field of Trade (");
}

#[test]
fn a_column_with_a_name_close_to_a_field_without_a_column_is_refused() {
    let env = TestEnv::new();
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
    let row = "BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z";
    for column in ["Buyer ID", "buyer.id", "BuyerId", "buyer-id"] {
        env.write("t.csv", format!("{header},{column}\n{row},x\n"));
        env.dry_run(&["t.csv"])
            .expect(3)
            .says(&format!("error: t.csv:1: column `{column}` matches no field"))
            .says("hint: rename the column to `buyer_id`, or ignore it with `--ignore-column ");
        let done = env.dry_run(&[
            "t.csv",
            "--strict-columns",
            "--summary",
            "json",
            "--ignore-column",
            column,
        ]);
        let summary = done.expect(0).json();
        assert_eq!(summary["ignored_columns"], serde_json::json!([column]));
        let defaulted = serde_json::json!(["exchange", "buyer_id", "sequence_number"]);
        assert_eq!(summary["defaulted_fields"], defaulted);
    }
}

#[test]
fn the_probable_fault_of_a_header_is_reported() {
    let typed = |delimiter| match delimiter {
        "\t" => "tab".to_owned(),
        other => format!("'{other}'"),
    };
    let env = TestEnv::new();
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
    for (delimiter, words) in [(";", "`;`"), ("\t", "tabs"), ("|", "`|`")] {
        env.write("t.csv", format!("{}\n", header.replace(',', delimiter)));
        let said = format!("t.csv:1: the columns are separated by {words}, not by commas");
        let hint = format!("hint: read it with `--delimiter {}`\n", typed(delimiter));
        env.dry_run(&["t.csv"]).expect(3).says(&said).says(&hint);
        let quoted = format!("\"{}\"", header.replace(',', "\",\"")).replace(',', delimiter);
        env.write("t.csv", format!("{quoted}\n"));
        env.dry_run(&["t.csv"]).expect(3).says(&said).says(&hint);
    }
    let typed_as_said = |delimiter| env.dry_run(&["t.csv", "--delimiter", delimiter]);
    typed_as_said("|").expect(0);
    typed_as_said("tab")
        .expect(3)
        .says("t.csv:1: the columns are separated by `|`, not by tabs\n");
    env.write("t.csv", format!("{header}\n"));
    typed_as_said(";")
        .expect(3)
        .says("t.csv:1: the columns are separated by commas, not by `;`\nhint: omit `--delimiter`\n");
    let row = "BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z\n";
    for (before, line) in [
        ("\n", 2),
        ("Trades of 2014-03-10\n\n", 3),
        ("# made by x,y\n", 2),
        (",,\n", 2),
    ] {
        env.write("t.csv", format!("{before}{header}\n{row}"));
        env.dry_run(&["t.csv"])
            .expect(3)
            .says(&format!(
                "t.csv:1: the header is on line {line}, but must be the first line"
            ))
            .says(&format!(
                "`tail -n +{line} t.csv | k2-produce ... --format csv -`"
            ))
            .says(&format!(
                "hint: set `header-line = {line}` in the `[input]` table"
            ));
        env.write("map.toml", format!("[input]\nheader-line = {line}\n"));
        env.dry_run(&["t.csv", "--map", "map.toml"])
            .expect(0)
            .says("dry run: 1 row: 1 fit");
    }
    env.write("t.csv", row);
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("t.csv:1: no header: the first line contains `1` and no field names")
        .says(&format!("hint: these names fit: `--columns {header}`\n"));
    env.dry_run(&["t.csv", "--columns", header]).expect(0);
    env.write("t.csv", row.replace(',', "|"));
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("t.csv:1: no header: the first line contains `1` and no field names")
        .says(&format!(
            "hint: this delimiter and these names fit: `--delimiter '|' --columns {header}`\n"
        ));
    env.dry_run(&["t.csv", "--delimiter", "|", "--columns", header])
        .expect(0);
    env.write("t.csv", row.replace(',', "\t").replace("1.5", "x"));
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("hint: name the columns with `--columns` and pass `--delimiter tab`, or add a header;");
    env.write("t.csv", format!("{header}\n{row}"));
    env.dry_run(&["t.csv"]).expect(0);
    env.write("t.csv", row.replace("BHP", "BHP,x"));
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("the fields of Trade (")
        .says("`symbol`, `company_id`");
    env.write("t.csv", format!(",{}\n", header.replace("price", " ")));
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("t.csv does not fit Trade")
        .says("hint: columns 1, 5 have no name");
    env.write(
        "t.avsc",
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":0}]}"#,
    );
    env.write("t.csv", "b\n1\n");
    env.run(&["--topic", "t", "--dry-run", "--schema-file", "t.avsc", "t.csv"])
        .expect(3)
        .says("t.csv:1: no column matches a field of R (")
        .says("hint: the file may belong to another topic");
}

#[test]
fn columns_without_a_field_are_listed_with_the_fields_without_a_column() {
    let env = TestEnv::new();
    let field = |name: &str, more: &str| format!(r#"{{"name":"{name}","type":{more}}}"#);
    let schema = |fields: &[String]| {
        let fields = fields.join(",");
        env.write(
            "q.avsc",
            format!(r#"{{"type":"record","name":"Quote","fields":[{fields}]}}"#),
        );
    };
    let says = |header: &str, texts: &[&str]| {
        env.write(
            "q.csv",
            format!("{header}\n{}\n", header.replace(|c| c != ',', "x")),
        );
        let done = env.run(&["--topic", "t", "--dry-run", "--schema-file", "q.avsc", "q.csv"]);
        let done = done.expect(3);
        texts.iter().fold(done, |done, text| done.says(text))
    };
    let exact = "hint: each column must have the exact name of its field";
    schema(&["symbol", "ts", "bid"].map(|name| field(name, r#""string""#)));
    says(
        "symbol,timestamp,bid",
        &[
            "\ncolumns that match no field: `timestamp`\n",
            &format!("{exact}: rename the column `timestamp` to `ts`\n"),
        ],
    );
    says(
        "symbol,time,offer",
        &[
            "\ncolumns that match no field: `time`, `offer`\n",
            &format!("{exact}: correct the header\n"),
        ],
    );
    let none_left = says("symbol,bid", &[&format!("{exact}: add the missing columns\n")]);
    assert!(
        !none_left.stderr.contains("columns without a field"),
        "{}",
        none_left.stderr
    );
    // A name that differs only in letter case is not another file.
    says("Symbol,TS,Bid", &[&format!("{exact}: correct the header\n")]);
    let many: Vec<String> = (0..500).map(|number| format!("c{number}")).collect();
    let other = says(
        &many.join(","),
        &[
            "`c19`, and 480 more\n",
            "hint: no column matches a field of the schema, so the file may belong to another topic",
        ],
    );
    assert!(!other.stderr.contains("`c20`"), "{}", other.stderr);
    schema(&[
        field("symbol", r#""string""#),
        field("ts", r#"["null","string"]"#),
    ]);
    says(
        "symbol,timestamp",
        &["rename the column `timestamp` to `ts`; or treat absent columns as null with `--missing-null`\n"],
    );
}

#[test]
fn a_command_is_not_a_file() {
    let env = TestEnv::new();
    for (words, command) in [
        (&["list", "--topic", "t"][..], "schema list"),
        (&["list"], "schema list"),
        (&["--topic", "t", "list"], "schema list"),
        (&["--topic", "t", "show"], "show"),
    ] {
        env.run(words)
            .expect(2)
            .says(&format!("hint: did you mean `k2-produce {command}`?"));
    }
}

#[test]
fn an_unknown_or_wrong_format_is_reported() {
    let env = TestEnv::new();
    env.write("t.txt", "a\n");
    env.dry_run(&["t.txt"])
        .expect(2)
        .says("hint: pass `--format csv`, `--format jsonl` or `--format json`");
    let jsonl = fixture("trades/trades.jsonl");
    env.dry_run(&["--format", "csv", &jsonl])
        .expect(3)
        .says("hint: read the file with `--format jsonl`");
    env.write("t.jsonl", "[{\"a\":1},\n");
    env.dry_run(&["t.jsonl"])
        .expect(3)
        .says("error: t.jsonl:1: the file is one JSON array, but JSONL has one object per line");
    let csv = fixture("trades/trades.csv");
    env.dry_run(&["--format", "jsonl", &csv])
        .expect(3)
        .says("trades.csv:1: the first line is not JSON; it looks like CSV")
        .says("hint: read the file with `--format csv`");
}

#[test]
fn a_run_from_a_line_skips_the_rows_before_it() {
    let env = TestEnv::new();
    let (a, b) = (fixture("trades/trades.csv"), fixture("trades/trades.jsonl"));
    let from = format!("{a}:2991");
    env.dry_run(&[&a, &b, "--from", &from])
        .expect(0)
        .says("1,511 rows: 1,511 fit");
    let from = format!("{b}:1500");
    env.dry_run(&[&a, &b, "--from", &from])
        .expect(0)
        .says("1 row: 1 fit");
    env.dry_run(&[&a, "--from", "x.csv:3"])
        .expect(2)
        .says("`x.csv` is not one of the files given");
    env.dry_run(&[&a, "--from", "3"])
        .expect(2)
        .says("expected FILE:LINE");
}

#[test]
fn inputs_that_cannot_be_read_are_named() {
    let env = TestEnv::new();
    env.dry_run(&["gone.csv"])
        .expect(3)
        .says("error: gone.csv: cannot be opened: no such file or directory");
    std::fs::create_dir(env.path("folder.csv")).unwrap();
    env.dry_run(&["folder.csv"])
        .expect(3)
        .says("error: folder.csv: is a directory");
    env.write("empty.csv", "");
    env.dry_run(&["empty.csv"]).expect(3).says("empty.csv: is empty");
}

#[test]
fn wrong_usage_is_told_with_status_2() {
    let env = TestEnv::new();
    env.run(&["t.csv"]).expect(2).says("--topic <TOPIC>");
    env.run(&["--topic", "t"]).expect(2).says("<FILE>...");
    env.run(&["--topic", "t", "--register", "t.csv"])
        .expect(2)
        .says("--schema-file");
    env.run(&["--topic", "t", "-X", "acks=1", "t.csv"])
        .expect(2)
        .says("acks");
    env.run(&["--topic", "t", "-X", "enable.idempotence=false", "t.csv"])
        .expect(2)
        .says("enable.idempotence");
    env.run(&["--topic", "t", "-X", "plugin.library.paths=x", "t.csv"])
        .expect(2)
        .says("plugin.library.paths");
    env.run(&["--topic", "t", "-X", "lingre.ms=5", "t.csv"])
        .expect(2)
        .says("linger.ms");
    let csv = fixture("trades/trades.csv");
    env.dry_run(&["--key", "Symbol", &csv])
        .expect(2)
        .says("did you mean `--key symbol`?");
    env.dry_run(&["--label", "9x=1", &csv]).expect(2);
}

#[test]
fn an_invalid_schema_file_is_reported_with_the_position() {
    let env = TestEnv::new();
    env.write("t.avsc", "{\"type\":\"record\"");
    let csv = fixture("trades/trades.csv");
    env.run(&["--topic", "t", "--dry-run", "--schema-file", "t.avsc", &csv])
        .expect(2)
        .says("t.avsc:1:");
    env.run(&["--topic", "t", "--dry-run", "--schema-file", "gone.avsc", &csv])
        .expect(2)
        .says("gone.avsc");
}

#[test]
fn an_array_on_one_line_is_reported_like_an_indented_one_unless_rows_are_arrays() {
    let env = TestEnv::new();
    env.write(
        "t.avsc",
        r#"{"type":"record","name":"T","fields":[{"name":"a","type":"int"}]}"#,
    );
    env.write(
        "rows.avsc",
        r#"{"type":"array","items":{"type":"map","values":"int"}}"#,
    );
    let run = |schema: &str, file: &str| {
        env.run(&[
            "--topic",
            "t",
            "--dry-run",
            "--no-key",
            "--schema-file",
            schema,
            file,
        ])
    };
    let one_line = format!("[{{\"a\": 1}}{}]\n", ", {\"a\": 2}".repeat(200_000));
    for text in [
        "[{\"a\": 1}, {\"a\": 2}]",
        "[{\"a\": 1}, {\"a\": 2}]\n",
        "[\n {\"a\": 1}\n]\n",
        &one_line,
    ] {
        env.write("t.jsonl", text);
        run("t.avsc", "t.jsonl")
            .expect(3)
            .says("error: t.jsonl:1: the file is one JSON array, but JSONL has one object per line")
            .says("hint: read the file with `--format json`");
    }
    for text in ["[{\"a\": 1}, {\"a\": 2}]", "[{\"a\": 1}, {\"a\": 2}]\n"] {
        env.write("t.jsonl", text);
        run("rows.avsc", "t.jsonl").expect(0).says("1 row: 1 fit");
    }
}

#[test]
fn dropped_keys_with_names_close_to_fields_cause_a_warning() {
    let env = TestEnv::new();
    env.write(
        "t.avsc",
        r#"{"type":"record","name":"T","fields":[{"name":"a","type":"int"},
            {"name":"note","type":["null","string"],"default":null}]}"#,
    );
    env.write(
        "t.jsonl",
        "{\"a\":1,\"Note\":\"x\"}\n{\"a\":1,\"Note\":\"y\",\"other\":1}\n{\"a\":1,\"A\":1}\n",
    );
    let arguments = [
        "--topic",
        "t",
        "--dry-run",
        "--no-key",
        "--schema-file",
        "t.avsc",
        "t.jsonl",
    ];
    let done = env
        .run(&[&arguments[..], &["--ignore-unknown"]].concat())
        .expect(0);
    done.says("warning: dropped JSON keys with names close to those of absent fields: `Note` (`note`)\n")
        .says("dropped 4 JSON keys without a field (`--ignore-unknown`): `Note`, `other`, `A`");
}

#[test]
fn a_quote_over_several_lines_is_shown_where_it_opens() {
    let env = TestEnv::new();
    env.write(
        "t.avsc",
        r#"{"type":"record","name":"T","fields":[{"name":"a","type":"string"}]}"#,
    );
    env.write("oq.csv", "a,b\nx,1\n\"y,2\nz,3\nw,4\n\"v\",5\n");
    env.run(&[
        "--topic",
        "t",
        "--dry-run",
        "--no-key",
        "--schema-file",
        "t.avsc",
        "oq.csv",
    ])
    .expect(3)
    .says("error: oq.csv:3: the quote that opens column 1 closes 3 lines further down, and text follows it")
    .says("4 lines were read as one row\n 3 | \"y,2\n   | ^\n");
}
