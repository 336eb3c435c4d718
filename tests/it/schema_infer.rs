//! `k2-produce schema infer`: fastavro accepts the schema, and the file loads with it. No test needs a broker or a
//! registry.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Done, TestEnv, done, repository};

/// Infers a schema into `file.avsc`.
fn infer(env: &TestEnv, arguments: &[&str]) -> Done {
    env.run(&[&["schema", "infer", "--output", "file.avsc"], arguments].concat())
}

/// Checks that fastavro reads the schema.
#[track_caller]
fn is_accepted_by_fastavro(env: &TestEnv) {
    let script = "import fastavro, json, sys; fastavro.parse_schema(json.load(open(sys.argv[1])))";
    let python = repository("tests/stack/python");
    done(
        Command::new(python)
            .args(["-c", script])
            .arg(env.path("file.avsc")),
    )
    .expect(0);
}

/// A dry run with the schema, which reads every row.
fn load(env: &TestEnv, arguments: &[&str]) -> Done {
    let first = [
        "--topic",
        "t",
        "--dry-run",
        "--max-errors",
        "100%",
        "--no-key",
        "--schema-file",
        "file.avsc",
    ];
    env.run(&[&first, arguments].concat())
}

/// Every file with rows in the fixtures and the recipes, and the options that read it.
fn files() -> Vec<(PathBuf, Vec<String>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(repository("fixtures/trades")).unwrap() {
        files.push((entry.unwrap().path(), Vec::new()));
    }
    let columns = |count: usize| {
        let names: Vec<String> = (1..=count).map(|number| format!("column{number}")).collect();
        vec!["--columns".to_owned(), names.join(",")]
    };
    let pipes = ["--format", "csv", "--delimiter", "|"]
        .map(str::to_owned)
        .to_vec();
    for (name, options) in [
        ("asx/trades/7078.csv", columns(7)),
        ("asx/quotes/7078.csv", columns(6)),
        ("asx/reference-data/company_info.csv", Vec::new()),
        ("binance/BTCUSDT-trades-2024-12-31.csv", columns(7)),
        ("binance/BTCUSDT-trades-2025-01-02.csv", columns(7)),
        ("binance/ETHUSDT-trades-2025-01-02.csv", Vec::new()),
        ("databento/trades.csv", Vec::new()),
        (
            "lobster/messages/AAPL_2012-06-21_34200000_57600000_message_10.csv",
            columns(6),
        ),
        ("polygon/2023-03-28.csv", Vec::new()),
        ("taq/daily/EQY_US_ALL_TRADE_20180730.psv", pipes),
        ("tardis/trades.csv", Vec::new()),
        ("truefx/EURUSD-2016-05.csv", columns(4)),
    ] {
        files.push((repository("docs/recipes").join(name), options));
    }
    files
}

/// `3 rows were not read`: how many.
fn unread(done: &Done) -> u64 {
    let line = done.stderr.lines().find(|line| line.contains(" not read, "));
    line.map_or(0, |line| {
        line.split(' ').next().unwrap().replace(',', "").parse().unwrap()
    })
}

#[test]
fn a_file_loads_with_the_schema_that_was_inferred_from_it() {
    for (file, options) in files() {
        let env = TestEnv::new();
        let name = file.file_name().unwrap().to_str().unwrap();
        // What separates the columns, and that there is no header, is recognized without options.
        let format: &[&str] = if name.ends_with(".psv") {
            &["--format", "csv"]
        } else {
            &[]
        };
        let path = file.to_str().unwrap();
        let inferred = infer(&env, &[format, &[path]].concat());
        if name == "broken_quote.csv" {
            inferred.expect(3);
            assert!(!env.path("file.avsc").exists());
            continue;
        }
        let unread = unread(&inferred);
        assert_eq!(
            inferred.status,
            i32::from(unread > 0),
            "{name}: {}",
            inferred.stderr
        );
        is_accepted_by_fastavro(&env);
        let mut arguments: Vec<&str> = options.iter().map(String::as_str).collect();
        if inferred.stderr.contains("changed to be legal in Avro") {
            let options = [
                "map",
                "init",
                "--schema-file",
                "file.avsc",
                "--output",
                "names.toml",
            ];
            env.run(&[&options, &arguments[..], &[path]].concat())
                .expect(i32::from(unread > 0));
            arguments.extend(["--map", "names.toml"]);
        }
        arguments.push(path);
        let loaded = load(&env, &arguments);
        let text = env.read("file.avsc");
        assert_eq!(
            loaded.status,
            i32::from(unread > 0),
            "{name}: {}\n{text}",
            loaded.stderr
        );
        if unread > 0 {
            loaded.says(&format!(", {unread} rejected"));
        }
    }
}

