//! The real Kafka and the real registry, started once for all tests, and the contents of topics as read by Java.

use std::any::Any;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::witness::Witness;
use super::{fixture, repository, unique};

/// The running stack.
pub(crate) struct Stack {
    /// The brokers, for the binary.
    pub bootstrap_servers: String,
    pub registry_url: String,
    /// What `tests/stack/run` printed, by name.
    values: HashMap<String, String>,
    /// The processes of the brokers.
    brokers: Mutex<Vec<String>>,
    /// Idle witnesses.
    witnesses: Mutex<Vec<Witness>>,
    process: Child,
    orders: Mutex<Option<Orders>>,
}

/// The standard streams of `tests/stack/run`. Its input stays open as long as this process lives, so the stack ends with
/// this process, for any reason.
struct Orders {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// The stack, started by the first test that needs it.
pub(crate) fn stack() -> &'static Stack {
    static STACK: OnceLock<Option<Stack>> = OnceLock::new();
    let started = STACK.get_or_init(|| std::panic::catch_unwind(|| start(&[])).ok());
    // A failed start is remembered, otherwise every test would try again and wait as long as the first.
    started.as_ref().expect("the stack could not be started")
}

fn start(options: &[&str]) -> Stack {
    let mut process = Command::new(repository("tests/stack/run"))
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tests/stack/run starts");
    let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
    let mut values = HashMap::new();
    loop {
        let mut line = String::new();
        output.read_line(&mut line).expect("it prints UTF-8");
        match line.trim_end().split_once('=') {
            Some((name, value)) => values.insert(name.to_owned(), value.to_owned()),
            None if line == "ready\n" => break,
            None => panic!("tests/stack/run could not start Kafka and the registry; see its output above"),
        };
    }
    let value = |name: &str| values.get(name).unwrap_or_else(|| panic!("{name} is missing"));
    Stack {
        bootstrap_servers: value("K2_TEST_BOOTSTRAP_SERVERS").clone(),
        registry_url: value("K2_TEST_REGISTRY_URL").clone(),
        brokers: Mutex::new(value("K2_TEST_KAFKA_PID").split(' ').map(str::to_owned).collect()),
        values,
        witnesses: Mutex::default(),
        orders: Mutex::new(process.stdin.take().map(|input| Orders { input, output })),
        process,
    }
}

/// A stack for one test only, which may break it; it ends when the value is dropped.
pub(crate) struct OwnStack(Stack);

/// What tests share one after the other, with a stack of its own.
static SHARED: Mutex<Option<Arc<dyn Any + Send + Sync>>> = Mutex::new(None);

/// A use of something shared. If a test fails with it, the next one starts anew.
pub(crate) struct Shared<T: Send + Sync + 'static>(Arc<T>);

/// The running `T` of an earlier test, or a new one. It ends when an [`OwnStack`] is started, because only one stack
/// runs at a time.
pub(crate) fn shared<T: Send + Sync + 'static>(start: impl FnOnce() -> T) -> Shared<T> {
    let running = SHARED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let running = running.and_then(|running| running.downcast().ok());
    Shared(running.unwrap_or_else(|| {
        let started = Arc::new(start());
        let shared: Arc<T> = Arc::clone(&started);
        *SHARED.lock().unwrap_or_else(PoisonError::into_inner) = Some(shared);
        started
    }))
}

fn end_shared() {
    drop(SHARED.lock().unwrap_or_else(PoisonError::into_inner).take());
}

impl<T: Send + Sync> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync> Drop for Shared<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            end_shared();
        }
    }
}

impl OwnStack {
    pub(crate) fn start() -> OwnStack {
        OwnStack::start_with(&[])
    }

    /// Starts a stack with these options of `tests/stack/run`.
    pub(crate) fn start_with(options: &[&str]) -> OwnStack {
        end_shared();
        OwnStack(start(options))
    }

    /// The folder with the data and the logs of the brokers.
    pub(crate) fn folder(&self) -> PathBuf {
        let data = Path::new(&self.0.values["K2_TEST_KAFKA_DATA"]);
        data.ancestors()
            .nth(2)
            .expect("it is two folders deep")
            .to_owned()
    }

    /// Sends a signal to the process of the first broker.
    #[track_caller]
    pub(crate) fn signal_broker(&self, signal: &str) {
        self.signal(1, signal);
    }

    /// Sends a signal to the process of a broker. Their numbers start at 1.
    #[track_caller]
    pub(crate) fn signal(&self, broker: usize, signal: &str) {
        let process = &self.0.brokers.lock().unwrap_or_else(PoisonError::into_inner)[broker - 1];
        let status = Command::new("kill").args([signal, process]).status().unwrap();
        assert!(status.success());
    }

    /// Starts a broker that was killed, with its data, and waits until it is ready.
    pub(crate) fn start_again(&self, broker: usize) {
        let mut orders = self.0.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = orders.as_mut().expect("the stack runs");
        writeln!(orders.input, "start {broker}").expect("tests/stack/run reads");
        let mut answer = String::new();
        orders.output.read_line(&mut answer).expect("it prints UTF-8");
        let process = answer.trim_end().strip_prefix("started ");
        let process = process.unwrap_or_else(|| panic!("the broker did not start again: `{answer}`"));
        let mut brokers = self.0.brokers.lock().unwrap_or_else(PoisonError::into_inner);
        process.clone_into(&mut brokers[broker - 1]);
    }

    /// The address of an additional listener of the first broker.
    pub(crate) fn listener(&self, name: &str) -> &str {
        &self.0.values[&format!("K2_TEST_KAFKA_LISTENER_{name}")]
    }
}

impl DerefMut for OwnStack {
    fn deref_mut(&mut self) -> &mut Stack {
        &mut self.0
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
        drop(
            self.0
                .orders
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        // The result is ignored, because this must not panic while a failed test unwinds.
        _ = self.0.process.wait();
    }
}

impl Stack {
    /// The sum of the end offsets of the topic's partitions. Transaction markers and aborted messages count.
    #[track_caller]
    pub(crate) fn records(&self, topic: &str) -> u64 {
        let described = &self.witness(&["describe-topic", "--topic", topic])[0];
        let partitions = described["partitions"].as_array().expect("partitions");
        let ends = partitions.iter().map(|partition| &partition["end_offset"]);
        ends.map(|end| end.as_u64().unwrap()).sum()
    }

    /// Waits until the topic has this many records.
    #[track_caller]
    pub(crate) fn await_records(&self, topic: &str, records: u64) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let records_on_topic = self.records(topic);
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
        command.envs(&self.values);
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
