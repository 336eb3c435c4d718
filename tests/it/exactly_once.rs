//! Exactly-once loads: what a run that is repeated finds, and what it refuses. Faults are in `tests/faults`.

use crate::support::stack::stack;
use crate::support::{TestEnv, repository};

const HEADER: &str = "symbol,company_id,exchange,exchange_timestamp,price,volume,qualifiers,venue,buyer_id,ingestion_timestamp,sequence_number\n";

/// Rows with these sequence numbers.
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

/// The sequence numbers on the topic, as a reader of committed messages sees them: those of each partition in order.
fn committed(topic: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut last = std::collections::HashMap::new();
    for record in stack().dump(topic) {
        let number = record["value"]["sequence_number"].as_u64().unwrap();
        let partition = record["partition"].as_u64().unwrap();
        let before = last.insert(partition, number);
        assert!(before < Some(number), "out of order in partition {partition}");
        numbers.push(number);
    }
    numbers.sort_unstable();
    numbers
}

fn numbers(numbers: std::ops::RangeInclusive<u64>) -> Vec<u64> {
    numbers.collect()
}

#[test]
fn a_complete_load_is_not_repeated_and_ends_as_before() {
    let env = TestEnv::new();
    let topic = stack().topic("once", 3, "schemas/trade.avsc");
    let bad = "S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,9\n";
    env.write("t.csv", format!("{HEADER}{}{bad}{}", rows(1..=3), rows(4..=5)));
    let arguments = [
        "--topic",
        &topic,
        "--exactly-once",
        "--rejects",
        "bad.csv",
        "--summary",
        "json",
        "t.csv",
    ];
    let first = env.run_on_stack(&arguments).expect(1);
    assert_eq!(first.json()["rows"]["delivered"], 5);
    assert_eq!(first.json()["load"]["name"], format!("{topic}/t.csv"));
    let kept = env.read("bad.csv");
    let again = env.run_on_stack(&arguments).expect(1).says("nothing to do");
    let json = again.json();
    assert_eq!(json["rows"]["read"], 0);
    assert_eq!(json["load"]["rows_before"]["delivered"], 5);
    assert_eq!(json["load"]["rows_before"]["rejected"], 1);
    assert_eq!(env.read("bad.csv"), kept);
    assert_eq!(committed(&topic), numbers(1..=5));
    // On purpose.
    let restart = [
        "--topic",
        &topic,
        "--exactly-once",
        "--restart",
        "--max-errors",
        "1",
        "t.csv",
    ];
    env.run_on_stack(&restart).expect(1).says("5 delivered");
    assert_eq!(stack().dump(&topic).len(), 10);
}

#[test]
fn a_row_that_stopped_the_load_is_fixed_and_the_load_goes_on() {
    let env = TestEnv::new();
    let topic = stack().topic("once-fixed", 3, "schemas/trade.avsc");
    let write = |volume: &str| {
        let row = format!("S1,1,ASX,2014-03-10T10:00:00Z,1.5,{volume},0,A,,2014-03-10T10:00:00Z,4\n");
        env.write("t.csv", format!("{HEADER}{}{row}{}", rows(1..=3), rows(5..=9)));
    };
    write("many");
    let arguments = ["--topic", &topic, "--exactly-once", "t.csv"];
    env.run_on_stack(&arguments)
        .expect(3)
        .says("t.csv:5")
        .says("the same command continues the load");
    assert_eq!(committed(&topic), numbers(1..=3));
    write("12");
    env.run_on_stack(&arguments)
        .expect(0)
        .says("going on at t.csv:5")
        .says("6 delivered now, 3 before");
    assert_eq!(committed(&topic), numbers(1..=9));
}

