//! Loads in one transaction: readers of committed messages see all rows or none. Faults are in `tests/faults`.

use std::io::Write;
use std::time::Duration;

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, ended, signal, spawn_piped};

/// Enough rows that many are sent before the last one is read.
const ROWS: u64 = 60_000;

/// A row without a price.
const BAD: &str = "BHP,7078,ASX,2014-03-10T10:00:05.516Z,,1597,0,A,,2014-03-10T10:00:05.516Z,1\n";

/// A folder with `trades.csv`, and a topic.
fn trades(prefix: &str) -> (TestEnv, String) {
    let env = TestEnv::new();
    env.generate("trades.csv", "trade", "csv", ROWS);
    (env, stack().topic(prefix, 3, "schemas/trade.avsc"))
}

fn load(env: &TestEnv, topic: &str, more: &[&str]) -> Done {
    let first = ["--topic", topic, "--atomic", "--summary", "json"];
    env.run_on_stack(&[&first[..], more].concat())
}

/// Asserts that rows were sent, and that a reader of committed messages finds none of them.
#[track_caller]
fn expect_sent_and_aborted(topic: &str) {
    assert!(stack().records(topic) > 1_000, "no rows were sent");
    assert_eq!(stack().dump(topic).len(), 0);
}

/// Asserts that a reader of committed messages finds each row of the file once, in the order of the file.
#[track_caller]
fn expect_every_row_once(env: &TestEnv, topic: &str, file: &str) {
    let path = env.path(file).display().to_string();
    let compare = ["compare", "--topic", topic, "--file", &path, "--key", "symbol"];
    let verdict = &stack().witness(&compare)[0];
    assert_eq!(verdict["mismatches"], 0, "{verdict}");
    assert_eq!(verdict["records"], ROWS, "{verdict}");
}

#[track_caller]
fn expect_all_unsent(done: &Done, rejected: u64) {
    let rows = &done.json()["rows"];
    assert_eq!(
        (&rows["delivered"], &rows["unknown"]),
        (&0.into(), &0.into()),
        "{rows}"
    );
    assert_eq!(rows["rejected"], rejected, "{rows}");
    let read = rows["read"].as_u64().unwrap();
    assert_eq!(rows["unsent"], read - rejected, "{rows}");
    assert_eq!(done.json()["load"]["aborted"], true);
    assert_eq!(done.json()["balanced"], true);
}

#[test]
fn a_bad_last_row_leaves_nothing_and_the_same_command_loads_all_after_the_correction() {
    let (env, topic) = trades("atomic");
    let good = env.read("trades.csv");
    env.write("trades.csv", format!("{good}{BAD}"));
    let done = load(&env, &topic, &["trades.csv"]).expect(3);
    expect_all_unsent(&done, 1);
    let done = done.says(&format!("trades.csv:{}", ROWS + 2));
    done.says("no row is committed; fix the cause, then run the same command again");
    expect_sent_and_aborted(&topic);
    env.write("trades.csv", good);
    let done = load(&env, &topic, &["trades.csv"]).expect(0);
    assert_eq!(done.json()["rows"]["delivered"], ROWS);
    assert_eq!(
        done.json()["load"]["commits"],
        2,
        "one without rows, and one with all"
    );
    expect_every_row_once(&env, &topic, "trades.csv");
}

#[test]
fn of_several_files_the_last_decides_about_all() {
    let (env, topic) = trades("atomic-files");
    let header = env.read("trades.csv").lines().next().unwrap().to_owned();
    env.write("last.csv", format!("{header}\n{BAD}"));
    let done = load(&env, &topic, &["trades.csv", "last.csv"]).expect(3);
    expect_all_unsent(&done, 1);
    expect_sent_and_aborted(&topic);
    env.write("last.csv", format!("{header}\n"));
    // A file that is given twice is loaded twice, as in any other run.
    load(&env, &topic, &["trades.csv", "last.csv", "last.csv"]).expect(0);
    expect_every_row_once(&env, &topic, "trades.csv");
    // Without `--exactly-once` a load does not know of earlier ones.
    load(&env, &topic, &["--limit", "7", "trades.csv"]).expect(0);
    assert_eq!(stack().dump(&topic).len() as u64, ROWS + 7);
}

#[test]
fn standard_input_is_loaded_as_a_whole_or_not_at_all() {
    let (env, topic) = trades("atomic-pipe");
    let good = env.read("trades.csv");
    let feed = |text: &str| {
        let mut command = env.command_on_stack();
        command.args([
            "--topic",
            &topic,
            "--atomic",
            "--summary",
            "json",
            "--format",
            "csv",
            "-",
        ]);
        let mut child = spawn_piped(&mut command);
        let mut input = child.stdin.take().unwrap();
        let text = text.to_owned();
        std::thread::spawn(move || input.write_all(text.as_bytes()));
        ended(child)
    };
    let done = feed(&format!("{good}{BAD}")).expect(3);
    expect_all_unsent(&done, 1);
    expect_sent_and_aborted(&topic);
    feed(&good).expect(0);
    expect_every_row_once(&env, &topic, "trades.csv");
}

