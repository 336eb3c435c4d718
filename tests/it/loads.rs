//! `k2-produce loads`: what is recorded of exactly-once loads. Kafka's own clients judge what is on the topics.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, repository, unique};

const HEADER: &str = "symbol,company_id,exchange,exchange_timestamp,price,volume,qualifiers,venue,buyer_id,ingestion_timestamp,sequence_number\n";

/// Rows with these sequence numbers.
fn rows(numbers: std::ops::RangeInclusive<u64>) -> String {
    let row = |number: u64| {
        let symbol = number % 5;
        format!("S{symbol},1,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,{number}\n")
    };
    numbers.map(row).collect()
}

fn python(script: &str, arguments: &[&str]) -> Command {
    let mut python = Command::new(repository("tests/stack/python"));
    python.args(["-c", script]).args(arguments);
    python
}

/// The committed records of a topic in their order, as Python's client reads them: key and value.
fn records(topic: &str) -> Vec<(String, Option<Value>)> {
    let raw = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/raw_messages.py"))
            .args([&stack().bootstrap_servers, topic]),
    );
    let text = |hex: &Value| {
        let hex = hex.as_str()?;
        let digits = (0..hex.len()).step_by(2);
        let bytes = digits.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        Some(String::from_utf8(bytes.collect()).unwrap())
    };
    let records = raw.expect(0).json();
    let records = records.as_array().unwrap().iter();
    records
        .map(|record| {
            let value = text(&record["value"]).map(|value| serde_json::from_str(&value).unwrap());
            (text(&record["key"]).unwrap(), value)
        })
        .collect()
}

fn json_lines(done: &Done) -> Vec<Value> {
    let lines = done.stdout.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A topic for rows, and the name of one for checkpoints that no other test uses.
fn topics(prefix: &str) -> (String, String) {
    let topic = stack().topic(prefix, 3, "schemas/trade.avsc");
    (topic, unique("checkpoints"))
}

#[test]
fn loads_are_listed_and_shown_as_they_were_recorded() {
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("loads");
    let bad = "S1,x,ASX,2014-03-10T10:00:00Z,1.5,1,0,A,,2014-03-10T10:00:00Z,9\n";
    env.write("t.csv", format!("{HEADER}{}{bad}{}", rows(1..=30), rows(31..=40)));
    env.write("a.csv", format!("{HEADER}{}", rows(41..=60)));
    env.write("b.csv", format!("{HEADER}{}", rows(61..=90)));
    let load = |more: &[&str]| {
        let to = [
            "--topic",
            &topic,
            "--exactly-once",
            "--checkpoint-topic",
            &checkpoints,
        ];
        env.run_on_stack(&[&to[..], more].concat())
    };
    let loads = |more: &[&str]| {
        let of = ["--checkpoint-topic", &checkpoints];
        env.run_on_stack(&[&["loads"], more, &of[..]].concat())
    };
    load(&["--rejects", "bad.csv", "t.csv"]).expect(1);
    // In three runs, of which the last stops within the second file.
    for limit in ["5", "10", "15"] {
        load(&["--load-name", "march", "--limit", limit, "a.csv", "b.csv"]).expect(0);
    }

    let listed = loads(&[]).expect(0).says(&format!("2 loads in {checkpoints}"));
    let lines: Vec<Vec<&str>> = listed
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines.len(), 3, "{}", listed.stdout);
    assert_eq!(lines[2][..5], ["march", "partial", "1/2", "30", "0"]);
    assert_eq!(lines[2][6], "b.csv:12");
    let name = format!("{topic}/t.csv");
    assert_eq!(lines[1][..5], [&name[..], "complete", "1/1", "40", "1"]);
    assert_eq!(lines[1][6], "-");

    let listed = json_lines(&loads(&["--json"]).expect(0));
    assert_eq!(listed, json_lines(&loads(&["list", "--json"]).expect(0)));
    assert_eq!(listed[1]["name"], "march");
    assert_eq!(listed[1]["next"]["position"]["line"], 12);
    assert_eq!(listed[0]["rows"]["rejected"], 1);

    let march = loads(&["show", "march", "--json"]).expect(0).json();
    let trades = loads(&["show", &name, "--json"]).expect(0).json();
    assert_eq!(march["transactional_id"], "k2-produce.march");
    assert_eq!(trades["inputs"][0]["rejects"]["rows"], 1);
    let kept = std::fs::metadata(env.path("bad.csv")).unwrap().len();
    assert_eq!(trades["inputs"][0]["rejects"]["rows_bytes"], kept);
    let text = loads(&["show", "march"]).expect(0).stdout;
    assert!(text.starts_with("load march: partial\n"), "{text}");
    assert!(
        text.contains("\na.csv: complete\n") && text.contains("\nb.csv: partial\n"),
        "{text}"
    );

    // What Python reads last of each key is what is shown.
    let last: HashMap<String, Option<Value>> = records(&checkpoints).into_iter().collect();
    assert_eq!(last.len(), 3);
    for (load, of_load) in [("march", &march), (&name, &trades)] {
        for input in of_load["inputs"].as_array().unwrap() {
            let key = serde_json::json!([load, input["name"]]).to_string();
            let record = last[&key].as_ref().unwrap();
            let same = [
                "state",
                "position",
                "xxh3_128",
                "rows",
                "offsets",
                "commit",
                "run",
                "time_ms",
                "mapping",
                "schema_ids",
                "cluster",
                "topics",
                "file",
            ];
            for member in same {
                assert_eq!(record[member], input[member], "{member}");
            }
        }
    }
    expect_offsets(
        &topic,
        &[(&trades, 0, 1..=40), (&march, 0, 41..=60), (&march, 1, 61..=70)],
    );
}