#[test]
fn a_file_that_grew_goes_on_and_a_changed_one_is_refused() {
    let env = TestEnv::new();
    let topic = stack().topic("once-grown", 1, "schemas/trade.avsc");
    let arguments = ["--topic", &topic, "--exactly-once", "t.csv"];
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    env.run_on_stack(&arguments).expect(0);
    env.write("t.csv", format!("{HEADER}{}", rows(1..=5)));
    env.run_on_stack(&arguments)
        .expect(0)
        .says("2 delivered now, 3 before");
    env.write("t.csv", format!("{HEADER}{}", rows(2..=6)));
    env.run_on_stack(&arguments)
        .expect(3)
        .says("are not those that were loaded")
        .says("--load-name");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=2)));
    env.run_on_stack(&arguments)
        .expect(3)
        .says("are not those that were loaded");
    assert_eq!(committed(&topic), numbers(1..=5));
}

#[test]
fn new_files_of_a_named_load_are_loaded_and_complete_ones_are_skipped() {
    let env = TestEnv::new();
    let topic = stack().topic("once-files", 2, "schemas/trade.avsc");
    env.write("a.csv", format!("{HEADER}{}", rows(1..=4)));
    env.write("b.csv", HEADER);
    let load = ["--topic", &topic, "--exactly-once", "--load-name", &topic];
    env.run_on_stack(&["--topic", &topic, "--exactly-once", "a.csv", "b.csv"])
        .expect(2)
        .says("--load-name");
    env.run_on_stack(&[&load[..], &["a.csv", "b.csv"]].concat())
        .expect(0);
    // Compressed files are read again up to their last row.
    let status = std::process::Command::new("gzip")
        .arg("-k")
        .arg(env.path("a.csv"))
        .status()
        .unwrap();
    assert!(status.success());
    env.write("c.csv", format!("{HEADER}{}", rows(5..=9)));
    env.run_on_stack(&[&load[..], &["a.csv", "b.csv", "c.csv"]].concat())
        .expect(0)
        .says("5 delivered now, 4 before");
    env.run_on_stack(&[&load[..], &["a.csv", "b.csv", "c.csv"]].concat())
        .expect(0)
        .says("nothing to do");
    assert_eq!(committed(&topic), numbers(1..=9));
}

#[test]
fn another_mapping_or_schema_is_refused_until_it_is_accepted() {
    let env = TestEnv::new();
    let topic = stack().topic("once-mapping", 1, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=6)));
    let arguments = ["--topic", &topic, "--exactly-once", "t.csv"];
    env.run_on_stack(&[&arguments[..], &["--limit", "2"]].concat())
        .expect(0)
        .says("2 rows are committed");
    let changed = [&arguments[..], &["--set", "venue=\"B\""]].concat();
    env.run_on_stack(&changed)
        .expect(2)
        .says("the mapping")
        .says("--accept-change");
    assert_eq!(committed(&topic), numbers(1..=2));
    env.run_on_stack(&[&changed[..], &["--accept-change"]].concat())
        .expect(0);
    let venues: Vec<_> = stack()
        .dump(&topic)
        .iter()
        .map(|record| record["value"]["venue"].clone())
        .collect();
    assert_eq!(venues, ["A", "A", "B", "B", "B", "B"]);
}

#[test]
fn rejected_rows_belong_to_the_position() {
    let env = TestEnv::new();
    let topic = stack().topic("once-rejects", 1, "schemas/trade.avsc");
    let bad =
        |number: u64| format!("S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,{number}\n");
    let text = format!("{HEADER}{}{}{}{}", rows(1..=2), bad(3), rows(4..=5), bad(6));
    env.write("t.csv", &text);
    let arguments = [
        "--topic",
        &topic,
        "--exactly-once",
        "--rejects",
        "bad.csv",
        "t.csv",
    ];
    env.run_on_stack(&[&arguments[..], &["--limit", "4"]].concat())
        .expect(1);
    let kept = env.read("bad.csv");
    assert_eq!(kept, format!("{HEADER}{}", bad(3)));
    // What a killed run wrote after its last commit is removed.
    let reasons = env.read("bad.csv.errors.jsonl");
    env.write("bad.csv", format!("{kept}{}", bad(5)));
    env.write("bad.csv.errors.jsonl", format!("{reasons}{reasons}"));
    env.run_on_stack(&arguments).expect(1);
    assert_eq!(env.read("bad.csv"), format!("{HEADER}{}{}", bad(3), bad(6)));
    assert_eq!(env.read("bad.csv.errors.jsonl").lines().count(), 2);
    assert_eq!(committed(&topic), [1, 2, 4, 5]);
    let other = stack().topic("once-rejects", 1, "schemas/trade.avsc");
    let arguments = ["--topic", &other, "--exactly-once", "--rejects", "r.csv", "t.csv"];
    env.run_on_stack(&[&arguments[..], &["--limit", "4"]].concat())
        .expect(1);
    std::fs::remove_file(env.path("r.csv")).unwrap();
    env.run_on_stack(&arguments)
        .expect(2)
        .says("r.csv")
        .says("--restart");
    env.write("r.csv", "short");
    env.run_on_stack(&arguments).expect(2).says("fewer than");
}

