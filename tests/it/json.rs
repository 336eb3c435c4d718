//! JSON whose rows are not lines: arrays, values over several lines, rows within other values.

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{Done, TestEnv};

/// The records of a topic with one partition, without what differs from load to load.
fn records(topic: &str) -> Vec<(Value, Value)> {
    let records = stack().dump(topic);
    records
        .iter()
        .map(|record| (record["key"].clone(), record["value"].clone()))
        .collect()
}

fn topic(name: &str) -> String {
    stack().topic(name, 1, "schemas/trade.avsc")
}

/// A trade with this venue and volume.
fn trade(venue: &str, volume: &str) -> String {
    format!(
        r#"{{"symbol":"BHP","company_id":1,"exchange_timestamp":"2014-03-10T10:00:05Z","price":1.5,"volume":{volume},"qualifiers":0,"venue":"{venue}","ingestion_timestamp":"2014-03-10T10:00:05Z"}}"#
    )
}

#[test]
fn an_array_gives_the_messages_of_its_items_in_any_layout() {
    let env = TestEnv::new();
    env.generate("trades.jsonl", "trade", "jsonl", 5_000);
    let lines = env.read("trades.jsonl");
    let lines: Vec<&str> = lines.lines().collect();
    let plain = topic("lines");
    env.run_on_stack(&["--topic", &plain, "trades.jsonl"]).expect(0);
    let expected = records(&plain);
    assert_eq!(expected.len(), 5_000);
    let spread: Vec<String> = lines
        .iter()
        .map(|line| serde_json::to_string_pretty(&serde_json::from_str::<Value>(line).unwrap()).unwrap())
        .collect();
    env.write("one_line.json", format!("[{}]", lines.join(",")));
    env.write("array.json", format!("[\r\n{}\r\n]\r\n", lines.join(" ,\r\n  ")));
    env.write("values.json", spread.join("\n"));
    env.write(
        "root.json",
        format!(
            "{{\"n\":[1,{{}}],\"data\":{{\"trades\":[{}]}}}}",
            spread.join(",")
        ),
    );
    for (file, options) in [
        ("one_line.json", &[][..]),
        ("array.json", &[]),
        ("values.json", &[]),
        ("root.json", &["--json-root", "data.trades"]),
    ] {
        let topic = topic("array");
        let arguments = [&["--topic", &topic, file][..], options].concat();
        env.run_on_stack(&arguments)
            .expect(0)
            .says("5,000 rows: 5,000 delivered");
        assert!(records(&topic) == expected, "{file}");
    }
    // Through gzip and a pipe.
    let topic = topic("pipe");
    let script = format!(
        "gzip -c one_line.json | '{}' --topic {topic} --format json -",
        env!("CARGO_BIN_EXE_k2-produce")
    );
    let mut shell = env.command_on_stack();
    let mut piped = std::process::Command::new("sh");
    piped.args(["-c", &script]).current_dir(env.path("."));
    for (name, value) in shell.env("LC_ALL", "C").get_envs() {
        if let Some(value) = value {
            piped.env(name, value);
        }
    }
    crate::support::done(&mut piped).expect(0);
    assert!(records(&topic) == expected);
}

/// The argument of the `--from` that the run printed.
fn printed_from(done: &Done) -> String {
    let last = done.stderr.lines().last().unwrap();
    let (_, from) = last.rsplit_once("resume with `--from ").unwrap();
    from.split('`').next().unwrap().to_owned()
}

