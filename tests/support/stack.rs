//! The real Kafka and the real registry, started once for all tests, and the contents of topics as read by Java.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::witness::Witness;
use super::{fixture, repository, unique};

/// The running stack.
pub(crate) struct Stack {
    pub bootstrap_servers: String,
    pub registry_url: String,
    data: String,
    broker: String,
    /// Idle witnesses.
    witnesses: Mutex<Vec<Witness>>,
    /// Its standard input stays open as long as this process lives, so the stack ends with this process, for any reason.
    process: Child,
}

/// The stack, started by the first test that needs it.
pub(crate) fn stack() -> &'static Stack {
    static STACK: OnceLock<Option<Stack>> = OnceLock::new();
    let started = STACK.get_or_init(|| std::panic::catch_unwind(start).ok());
    // A failed start is remembered, otherwise every test would try again and wait as long as the first.
    started.as_ref().expect("the stack could not be started")
}

fn start() -> Stack {
    let mut child = Command::new(repository("tests/stack/run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tests/stack/run starts");
    let mut values = std::collections::HashMap::new();
    let mut ready = false;
    for line in BufReader::new(child.stdout.take().expect("its output is piped")).lines() {
        let line = line.expect("it prints UTF-8");
        if line == "ready" {
            ready = true;
            break;
        }
        if let Some((name, value)) = line.split_once('=') {
            values.insert(name.to_owned(), value.to_owned());
        }
    }
    assert!(
        ready,
        "tests/stack/run could not start Kafka and the registry; see its output above"
    );
    let value = |name: &str| {
        values
            .get(name)
            .unwrap_or_else(|| panic!("{name} is missing"))
            .clone()
    };
    Stack {
        bootstrap_servers: value("K2_TEST_BOOTSTRAP_SERVERS"),
        registry_url: value("K2_TEST_REGISTRY_URL"),
        data: value("K2_TEST_KAFKA_DATA"),
        broker: value("K2_TEST_KAFKA_PID"),
        witnesses: Mutex::default(),
        process: child,
    }
}

/// A stack for one test only, which may break it; it ends when the value is dropped.
pub(crate) struct OwnStack(Stack);

impl OwnStack {
    pub(crate) fn start() -> OwnStack {
        OwnStack(start())
    }

    /// Sends a signal to the broker's process.
    #[track_caller]
    pub(crate) fn signal_broker(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.0.broker])
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Deref for OwnStack {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.0
    }
}

impl Drop for OwnStack {
    /// Waits until the stack has ended, so that the next test can start its own without waiting.
    fn drop(&mut self) {
        drop(self.0.process.stdin.take());
        // The result is ignored, because this must not panic while a failed test unwinds.
        _ = self.0.process.wait();
    }
}

impl Stack {
    /// Waits until the topic has this many records.
    #[track_caller]
    pub(crate) fn await_records(&self, topic: &str, records: u64) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let described = &self.witness(&["describe-topic", "--topic", topic])[0];
            let partitions = described["partitions"].as_array().expect("partitions");
            let records_on_topic: u64 = partitions
                .iter()
                .map(|partition| partition["end_offset"].as_u64().unwrap())
                .sum();
            if records_on_topic >= records {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{records_on_topic} of {records} records after 20 s"
            );
        }
    }

    /// Has Java's libraries print a topic, and passes each record to `see` without keeping it.
    #[track_caller]
    pub(crate) fn see_each(&self, topic: &str, see: impl FnMut(Value)) {
        self.ask(&["dump", "--topic", topic], see).unwrap();
    }

    /// Runs a command of the witness and returns the JSON that it prints, one value per line.
    #[track_caller]
    pub(crate) fn witness(&self, arguments: &[&str]) -> Vec<Value> {
        let mut answer = Vec::new();
        let asked = self.ask(arguments, |value| answer.push(value));
        if let Err(reason) = asked {
            panic!("witness {arguments:?}\n{answer:?}\n{reason}");
        }
        answer
    }

    /// Runs a command on an idle witness, or on a new one.
    fn ask(&self, arguments: &[&str], see: impl FnMut(Value)) -> Result<(), String> {
        let free = || self.witnesses.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = free().pop();
        let mut witness = idle.unwrap_or_else(|| Witness::start(self.witness_command()));
        let asked = witness.ask(arguments, see);
        free().push(witness);
        asked
    }

    fn witness_command(&self) -> Command {
        let mut command = Command::new(repository("tests/stack/witness"));
        command
            .env("K2_TEST_BOOTSTRAP_SERVERS", &self.bootstrap_servers)
            .env("K2_TEST_REGISTRY_URL", &self.registry_url)
            .env("K2_TEST_KAFKA_DATA", &self.data);
        command
    }

    /// Creates a topic for one test, with a schema of the fixtures registered as `<topic>-value`.
    #[track_caller]
    pub(crate) fn topic(&self, prefix: &str, partitions: u32, schema: &str) -> String {
        let topic = unique(prefix);
        self.create_topic(&topic, partitions, &[]);
        self.register(
            &format!("{topic}-value"),
            &std::fs::read_to_string(fixture(schema)).unwrap(),
        );
        topic
    }

    #[track_caller]
    pub(crate) fn create_topic(&self, topic: &str, partitions: u32, settings: &[&str]) {
        let partitions = partitions.to_string();
        let mut arguments = vec!["create-topic", "--topic", topic, "--partitions", &partitions];
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        self.witness(&arguments);
    }

    /// Registers a schema and returns its id.
    #[track_caller]
    pub(crate) fn register(&self, subject: &str, schema: &str) -> u64 {
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let response = client
            .post(format!("{}/subjects/{subject}/versions", self.registry_url))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .body(serde_json::json!({ "schema": schema }).to_string())
            .send()
            .unwrap();
        let body = response.text().unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}"));
        answer["id"].as_u64().unwrap_or_else(|| panic!("{body}"))
    }

    /// Sets the compatibility rule for the next version of a subject.
    #[track_caller]
    pub(crate) fn set_compatibility(&self, subject: &str, rule: &str) {
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let response = client
            .put(format!("{}/config/{subject}", self.registry_url))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .body(serde_json::json!({ "compatibility": rule }).to_string())
            .send()
            .unwrap();
        assert!(response.status().is_success(), "{response:?}");
    }

    /// All records of a topic, decoded by Java's Avro.
    #[track_caller]
    pub(crate) fn dump(&self, topic: &str) -> Vec<Value> {
        self.witness(&["dump", "--topic", topic])
    }
}