#[test]
fn rejected_rows_of_other_files_of_the_load_remain() {
    let env = TestEnv::new();
    let topic = stack().topic("once-nightly", 1, "schemas/trade.avsc");
    let bad =
        |number: u64| format!("S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,{number}\n");
    env.write("1.csv", format!("{HEADER}{}{}", rows(1..=2), bad(3)));
    env.write("2.csv", format!("{HEADER}{}{}", bad(4), rows(5..=6)));
    env.write("3.csv", format!("{HEADER}{}", rows(7..=8)));
    let load = |file: &str, rejects: &str| {
        let arguments = ["--topic", &topic, "--exactly-once", "--load-name", "nightly"];
        env.run_on_stack(&[&arguments[..], &["--rejects", rejects, file]].concat())
    };
    load("1.csv", "bad.csv").expect(1);
    load("2.csv", "bad.csv").expect(1);
    let kept = format!("{HEADER}{}{}", bad(3), bad(4));
    assert_eq!(env.read("bad.csv"), kept);
    load("3.csv", "bad.csv").expect(0);
    assert_eq!(env.read("bad.csv"), kept);
    assert_eq!(env.read("bad.csv.errors.jsonl").lines().count(), 2);
    // When the rows have been dealt with, the file may go, and another one may be used.
    std::fs::remove_file(env.path("bad.csv")).unwrap();
    std::fs::remove_file(env.path("bad.csv.errors.jsonl")).unwrap();
    load("1.csv", "bad.csv").expect(1).says("nothing to do");
    env.write("4.csv", format!("{HEADER}{}{}", rows(9..=9), bad(10)));
    load("4.csv", "other.csv").expect(1);
    assert_eq!(env.read("other.csv"), format!("{HEADER}{}", bad(10)));
    assert_eq!(committed(&topic), [1, 2, 5, 6, 7, 8, 9]);
}

#[test]
fn an_atomic_load_does_not_replace_the_rejected_rows_of_an_earlier_one() {
    let env = TestEnv::new();
    let topic = stack().topic("atomic-rejects", 1, "schemas/trade.avsc");
    let bad = "S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,3\n";
    env.write("t.csv", format!("{HEADER}{}{bad}", rows(1..=2)));
    let arguments = ["--topic", &topic, "--atomic", "--rejects", "bad.csv", "t.csv"];
    env.run_on_stack(&arguments).expect(1);
    let kept = env.read("bad.csv");
    env.write("t.csv", format!("{HEADER}{}", rows(4..=5)));
    env.run_on_stack(&arguments).expect(2).says("bad.csv");
    assert_eq!(env.read("bad.csv"), kept);
}

