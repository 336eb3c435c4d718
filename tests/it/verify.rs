//! `k2-produce verify`: what another client changed on a topic is found, and nothing else.

mod spilled;

use std::io::Write;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, ended, repository, signal, spawn_piped, unique};

const HEADER: &str = "symbol,company_id,exchange,exchange_timestamp,price,volume,qualifiers,venue,buyer_id,ingestion_timestamp,sequence_number\n";

/// Rows with these sequence numbers; that of line 2 is 1.
fn rows(numbers: std::ops::RangeInclusive<u64>) -> String {
    numbers
        .map(|number| {
            format!(
                "S{},1,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,{number}\n",
                number % 5
            )
        })
        .collect()
}

/// A topic with the rows of `t.csv`, and what is needed to copy it.
struct Loaded {
    env: TestEnv,
    topic: String,
    /// The sequence numbers of each partition, in the order of their offsets.
    numbers: Vec<Vec<u64>>,
}

impl Loaded {
    fn with(options: &[&str]) -> Loaded {
        let env = TestEnv::new();
        let topic = stack().topic("verify", 3, "schemas/trade.avsc");
        // The messages may have the times of their rows, and the broker would delete them at any moment.
        stack().witness(&["alter-topic", "--topic", &topic, "--set", "retention.ms=-1"]);
        env.write("t.csv", format!("{HEADER}{}", rows(1..=300)));
        env.run_on_stack(&[&["--topic", &topic, "t.csv"], options].concat())
            .expect(0);
        let mut numbers = vec![Vec::new(); 3];
        for record in stack().dump(&topic) {
            let partition = record["partition"].as_u64().unwrap();
            numbers[partition as usize].push(record["value"]["sequence_number"].as_u64().unwrap());
        }
        Loaded { env, topic, numbers }
    }

    /// The partition with the most messages.
    fn partition(&self) -> usize {
        (0..3)
            .max_by_key(|partition| self.numbers[*partition].len())
            .unwrap()
    }

    /// The line of the message at this index of a partition.
    fn line(&self, partition: usize, index: usize) -> u64 {
        self.numbers[partition][index] + 1
    }

    /// Copies the topic with edits, and compares the copy with the file.
    fn verified(&self, edits: Value, options: &[&str]) -> Done {
        let copy = unique("verify-copy");
        stack().create_topic(&copy, 3, &["retention.ms=-1"]);
        copied(&self.topic, &copy, &edits).expect(0);
        let subject = format!("{}-value", self.topic);
        let command = [
            "verify",
            "--topic",
            &copy,
            "--subject",
            &subject,
            "--json",
            "t.csv",
        ];
        self.env.run_on_stack(&[&command[..], options].concat())
    }
}

/// Copies what is on a topic with edits, by another client.
fn copied(from: &str, to: &str, edits: &Value) -> Done {
    done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/it/verify/plant.py"))
            .args([&stack().bootstrap_servers, from, to, &edits.to_string()]),
    )
}

fn differences(json: &Value) -> Vec<(&str, u64)> {
    let all = json["differences"].as_object().unwrap();
    let found = all
        .iter()
        .map(|(kind, count)| (kind.as_str(), count.as_u64().unwrap()));
    found.filter(|(_, count)| *count > 0).collect()
}

fn assert_equal(done: &Done, rows: u64) {
    let json = done.json();
    assert_eq!(differences(&json), [], "{json:#}");
    assert_eq!(json["rows"]["equal"], rows, "{json:#}");
}

#[test]
fn a_missing_row_is_found_with_its_line() {
    let loaded = Loaded::with(&[]);
    let partition = loaded.partition();
    let done = loaded.verified(
        json!([{"edit": "delete", "partition": partition, "index": 7}]),
        &[],
    );
    let json = done.expect(1).json();
    assert_eq!(differences(&json), [("missing", 1)]);
    assert_eq!(json["shown"][0]["file"], "t.csv");
    assert_eq!(json["shown"][0]["line"], loaded.line(partition, 7));
    assert_eq!(json["shown"][0]["expected_partition"], partition);
    assert_eq!(json["rows"]["equal"], 299);
    assert_eq!(json["messages"], 299);
}