/// Compares the recorded offsets of inputs with those where Java finds their rows, given by sequence numbers.
#[track_caller]
fn expect_offsets(topic: &str, inputs: &[(&Value, usize, std::ops::RangeInclusive<u64>)]) {
    let dumped = stack().dump(topic);
    for (load, index, numbers) in inputs {
        let input = &load["inputs"][*index];
        let mut found: Vec<Value> = Vec::new();
        for partition in 0..3 {
            let of_input = dumped.iter().filter(|record| {
                let number = record["value"]["sequence_number"].as_u64().unwrap();
                record["partition"] == partition && numbers.contains(&number)
            });
            let offsets: Vec<u64> = of_input
                .map(|record| record["offset"].as_u64().unwrap())
                .collect();
            if let (Some(first), Some(last)) = (offsets.iter().min(), offsets.iter().max()) {
                found.push(serde_json::json!({
                    "topic": topic, "partition": partition, "first": first, "last": last, "rows": offsets.len(),
                }));
            }
        }
        assert_eq!(input["offsets"], Value::from(found), "{}", input["name"]);
        assert_eq!(input["offsets_complete"], true);
    }
}

#[test]
fn a_forgotten_load_begins_with_its_first_row() {
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("forgotten");
    env.write("a.csv", format!("{HEADER}{}", rows(1..=10)));
    env.write("b.csv", format!("{HEADER}{}", rows(11..=20)));
    let of = ["--checkpoint-topic", &checkpoints];
    let load = |name: &str| {
        let named = [
            "--topic",
            &topic,
            "--exactly-once",
            "--load-name",
            name,
            "a.csv",
            "b.csv",
        ];
        env.run_on_stack(&[&named[..], &of].concat())
    };
    let loads = |more: &[&str]| env.run_on_stack(&[&["loads"], more, &of[..]].concat());
    load("march").expect(0);
    load("may").expect(0);
    loads(&["forget", "marsh", "--yes"])
        .expect(2)
        .says("did you mean `march`?");
    loads(&["show", "june"]).expect(2).says("there is no load `june`");
    loads(&["forget", "march"]).expect(2).says("--yes");
    assert_eq!(json_lines(&loads(&["--json"]).expect(0)).len(), 2);
    loads(&["forget", "march", "--yes"])
        .expect(0)
        .says("load march is forgotten (2 inputs, 20 rows delivered)");
    loads(&["forget", "march", "--yes"])
        .expect(2)
        .says("there is no load `march`");
    // Python finds tombstones, and those of no other load.
    let last: HashMap<String, Option<Value>> = records(&checkpoints).into_iter().collect();
    for (key, value) in &last {
        assert_eq!(value.is_none(), key.starts_with("[\"march\","), "{key}");
    }
    assert_eq!(last.len(), 4);
    assert_eq!(json_lines(&loads(&["--json"]).expect(0))[0]["name"], "may");
    load("march").expect(0).says("20 rows: 20 delivered");
    assert_eq!(stack().dump(&topic).len(), 60);
    let shown = loads(&["show", "march", "--json"]).expect(0).json();
    assert_eq!(shown["rows"]["delivered"], 20);
    assert_eq!(shown["last_commit"]["number"], 1);
}