#[test]
fn a_load_in_parts_by_limit_has_every_item_once() {
    let env = TestEnv::new();
    let topic = topic("parts");
    let trades: Vec<String> = (1..=7).map(|volume| trade("A", &volume.to_string())).collect();
    env.write(
        "t.json",
        format!("[{},\n{}]", trades[..4].join(","), trades[4..].join(" , ")),
    );
    let load = ["--topic", &topic, "--limit", "3", "t.json"];
    let first = env.run_on_stack(&load).expect(0);
    let from = printed_from(&first);
    let column = 2 + trades[..3].iter().map(|trade| trade.len() + 1).sum::<usize>();
    assert_eq!(from, format!("t.json:1:{column}"), "{}", first.stderr);
    let second = env
        .run_on_stack(&[&load[..], &["--from", &from]].concat())
        .expect(0);
    let from = printed_from(&second);
    assert!(from.starts_with("t.json:2:"), "{from}");
    env.run_on_stack(&["--topic", &topic, "t.json", "--from", &from])
        .expect(0)
        .says("1 row: 1 delivered");
    let volumes: Vec<Value> = records(&topic)
        .iter()
        .map(|(_, value)| value["volume"].clone())
        .collect();
    assert_eq!(volumes, (1..=7).map(Value::from).collect::<Vec<_>>());
}

