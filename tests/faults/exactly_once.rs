//! Exactly-once loads that are killed, stopped, run twice at once, and cut off from their transaction coordinator.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::kafka::proxied;
use crate::proxy::{Api, Fault, Turn};
use crate::support::stack::OwnStack;
use crate::support::{TestEnv, repository};

pub(super) const ROWS: u64 = 200_000;

/// Checks that a reader of committed messages sees each row once, and those of a partition in the order of the file.
pub(crate) fn expect_each_row_once(stack: &OwnStack, topic: &str) {
    let mut seen = vec![false; ROWS as usize + 1];
    let mut last: HashMap<u64, u64> = HashMap::new();
    stack.see_each(topic, |record| {
        let number = record["value"]["platform_sequence"].as_u64().unwrap();
        let partition = record["partition"].as_u64().unwrap();
        let before = last.insert(partition, number);
        assert!(before < Some(number), "out of order in partition {partition}");
        assert!(
            !std::mem::replace(&mut seen[number as usize], true),
            "row {number} twice"
        );
    });
    assert_eq!(seen.iter().filter(|seen| **seen).count() as u64, ROWS);
}

/// The next of a series of numbers that look random; the same in every run.
pub(super) fn next(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

pub(crate) struct Load<'a> {
    pub(crate) env: TestEnv,
    stack: &'a OwnStack,
    pub(crate) topic: String,
}

impl<'a> Load<'a> {
    /// A file of trades, and a topic for it.
    pub(crate) fn new(stack: &'a OwnStack, prefix: &str) -> Load<'a> {
        Load::on(stack, stack.topic(prefix, 3, "schemas/trade_v2.avsc"))
    }

    /// A file of trades for this topic.
    pub(crate) fn on(stack: &'a OwnStack, topic: String) -> Load<'a> {
        let env = TestEnv::new();
        env.generate("trades.jsonl", "trade_v2", "jsonl", ROWS);
        Load { env, stack, topic }
    }

    pub(crate) fn start(&self, more: &[&str]) -> Child {
        let often = ["--exactly-once", "--commit-rows", "20000", "trades.jsonl"];
        self.start_with(&[&often[..], more].concat())
    }

    pub(crate) fn start_with(&self, arguments: &[&str]) -> Child {
        let mut command = self.env.command_on(self.stack);
        command
            .args(["--topic", &self.topic])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    pub(crate) fn end(&self, child: Child) -> (i32, String) {
        let output = child.wait_with_output().unwrap();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

#[test]
fn a_load_that_is_killed_again_and_again_has_each_row_once() {
    let stack = proxied();
    let mut seed = 7;
    let (mut kills, mut loads) = (0, 0);
    while kills < 20 {
        let load = Load::new(&stack, "killed");
        loads += 1;
        loop {
            let mut child = load.start(&[]);
            let deadline = Instant::now() + Duration::from_millis(100 + next(&mut seed) % 900);
            while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(2));
            }
            if child.try_wait().unwrap().is_none() && kills < 40 {
                child.kill().unwrap();
                kills += 1;
                child.wait().unwrap();
                continue;
            }
            let (status, words) = load.end(child);
            assert_eq!(status, 0, "{words}");
            break;
        }
        expect_each_row_once(&stack, &load.topic);
    }
    println!("{kills} kills in {loads} loads");
}

#[test]
fn of_two_runs_of_one_load_one_is_fenced_and_each_row_is_there_once() {
    let stack = proxied();
    let load = Load::new(&stack, "twice");
    let first = load.start(&[]);
    // In the middle of the first one.
    stack.await_records(&load.topic, 30_000);
    let second = load.start(&[]);
    let (first, second) = (load.end(first), load.end(second));
    assert_eq!((first.0, second.0), (4, 0), "{}\n{}", first.1, second.1);
    assert!(first.1.contains("another run of load"), "{}", first.1);
    expect_each_row_once(&stack, &load.topic);
}

/// Otherwise the second run could remove rows that the first one has just committed.
#[test]
fn a_run_does_not_take_over_from_one_that_uses_its_rejects_file() {
    let stack = proxied();
    let load = Load::new(&stack, "one-rejects-file");
    let rejects = ["--rejects", "bad.jsonl"];
    let first = load.start(&rejects);
    stack.await_records(&load.topic, 30_000);
    let (status, words) = load.end(load.start(&rejects));
    assert_eq!(status, 4, "{words}");
    assert!(words.contains("another run is at work"), "{words}");
    let (status, words) = load.end(first);
    assert_eq!(status, 0, "the first run: {words}");
    expect_each_row_once(&stack, &load.topic);
}

#[test]
fn a_run_that_is_stopped_beyond_the_transaction_timeout_goes_on() {
    let stack = proxied();
    let load = Load::new(&stack, "stopped");
    let timeout = ["-X", "transaction.timeout.ms=5000", "--commit-interval", "500ms"];
    let child = load.start(&timeout);
    stack.await_records(&load.topic, 30_000);
    let signal = |signal: i32| {
        // SAFETY: the child has not been waited for, so the process id is still its own.
        assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
    };
    signal(libc::SIGSTOP);
    // The brokers look for transactions that are too old every 10 s.
    std::thread::sleep(Duration::from_secs(18));
    signal(libc::SIGCONT);
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&stack, &load.topic);
}

/// Loads while requests to end a transaction are hit by a fault.
fn with_faults_at_the_end_of_transactions(turn: Turn, fault: Fault) {
    let stack = proxied();
    let load = Load::new(&stack, "end-txn");
    let order = stack.proxy.order(Api::END_TXN, turn, fault);
    let child = load.start(&["-X", "socket.timeout.ms=1500"]);
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    assert!(order.hits().len() >= 2, "{order:?}");
    expect_each_row_once(&stack, &load.topic);
}

#[test]
fn a_commit_without_a_response_is_decided_by_the_checkpoint() {
    with_faults_at_the_end_of_transactions(Turn::Every(5), Fault::SwallowResponse);
}

#[test]
fn a_commit_with_a_response_that_was_cut_off_is_decided_by_the_checkpoint() {
    with_faults_at_the_end_of_transactions(Turn::Every(3), Fault::CutAtResponse);
}

#[test]
fn a_commit_that_never_arrived_is_repeated() {
    with_faults_at_the_end_of_transactions(Turn::Every(3), Fault::CutBefore);
}

/// librdkafka repeats a request to end a transaction by itself, and the first copy arrives in the next transaction.
#[test]
fn a_commit_that_arrives_within_the_next_transaction_does_not_end_it() {
    let stack = proxied();
    let load = Load::new(&stack, "held-end-txn");
    // The first commit of a run has no rows, so this is the second one with rows.
    let order = stack.proxy.order(Api::END_TXN, Turn::Nth(3), Fault::Hold);
    let child = load.start(&["-X", "socket.timeout.ms=1500"]);
    order.await_hit();
    // Two transactions of at least 20,000 rows, and some rows of the next one.
    let before = stack.records(&load.topic);
    stack.await_records(&load.topic, before + 5_000);
    order.release();
    order.await_late_answer();
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&stack, &load.topic);
}

#[test]
fn a_limit_of_the_topic_that_is_lowered_in_the_middle_makes_batches_smaller() {
    let stack = proxied();
    let load = Load::new(&stack, "lowered");
    let mut child = load.start(&[]);
    stack.await_records(&load.topic, 30_000);
    stack.witness(&[
        "alter-topic",
        "--topic",
        &load.topic,
        "--set",
        "max.message.bytes=1500",
    ]);
    assert!(child.try_wait().unwrap().is_none(), "too late");
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&stack, &load.topic);
    let aborted = stack.records(&load.topic) - ROWS;
    println!("{aborted} aborted records and markers");
}