#[test]
fn a_changed_field_is_found_with_both_values() {
    let loaded = Loaded::with(&[]);
    let partition = loaded.partition();
    let done = loaded.verified(
        json!([{"edit": "last byte", "partition": partition, "index": 9}]),
        &[],
    );
    let json = done.expect(1).json();
    assert_eq!(differences(&json), [("different", 1)]);
    let shown = &json["shown"][0];
    assert_eq!(shown["line"], loaded.line(partition, 9));
    assert_eq!(
        (&shown["partition"], &shown["offset"]),
        (&json!(partition), &json!(9))
    );
    let field = &shown["fields"][0];
    assert_eq!(field["field"], "sequence_number");
    assert_eq!(field["expected"], loaded.numbers[partition][9]);
    assert_ne!(field["found"], field["expected"]);
}

#[test]
fn of_several_rows_and_messages_between_the_same_neighbours_the_most_similar_are_one_difference() {
    let line = |number: u64, price: &str| {
        let time = format!("2014-03-10T10:00:0{number}Z");
        format!("S1,1,ASX,{time},{price},{number}0,{number},A,B{number},{time},{number}\n")
    };
    let changed = |before: &[u64], changed: u64, after: &[u64]| {
        let same =
            |numbers: &[u64]| -> String { numbers.iter().map(|number| line(*number, "1.5")).collect() };
        format!(
            "{HEADER}{}{}{}",
            same(before),
            line(changed, "99.99"),
            same(after)
        )
    };
    for (loaded, (line_of_row, offset), (kind, place, of_other)) in [
        (changed(&[1], 3, &[4]), (4, 1), ("missing", "line", 3)),
        (changed(&[1, 9], 2, &[3, 4]), (3, 2), ("foreign", "offset", 1)),
    ] {
        let env = TestEnv::new();
        let topic = stack().topic("verify-gap", 3, "schemas/trade.avsc");
        let all: String = (1..=4).map(|number| line(number, "1.5")).collect();
        env.write("t.csv", format!("{HEADER}{all}"));
        env.write("loaded.csv", loaded);
        env.run_on_stack(&["--topic", &topic, "loaded.csv"]).expect(0);
        let done = env.run_on_stack(&["verify", "--topic", &topic, "--json", "t.csv"]);
        let json = done.expect(1).json();
        let of_kind = |kind: &str| -> Vec<&Value> {
            let shown = json["shown"].as_array().unwrap().iter();
            shown.filter(|shown| shown["kind"] == kind).collect()
        };
        let ([different], [other]) = (&of_kind("different")[..], &of_kind(kind)[..]) else {
            panic!("{json:#}");
        };
        assert_eq!(different["line"], line_of_row, "{json:#}");
        assert_eq!(different["offset"], offset, "{json:#}");
        assert_eq!(different["fields"].as_array().unwrap().len(), 1, "{json:#}");
        assert_eq!(different["fields"][0]["field"], "price");
        assert_eq!(other[place], of_other, "{json:#}");
    }
}

#[test]
fn a_message_that_is_no_record_is_not_taken_for_the_changed_row_behind_it() {
    let loaded = Loaded::with(&[]);
    // Foreign messages have the key of this row.
    let number = 100;
    let index_in = |numbers: &Vec<u64>| numbers.iter().position(|one| *one == number);
    let places = loaded.numbers.iter().map(index_in).enumerate();
    let (partition, index) = places
        .flat_map(|(partition, index)| Some((partition, index?)))
        .next()
        .unwrap();
    let edits =
        ["last byte", "foreign"].map(|edit| json!({"edit": edit, "partition": partition, "index": index}));
    let json = loaded.verified(json!(edits), &[]).expect(1).json();
    assert_eq!(differences(&json), [("different", 1), ("foreign", 1)]);
    assert_eq!(json["shown"][0]["line"], loaded.line(partition, index));
    assert_eq!(json["shown"][0]["fields"][0]["field"], "sequence_number");
    assert_eq!(json["shown"][1]["offset"], index);
}

