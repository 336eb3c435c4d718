//! `show`: what is on a topic of a real Kafka, decoded with the schemas of a real registry.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, fixture, repository, unique};

/// Every type, and unions of which the branch follows from the value or does not.
const ALL_TYPES: &str = r#"{"type":"record","name":"All","namespace":"com.k2","fields":[
    {"name":"boolean","type":"boolean"},
    {"name":"long","type":"long"},
    {"name":"float","type":"float"},
    {"name":"double","type":"double"},
    {"name":"text","type":"string"},
    {"name":"bytes","type":"bytes"},
    {"name":"fixed","type":{"type":"fixed","name":"Four","size":4}},
    {"name":"side","type":{"type":"enum","name":"Side","symbols":["BUY","SELL"]}},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":38,"scale":6}},
    {"name":"big","type":{"type":"bytes","logicalType":"big-decimal"}},
    {"name":"uuid","type":{"type":"string","logicalType":"uuid"}},
    {"name":"day","type":{"type":"int","logicalType":"date"}},
    {"name":"millis","type":{"type":"int","logicalType":"time-millis"}},
    {"name":"time","type":{"type":"long","logicalType":"time-micros"}},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"nanos","type":{"type":"long","logicalType":"timestamp-nanos"}},
    {"name":"local","type":{"type":"long","logicalType":"local-timestamp-micros"}},
    {"name":"duration","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}},
    {"name":"list","type":{"type":"array","items":["null","double","string"]}},
    {"name":"map","type":{"type":"map","values":["null","long"]}},
    {"name":"nullable","type":["null","string"]},
    {"name":"union","type":["null","string","boolean",
        {"type":"bytes","logicalType":"decimal","precision":9,"scale":2},
        "int","double","com.k2.Side","com.k2.D",{"type":"array","items":"int"},
        {"type":"record","name":"One","fields":[{"name":"a","type":"int"}]},
        {"type":"record","name":"Two","fields":[{"name":"a","type":"int"}]}]}]}"#;

fn all_types(union: &Value) -> String {
    let mut row = json!({
        "boolean": true, "text": "a\"\u{1b}é\u{2028}", "bytes": "AP9i", "fixed": "/////w==", "side": "SELL",
        "price": "-40.200000", "big": "40.20", "uuid": "123e4567-e89b-12d3-a456-426614174000", "day": "2014-03-10",
        "millis": "10:00:05.516", "time": "23:59:59.999999", "at": "2014-03-10T10:00:05.516Z",
        "micros": "1969-12-31T23:59:59.999999Z", "nanos": "2014-03-10T10:00:05.123456789Z",
        "local": "2014-03-10T10:00:05.000001", "duration": "P1M2DT3.004S", "nullable": null, "float": "NaN",
        "list": [null, 1.5, "x", "NaN"], "map": {"a": null, "b": 1},
    });
    row["union"] = union.clone();
    let numbers = r#","long":9223372036854775807,"double":1e300}"#;
    let row = row.to_string();
    format!("{}{numbers}\n", row.strip_suffix('}').unwrap())
}

/// Sends messages as they are, with Python's client.
fn send(topic: &str, messages: &Value) {
    let mut python = Command::new(repository("tests/stack/python"))
        .arg(repository("tests/judges/raw_producer.py"))
        .args([&stack().bootstrap_servers, topic])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    input.write_all(messages.to_string().as_bytes()).unwrap();
    drop(input);
    assert!(python.wait().unwrap().success());
}

