//! The real Kafka and the real registry, started once for all tests, and Java's word on what is on a topic.

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
    /// Witnesses that are not being asked.
    witnesses: Mutex<Vec<Witness>>,
    /// Its standard input stays open as long as this process lives; when it ends, however it ends, the stack does.
    process: Child,
}

/// The stack, started by the first test that wants it.
pub(crate) fn stack() -> &'static Stack {
    static STACK: OnceLock<Option<Stack>> = OnceLock::new();
    let started = STACK.get_or_init(|| std::panic::catch_unwind(start).ok());
    // Without this every single test would try for as long as the first.
    started.as_ref().expect("the stack could not be started before")
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
        "tests/stack/run could not start Kafka and the registry; what it said stands above"
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

/// A stack that no other test uses, so a test may break it; it ends with the value.
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
    /// Waits for the end, so that the next test's stack need not wait for this one's.
    fn drop(&mut self) {
        drop(self.0.process.stdin.take());
        // A test that failed is not to fail a second time.
        _ = self.0.process.wait();
    }
}

impl Stack {
    /// Waits until the topic holds this many records.
    #[track_caller]
    pub(crate) fn await_records(&self, topic: &str, records: u64) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let described = &self.witness(&["describe-topic", "--topic", topic])[0];
            let partitions = described["partitions"].as_array().expect("partitions");
            let there: u64 = partitions
                .iter()
                .map(|partition| partition["end_offset"].as_u64().unwrap())
                .sum();
            if there >= records {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{there} of {records} records after 20 s"
            );
        }
    }

    /// Has Java's libraries print a topic, and gives each record to `see` without keeping it.
    #[track_caller]
    pub(crate) fn see_each(&self, topic: &str, see: impl FnMut(Value)) {
        self.ask(&["dump", "--topic", topic], see).unwrap();
    }

    /// Asks Java's libraries; gives the JSON they print, one value a line.
    #[track_caller]
    pub(crate) fn witness(&self, arguments: &[&str]) -> Vec<Value> {
        let mut answer = Vec::new();
        let asked = self.ask(arguments, |value| answer.push(value));
        if let Err(reason) = asked {
            panic!("witness {arguments:?}\n{answer:?}\n{reason}");
        }
        answer
    }

    /// Asks a witness that is free, or a new one.
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

    /// Makes a topic of its own for a test, with a schema of the fixtures under `<topic>-value`.
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

    /// Registers a schema and gives its id.
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

    /// Sets the rule by which the registry judges a subject's next version.
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