#[test]
fn a_topic_that_does_not_exist_is_not_created() {
    let env = TestEnv::new();
    let missing = unique("no-checkpoints");
    let loads =
        |more: &[&str]| env.run_on_stack(&[&["loads"], more, &["--checkpoint-topic", &missing]].concat());
    let listed = loads(&[]).expect(0).says("there is no load yet");
    assert_eq!(listed.stdout, "");
    assert_eq!(loads(&["list", "--json"]).expect(0).stdout, "");
    loads(&["show", "x"]).expect(2).says("does not exist");
    loads(&["forget", "--yes", "x"]).expect(2).says("does not exist");
    let names = python(
        "import sys; from confluent_kafka.admin import AdminClient as A; \
         print(list(A({'bootstrap.servers': sys.argv[1]}).list_topics(timeout=10).topics))",
        &[&stack().bootstrap_servers],
    )
    .output()
    .unwrap();
    let names = String::from_utf8(names.stdout).unwrap();
    assert!(names.starts_with('[') && !names.contains(&missing), "{names}");
    env.run_on_stack(&["loads", "--checkpoint-topic", "a b"])
        .expect(2)
        .says("`a b` is not the name of a topic");
}

#[test]
fn a_load_is_undone_by_offset_if_there_is_nothing_else() {
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("undone");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=300)));
    let of = ["--checkpoint-topic", &checkpoints];
    let load = [&["--topic", &topic, "--exactly-once", "t.csv"][..], &of].concat();
    let name = format!("{topic}/t.csv");
    let undo = [&["loads", "show", &name, "--undo"][..], &of].concat();
    // Several transactions, so that their markers are between the rows.
    env.run_on_stack(&[&load[..], &["--limit", "100"]].concat())
        .expect(0);
    env.run_on_stack(&load).expect(0);
    let plan = env.run_on_stack(&undo).expect(0).says("300 rows of load");
    env.write("undo.json", &plan.stdout);
    done(
        Command::new(repository("tests/stack/java-main"))
            .args([
                "org.apache.kafka.tools.DeleteRecordsCommand",
                "--bootstrap-server",
            ])
            .args([&stack().bootstrap_servers, "--offset-json-file"])
            .arg(env.path("undo.json")),
    )
    .expect(0);
    assert_eq!(stack().dump(&topic), Vec::<Value>::new());
    env.run_on_stack(&undo)
        .expect(1)
        .says("nothing is left to delete: the rows of load")
        .says(&format!("`k2-produce loads forget {name}`"));
    env.run_on_stack(&[&["loads", "forget", "--yes", &name][..], &of].concat())
        .expect(0);
    env.run_on_stack(&load).expect(0).says("300 delivered");
    assert_eq!(stack().dump(&topic).len(), 300);
    // After a deletion the first rows are those that exist; what stands behind them does not matter.
    env.run_on_stack(&["--topic", &topic, "t.csv"]).expect(0);
    env.run_on_stack(&undo).expect(0);
}

#[test]
fn a_load_behind_records_of_others_is_not_undone_by_offset() {
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("not-undone");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=300)));
    env.write("other.csv", format!("{HEADER}{}", rows(5..=5)));
    let of = ["--checkpoint-topic", &checkpoints];
    let load = [&["--topic", &topic, "--exactly-once"][..], &of].concat();
    let undo = |name: &str| {
        let name = format!("{topic}/{name}");
        env.run_on_stack(&[&["loads", "show", &name, "--undo"][..], &of].concat())
    };
    env.run_on_stack(&[&load[..], &["other.csv"]].concat()).expect(0);
    env.run_on_stack(&[&load[..], &["t.csv"]].concat()).expect(0);
    let refused = undo("t.csv").expect(1).says(": 1 record before offset");
    assert_eq!(refused.stdout, "");
    // Its only row is the first one of its partition.
    let plan = undo("other.csv").expect(0).json();
    assert_eq!(plan["partitions"].as_array().unwrap().len(), 1);
    assert_eq!(plan["partitions"][0]["offset"], 1);
    // After a restart the rows of the run before are not in the checkpoints.
    env.run_on_stack(&[&load[..], &["--restart", "other.csv"]].concat())
        .expect(0);
    undo("other.csv").expect(1).says("of a run before `--restart`");
}