/// The messages of a topic as Python's client sees them.
fn raw(topic: &str) -> Vec<Value> {
    let raw = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/raw_messages.py"))
            .args([&stack().bootstrap_servers, topic]),
    );
    raw.expect(0).json().as_array().unwrap().clone()
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn lines(shown: &Done) -> Vec<Value> {
    shown
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn of_each(shown: &Done, name: &str) -> Vec<Value> {
    lines(shown).iter().map(|line| line[name].clone()).collect()
}

#[test]
fn shown_values_of_all_types_are_read_as_the_same_bytes() {
    let env = TestEnv::new();
    let (topic, copy) = (unique("show.types"), unique("show.types.copy"));
    for topic in [&topic, &copy] {
        stack().create_topic(topic, 1, &[]);
        stack().register(&format!("{topic}-value"), ALL_TYPES);
    }
    let branches = [
        json!(null),
        json!("12.30"),
        json!(false),
        json!({"bytes": serde_json::from_str::<Value>("12.30").unwrap()}),
        json!({"int": 7}),
        json!({"double": 7}),
        json!({"double": "-Infinity"}),
        json!({"com.k2.Side": "BUY"}),
        json!({"com.k2.D": [1, 2, 3]}),
        json!([1, 2]),
        json!({"com.k2.One": {"a": 1}}),
        json!({"Two": {"a": 1}}),
    ];
    let rows: String = branches.iter().map(all_types).collect();
    env.write("rows.jsonl", rows);
    let load = |topic: &str, file: &str| {
        let arguments = ["--topic", topic, "--bytes-encoding", "base64", "--no-key", file];
        env.run_on_stack(&arguments).expect(0);
    };
    load(&topic, "rows.jsonl");
    let shown = env
        .run_on_stack(&["show", "--topic", &topic, "--format", "envelope"])
        .expect(0)
        .says(&format!("{} messages of {topic}", branches.len()));
    let values = of_each(&shown, "value");
    assert_eq!(values[0]["price"], "-40.200000");
    assert_eq!(values[0]["nanos"], "2014-03-10T10:00:05.123456789Z");
    assert_eq!(values[0]["bytes"], "AP9i");
    assert!(
        shown.stdout.contains("\"text\":\"a\\\"\\u001bé\\u2028\""),
        "{}",
        shown.stdout
    );
    // The lines are not parsed, so that every digit stays as it was printed.
    let values: Vec<&str> = shown
        .stdout
        .lines()
        .map(|line| {
            line.split_once("\"value\":")
                .unwrap()
                .1
                .strip_suffix('}')
                .unwrap()
        })
        .collect();
    env.write("values.jsonl", values.join("\n"));
    load(&copy, "values.jsonl");
    let value = |message: &Value| message["value"].clone();
    let (sent, again): (Vec<Value>, Vec<Value>) = (
        raw(&topic).iter().map(value).collect(),
        raw(&copy).iter().map(value).collect(),
    );
    assert_eq!(sent.len(), branches.len());
    // The ids of the two schemas are the same, because their texts are.
    assert_eq!(sent, again);
}

#[test]
fn messages_are_shown_as_java_reads_them() {
    let env = TestEnv::new();
    let topic = stack().topic("show.trades", 3, "schemas/trade.avsc");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--header",
        "source=asx",
        &fixture("trades/trades.csv"),
    ])
    .expect(0);
    let shown = env
        .run_on_stack(&["show", "--topic", &topic, "--format", "json"])
        .expect(0);
    let mut shown = lines(&shown);
    let times: Vec<String> = shown.iter().map(|line| line["timestamp"].to_string()).collect();
    assert!(
        times.is_sorted(),
        "messages of all partitions are shown in the order of their times"
    );
    shown.sort_by_key(|line| (line["partition"].as_u64(), line["offset"].as_u64()));
    let mut java = stack().dump(&topic);
    java.sort_by_key(|line| (line["partition"].as_u64(), line["offset"].as_u64()));
    assert_eq!(shown.len(), 3000);
    for (line, java) in shown.iter().zip(&java) {
        for name in ["partition", "offset", "key"] {
            assert_eq!(line[name], java[name], "{name}");
        }
        assert_eq!(line["value_schema_id"], java["schema_id"]);
        assert_eq!(
            (&line["value_type"], &line["key_type"]),
            (&json!("avro"), &json!("text"))
        );
        assert_eq!(line["headers"], json!(["source", "asx"]));
        for name in ["symbol", "company_id", "volume", "venue"] {
            assert_eq!(line["value"][name], java["value"][name], "{name}");
        }
    }
    let table = env
        .run_on_stack(&["show", "--topic", &topic, "--last", "2"])
        .expect(0);
    assert_eq!(table.stdout.lines().count(), 3, "{}", table.stdout);
    assert!(table.stdout.starts_with("offset "), "{}", table.stdout);
}

