//! `k2-produce schema`: showing and listing schemas, checking files, and registering schemas.

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, fixture, unique};

/// A schema with every type.
const ALL: &str = r#"{"type":"record","name":"All","namespace":"com.k2","doc":"One of each.","fields":[
    {"name":"symbol","type":"string","doc":"A text, \"quoted\"."},
    {"name":"nothing","type":"null","default":null},
    {"name":"flag","type":"boolean"},
    {"name":"small","type":"int","default":7},
    {"name":"large","type":"long"},
    {"name":"near","type":"float"},
    {"name":"nearer","type":"double"},
    {"name":"raw","type":"bytes"},
    {"name":"four","type":{"type":"fixed","name":"Four","size":4}},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}},
    {"name":"part","type":{"type":"bytes","logicalType":"decimal","precision":2,"scale":2}},
    {"name":"whole","type":{"type":"fixed","name":"Whole","size":4,"logicalType":"decimal","precision":4,"scale":0}},
    {"name":"any","type":{"type":"bytes","logicalType":"big-decimal"}},
    {"name":"millis","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"nanos","type":{"type":"long","logicalType":"timestamp-nanos"}},
    {"name":"local","type":{"type":"long","logicalType":"local-timestamp-micros"}},
    {"name":"day","type":{"type":"int","logicalType":"date"}},
    {"name":"time","type":{"type":"int","logicalType":"time-millis"}},
    {"name":"id","type":{"type":"string","logicalType":"uuid"}},
    {"name":"lasts","type":{"type":"fixed","name":"Span","size":12,"logicalType":"duration"}},
    {"name":"side","type":{"type":"enum","name":"Side","symbols":["BUY","SELL"]}},
    {"name":"again","type":["null","Side"],"default":null},
    {"name":"one","type":["null","long","string","Side"],"doc":"One of several."},
    {"name":"priced","type":["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"string"]},
    {"name":"other","type":[{"type":"array","items":"long"},"string"]},
    {"name":"tags","type":{"type":"array","items":"string"}},
    {"name":"more","type":["null",{"type":"map","values":"long"}]},
    {"name":"leg","type":{"type":"record","name":"Leg","fields":[
        {"name":"ratio","type":"int","doc":"How many."},{"name":"next","type":["null","Leg"],"default":null}]}},
    {"name":"legs","type":{"type":"array","items":"Leg"}}
]}"#;

fn show(env: &TestEnv, arguments: &[&str]) -> Done {
    env.run(&[&["schema", "show", "--schema-file", "s.avsc"], arguments].concat())
        .expect(0)
}

#[test]
fn the_examples_that_are_shown_fit() {
    for schema in [
        ALL.to_owned(),
        std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap(),
        std::fs::read_to_string(fixture("schemas/trade_v2.avsc")).unwrap(),
    ] {
        let env = TestEnv::new();
        env.write("s.avsc", &schema);
        let shown = show(&env, &[]).stdout;
        let (before, after) = shown.split_once("\na line of JSONL that fits").unwrap();
        let (_, csv) = before.split_once("\na CSV file that fits").unwrap();
        let (named, jsonl) = after.split_once('\n').unwrap();
        env.write("x.jsonl", jsonl);
        env.write("x.csv", csv.split_once('\n').unwrap().1);
        // The flag is shown if it is required.
        assert_eq!(named.contains("`--bytes-encoding hex`"), schema == ALL, "{named}");
        env.run(&[
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            "s.avsc",
            "--bytes-encoding",
            "hex",
            "x.jsonl",
            "x.csv",
        ])
        .expect(0)
        .says("dry run: 2 rows: 2 fit");
        let json = show(&env, &["--json"]).json();
        assert_eq!(json["example"], serde_json::from_str::<Value>(jsonl).unwrap());
        // The example has everything that the schema has.
        let parsed: Value = serde_json::from_str(&schema).unwrap();
        let fields = parsed["fields"].as_array().unwrap();
        assert_eq!(json["example"].as_object().unwrap().len(), fields.len());
        assert_eq!(json["schema"], parsed);
    }
}

/// The examples use a default if it is more informative than a made-up value, and if it fits.
#[test]
fn a_default_that_does_not_fit_is_not_in_the_example() {
    let env = TestEnv::new();
    let fields = r#"{"name":"side","type":{"type":"enum","name":"Side","symbols":["BUY"]},"default":"HOLD"},
        {"name":"text","type":"string","default":5},{"name":"small","type":"int","default":9999999999},
        {"name":"large","type":"long","default":1.5},{"name":"flag","type":"boolean","default":"yes"}"#;
    env.write(
        "s.avsc",
        format!(r#"{{"type":"record","name":"T","fields":[{fields}]}}"#),
    );
    let example = &show(&env, &["--json"]).json()["example"];
    assert_eq!(
        example,
        &json!({"side": "BUY", "text": "text", "small": 1, "large": 1, "flag": true})
    );
    env.write("x.jsonl", example.to_string());
    env.run(&[
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "s.avsc",
        "--no-key",
        "x.jsonl",
    ])
    .expect(0);
}

#[test]
fn a_small_schema_of_huge_values_is_shown_without_an_example() {
    let env = TestEnv::new();
    let fixed = r#"{"name":"f","type":{"type":"fixed","name":"F","size":10000000}}"#;
    // 2^40 fields, if all were listed.
    let mut records =
        vec![r#"{"type":"record","name":"R0","fields":[{"name":"n","type":"int"}]}"#.to_owned()];
    for level in 1..=40 {
        let within = level - 1;
        records.push(format!(
            r#"{{"type":"record","name":"R{level}","fields":[{{"name":"a","type":"R{within}"}},{{"name":"b","type":"R{within}"}}]}}"#
        ));
    }
    let defined: Vec<String> = records
        .iter()
        .enumerate()
        .map(|(level, record)| format!(r#"{{"name":"r{level}","type":{record}}}"#))
        .collect();
    for fields in [fixed, &defined.join(",")] {
        env.write(
            "s.avsc",
            format!(r#"{{"type":"record","name":"T","fields":[{fields}]}}"#),
        );
        let started = std::time::Instant::now();
        let shown = show(&env, &[]).stdout;
        let end = "\nno example: a value of this schema would be larger than 64 KiB\n";
        assert!(shown.ends_with(end), "{shown}");
        assert_eq!(show(&env, &["--json"]).json()["example"], Value::Null);
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
    }
}

#[test]
fn a_default_that_loses_digits_causes_a_warning_and_is_refused_if_needed() {
    let env = TestEnv::new();
    env.write(
        "s.avsc",
        r#"{"type":"record","name":"T","fields":[
            {"name":"symbol","type":"string"},{"name":"ratio","type":"float","default":16777217}]}"#,
    );
    env.write("with.csv", "symbol,ratio\nBHP,1.5\n");
    env.write("without.csv", "symbol\nBHP\n");
    let warning = "the default of `T.ratio` does not fit its type (float): `16777217`: the nearest float is 16777216; \
                   a row that needs it is rejected";
    show(&env, &[]).says(&format!("warning: s.avsc: {warning}\n"));
    assert_eq!(show(&env, &["--json"]).json()["warnings"][0], warning);
    let check = |file: &str, more: &[&str]| {
        env.run(&[&["schema", "check", "--schema-file", "s.avsc", file], more].concat())
    };
    check("with.csv", &[]).expect(0);
    check("without.csv", &["--float-nearest"]).expect(0);
    check("without.csv", &[])
        .expect(2)
        .says(
            "the default of `ratio`, which has no column, does not fit its type (float): `16777217`: the nearest float \
             is 16777216\n",
        )
        .says(
            "hint: add a column for it to the file, or use the nearest value for every such number in this run with \
             `--float-nearest`",
        );
}

/// They are valid in Avro, but nearly always a mistake.
#[test]
fn properties_without_effect_cause_a_warning() {
    let env = TestEnv::new();
    env.write(
        "s.avsc",
        r#"{"type":"record","name":"T","fields":[
            {"name":"symbol","type":"string"},
            {"name":"price","type":"bytes","logicalType":"decimal","precision":9,"scale":2},
            {"name":"tags","type":{"type":"array","items":"string","default":[]}}]}"#,
    );
    env.write("t.csv", "symbol,price,tags\nBHP,00ff,[]\n");
    let warnings = [
        "warning: s.avsc: field `price`: `logicalType` `decimal` is beside the type and has no effect: the values are \
         plain bytes; within the type it would have: \"type\": {\"type\": ..., \"logicalType\": \"decimal\"}\n",
        "warning: s.avsc: field `tags`: `default` is within the type and has no effect; the default of a field \
         belongs beside its `type`\n",
    ];
    let hex = ["--bytes-encoding", "hex", "--schema-file", "s.avsc", "t.csv"];
    for arguments in [
        [&["schema", "show", "--schema-file", "s.avsc"][..], &[]],
        [&["schema", "check"], &hex],
        [&["--topic", "t", "--dry-run"], &hex],
    ] {
        let done = env.run(&arguments.concat()).expect(0);
        let done = warnings.iter().fold(done, |done, warning| done.says(warning));
        assert_eq!(done.stderr.matches("no effect").count(), 2, "{}", done.stderr);
    }
    let json = show(&env, &["--json"]).json();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 2);
}

#[test]
fn an_invalid_subject_is_a_usage_error() {
    let env = TestEnv::new();
    env.write("t.csv", "symbol\nBHP\n");
    env.write("s.avsc", r#""string""#);
    for subject in ["", ".", ".."] {
        for command in [
            &["--topic", "t", "t.csv"][..],
            &["--topic", "t", "t.csv", "--schema-id", "7"],
            &["--topic", "t", "t.csv", "--schema-file", "s.avsc"],
            &["schema", "show"],
            &["schema", "compat", "s.avsc"],
            &["schema", "register", "s.avsc"],
        ] {
            env.run(&[command, &["--subject", subject]].concat())
                .expect(2)
                .says(&format!("error: `{subject}` cannot be a subject's name\n"));
        }
    }
}

#[test]
fn a_registered_schema_is_shown_with_its_version_its_id_and_its_fields() {
    let env = TestEnv::new();
    let subject = unique("shown");
    let id = stack().register(&subject, ALL);
    let done = env
        .run_on_stack(&["schema", "show", "--subject", &subject])
        .expect(0);
    let text = &done.stdout;
    for line in [
        format!("{subject} version 1 (id {id}), compatibility NONE\n"),
        "\nrecord com.k2.All: One of each.\n".to_owned(),
        "\n  field         type                                 default\n".to_owned(),
        "\n  symbol        string                               -        A text, \"quoted\".\n".to_owned(),
        "\n  price         decimal(18, 6)                       -\n".to_owned(),
        "\n  again         enum Side or null                    null     BUY, SELL\n".to_owned(),
        "\n  leg.ratio     int                                  -        How many.\n".to_owned(),
    ] {
        assert!(text.contains(&line), "no `{line}` in\n{text}");
    }
    assert_eq!(done.stderr, "");
    let json = env
        .run_on_stack(&["schema", "show", "--subject", &subject, "--json"])
        .expect(0)
        .json();
    let head = json!([
        json["subject"],
        json["version"],
        json["id"],
        json["compatibility"],
        json["record"]
    ]);
    assert_eq!(head, json!([subject, 1, id, "NONE", "com.k2.All"]));
    assert_eq!(
        json["fields"][3],
        json!({ "path": "small", "type": "int", "default": 7 })
    );

    let topic = unique("gone");
    env.run_on_stack(&["schema", "show", "--topic", &topic])
        .expect(4)
        .says(&format!("subject `{topic}-value` is not in the registry"));
    env.run_on_stack(&["schema", "show"])
        .expect(2)
        .says("no schema is given");
}

#[test]
fn files_are_checked_without_a_broker_and_every_bad_row_is_reported() {
    let env = TestEnv::new();
    let subject = unique("checked");
    let schema = r#"{"type":"record","name":"T","fields":[{"name":"symbol","type":"string"},{"name":"n","type":"int"}]}"#;
    stack().register(&format!("{subject}-value"), schema);
    env.write("good.csv", "symbol,n\nBHP,1\nRIO,2\n");
    env.write("bad.csv", "symbol,n\nBHP,x\nRIO,2\nCBA,y\n");
    env.write("other.csv", "Symbol,n\nBHP,1\n");
    let check = |arguments: &[&str]| {
        let mut command = env.command_on_stack();
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1");
        crate::support::done(command.args([&["schema", "check"], arguments].concat()))
    };
    check(&["--topic", &subject, "good.csv"])
        .expect(0)
        .says("2 rows: 2 fit");
    let value = format!("{subject}-value");
    check(&["--subject", &value, "bad.csv"])
        .expect(1)
        .says("3 rows: 1 fit, 2 rejected")
        .says("first: bad.csv:2, :4");
    check(&["--topic", &subject, "other.csv"])
        .expect(3)
        .says("other.csv does not fit T");
    check(&["good.csv"]).expect(2).says("no schema is given");
    for command in ["register", "compat"] {
        env.run(&["schema", command, "my quote.avsc"])
            .expect(2)
            .says("error: the subject for my quote.avsc is missing: neither `--topic` nor `--subject` is given")
            .says(&format!(
                "hint: `k2-produce schema {command} --topic TOPIC 'my quote.avsc'` uses the subject `TOPIC-value`"
            ));
    }
    env.write("s.avsc", schema);
    env.run(&["schema", "check", "--schema-file", "s.avsc", "good.csv"])
        .expect(0);
}

#[test]
fn subjects_are_listed_with_their_latest_versions() {
    let env = TestEnv::new();
    let prefix = unique("listed");
    let (first, second) = (format!("{prefix}.a"), format!("{prefix}.b"));
    let text = |name: &str| {
        format!(r#"{{"type":"record","name":"L{name}","fields":[{{"name":"a","type":"int"}}]}}"#)
    };
    stack().register(&first, &text("1"));
    let latest = stack().register(&first, &text("2"));
    let other = stack().register(&second, &text("3"));
    let done = env
        .run_on_stack(&["schema", "list", &prefix])
        .expect(0)
        .says(&format!("2 subjects with `{prefix}` in http://127.0.0.1:"));
    let lines: Vec<Vec<&str>> = done
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let (latest, other) = (latest.to_string(), other.to_string());
    assert_eq!(
        lines,
        [
            vec!["subject", "version", "id", "type"],
            vec![&first, "2", &latest, "AVRO"],
            vec![&second, "1", &other, "AVRO"],
        ]
    );
    let json = env
        .run_on_stack(&["schema", "list", &first, "--json"])
        .expect(0)
        .json();
    let id: u64 = latest.parse().unwrap();
    assert_eq!(
        json,
        json!([{ "subject": first, "version": 2, "id": id, "type": "AVRO" }])
    );
}

#[test]
fn schemas_are_compared_and_registered() {
    let env = TestEnv::new();
    let topic = unique("compared");
    let subject = format!("{topic}-value");
    let record = topic.replace('.', "_");
    let schema = |more: &str| {
        format!(r#"{{"type":"record","name":"{record}","fields":[{{"name":"a","type":"int"}}{more}]}}"#)
    };
    env.write("first.avsc", schema(""));
    env.write("good.avsc", schema(r#",{"name":"b","type":"int","default":0}"#));
    env.write("bad.avsc", schema(r#",{"name":"b","type":"int"}"#));
    let run = |what: &str, file: &str, more: &[&str]| {
        env.run_on_stack(&[&["schema", what, file, "--topic", &topic], more].concat())
    };
    let first = run("compat", "first.avsc", &[]).expect(0);
    assert_eq!(
        first.stdout,
        format!("{subject} has no version yet: first.avsc would be the first\n")
    );
    let registered = run("register", "first.avsc", &["--json"]).expect(0).json();
    assert_eq!(
        (&registered["subject"], &registered["version"]),
        (&json!(subject), &json!(1))
    );
    let again = run("register", "first.avsc", &[]).expect(0);
    assert_eq!(
        again.stdout,
        format!("{subject} version 1 (id {})\n", registered["id"])
    );
    assert_eq!(again.stderr, "first.avsc is already registered\n");

    stack().set_compatibility(&subject, "FULL");
    let bad = run("compat", "bad.avsc", &[]).expect(1);
    assert!(
        bad.stdout.starts_with(&format!(
            "bad.avsc is not compatible with the latest version of {subject} (FULL)\n  "
        )) && bad.stdout.contains("b at /fields/1"),
        "{}",
        bad.stdout
    );
    run("register", "bad.avsc", &[])
        .expect(4)
        .says("it was not registered");
    let good = run("compat", "good.avsc", &["--json"]).expect(0).json();
    let expected = json!({ "subject": subject, "compatible": true, "first_version": false, "compatibility": "FULL",
                           "messages": [] });
    assert_eq!(good, expected);
    let good = run("register", "good.avsc", &[]).expect(0);
    assert!(
        good.stdout.starts_with(&format!("{subject} version 2 (id ")),
        "{}",
        good.stdout
    );
}

#[test]
fn the_registry_of_the_sandbox_supports_all_commands() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    env.write(
        "new.avsc",
        r#"{"type":"record","name":"New","fields":[{"name":"symbol","type":"string"}]}"#,
    );
    env.write("t.csv", "symbol\nBHP\n");
    let script = "set -e
        k2-produce schema list
        k2-produce schema compat new.avsc --topic t
        k2-produce schema register new.avsc --topic t
        k2-produce --topic t --schema-id 2 t.csv
        k2-produce --topic t --subject u --schema-file new.avsc --register t.csv
        k2-produce schema show --subject u | head -n 1"
        .replace("k2-produce", env!("CARGO_BIN_EXE_k2-produce"));
    let done = env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        &schema,
        "--",
        "sh",
        "-c",
        &script,
    ]);
    let done = done
        .expect(0)
        .says("u version 1 (id 2); key symbol")
        .says("t-value version 2 (id 2); key symbol");
    for line in [
        "t-value        1   1  AVRO\n",
        "t-value version 2 (id 2)\n",
        "u version 1 (id 2), compatibility NONE\n",
        "t: 2 messages in 3 partitions",
    ] {
        assert!(done.stdout.contains(line), "no `{line}` in\n{}", done.stdout);
    }
}