#[test]
fn records_behind_an_open_transaction_are_waited_for() {
    const OPEN: &str = "\
import sys
from confluent_kafka import Producer
producer = Producer({'bootstrap.servers': sys.argv[1], 'transactional.id': sys.argv[2]})
producer.init_transactions(60)
producer.begin_transaction()
producer.produce(sys.argv[2], partition=0, key=b'other', value=b'{}')
producer.flush(60)
print('open', flush=True)
sys.stdin.readline()
producer.abort_transaction(60)
";
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("hidden");
    stack().create_topic(&checkpoints, 1, &["cleanup.policy=compact"]);
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    let of = ["--checkpoint-topic", &checkpoints];
    env.run_on_stack(&[&["--topic", &topic, "--exactly-once", "t.csv"][..], &of].concat())
        .expect(0);
    let mut other = python(OPEN, &[&stack().bootstrap_servers, &checkpoints])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(other.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "open\n");
    let last = ["show", "--topic", &checkpoints, "--last", "1", "--format", "json"];
    let shown = env.run_on_stack(&last).expect(0);
    let shown = shown.says("note: an open transaction hides the messages of ");
    assert!(shown.stdout.contains("complete"), "{}", shown.stdout);
    let mut loads = env
        .command_on_stack()
        .args([&["loads", "--json"][..], &of].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut messages = BufReader::new(loads.stderr.take().unwrap());
    messages.read_line(&mut said).unwrap();
    assert!(
        said.starts_with("note: waiting for an open transaction"),
        "{said}"
    );
    assert!(loads.try_wait().unwrap().is_none());
    other.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(other.wait().unwrap().success());
    let listed = loads.wait_with_output().unwrap();
    assert!(listed.status.success());
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["rows"]["delivered"], 3);
}

#[test]
fn an_atomic_load_is_listed_as_one() {
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("atomic-listed");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    let of = ["--checkpoint-topic", &checkpoints];
    env.run_on_stack(&[&["--topic", &topic, "--atomic", "t.csv"][..], &of].concat())
        .expect(0);
    let listed = json_lines(
        &env.run_on_stack(&[&["loads", "--json"][..], &of].concat())
            .expect(0),
    );
    assert_eq!(listed[0]["name"], format!("atomic/{topic}/t.csv"));
    assert_eq!(
        (&listed[0]["state"], &listed[0]["next"]),
        (&"atomic".into(), &Value::Null)
    );
    assert_eq!(listed[0]["inputs_complete"], 1);
}

/// What is forgotten is what was recorded when the load was fenced, not when the question was asked.
#[test]
fn the_rows_that_are_forgotten_are_those_recorded_at_last() {
    const TERMINAL: &str = "\
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b''
while b'Type' not in shown:
    shown += os.read(terminal, 1024)
print('asked', flush=True)
sys.stdin.readline()
os.write(terminal, b'yes\\n')
while True:
    try:
        more = os.read(terminal, 1024)
    except OSError:
        break
    if not more:
        break
    shown += more
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("asked-early");
    let of = ["--checkpoint-topic", &checkpoints];
    let load = |rows: String| {
        env.write("t.csv", format!("{HEADER}{rows}"));
        env.run_on_stack(&[&["--topic", &topic, "--exactly-once", "t.csv"][..], &of].concat())
            .expect(0);
    };
    load(rows(1..=3));
    let name = format!("{topic}/t.csv");
    let binary = env!("CARGO_BIN_EXE_k2-produce");
    let mut command = python(TERMINAL, &[&[binary, "loads", "forget", &name][..], &of].concat());
    command.env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack().bootstrap_servers);
    let mut forget = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(forget.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "asked\n");
    load(rows(1..=5));
    forget.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut said = String::new();
    output.read_to_string(&mut said).unwrap();
    assert!(said.contains("3 rows delivered)?"), "{said}");
    assert!(
        said.contains("is forgotten (1 input, 5 rows delivered)"),
        "{said}"
    );
    assert!(forget.wait().unwrap().success());
}