#[test]
fn tombstones_headers_and_times_are_compared() {
    let options = [
        "--header",
        "source={venue}",
        "--timestamp-field",
        "exchange_timestamp",
        "--allow-expired",
    ];
    let loaded = Loaded::with(&options);
    let partition = loaded.partition();
    assert_equal(&loaded.verified(json!([]), &options).expect(0), 300);
    for (edit, field) in [
        (json!({"edit": "value", "to": null}), "value"),
        (
            json!({"edit": "headers", "to": [["source", "B"]]}),
            "header source",
        ),
        (json!({"edit": "headers", "to": []}), "headers"),
        (json!({"edit": "time", "to": 1}), "message timestamp"),
    ] {
        let mut edit = edit;
        edit["partition"] = json!(partition);
        edit["index"] = json!(3);
        let json = loaded.verified(json!([edit]), &options).expect(1).json();
        assert_eq!(differences(&json), [("different", 1)], "{field}");
        assert_eq!(json["shown"][0]["fields"][0]["field"], field);
        assert_eq!(json["shown"][0]["line"], loaded.line(partition, 3));
    }
}

#[test]
fn a_doubled_row_is_found_wherever_the_copy_is() {
    let loaded = Loaded::with(&[]);
    let partition = loaded.partition();
    for to in [3, 4, 30] {
        let edit = json!([{"edit": "double", "partition": partition, "index": 3, "to": to}]);
        let json = loaded.verified(edit, &[]).expect(1).json();
        assert_eq!(differences(&json), [("doubled", 1)]);
        assert_eq!(json["shown"][0]["line"], loaded.line(partition, 3));
        assert_eq!(json["rows"]["equal"], 300);
    }
}

#[test]
fn rows_of_one_key_in_another_order_are_found_and_those_of_others_are_not() {
    let loaded = Loaded::with(&[]);
    let partition = loaded.partition();
    let key = |index: usize| loaded.numbers[partition][index] % 5;
    let next = (11..).find(|index| key(*index) == key(10)).unwrap();
    let edit = json!([{"edit": "move", "partition": partition, "index": 10, "to": next}]);
    let json = loaded.verified(edit, &[]).expect(1).json();
    assert_eq!(differences(&json), [("out_of_order", 1)]);
    assert_eq!(json["rows"]["equal"], 299);
    // Of two keys in one partition.
    if let Some(other) = (11..next).last() {
        let edit = json!([{"edit": "move", "partition": partition, "index": 10, "to": other}]);
        assert_equal(&loaded.verified(edit, &[]).expect(0), 300);
    }
}

#[test]
fn a_row_in_another_partition_and_a_foreign_message_are_found() {
    let loaded = Loaded::with(&[]);
    let partition = loaded.partition();
    let other = (partition + 1) % 3;
    let edit = json!([{"edit": "to partition", "partition": partition, "index": 5, "to": other}]);
    let json = loaded.verified(edit, &[]).expect(1).json();
    assert_eq!(differences(&json), [("in_another_partition", 1)]);
    assert_eq!(json["shown"][0]["line"], loaded.line(partition, 5));
    assert_eq!(json["shown"][0]["expected_partition"], partition);
    assert_eq!(json["shown"][0]["partition"], other);
    let foreign = json!([{"edit": "foreign", "partition": partition, "index": 5}]);
    let json = loaded.verified(foreign.clone(), &[]).expect(0).json();
    assert_eq!(differences(&json), [("foreign", 1)]);
    assert_eq!(json["shown"][0]["offset"], 5);
    loaded.verified(foreign, &["--fail-on-foreign"]).expect(1);
}

#[test]
fn aborted_messages_are_not_there() {
    let loaded = Loaded::with(&[]);
    assert_equal(
        &loaded
            .verified(json!([{"edit": "abort"}]), &["--fail-on-foreign"])
            .expect(0),
        300,
    );
}