#[test]
fn a_complete_load_that_is_also_an_exactly_once_load_is_not_repeated() {
    let (env, topic) = trades("atomic-once");
    let good = env.read("trades.csv");
    env.write("trades.csv", format!("{good}{BAD}"));
    load(&env, &topic, &["--exactly-once", "trades.csv"]).expect(3);
    expect_sent_and_aborted(&topic);
    env.write("trades.csv", good);
    load(&env, &topic, &["--exactly-once", "trades.csv"]).expect(0);
    let again = load(&env, &topic, &["--exactly-once", "trades.csv"]).expect(0);
    let again = again.says("nothing to do");
    assert_eq!(again.json()["load"]["rows_before"]["delivered"], ROWS);
    expect_every_row_once(&env, &topic, "trades.csv");
    // A load of the same file that is only atomic has another name, and does not touch that checkpoint.
    load(&env, &topic, &["--limit", "1", "trades.csv"]).expect(0);
    load(&env, &topic, &["--exactly-once", "trades.csv"])
        .expect(0)
        .says("nothing to do");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--atomic",
        "--exactly-once",
        "--format",
        "csv",
        "-",
    ])
    .expect(2)
    .says("`--atomic` alone reads standard input");
}

#[test]
fn too_many_bad_rows_at_the_end_abort_and_are_kept() {
    let env = TestEnv::new();
    let topic = stack().topic("atomic-budget", 1, "schemas/trade.avsc");
    env.generate("trades.csv", "trade", "csv", 90);
    let good = env.read("trades.csv");
    env.write("trades.csv", format!("{good}{}", BAD.repeat(10)));
    let rejecting = ["--max-errors", "9%", "--rejects", "bad.csv", "trades.csv"];
    let done = load(&env, &topic, &rejecting).expect(3);
    expect_all_unsent(&done, 10);
    let done = done.says("because too many rows were rejected; no row is committed");
    done.says("Nothing was committed: correct the rows in the input");
    assert_eq!(env.read("bad.csv").lines().count(), 11);
    assert_eq!(stack().dump(&topic).len(), 0);
    let allowed = ["--max-errors", "10%", "trades.csv"];
    load(&env, &topic, &allowed).expect(1);
    assert_eq!(stack().dump(&topic).len(), 90);
}

#[test]
fn a_signal_aborts_what_was_sent() {
    for (name, status) in [("-INT", 130), ("-TERM", 143)] {
        let (env, topic) = trades("atomic-signal");
        let mut command = env.command_on_stack();
        command.args([
            "--topic",
            &topic,
            "--atomic",
            "--summary",
            "json",
            "--format",
            "csv",
            "-",
        ]);
        let mut child = spawn_piped(&mut command);
        let mut input = child.stdin.take().unwrap();
        input.write_all(env.read("trades.csv").as_bytes()).unwrap();
        stack().await_records(&topic, 1_001);
        signal(&child, name);
        let done = ended(child)
            .expect(status)
            .says("by a signal; no row is committed");
        expect_all_unsent(&done, 0);
        expect_sent_and_aborted(&topic);
        drop(input);
    }
}

#[test]
fn a_load_that_takes_longer_than_a_transaction_may_is_stopped_with_figures() {
    let (env, topic) = trades("atomic-slow");
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "--atomic",
        "--summary",
        "json",
        "--format",
        "csv",
    ]);
    command.args(["-X", "transaction.timeout.ms=3000", "-"]);
    let mut child = spawn_piped(&mut command);
    let mut input = child.stdin.take().unwrap();
    input.write_all(env.read("trades.csv").as_bytes()).unwrap();
    let done = ended(child).expect(4);
    let done = done.says(", after 60,000 rows, and the brokers abort a transaction after 3.00 s");
    let done = done
        .says("error: no row arrived for ")
        .says("because no row arrived; no row is committed");
    expect_all_unsent(&done, 0);
    expect_sent_and_aborted(&topic);
    drop(input);
    let limit = "transaction.timeout.ms=901000";
    load(&env, &topic, &["-X", limit, "trades.csv"])
        .expect(2)
        .says("`transaction.timeout.ms` is 901s, but the brokers allow at most 900s");
    for refused in [&["--rate", "1/s"][..], &["--commit-rows", "5"], &["--restart"]] {
        load(&env, &topic, &[refused, &["trades.csv"]].concat()).expect(2);
    }
}