#[test]
fn a_bad_item_has_its_line_and_column_and_can_be_loaded_again() {
    let env = TestEnv::new();
    let topic = topic("bad");
    env.write(
        "t.toml",
        "[input]\njson-root = \"result.*[*]\"\n[fields]\nsymbol = '$key'\nvenue = '$root.venue'\n\
         [rules]\nignore-unknown = true\n",
    );
    let spread = trade("B", "\"many\"").replace(",\"volume\"", ",\n   \"volume\"");
    env.write(
        "t.json",
        format!(
            "{{\"venue\":\"X\",\"last\":1,\"result\":{{\"CBA\":[{},\n  {spread}],\"n\":2}}}}\n",
            trade("A", "1")
        ),
    );
    let load = ["--topic", &topic, "--map", "t.toml"];
    env.run_on_stack(&[&load[..], &["t.json"]].concat())
        .expect(3)
        .says("error: t.json:2:3: `many` does not fit `volume`")
        .says("\n 3 | ");
    let topic = self::topic("bad");
    let load = ["--topic", &topic, "--map", "t.toml"];
    env.run_on_stack(&[&load[..], &["--rejects", "bad.json", "t.json"]].concat())
        .expect(1)
        .says("2 rows: 1 delivered, 1 rejected");
    let bad = env.read("bad.json");
    assert_eq!(bad.lines().count(), 1, "{bad}");
    assert!(
        bad.starts_with(r#"{"venue":"X","result":{"CBA":[{"symbol""#),
        "{bad}"
    );
    let reasons: Value = serde_json::from_str(&env.read("bad.json.errors.jsonl")).unwrap();
    assert_eq!(
        (&reasons["line"], &reasons["line_column"]),
        (&2.into(), &3.into()),
        "{reasons}"
    );
    let text = env.read("t.json");
    let byte = reasons["byte"].as_u64().unwrap() as usize;
    assert!(text[byte..].starts_with(&spread), "{reasons}");
    env.write("bad.json", bad.replace("\"many\"", "2"));
    env.run_on_stack(&[&load[..], &["bad.json"]].concat())
        .expect(0)
        .says("1 row: 1 delivered");
    let loaded: Vec<Value> = records(&topic)
        .into_iter()
        .map(|(_, value)| {
            [&value["symbol"], &value["venue"], &value["volume"]]
                .into_iter()
                .cloned()
                .collect()
        })
        .collect();
    assert_eq!(
        loaded,
        [
            serde_json::json!(["CBA", "X", 1]),
            serde_json::json!(["CBA", "X", 2])
        ]
    );
}

#[test]
fn the_rows_before_a_fault_are_sent_and_the_fault_has_its_place() {
    let env = TestEnv::new();
    let whole = format!("[{},\n{}", trade("A", "1"), trade("B", "2"));
    for (text, rows, error) in [
        (
            whole.clone(),
            2,
            "the file ends within the JSON value that starts at line 1, column 1\n",
        ),
        (
            whole[..whole.len() - 9].to_owned(),
            1,
            "the file ends within the JSON value that starts at line 1, column 1\n",
        ),
        (whole.clone() + "}", 2, "expected `,` or `]` (after"),
        (
            whole.replace(":2,", ":2\n,\"x\":\"\n"),
            1,
            "the line ends within a string",
        ),
    ] {
        let topic = topic("fault");
        env.write("t.json", &text);
        let done = env.run_on_stack(&["--topic", &topic, "t.json"]).expect(3);
        let place = format!("error: t.json:{}:", if text.contains("\"x\"") { 3 } else { 2 });
        let done = done.says(&place).says(error);
        assert_eq!(records(&topic).len(), rows, "{}", done.stderr);
    }
    env.write("t.json", "{\"error\":[],\"data\":{\"trades\":[]}}\n{}");
    env.dry_run(&["t.json", "--json-root", "result.trades"])
        .expect(3)
        .says(
            "error: t.json: `result.trades` (`json-root`) leads to no rows in any of its 2 JSON values; the first is an object \
             with `error`, `data`\n",
        );
    env.dry_run(&["t.json", "--json-root", "data.trades"])
        .expect(0)
        .says("warning: t.json has no rows\n");
}

#[test]
fn options_for_json_are_refused_where_they_have_no_meaning() {
    let env = TestEnv::new();
    env.write("t.csv", "symbol\nBHP\n");
    env.dry_run(&["t.csv", "--json-root", "a.b"])
        .expect(2)
        .says("error: `--json-root` applies to JSON, but t.csv is CSV\n");
    env.dry_run(&["t.csv", "--json-root", "a..b"])
        .expect(2)
        .says("a name is missing");
    env.write("t.jsonl", "");
    env.dry_run(&["t.jsonl", "--set", "symbol=$root.time"])
        .expect(2)
        .says("error: `$root.time` is a value around the rows, but without `json-root` there is none\n");
    env.dry_run(&["t.jsonl", "--json-root", "data", "--set", "symbol=$key"])
        .expect(2)
        .says("error: `$key` is a key that a `*` in `json-root` stands for, but the path has 0 such keys\n");
    env.dry_run(&["t.jsonl", "--set", "symbol=$symbol"])
        .expect(2)
        .says("`$symbol` is unknown");
}

#[test]
fn rows_that_are_arrays_have_the_given_names() {
    let env = TestEnv::new();
    let topic = topic("named");
    let row = r#"["BHP",1,"2014-03-10T10:00:05Z",1.5,7,{"x":1},0,"A","2014-03-10T10:00:05Z"]"#;
    let names = "symbol,company_id,exchange_timestamp,price,volume,,qualifiers,venue,ingestion_timestamp";
    env.write("t.jsonl", format!("{row}\n{row}\n[1]\n"));
    env.write("t.json", format!("[{row}]"));
    let load = ["--topic", &topic, "--columns", names, "--max-errors", "1"];
    env.run_on_stack(&[&load[..], &["t.jsonl", "t.json"]].concat())
        .expect(1)
        .says("error: t.jsonl:3: the row is an array of 1 values, but `columns` has 9 names\n")
        .says("4 rows: 3 delivered, 1 rejected");
    let records = records(&topic);
    assert_eq!(records.len(), 3);
    assert!(
        records
            .iter()
            .all(|(_, value)| value["volume"] == 7 && value["venue"] == "A")
    );
}

#[test]
fn mappings_and_schemas_are_drafted_from_the_rows() {
    let env = TestEnv::new();
    env.write("t.json", r#"{"data":[{"px":1.5,"n":1},{"px":2.25,"n":2}]}"#);
    let done = env
        .run(&["schema", "infer", "--json-root", "data", "t.json"])
        .expect(0)
        .says("t.json: 2 rows in 2 fields\n");
    assert!(done.stdout.contains("\"px\""), "{}", done.stdout);
    env.write("t.avsc", &done.stdout);
    env.run(&[
        "map",
        "explain",
        "--schema-file",
        "t.avsc",
        "--json-root",
        "data",
        "t.json",
    ])
    .expect(0);
    let drafted = env
        .run(&[
            "map",
            "init",
            "--schema-file",
            "t.avsc",
            "--json-root",
            "data",
            "t.json",
        ])
        .expect(0);
    assert!(drafted.stdout.contains("px"), "{}", drafted.stdout);
}