#[test]
fn nothing_is_reported_after_loads_of_every_kind() {
    let env = TestEnv::new();
    env.write("t.csv", format!("{HEADER}{}{}", rows(1..=200), rows(7..=7)));
    env.write(
        "bad.csv",
        format!("{HEADER}{}S1,x,A,,,,,,,,\n{}", rows(1..=9), rows(10..=19)),
    );
    done(Command::new("gzip").arg("-k").arg(env.path("t.csv"))).expect(0);
    let columns: Vec<&str> = HEADER.trim_end().split(',').collect();
    let jsonl: String = rows(1..=100)
        .lines()
        .map(|line| {
            let cells = columns.iter().zip(line.split(','));
            let cells = cells.filter(|(_, cell)| !cell.is_empty());
            let object: serde_json::Map<String, Value> = cells
                .map(|(name, cell)| ((*name).to_owned(), json!(cell)))
                .collect();
            format!("{}\n", Value::Object(object))
        })
        .collect();
    env.write("t.jsonl", jsonl);
    env.write(
        "map.toml",
        "[fields]\nsymbol = 'upper(symbol)'\ncompany_id = 'company_id'\ningestion_timestamp = 'now()'\n\n\
         [rows]\nwhere = 'sequence_number != 3'\n\n[message.headers]\nrun = 'uuid4()'\nline = 'line_number()'\n",
    );
    for (options, status, rows) in [
        (&["t.csv"][..], 0, 201),
        (&["t.csv.gz"], 0, 201),
        (&["t.jsonl"], 0, 100),
        (&["--key", "{exchange}.{venue}", "t.csv"], 0, 201),
        (&["--no-key", "t.csv"], 0, 201),
        (&["--provenance", "--header", "a=b", "t.csv", "t.jsonl"], 0, 301),
        (&["--exactly-once", "--commit-rows", "50", "t.csv"], 0, 201),
        (&["--rejects", "kept.csv", "bad.csv"], 1, 19),
        (&["--limit", "77", "t.csv"], 0, 77),
        (&["--from", "t.csv:100", "t.csv"], 0, 103),
        (&["--map", "map.toml", "t.csv"], 0, 200),
        (&["-X", "partitioner=consistent", "t.csv"], 0, 201),
        (&["--rate", "100000/s", "--max-failures", "3", "t.csv"], 0, 201),
    ] {
        let topic = stack().topic("verify-clean", 3, "schemas/trade.avsc");
        env.run_on_stack(&[&["--topic", &topic], options].concat())
            .expect(status);
        let verify = ["verify", "--topic", &topic, "--json", "--fail-on-foreign"];
        let done = env.run_on_stack(&[&verify[..], options].concat()).expect(0);
        assert_equal(&done, rows);
    }
}

#[test]
fn fields_that_differ_from_run_to_run_are_named() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-now", 3, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=20)));
    env.write(
        "map.toml",
        "[fields]\ningestion_timestamp = 'now()'\nsymbol = 'symbol'\n",
    );
    let load = ["--topic", &topic, "--map", "map.toml", "t.csv"];
    env.run_on_stack(&load).expect(0);
    env.run_on_stack(&[&["verify"], &load[..]].concat())
        .expect(0)
        .says("`ingestion_timestamp` differs from run to run and is not compared")
        .says("20 equal");
    env.write(
        "key.toml",
        "[fields]\nsymbol = 'symbol'\n\n[message]\nkey = 'uuid4()'\n",
    );
    env.run_on_stack(&["verify", "--topic", &topic, "--map", "key.toml", "t.csv"])
        .expect(2)
        .says("`message.key` would differ in each run");
}