#[test]
fn a_load_is_not_continued_on_another_topic_or_with_more_partitions() {
    const MORE: &str = "\
import sys
from confluent_kafka.admin import AdminClient, NewPartitions
admin = AdminClient({'bootstrap.servers': sys.argv[1]})
for future in admin.create_partitions([NewPartitions(sys.argv[2], int(sys.argv[3]))]).values():
    future.result()
";
    let env = TestEnv::new();
    let topic = stack().topic("once-first", 2, "schemas/trade.avsc");
    let other = stack().topic("once-second", 2, "schemas/trade.avsc");
    let load = |topic: &str| {
        let arguments = ["--topic", topic, "--key", "symbol", "--exactly-once"];
        env.run_on_stack(&[&arguments[..], &["--load-name", &format!("of {other}"), "t.csv"]].concat())
    };
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    load(&topic).expect(0);
    load(&other).expect(2).says("not on").says("--load-name");
    let added = std::process::Command::new(repository("tests/stack/python"))
        .args(["-c", MORE, &stack().bootstrap_servers, &topic, "5"])
        .status();
    assert!(added.unwrap().success());
    load(&topic).expect(0).says("nothing to do");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=5)));
    load(&topic).expect(2).says("partitions");
}

#[test]
fn a_file_that_was_compressed_after_it_was_loaded_is_the_same() {
    let env = TestEnv::new();
    let topic = stack().topic("once-compressed", 1, "schemas/trade.avsc");
    let load = |file: &str| {
        let arguments = ["--topic", &topic, "--exactly-once", "--load-name", &topic, file];
        env.run_on_stack(&arguments)
    };
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    load("t.csv").expect(0);
    let status = std::process::Command::new("gzip").arg(env.path("t.csv")).status();
    assert!(status.unwrap().success());
    load("t.csv.gz").expect(3);
    assert_eq!(committed(&topic), numbers(1..=3));
}

#[test]
fn a_rejects_file_that_was_corrected_in_place_is_left_as_it_is() {
    let env = TestEnv::new();
    let topic = stack().topic("once-corrected", 1, "schemas/trade.avsc");
    let bad = "S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,3\n";
    env.write("t.csv", format!("{HEADER}{}{bad}{}", rows(1..=2), rows(4..=5)));
    let arguments = [
        "--topic",
        &topic,
        "--exactly-once",
        "--rejects",
        "bad.csv",
        "t.csv",
    ];
    env.run_on_stack(&[&arguments[..], &["--limit", "4"]].concat())
        .expect(1)
        .says("Correct the rows in a copy of bad.csv");
    let (kept, reasons) = (env.read("bad.csv"), env.read("bad.csv.errors.jsonl"));
    let corrected = kept.replace("S1,x,", "S1,1499,");
    env.write("bad.csv", &corrected);
    env.run_on_stack(&arguments)
        .expect(2)
        .says("was changed since earlier runs")
        .says("a copy");
    // Also if a killed run has written more.
    env.write("bad.csv", format!("{corrected}{bad}"));
    env.write("bad.csv.errors.jsonl", format!("{reasons}{reasons}"));
    env.run_on_stack(&arguments)
        .expect(2)
        .says("was changed since earlier runs");
    assert_eq!(env.read("bad.csv"), format!("{corrected}{bad}"));
    env.write("bad.csv", &kept);
    env.write("bad.csv.errors.jsonl", &reasons);
    env.run_on_stack(&arguments).expect(1);
    assert_eq!(committed(&topic), [1, 2, 4, 5]);
}

#[test]
fn rejects_files_that_a_killed_run_left_without_a_checkpoint_are_continued() {
    let env = TestEnv::new();
    let topic = stack().topic("once-left", 1, "schemas/trade.avsc");
    let bad = "S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,3\n";
    env.write("t.csv", format!("{HEADER}{}{bad}{}", rows(1..=2), rows(4..=5)));
    let arguments = [
        "--topic",
        &topic,
        "--exactly-once",
        "--rejects",
        "bad.csv",
        "t.csv",
    ];
    // Killed before the first commit.
    env.write("bad.csv", "");
    env.write("bad.csv.errors.jsonl", "");
    env.run_on_stack(&[&arguments[..], &["--limit", "2"]].concat())
        .expect(0);
    assert!(!env.path("bad.csv").exists());
    // Killed after the first rejected row, and before the commit that covers it.
    let left = |load: &str| {
        env.write("bad.csv", format!("{HEADER}{bad}"));
        env.write("bad.csv.errors.jsonl", format!("{{\"load\":\"{load}\"}}\n"));
    };
    left("another");
    env.run_on_stack(&arguments).expect(2).says("never overwrite");
    left(&format!("{topic}/t.csv"));
    env.run_on_stack(&arguments).expect(1);
    assert_eq!(env.read("bad.csv"), format!("{HEADER}{bad}"));
    let reasons = env.read("bad.csv.errors.jsonl");
    assert!(
        reasons.contains("\"line\":4,") && reasons.lines().count() == 1,
        "{reasons}"
    );
    assert_eq!(committed(&topic), [1, 2, 4, 5]);
}