#[test]
fn the_evidence_of_all_rows_is_in_the_docs() {
    let env = TestEnv::new();
    let mut rows = String::from("symbol,day,price,volume,note\n");
    for number in 0..20_000 {
        rows.push_str(&format!(
            "BHP,2014-03-10,{}.{:02},{number},\n",
            40 + number % 9,
            number % 100
        ));
    }
    rows.push_str("CBA,2014-03-11,7.125,9223372036854775807,late\n");
    env.write("eu-trades.csv", rows);
    infer(&env, &["eu-trades.csv"])
        .expect(0)
        .says("eu-trades.csv: 20,001 rows in 5 fields");
    let schema: serde_json::Value = serde_json::from_str(&env.read("file.avsc")).unwrap();
    assert_eq!(schema["name"], "EuTrades");
    let evidence = [
        "20,001 of 20,001 values: texts of up to 3 bytes, such as BHP",
        "20,001 of 20,001 values: dates, such as 2014-03-10",
        "20,001 of 20,001 values: decimal numbers with up to 2 digits before and 3 after the point; 13 and 5 are allowed",
        "20,001 of 20,001 values: integers between 0 and 9223372036854775807",
        "1 of 20,001 values: texts of up to 4 bytes, such as late",
    ];
    for (field, doc) in evidence.iter().enumerate() {
        assert_eq!(schema["fields"][field]["doc"], *doc);
    }
    assert_eq!(schema["fields"][4]["default"], serde_json::Value::Null);
    load(&env, &["eu-trades.csv"])
        .expect(0)
        .says("20,001 rows: 20,001 fit");
}

#[test]
fn names_and_rows_that_cannot_be_used_are_reported() {
    let env = TestEnv::new();
    env.write("x.csv", "Trade Price;n\n1,5;1\n1,5;2;3\n");
    infer(
        &env,
        &["--name", "com.example.Trade", "--delimiter", ";", "x.csv"],
    )
    .expect(1)
    .says("x.csv: 1 row in 2 fields")
    .says("load it with `--delimiter ';'`")
    .says("1 name was changed to be legal in Avro: `Trade Price`; write a mapping")
    .says("1 row was not read, the first of them x.csv:3: the row has 3 cells, but there are 2 columns");
    let schema: serde_json::Value = serde_json::from_str(&env.read("file.avsc")).unwrap();
    assert_eq!(
        (&schema["namespace"], &schema["name"]),
        (&"com.example".into(), &"Trade".into())
    );
    infer(&env, &["x.csv"])
        .expect(2)
        .says("file.avsc: exists, and is not overwritten");
    for (arguments, message) in [
        (
            &["--name", "my-trade", "x.csv"][..],
            "`--name`: `my-trade` is not a name of Avro",
        ),
        (
            &["--limit", "5", "x.csv"],
            "`--limit` has no effect on this command",
        ),
        (&["absent.csv"], "absent.csv"),
    ] {
        let refused = env.run(&[&["schema", "infer"], arguments].concat());
        assert_ne!(refused.status, 0);
        refused.says(message);
    }
    env.write("twice.csv", "a,a\n1,2\n");
    env.run(&["schema", "infer", "twice.csv"])
        .expect(2)
        .says("the header names `a` twice");
}

#[test]
fn standard_input_is_read_once() {
    let env = TestEnv::new();
    env.write("x.jsonl", "{\"a\":{\"b\":1.50}}\n{\"a\":{\"b\":2}}\n");
    let file = std::fs::File::open(env.path("x.jsonl")).unwrap();
    let mut command = env.command();
    command
        .args(["schema", "infer", "--format", "jsonl", "-"])
        .stdin(file);
    let inferred = done(&mut command).expect(0);
    assert!(
        inferred.stdout.contains("\"precision\": 18"),
        "{}",
        inferred.stdout
    );
}

#[test]
fn a_file_without_fields_has_no_schema() {
    let env = TestEnv::new();
    for (rows, said) in [
        ("", "rows.jsonl has no rows, so no schema can be inferred"),
        (
            "{}\n{}\n",
            "the rows of rows.jsonl have no keys, so no schema can be inferred",
        ),
        (
            "[1]\nx\n",
            "rows.jsonl: no row could be read, so no schema can be inferred; the first error is in line 1: the row is not",
        ),
    ] {
        env.write("rows.jsonl", rows);
        infer(&env, &["rows.jsonl"]).expect(3).says(said);
        assert!(!env.path("file.avsc").exists(), "{rows:?}");
    }
}

#[test]
fn a_negative_zero_is_a_double() {
    let env = TestEnv::new();
    env.write("zero.jsonl", "{\"price\":-0.0}\n{\"price\":40.2}\n");
    infer(&env, &["zero.jsonl"]).expect(0);
    let schema = env.read("file.avsc");
    assert!(
        schema.contains("\"type\": \"double\"") && schema.contains("numbers, such as -0.0"),
        "{schema}"
    );
    is_accepted_by_fastavro(&env);
    load(&env, &["zero.jsonl"]).expect(0);
}