#[test]
fn the_messages_to_show_are_selected() {
    let env = TestEnv::new();
    let topic = unique("show.selection");
    stack().create_topic(&topic, 2, &[]);
    let start = 1_700_000_000_000_i64;
    let message = |number: i64| {
        let key = hexadecimal(&format!("k{}", number % 3));
        let value = hexadecimal(&number.to_string());
        json!({"partition": number % 2, "key": key, "value": value, "timestamp": start + number * 1000})
    };
    stack().create_topic(&unique("show.other"), 1, &[]);
    send(&topic, &(0..10).map(message).collect());
    let shown = |arguments: &[&str]| {
        let first = ["show", "--topic", &topic, "--format", "json"];
        of_each(
            &env.run_on_stack(&[&first, arguments].concat()).expect(0),
            "value",
        )
    };
    assert_eq!(shown(&[]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(shown(&["--limit", "3"]), [0, 1, 2]);
    assert_eq!(shown(&["--last", "3"]), [7, 8, 9]);
    assert_eq!(shown(&["--last", "3", "--limit", "1"]), [7]);
    assert_eq!(shown(&["--last", "20"]).len(), 10);
    assert_eq!(shown(&["--key", "k1"]), [1, 4, 7]);
    assert_eq!(shown(&["--key", "k1", "--last", "2"]), [4, 7]);
    assert_eq!(shown(&["--partition", "1"]), [1, 3, 5, 7, 9]);
    assert_eq!(shown(&["--partition", "1:3"]), [7, 9]);
    assert_eq!(shown(&["--partition", "1", "--last", "2"]), [7, 9]);
    // 2023-11-14T22:13:20Z is the time of the first message.
    assert_eq!(shown(&["--from", "2023-11-14T22:13:26.001Z"]), [7, 8, 9]);
    assert_eq!(
        shown(&["--from", "2023-11-14T22:13:26Z", "--partition", "0"]),
        [6, 8]
    );
    assert_eq!(shown(&["--from", "2030-01-01T00:00:00Z"]).len(), 0);
    env.run_on_stack(&["show", "--topic", &topic, "--partition", "0:1", "--last", "1"])
        .expect(2)
        .says("`--last` contradicts the offset in `--partition`");
    env.run_on_stack(&["show", "--topic", &topic, "--partition", "2"])
        .expect(4)
        .says("there is no partition 2: the topic has 2, numbered from 0");
}

#[test]
fn aborted_messages_are_not_shown_and_not_waited_for() {
    let env = TestEnv::new();
    let topic = unique("show.aborted");
    stack().create_topic(&topic, 1, &[]);
    let message = |value: &str, end: Option<&str>| {
        let mut message = json!({"partition": 0, "key": null, "value": hexadecimal(value)});
        if let Some(end) = end {
            message["transaction"] = json!(end);
        }
        message
    };
    let abort = Some("abort");
    send(
        &topic,
        &json!([
            message("1", Some("commit")),
            message("2", abort),
            message("3", None),
            message("4", abort),
            message("5", abort),
        ]),
    );
    for (arguments, expected) in [
        (&[][..], &[1, 3][..]),
        (&["--last", "1"], &[3]),
        (&["--last", "2"], &[1, 3]),
    ] {
        let begun = Instant::now();
        let first = ["show", "--topic", &topic, "--format", "json"];
        let shown = env.run_on_stack(&[&first, arguments].concat()).expect(0);
        assert_eq!(of_each(&shown, "value"), expected);
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    }
}

#[test]
fn every_kind_of_message_is_named_and_a_value_that_cannot_be_decoded_has_its_reason() {
    let env = TestEnv::new();
    let topic = unique("show.kinds");
    stack().create_topic(&topic, 1, &[]);
    let key = stack().register(&format!("{topic}-key"), "\"string\"");
    let avro_key = format!("00{key:08x}06424850");
    let message =
        |key: Option<&str>, value: Option<&str>| json!({"partition": 0, "key": key, "value": value});
    send(
        &topic,
        &json!([
            {"partition": 0, "key": hexadecimal("7078"), "value": hexadecimal("{\"a\":1.10,\n\"b\":9007199254740993}"),
             "headers": [["h", null], ["h", ""], ["b", "ff"]]},
            message(Some(&avro_key), None),
            message(None, Some(&hexadecimal("a\u{1b}[2J"))),
            message(Some("0000000000000007"), Some("ff00")),
            message(None, Some("007fffffff02")),
        ]),
    );
    let shown = env
        .run_on_stack(&["show", "--topic", &topic, "--format", "json"])
        .expect(1)
        .says(&format!("5 messages of {topic}, 1 value not decoded"));
    let types: Vec<Value> = of_each(&shown, "key_type")
        .into_iter()
        .chain(of_each(&shown, "value_type"))
        .collect();
    assert_eq!(
        types,
        [
            "text",
            "avro",
            "null",
            "base64",
            "null",
            "json",
            "null",
            "text",
            "base64",
            "undecoded"
        ]
    );
    assert!(
        shown
            .stdout
            .contains("\"value\":{\"a\":1.10, \"b\":9007199254740993}"),
        "{}",
        shown.stdout
    );
    let lines = lines(&shown);
    assert_eq!(
        lines[0]["headers"],
        json!(["h", null, "h", "", "b", {"base64": "/w=="}])
    );
    assert_eq!(
        (&lines[1]["key"], &lines[1]["key_schema_id"]),
        (&json!("BHP"), &json!(key))
    );
    assert_eq!(lines[4]["value"], json!({"base64": "AH////8C"}));
    let error = lines[4]["error"].as_str().unwrap();
    assert!(error.contains("2147483647"), "{error}");
    let table = env.run_on_stack(&["show", "--topic", &topic]).expect(1);
    assert!(!table.stdout.contains('\u{1b}'), "{}", table.stdout);
    assert!(table.stdout.contains("not decoded: "), "{}", table.stdout);
}

#[test]
fn a_topic_that_does_not_exist_is_not_created() {
    let env = TestEnv::new();
    let topic = unique("show.missing");
    for _ in 0..2 {
        env.run_on_stack(&["show", "--topic", &topic])
            .expect(4)
            .says(&format!("topic `{topic}` does not exist on "));
    }
    env.run(&["show", "--topic", &topic])
        .expect(4)
        .says("no broker answered at 127.0.0.1:1");
    env.run(&["show", "--topic", &topic, "-X", "acks=1"])
        .expect(2)
        .says("`-X acks` is refused");
}

/// The messages of a topic without the times at which they were sent.
fn loaded(env: &TestEnv, source: &str, copy: &str, more: &[&str]) -> (Vec<Value>, Vec<Value>) {
    let shown = env
        .run_on_stack(&["show", "--topic", source, "--format", "envelope"])
        .expect(0);
    env.write("saved.jsonl", &shown.stdout);
    let arguments = [
        "--topic",
        copy,
        "--format",
        "envelope",
        "--allow-expired",
        "saved.jsonl",
    ];
    env.run_on_stack(&[&arguments, more].concat()).expect(0);
    (raw(source), raw(copy))
}

#[test]
fn a_saved_topic_is_loaded_with_the_same_keys_headers_times_partitions_and_values() {
    let env = TestEnv::new();
    let source = stack().topic("saved", 3, "schemas/trade.avsc");
    let copy = stack().topic("saved.copy", 3, "schemas/trade.avsc");
    let arguments = [
        "--header",
        "source=asx",
        "--header",
        "source={venue}",
        "--provenance",
    ];
    let first = ["--topic", &source, &fixture("trades/trades.csv")];
    env.run_on_stack(&[&first[..], &arguments].concat()).expect(0);
    let headers = json!([["h", null], ["h", ""], ["b", "ff00"], ["é", hexadecimal("é")]]);
    let message = |partition: u32, key: Option<&str>, value: Option<&str>, timestamp: i64| {
        json!({"partition": partition, "key": key.map(hexadecimal), "value": value, "timestamp": timestamp,
               "headers": headers})
    };
    let first = raw(&source);
    let value = first[0]["value"].as_str().unwrap();
    let start = first[0]["timestamp"].as_i64().unwrap();
    send(
        &source,
        &json!([
            // The partitions are not those of the keys.
            message(0, Some("BHP"), Some(value), start - 86_400_000),
            message(1, Some("BHP"), Some(value), start - 1),
            message(2, Some("BHP"), None, start + 1000),
            message(2, None, Some(value), start + 1001),
            message(1, Some(""), Some(value), start + 1002),
            {"partition": 0, "key": "00ff", "value": value, "timestamp": start + 1003},
        ]),
    );
    let (sent, again) = loaded(&env, &source, &copy, &[]);
    assert_eq!(sent.len(), 3006);
    for (sent, again) in sent.iter().zip(&again) {
        assert_eq!(sent, again);
    }
    assert_eq!(sent.len(), again.len());
    let java = |topic: &str| -> Vec<Value> {
        let mut messages = stack().dump(topic);
        // Java's dump is in the order of partitions too; only the name of the topic differs.
        for message in &mut messages {
            message.as_object_mut().unwrap().remove("topic");
        }
        messages
    };
    assert_eq!(java(&source), java(&copy));
}

#[test]
fn a_topic_with_avro_keys_is_loaded_with_the_schema_of_the_keys() {
    let env = TestEnv::new();
    let key = r#"{"type":"record","name":"Key","fields":[{"name":"venue","type":["null","string"]},
        {"name":"symbol","type":"string"}]}"#;
    let (source, copy) = (
        stack().topic("saved.keys", 2, "schemas/trade.avsc"),
        stack().topic("saved.keys.copy", 2, "schemas/trade.avsc"),
    );
    for topic in [&source, &copy] {
        stack().register(&format!("{topic}-key"), key);
    }
    let file = fixture("trades/trades.csv");
    env.run_on_stack(&["--topic", &source, "--key-schema", "--limit", "100", &file])
        .expect(0);
    let (sent, again) = loaded(&env, &source, &copy, &["--key-schema"]);
    assert_eq!(sent.len(), 100);
    assert_eq!(sent, again);
    env.run_on_stack(&["--topic", &copy, "--format", "envelope", "saved.jsonl"])
        .expect(3)
        .says("does not fit `key`: expected a text, or bytes as `{\"base64\": \"...\"}`")
        .says("if the keys are Avro, pass `--key-schema`");
}