#[test]
fn the_topic_and_the_brokers_can_come_from_a_profile() {
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("profile-loads");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    env.write(
        "k2-produce.toml",
        format!(
            "[profiles.real]\nbootstrap-servers = \"{}\"\nschema-registry-url = \"{}\"\ncheckpoint-topic = \"{checkpoints}\"\n",
            stack().bootstrap_servers,
            stack().registry_url
        ),
    );
    let run = |arguments: &[&str]| {
        let mut command = env.command();
        command.env_remove("K2_KAFKA_BOOTSTRAP_SERVERS");
        command.env_remove("K2_KAFKA_SCHEMA_REGISTRY_URL");
        done(command.args(arguments).args(["--profile", "real"]))
    };
    run(&["--topic", &topic, "--exactly-once", "t.csv"]).expect(0);
    let listed = json_lines(&run(&["loads", "--json"]).expect(0));
    assert_eq!(listed[0]["name"], format!("{topic}/t.csv"));
}

#[test]
fn a_person_is_asked_before_a_load_is_forgotten() {
    const TERMINAL: &str = "\
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
os.write(terminal, sys.argv[1].encode() + b'\\n')
shown = b''
while True:
    try:
        more = os.read(terminal, 1024)
    except OSError:
        break
    if not more:
        break
    shown += more
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("asked");
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    let of = ["--checkpoint-topic", &checkpoints];
    let name = format!("{topic}/t.csv");
    env.run_on_stack(&[&["--topic", &topic, "--exactly-once", "t.csv"][..], &of].concat())
        .expect(0);
    let forget = |answer: &str| {
        let binary = env!("CARGO_BIN_EXE_k2-produce");
        let typed = [&[answer, binary, "loads", "forget", &name][..], &of].concat();
        let mut command = python(TERMINAL, &typed);
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack().bootstrap_servers);
        done(command.current_dir(env.path("")))
    };
    let no = forget("no").expect(2);
    assert!(
        no.stdout.contains("(1 input, 3 rows delivered)?"),
        "{}",
        no.stdout
    );
    assert!(no.stdout.contains("nothing was changed"), "{}", no.stdout);
    let yes = forget("yes").expect(0);
    assert!(yes.stdout.contains("is forgotten"), "{}", yes.stdout);
    env.run_on_stack(&[&["loads"], &of[..]].concat())
        .expect(0)
        .says("has no load");
}

#[test]
fn a_load_is_not_begun_again_because_the_topic_of_the_checkpoints_has_more_partitions() {
    const MORE: &str = "\
import sys
from confluent_kafka.admin import AdminClient, NewPartitions
admin = AdminClient({'bootstrap.servers': sys.argv[1]})
for future in admin.create_partitions([NewPartitions(sys.argv[2], int(sys.argv[3]))]).values():
    future.result()
";
    let env = TestEnv::new();
    let (topic, checkpoints) = topics("more");
    let of = [
        "--topic",
        &topic,
        "--checkpoint-topic",
        &checkpoints,
        "--exactly-once",
    ];
    let load = |name: &str| env.run_on_stack(&[&of[..], &["--load-name", name, "t.csv"]].concat());
    env.write("t.csv", format!("{HEADER}{}", rows(1..=3)));
    let names: Vec<String> = (1..=8).map(|number| format!("load {number}")).collect();
    for name in &names {
        load(name).expect(0);
    }
    done(&mut python(
        MORE,
        &[&stack().bootstrap_servers, &checkpoints, "31"],
    ))
    .expect(0);
    let listed = json_lines(
        &env.run_on_stack(&["loads", "--json", "--checkpoint-topic", &checkpoints])
            .expect(0),
    );
    let moved: Vec<&str> = listed
        .iter()
        .filter(|load| load["state"] == "misplaced")
        .map(|load| load["name"].as_str().unwrap())
        .collect();
    assert!(!moved.is_empty(), "eight loads, and each is where it was");
    for name in &names {
        match moved.contains(&name.as_str()) {
            true => load(name)
                .expect(2)
                .says("has been given more partitions since it was begun"),
            false => load(name).expect(0).says("nothing to do"),
        };
    }
    load("another").expect(0).says("3");
    let restarted = [&of[..], &["--load-name", moved[0], "--restart", "t.csv"]].concat();
    env.run_on_stack(&restarted).expect(0);
}