#[test]
fn a_file_that_changes_before_the_commit_aborts() {
    let (env, topic) = trades("atomic-changed");
    let header = env.read("trades.csv").lines().next().unwrap().to_owned();
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "--atomic",
        "--summary",
        "json",
        "--format",
        "csv",
    ]);
    // The file is opened first, and read after standard input.
    command.args(["-", "trades.csv"]);
    let mut child = spawn_piped(&mut command);
    let mut input = child.stdin.take().unwrap();
    let row = BAD.replace(",,1597", ",40.25,1597");
    input
        .write_all(format!("{header}\n{}", row.repeat(20_000)).as_bytes())
        .unwrap();
    stack().await_records(&topic, 1_001);
    env.write("trades.csv", format!("{}{row}", env.read("trades.csv")));
    drop(input);
    let done = ended(child)
        .expect(3)
        .says("because the input could not be read; no row is committed");
    expect_all_unsent(&done, 0);
    expect_sent_and_aborted(&topic);
}

#[test]
fn a_topic_that_is_made_anew_before_the_commit_gets_no_row() {
    let (env, topic) = trades("atomic-recreated");
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "--atomic",
        "--summary",
        "json",
        "--format",
        "csv",
        "-",
    ]);
    let mut child = spawn_piped(&mut command);
    let mut input = child.stdin.take().unwrap();
    input.write_all(env.read("trades.csv").as_bytes()).unwrap();
    stack().await_records(&topic, ROWS);
    stack().witness(&["delete-topic", "--topic", &topic]);
    stack().create_topic(&topic, 3, &[]);
    drop(input);
    let done = ended(child);
    assert!([4, 5].contains(&done.status), "{}", done.stderr);
    let done = done.says("nothing was committed, because the topic changed");
    expect_all_unsent(&done, 0);
    assert_eq!(stack().dump(&topic).len(), 0);
}

/// The finding in a summary.
fn found(done: &Done) -> Value {
    done.json()["found_record"].clone()
}

#[test]
fn a_topic_with_a_record_is_left_alone() {
    let env = TestEnv::new();
    env.generate("trades.csv", "trade", "csv", 10);
    for mode in [&[][..], &["--atomic"]] {
        let topic = stack().topic("if-empty", 3, "schemas/trade.avsc");
        let first = ["--topic", &topic, "--if-empty", "--summary", "json", "trades.csv"];
        let load = || env.run_on_stack(&[&first[..], mode].concat());
        let done = load().expect(0);
        assert_eq!(
            (found(&done), &done.json()["rows"]["delivered"]),
            (Value::Null, &10.into())
        );
        let done = load()
            .expect(0)
            .says(&format!("topic `{topic}` is not empty (partition "));
        assert_eq!(done.json()["load"].is_null(), mode.is_empty());
        assert_eq!(found(&done)["topic"], topic);
        assert_eq!(done.json()["rows"]["read"], 0);
        assert_eq!(stack().dump(&topic).len(), 10);
    }
}

#[test]
fn aborted_and_deleted_records_do_not_count() {
    let (env, topic) = trades("if-empty-aborted");
    let good = env.read("trades.csv");
    env.write("trades.csv", format!("{good}{BAD}"));
    load(&env, &topic, &["trades.csv"]).expect(3);
    expect_sent_and_aborted(&topic);
    env.write("trades.csv", &good);
    env.run_on_stack(&["--topic", &topic, "--if-empty", "trades.csv"])
        .expect(0)
        .says("60,000 delivered");
    let described = &stack().witness(&["describe-topic", "--topic", &topic])[0];
    for (partition, facts) in described["partitions"].as_array().unwrap().iter().enumerate() {
        let (partition, before) = (partition.to_string(), facts["end_offset"].to_string());
        let deletion = ["delete-records", "--topic", &topic, "--partition", &partition];
        stack().witness(&[&deletion[..], &["--before", &before]].concat());
    }
    load(&env, &topic, &["--if-empty", "trades.csv"]).expect(0);
    expect_every_row_once(&env, &topic, "trades.csv");
}

#[test]
fn an_open_transaction_of_another_producer_is_waited_for() {
    for is_committed in [true, false] {
        let (env, topic) = trades("if-empty-open");
        let mut other = env.command_on_stack();
        other.args(["--topic", &topic, "--atomic", "--format", "csv", "-"]);
        let mut other = spawn_piped(&mut other);
        let mut input = other.stdin.take().unwrap();
        input.write_all(env.read("trades.csv").as_bytes()).unwrap();
        stack().await_records(&topic, 1_001);
        let mut command = env.command_on_stack();
        command.args(["--topic", &topic, "--if-empty", "--summary", "json", "trades.csv"]);
        let load = spawn_piped(&mut command);
        std::thread::sleep(Duration::from_secs(2));
        match is_committed {
            true => drop(input),
            false => signal(&other, "-INT"),
        }
        ended(other).expect(if is_committed { 0 } else { 130 });
        let done = ended(load).expect(0).says("waiting for an open transaction");
        assert_eq!(found(&done).is_null(), !is_committed, "{}", done.stderr);
        expect_every_row_once(&env, &topic, "trades.csv");
    }
}