#[test]
fn the_offsets_of_a_load_are_those_of_its_summary() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-range", 3, "schemas/trade.avsc");
    env.write("a.csv", format!("{HEADER}{}", rows(1..=50)));
    env.write("b.csv", format!("{HEADER}{}", rows(51..=90)));
    for (file, summary) in [("a.csv", "a.json"), ("b.csv", "b.json")] {
        let done = env
            .run_on_stack(&["--topic", &topic, "--summary", "json", file])
            .expect(0);
        env.write(summary, done.json().to_string());
    }
    let verify = |options: &[&str]| {
        let command = ["verify", "--topic", &topic, "--json", "--fail-on-foreign"];
        env.run_on_stack(&[&command, options].concat())
    };
    assert_equal(&verify(&["--load-summary", "b.json", "b.csv"]).expect(0), 40);
    assert_equal(&verify(&["a.csv", "b.csv"]).expect(0), 90);
    let json = verify(&["b.csv"]).expect(1).json();
    assert_eq!(differences(&json), [("foreign", 50)]);
    let json = verify(&["--load-summary", "a.json", "b.csv"]).expect(1).json();
    assert_eq!(differences(&json), [("missing", 40), ("foreign", 50)]);
    let json = verify(&["--since", "2100-01-01T00:00:00Z", "b.csv"])
        .expect(1)
        .json();
    assert_eq!(differences(&json), [("missing", 40)]);
    assert_equal(
        &verify(&["--until", "2100-01-01T00:00:00Z", "a.csv", "b.csv"]).expect(0),
        90,
    );
    verify(&["--load-summary", "a.csv", "b.csv"])
        .expect(2)
        .says("it is not the summary of a load");
}

#[test]
fn the_offsets_of_an_exactly_once_load_are_those_of_its_checkpoints() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-checkpoints", 3, "schemas/trade.avsc");
    env.write("a.csv", format!("{HEADER}{}", rows(1..=50)));
    env.write("b.csv", format!("{HEADER}{}", rows(51..=90)));
    let name = unique("verified");
    let load = ["--topic", &topic, "--exactly-once"];
    // The load of one file has the name of topic and file; its second run has rows of the first one before its own.
    env.run_on_stack(&[&load[..], &["--limit", "20", "a.csv"]].concat())
        .expect(0);
    env.run_on_stack(&[&load[..], &["a.csv"]].concat()).expect(0);
    env.run_on_stack(&[&load[..], &["--load-name", &name, "./b.csv"]].concat())
        .expect(0);
    let verify = |options: &[&str]| {
        let command = ["verify", "--topic", &topic, "--json", "--fail-on-foreign"];
        env.run_on_stack(&[&command, options].concat())
    };
    let default = format!("{topic}/a.csv");
    assert_equal(&verify(&["--load-checkpoints", &default, "a.csv"]).expect(0), 50);
    assert_equal(&verify(&["--load-checkpoints", &name, "b.csv"]).expect(0), 40);
    assert_eq!(
        differences(&verify(&["b.csv"]).expect(1).json()),
        [("foreign", 50)]
    );
    verify(&["--load-checkpoints", &name, "a.csv"])
        .expect(2)
        .says("it has not loaded a.csv")
        .says("k2-produce loads show");
    verify(&["--load-checkpoints", &name[1..], "a.csv"])
        .expect(2)
        .says(&format!("did you mean `{name}`"));
    let other = stack().topic("verify-checkpoints-other", 3, "schemas/trade.avsc");
    env.run_on_stack(&["verify", "--topic", &other, "--load-checkpoints", &name, "b.csv"])
        .expect(2)
        .says("which is not compared");
}

#[test]
fn rows_of_another_load_between_the_files_of_a_load_are_not_compared() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-between", 3, "schemas/trade.avsc");
    env.write("a.csv", format!("{HEADER}{}", rows(1..=50)));
    env.write("b.csv", format!("{HEADER}{}", rows(51..=90)));
    env.write("c.csv", format!("{HEADER}{}", rows(91..=120)));
    let name = unique("between");
    let load = ["--topic", &topic, "--exactly-once", "--load-name", &name];
    // A few messages of another client, and then so many that they are not read. They are equal to rows.
    env.run_on_stack(&[&load[..], &["a.csv"]].concat()).expect(0);
    let source = stack().topic("verify-source", 3, "schemas/trade.avsc");
    env.run_on_stack(&["--topic", &source, "a.csv"]).expect(0);
    copied(&source, &topic, &json!([])).expect(0);
    env.run_on_stack(&[&load[..], &["a.csv", "b.csv"]].concat())
        .expect(0);
    env.write("many.csv", format!("{HEADER}{}", rows(1..=200_000)));
    env.run_on_stack(&["--topic", &topic, "many.csv"]).expect(0);
    env.run_on_stack(&[&load[..], &["a.csv", "b.csv", "c.csv"]].concat())
        .expect(0);
    let verify = |files: &[&str]| {
        let command = ["verify", "--topic", &topic, "--json", "--fail-on-foreign"];
        env.run_on_stack(&[&command, &["--load-checkpoints", &name][..], files].concat())
    };
    let done = verify(&["a.csv", "b.csv", "c.csv"]).expect(0);
    assert_equal(&done, 120);
    let json = done.json();
    assert_eq!(json["messages"], 120);
    let partitions = json["topics"][0]["partitions"].as_array().unwrap();
    let ranges = |partition: &Value| partition["ranges"].as_array().unwrap().len();
    assert_eq!(partitions.iter().map(ranges).max(), Some(3), "{json:#}");
    assert_equal(&verify(&["a.csv", "c.csv"]).expect(0), 80);
    let missing = verify(&["a.csv", "b.csv", "c.csv", "many.csv"]).expect(2);
    missing.says("it has not loaded many.csv");
}