#[test]
fn inputs_of_every_kind_go_on_where_they_ended() {
    let env = TestEnv::new();
    let json = |number: u64| {
        format!(
            "{{\"symbol\": \"S\", \"company_id\": 1, \"exchange\": \"ASX\", \"exchange_timestamp\": \
             \"2014-03-10T10:00:00Z\",\n \"price\": 1.5, \"volume\": 1, \"qualifiers\": 0, \"venue\": \"A\", \"buyer_id\": null, \
             \"ingestion_timestamp\": \"2014-03-10T10:00:00Z\", \"sequence_number\": {number}}}"
        )
    };
    let items: Vec<String> = (1..=50).map(json).collect();
    env.write("t.json", format!("{{\"trades\": [{}]}}", items.join(",\n")));
    let lines: Vec<String> = (1..=50).map(|number| json(number).replace('\n', "")).collect();
    env.write("t.jsonl", lines.join("\n"));
    env.write("t.csv", format!("{HEADER}{}", rows(1..=50)));
    let utf16: Vec<u8> = format!("{HEADER}{}", rows(1..=50))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    env.write("u.csv", utf16);
    for name in ["t.csv", "t.jsonl"] {
        let status = std::process::Command::new("gzip")
            .arg("-k")
            .arg(env.path(name))
            .status()
            .unwrap();
        assert!(status.success());
    }
    for (name, more) in [
        ("t.json", &["--json-root", "trades"][..]),
        ("t.jsonl", &[]),
        ("t.csv.gz", &[]),
        ("t.jsonl.gz", &[]),
        ("u.csv", &["--encoding", "utf-16le"]),
    ] {
        let topic = stack().topic("once-kinds", 1, "schemas/trade.avsc");
        let arguments = [&["--topic", &topic, "--exactly-once", name][..], more].concat();
        for limit in ["7", "1", "30"] {
            env.run_on_stack(&[&arguments[..], &["--limit", limit]].concat())
                .expect(0);
        }
        env.run_on_stack(&arguments)
            .expect(0)
            .says("12 delivered now, 38 before");
        env.run_on_stack(&arguments).expect(0).says("nothing to do");
        assert_eq!(committed(&topic), numbers(1..=50), "{name}");
    }
}

#[test]
fn a_file_of_a_named_load_is_the_same_in_every_run() {
    let env = TestEnv::new();
    let topic = stack().topic("once-named", 1, "schemas/trade.avsc");
    std::fs::create_dir(env.path("day")).unwrap();
    env.write("day/1.csv", format!("{HEADER}{}", rows(1..=3)));
    let load = |files: &[&str]| {
        let named = ["--topic", &topic, "--exactly-once", "--load-name", &topic];
        env.run_on_stack(&[&named[..], files].concat())
    };
    load(&["day/"]).expect(0);
    env.write("day/2.csv", format!("{HEADER}{}", rows(4..=5)));
    load(&["./day//"]).expect(0).says("2 delivered now, 3 before");
    load(&["day/2.csv"]).expect(0).says("nothing to do");
    let absolute = env.path("day/1.csv").display().to_string();
    load(&[&absolute]).expect(3).says("has the rows of `day/1.csv`");
    // One that is loaded in part too.
    env.write("day/3.csv", format!("{HEADER}{}", rows(6..=9)));
    load(&["--limit", "2", "day/3.csv"]).expect(0);
    let absolute = env.path("day/3.csv").display().to_string();
    load(&[&absolute]).expect(3).says("has the rows of `day/3.csv`");
    load(&["day/3.csv"]).expect(0);
    assert_eq!(committed(&topic), numbers(1..=9));
}