/// A transaction of another producer, with a record in each partition of a topic.
struct OpenTransaction(Child);

impl OpenTransaction {
    fn new(stack: &OwnStack, topic: &str, partitions: u32) -> OpenTransaction {
        let script = "
import sys
from confluent_kafka import Producer
servers, topic, partitions = sys.argv[1:]
producer = Producer({'bootstrap.servers': servers, 'transactional.id': 'another'})
producer.init_transactions(20)
producer.begin_transaction()
for partition in range(int(partitions)):
    producer.produce(topic, b'of another', key=b'another', partition=partition)
producer.flush(20)
print('open', flush=True)
sys.stdin.readline()
producer.commit_transaction(20)
";
        let mut process = Command::new(repository("tests/stack/python"))
            .args([
                "-c",
                script,
                &stack.bootstrap_servers,
                topic,
                &partitions.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "open\n");
        OpenTransaction(process)
    }

    fn commit(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

/// A reader of committed records stops before the first record of an open transaction, so it does not see a checkpoint
/// that was committed after it.
#[test]
fn a_checkpoint_behind_the_open_transaction_of_another_producer_is_waited_for() {
    let stack = proxied();
    let load = Load::new(&stack, "hidden");
    let mut child = load.start(&[]);
    stack.await_records(&load.topic, 30_000);
    let other = OpenTransaction::new(&stack, "k2-produce-checkpoints", 25);
    // The next commit succeeds, and its checkpoint is hidden.
    std::thread::sleep(Duration::from_secs(2));
    let waiting = stack.records(&load.topic);
    std::thread::sleep(Duration::from_secs(1));
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    assert_eq!(stack.records(&load.topic), waiting, "it goes on");
    assert!(waiting < ROWS, "{waiting}");
    other.commit();
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    let said = words.matches("note: waiting for an open transaction").count();
    assert_eq!(said, 1, "{words}");
    expect_each_row_once(&stack, &load.topic);
}

#[test]
fn a_row_that_stopped_a_load_is_fixed_and_the_load_that_is_killed_again_has_each_row_once() {
    let stack = proxied();
    let load = Load::new(&stack, "fixed");
    let text = load.env.read("trades.jsonl");
    let bad = text.lines().nth(99_999).unwrap();
    let broken = bad.replacen("\"price\":", "\"price\":\"many\",\"was\":", 1);
    assert_ne!(bad, broken);
    load.env.write("trades.jsonl", text.replacen(bad, &broken, 1));
    let (status, words) = load.end(load.start(&[]));
    assert_eq!(status, 3, "{words}");
    assert!(words.contains("trades.jsonl:100000"), "{words}");
    load.env.write("trades.jsonl", &text);
    let mut child = load.start(&[]);
    stack.await_records(&load.topic, 120_000);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed before its end");
    let (status, words) = load.end(load.start(&[]));
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&stack, &load.topic);
}