#[test]
fn messages_behind_an_open_transaction_are_waited_for() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-hidden", 3, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=20)));
    env.generate("more.csv", "trade", "csv", 60_000);
    env.run_on_stack(&["--topic", &topic, "t.csv"]).expect(0);
    let mut other = env.command_on_stack();
    other.args(["--topic", &topic, "--atomic", "--format", "csv", "-"]);
    let mut other = spawn_piped(&mut other);
    let mut input = other.stdin.take().unwrap();
    input.write_all(env.read("more.csv").as_bytes()).unwrap();
    stack().await_records(&topic, 1_021);
    let mut verify = env.command_on_stack();
    verify.args(["verify", "--topic", &topic, "--fail-on-foreign", "t.csv"]);
    let verify = spawn_piped(&mut verify);
    std::thread::sleep(std::time::Duration::from_secs(2));
    signal(&other, "-INT");
    ended(other).expect(130);
    ended(verify)
        .expect(0)
        .says("note: waiting for an open transaction of another producer")
        .says("20 equal");
}

#[test]
fn another_version_of_the_schema_is_named_if_no_row_is_equal() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-schema", 3, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=30)));
    env.run_on_stack(&["--topic", &topic, "t.csv"]).expect(0);
    let schema = std::fs::read_to_string(repository("fixtures/schemas/trade.avsc")).unwrap();
    env.write(
        "next.avsc",
        schema.replacen(
            "\"fields\": [",
            "\"fields\": [{\"name\": \"note\", \"type\": [\"null\", \"string\"], \"default\": null},",
            1,
        ),
    );
    env.run_on_stack(&["schema", "register", "--topic", &topic, "next.avsc"])
        .expect(0);
    env.run_on_stack(&["verify", "--topic", &topic, "t.csv"])
        .expect(1)
        .says("no row is equal, and the messages have schema id ")
        .says("`--schema-version N`");
    let first = ["verify", "--topic", &topic, "--schema-version", "1", "t.csv"];
    env.run_on_stack(&first).expect(0);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let env = TestEnv::new();
    let topic = stack().topic("verify-refused", 3, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=2)));
    let piped = ["verify", "--topic", &topic, "--format", "csv", "-"];
    let file = std::fs::File::open(env.path("t.csv")).unwrap();
    done(env.command_on_stack().args(piped).stdin(file))
        .expect(2)
        .says("can be read only once");
    for (options, status, words) in [
        (
            &["--dry-run", "t.csv"][..],
            2,
            "`--dry-run` cannot be used with `verify`",
        ),
        (&["--summary", "json", "t.csv"], 2, "pass `--json`"),
    ] {
        env.run_on_stack(&[&["verify", "--topic", &topic], options].concat())
            .expect(status)
            .says(words);
    }
    env.run_on_stack(&[
        "verify",
        "--topic",
        "verify-missing-topic",
        "--subject",
        &format!("{topic}-value"),
        "t.csv",
    ])
    .expect(4)
    .says("`verify-missing-topic` does not exist");
}