#[test]
fn copies_that_are_given_together_are_different_files() {
    let env = TestEnv::new();
    let topic = stack().topic("once-copies", 1, "schemas/trade.avsc");
    for name in ["a.csv", "b.csv"] {
        env.write(name, format!("{HEADER}{}", rows(1..=2)));
    }
    let load = |more: &[&str]| {
        let named = [
            "--topic",
            &topic,
            "--exactly-once",
            "--load-name",
            &topic,
            "a.csv",
            "b.csv",
        ];
        env.run_on_stack(&[&named[..], more].concat())
    };
    load(&["--limit", "2"]).expect(0);
    load(&[]).expect(0).says("2 delivered now, 2 before");
    assert_eq!(stack().dump(&topic).len(), 4);
}

#[test]
fn a_last_row_that_has_become_longer_is_a_changed_row() {
    let env = TestEnv::new();
    let topic = stack().topic("once-longer", 1, "schemas/trade.avsc");
    let arguments = ["--topic", &topic, "--exactly-once", "t.csv"];
    let text = format!("{HEADER}{}", rows(1..=3));
    let unended = text.trim_end();
    env.write("t.csv", unended);
    env.run_on_stack(&arguments).expect(0);
    env.write("t.csv", format!("{unended}4\n{}", rows(5..=5)));
    env.run_on_stack(&arguments)
        .expect(3)
        .says("are not those that were loaded");
    env.write("t.csv", format!("{text}{}", rows(4..=5)));
    env.run_on_stack(&arguments)
        .expect(0)
        .says("2 delivered now, 3 before");
    assert_eq!(committed(&topic), numbers(1..=5));
}

#[test]
fn what_cannot_be_continued_is_refused() {
    let env = TestEnv::new();
    let topic = stack().topic("once-refused", 1, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=2)));
    env.run_on_stack(&["--topic", &topic, "--exactly-once", "--format", "csv", "-"])
        .expect(2)
        .says("standard input can be read only once");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--exactly-once",
        "--checkpoint-topic",
        &topic,
        "t.csv",
    ])
    .expect(2)
    .says("--checkpoint-topic");
    let deleting = crate::support::unique("deleting");
    stack().create_topic(&deleting, 1, &["cleanup.policy=delete"]);
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--exactly-once",
        "--checkpoint-topic",
        &deleting,
        "t.csv",
    ])
    .expect(4)
    .says("`cleanup.policy`")
    .says("compact");
    assert!(committed(&topic).is_empty());
}

/// Text that hardly becomes smaller by compression.
fn noise(length: usize) -> String {
    let mut random = 12_345_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        char::from(b'0' + (random % 75) as u8)
    };
    let character = std::iter::repeat_with(&mut next);
    let printable = character.filter(char::is_ascii_alphanumeric);
    printable.take(length).collect()
}

/// A row with this sequence number whose message has some 5,000 bytes.
fn large_row(number: u64) -> String {
    let venue = noise(5_000);
    format!("S1,1,ASX,2014-03-10T10:00:00Z,1.5,1,0,{venue},,2014-03-10T10:00:00Z,{number}\n")
}

/// A topic that takes batches of 2,000 bytes.
fn narrow_topic(prefix: &str) -> String {
    let topic = crate::support::unique(prefix);
    stack().create_topic(&topic, 1, &["max.message.bytes=2000"]);
    let schema = std::fs::read_to_string(crate::support::fixture("schemas/trade.avsc")).unwrap();
    stack().register(&format!("{topic}-value"), &schema);
    topic
}

/// The codecs for which the size of a message is known before it is sent, and one for which only the broker knows it.
const CODECS: [&str; 2] = ["compression.type=lz4", "compression.type=gzip"];