/// What `kcat -C -J` (1.7.1) prints for messages with JSON values.
const KCAT: &str = r#"{"topic":"t","partition":1,"offset":0,"tstype":"create","ts":1764151200123,"broker":1,"headers":["source","asx","none",null],"key":"BHP","payload":"{\"symbol\":\"BHP\",\"n\":9007199254740993}"}
{"topic":"t","partition":0,"offset":0,"tstype":"create","ts":1764151200124,"broker":1,"key":null,"payload":"{\"symbol\":\"\\u00e9\\n\",\"n\":-1}"}
{"topic":"t","partition":0,"offset":1,"tstype":"create","ts":1764151200125,"broker":1,"key":"CBA","payload":null}
"#;

#[test]
fn what_kcat_saved_is_loaded_as_it_is() {
    let env = TestEnv::new();
    let topic = unique("kcat");
    stack().create_topic(&topic, 3, &[]);
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"symbol","type":"string"},{"name":"n","type":"long"}]}"#;
    stack().register(&format!("{topic}-value"), schema);
    env.write("saved.jsonl", KCAT);
    let load = |more: &[&str]| {
        let arguments = ["--topic", &topic, "--format", "envelope", "--allow-expired"];
        env.run_on_stack(&[&arguments, more].concat())
    };
    load(&["saved.jsonl"]).expect(0);
    let found: Vec<Value> = stack().dump(&topic);
    let place = |message: &Value| {
        json!([
            message["partition"],
            message["timestamp"],
            message["key"],
            message["headers"]
        ])
    };
    assert_eq!(
        found.iter().map(place).collect::<Vec<_>>(),
        [
            json!([0, 1_764_151_200_124_i64, null, []]),
            json!([0, 1_764_151_200_125_i64, "CBA", []]),
            json!([
                1,
                1_764_151_200_123_i64,
                "BHP",
                [["source", "asx"], ["none", null]]
            ]),
        ]
    );
    assert_eq!(found[0]["value"], json!({"symbol": "é\n", "n": -1}));
    assert_eq!(found[1]["raw"], Value::Null);
    assert_eq!(
        found[2]["value"],
        json!({"symbol": "BHP", "n": 9_007_199_254_740_993_i64})
    );

    // Rejects, a dry run and --from are those of any other file.
    let bad = KCAT
        .replace("\\\"n\\\":-1", "\\\"n\\\":-1.5")
        .replace("\"partition\":1,", "\"partition\":7,");
    env.write("bad.jsonl", &bad);
    load(&["bad.jsonl", "--dry-run", "--max-errors", "9"])
        .expect(1)
        .says("bad.jsonl:2: `-1.5` does not fit `n`");
    load(&["bad.jsonl", "--rejects", "kept.jsonl"]).expect(1);
    let lines: Vec<&str> = bad.lines().collect();
    assert_eq!(env.read("kept.jsonl"), format!("{}\n{}\n", lines[0], lines[1]));
    let reasons = env.read("kept.jsonl.errors.jsonl");
    assert!(
        reasons.contains("the topic has no partition 7; it has 3, from 0 to 2"),
        "{reasons}"
    );
    load(&["kept.jsonl", "--ignore-partition", "--max-errors", "1"])
        .expect(1)
        .says("1 delivered, 1 rejected");
    load(&["saved.jsonl", "--from", "saved.jsonl:3"])
        .expect(0)
        .says("1 delivered");
    for (flag, value) in [("--set", "symbol=key"), ("--json-root", "a"), ("--columns", "a")] {
        load(&["saved.jsonl", flag, value])
            .expect(2)
            .says(&format!("`{flag}` cannot be used with `--format envelope`"));
    }
    env.run(&["--topic", "t", "--ignore-partition", "t.csv"])
        .expect(2)
        .says("`--ignore-partition` is for envelopes");
}

#[test]
fn an_envelope_without_a_key_is_rejected_if_the_topic_is_compacted() {
    let env = TestEnv::new();
    let topic = unique("compacted");
    stack().create_topic(&topic, 1, &["cleanup.policy=compact"]);
    stack().register(&format!("{topic}-value"), "\"string\"");
    env.write(
        "saved.jsonl",
        "{\"key\":\"a\",\"value\":\"1\"}\n{\"value\":\"2\"}\n{\"key\":\"b\",\"value\":null}\n",
    );
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--format",
        "envelope",
        "--max-errors",
        "1",
        "saved.jsonl",
    ])
    .expect(1)
    .says("saved.jsonl:2: the topic is compacted")
    .says("2 delivered (1 tombstone), 1 rejected");
    assert_eq!(stack().dump(&topic).len(), 2);
}