#[test]
fn an_exactly_once_load_that_found_the_topic_empty_goes_on() {
    let (env, topic) = trades("if-empty-once");
    let arguments = ["--topic", &topic, "--exactly-once", "--if-empty", "trades.csv"];
    env.run_on_stack(&[&arguments[..], &["--limit", "5000"]].concat())
        .expect(0);
    env.run_on_stack(&arguments)
        .expect(0)
        .says("55,000 delivered now, 5,000 before");
    env.run_on_stack(&arguments).expect(0).says("nothing to do");
    expect_every_row_once(&env, &topic, "trades.csv");
    // Another load finds its records.
    let other = [
        "--topic",
        &topic,
        "--exactly-once",
        "--load-name",
        "other",
        "--if-empty",
        "trades.csv",
    ];
    env.run_on_stack(&other).expect(0).says("is not empty");
}

/// The program that writes to a pipe must not end by a broken pipe, which `set -o pipefail` makes the status of the pipe.
#[test]
fn a_pipe_is_read_to_its_end_although_the_topic_is_left_alone() {
    let (env, topic) = trades("if-empty-pipe");
    env.run_on_stack(&["--topic", &topic, "--limit", "1", "trades.csv"])
        .expect(0);
    let binary = env!("CARGO_BIN_EXE_k2-produce");
    for mode in ["", "--atomic"] {
        let script = format!(
            "set -o pipefail; for n in 1 2 3 4 5; do cat trades.csv; done | {binary} --topic {topic} --if-empty {mode} \
             --format csv -"
        );
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &script]).current_dir(env.path(""));
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack().bootstrap_servers);
        command.env("K2_KAFKA_SCHEMA_REGISTRY_URL", &stack().registry_url);
        done(&mut command).expect(0).says("is not empty");
    }
    // A signal ends the wait.
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--if-empty", "--format", "csv", "-"]);
    let mut child = spawn_piped(&mut command);
    let mut input = child.stdin.take().unwrap();
    input.write_all(env.read("trades.csv").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(child.try_wait().unwrap().is_none());
    signal(&child, "-INT");
    assert_ne!(ended(child).status, -1);
    assert_eq!(stack().dump(&topic).len(), 1);
}

#[test]
fn new_files_of_a_load_are_not_sent_to_a_topic_with_records() {
    let (env, topic) = trades("if-empty-new");
    env.generate("more.csv", "trade", "csv", 10);
    let load = |files: &[&str]| {
        let first = [
            "--topic",
            &topic,
            "--exactly-once",
            "--if-empty",
            "--load-name",
            &topic,
        ];
        env.run_on_stack(&[&first[..], files].concat()).expect(0)
    };
    load(&["trades.csv"]).says("60,000 delivered");
    load(&["more.csv"]).says("is not empty");
    // A load of which rows of these files are committed goes on.
    load(&["trades.csv", "more.csv"]).says("10 delivered now, 60,000 before");
}

#[test]
fn a_load_of_other_rows_has_another_name() {
    let (env, topic) = trades("atomic");
    let named = |mode: &str, name: &str| {
        let arguments = [
            "--topic",
            &topic,
            mode,
            "--load-name",
            name,
            "--limit",
            "5",
            "trades.csv",
        ];
        env.run_on_stack(&arguments)
    };
    named("--exactly-once", "atomic/x")
        .expect(2)
        .says("begins with `atomic/`")
        .says("--load-name");
    // The longest name is one that Kafka takes.
    let long = format!("{topic}{}", "n".repeat(10_000 - topic.len()));
    named("--exactly-once", &long).expect(0);
    named("--exactly-once", &format!("{long}n"))
        .expect(2)
        .says("has 10001 bytes, and may have 10000");
    let names: Vec<std::ffi::OsString> = [&b"t\xff.csv"[..], b"t\xfe.csv"]
        .map(|name| std::os::unix::ffi::OsStringExt::from_vec(name.to_vec()))
        .to_vec();
    for name in &names {
        std::fs::copy(env.path("trades.csv"), env.path("").join(name)).unwrap();
    }
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--exactly-once", "--limit", "7"]);
    let ended = crate::support::done(
        command
            .args(["--load-name", &format!("{topic}-bytes")])
            .args(&names),
    );
    ended.expect(0).says("7 delivered");
}