#[test]
fn a_row_that_is_too_large_is_rejected_and_the_others_are_committed() {
    for codec in CODECS {
        for mode in [
            &["--exactly-once"][..],
            &["--atomic"],
            &["--exactly-once", "--commit-rows", "3"],
        ] {
            let env = TestEnv::new();
            let topic = narrow_topic("once-large");
            let large = [large_row(4), large_row(8)];
            let [first, second] = &large;
            env.write(
                "t.csv",
                format!(
                    "{HEADER}{}{first}{}{second}{}",
                    rows(1..=3),
                    rows(5..=7),
                    rows(9..=200)
                ),
            );
            let arguments = ["--topic", &topic, "-X", codec, "--rejects", "bad.csv", "t.csv"];
            let arguments = [&arguments[..], mode, &["--summary", "json"]].concat();
            let done = env.run_on_stack(&arguments).expect(1);
            let json = done.json();
            assert_eq!(json["rows"]["rejected"], 2, "{codec} {mode:?}: {}", done.stderr);
            assert_eq!(json["row_errors"][0]["kind"], "too_large");
            assert_eq!(
                json["row_errors"][0]["first"],
                serde_json::json!(["t.csv:5", "t.csv:9"])
            );
            assert_eq!(env.read("bad.csv"), format!("{HEADER}{first}{second}"));
            let expected: Vec<u64> = (1..=200).filter(|number| ![4, 8].contains(number)).collect();
            assert_eq!(committed(&topic), expected, "{codec} {mode:?}");
        }
    }
}

#[test]
fn a_row_that_is_too_large_stops_a_load_that_allows_none() {
    for codec in CODECS {
        let env = TestEnv::new();
        let topic = narrow_topic("once-large-stops");
        env.write(
            "t.csv",
            format!("{HEADER}{}{}{}", rows(1..=3), large_row(4), rows(5..=9)),
        );
        let arguments = ["--topic", &topic, "-X", codec, "t.csv"];
        env.run_on_stack(&[&arguments[..], &["--atomic"]].concat())
            .expect(3)
            .says("t.csv:5")
            .says("no row is committed");
        assert!(committed(&topic).is_empty());
        env.run_on_stack(&[&arguments[..], &["--exactly-once"]].concat())
            .expect(3)
            .says("t.csv:5")
            .says("3 rows are committed");
        assert_eq!(committed(&topic), numbers(1..=3));
    }
}

#[test]
fn a_row_of_a_pipe_that_only_the_broker_refuses_ends_the_load_with_its_place() {
    let env = TestEnv::new();
    let topic = narrow_topic("once-large-pipe");
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "-X",
        CODECS[1],
        "--atomic",
        "--rejects",
        "bad.csv",
        "--format",
        "csv",
        "-",
    ]);
    let mut child = crate::support::spawn_piped(&mut command);
    let text = format!("{HEADER}{}{}{}", rows(1..=3), large_row(4), rows(5..=9));
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(
        words.contains("-:5: ") && words.contains("cannot be read a second time"),
        "{words}"
    );
    assert!(committed(&topic).is_empty());
}

#[test]
fn a_restart_that_stops_is_continued_without_the_option() {
    let env = TestEnv::new();
    let topic = stack().topic("once-restart", 1, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=9)));
    let load = |more: &[&str]| {
        let arguments = ["--topic", &topic, "--exactly-once", "--summary", "json", "t.csv"];
        env.run_on_stack(&[&arguments[..], more].concat()).expect(0)
    };
    load(&[]);
    let done = load(&["--restart", "--limit", "4"]);
    assert_eq!(done.json()["load"]["state"], "partial");
    done.says("4 rows are committed; the same command without `--restart` continues the load");
    let done = load(&[]).says("5 delivered now, 4 before");
    assert_eq!(done.json()["load"]["state"], "complete");
    assert_eq!(stack().dump(&topic).len(), 18);
}

#[test]
fn the_status_of_a_run_is_that_of_the_files_that_it_reads() {
    let env = TestEnv::new();
    let topic = stack().topic("once-nights", 1, "schemas/trade.avsc");
    let bad = "S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,3\n";
    let load = |more: &[&str]| {
        let arguments = ["--topic", &topic, "--exactly-once", "--load-name", &topic, "day/"];
        env.run_on_stack(&[&arguments[..], more].concat())
    };
    let rejects = ["--rejects", "bad.csv", "--max-errors", "1"];
    std::fs::create_dir(env.path("day")).unwrap();
    env.write("day/1.csv", format!("{HEADER}{}{bad}", rows(1..=2)));
    load(&rejects).expect(1);
    // The same again, since somebody may not have seen it.
    load(&rejects).expect(1).says("nothing to do");
    env.write("day/2.csv", format!("{HEADER}{}", rows(4..=5)));
    load(&rejects).expect(0).says("2 delivered now, 2 before");
    load(&rejects).expect(0).says("nothing to do");
    // Without `--rejects`, too: the rows of this run are good.
    env.write("day/3.csv", format!("{HEADER}{}", rows(6..=7)));
    load(&[]).expect(0);
    // The budget is one for each night.
    env.write("day/4.csv", format!("{HEADER}{bad}{}", rows(8..=9)));
    load(&[&rejects[..], &["--limit", "2"]].concat()).expect(1);
    load(&rejects).expect(1).says("1 delivered now");
    env.write("day/4.csv", format!("{HEADER}{bad}{}{bad}", rows(8..=9)));
    load(&rejects).expect(3);
    assert_eq!(committed(&topic), [1, 2, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_run_that_ends_early_names_its_load() {
    let env = TestEnv::new();
    let topic = stack().topic("once-early", 1, "schemas/trade.avsc");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=6)));
    let load = |more: &[&str]| {
        let arguments = ["--topic", &topic, "--exactly-once", "--summary", "json", "t.csv"];
        env.run_on_stack(&[&arguments[..], more].concat())
    };
    load(&["--limit", "2"]).expect(0);
    let name = format!("{topic}/t.csv");
    let refused = load(&["--set", "venue=\"B\""]).expect(2).json();
    assert_eq!(
        (&refused["load"]["name"], &refused["load"]["state"]),
        (&name.as_str().into(), &"partial".into())
    );
    assert_eq!(refused["load"]["rows_before"]["delivered"], 2);
    let unread = load(&["-b", "127.0.0.1:1"]).expect(4).json();
    assert_eq!(unread["load"]["name"], name);
    assert!(unread["load"]["state"].is_null());
}

#[test]
fn a_load_whose_unreadable_checkpoint_is_forgotten_begins_again() {
    const WRITE: &str = "\
import sys, json
from confluent_kafka import Producer
servers, topic, load, partition = sys.argv[1:]
producer = Producer({'bootstrap.servers': servers})
producer.produce(topic, json.dumps({'version': 2}), key=json.dumps([load, 't.csv'], separators=(',', ':')), partition=int(partition))
assert producer.flush(60) == 0
";
    let env = TestEnv::new();
    let topic = stack().topic("once-later", 1, "schemas/trade.avsc");
    let checkpoints = crate::support::unique("checkpoints");
    stack().create_topic(&checkpoints, 1, &["cleanup.policy=compact"]);
    let name = format!("{topic}/t.csv");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    let of = ["--checkpoint-topic", &checkpoints];
    let load = || env.run_on_stack(&[&["--topic", &topic, "--exactly-once", "t.csv"][..], &of].concat());
    let loads = |more: &[&str]| env.run_on_stack(&[&["loads"], more, &of].concat());
    let written = std::process::Command::new(repository("tests/stack/python"))
        .args(["-c", WRITE, &stack().bootstrap_servers, &checkpoints, &name, "0"])
        .status();
    assert!(written.unwrap().success());
    load()
        .expect(4)
        .says("a checkpoint cannot be read")
        .says("version 2");
    assert!(loads(&[]).expect(0).stdout.contains("unreadable"));
    loads(&["forget", "--yes", &name]).expect(0);
    load().expect(0).says("3 delivered");
    assert_eq!(committed(&topic), numbers(1..=3));
}
