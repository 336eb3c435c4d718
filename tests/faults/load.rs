//! A load whose rows come through standard input, so that a fault can be brought about at any row.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::TestEnv;
use crate::support::stack::Stack;

/// How long a load may take after the end of its input.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running load of generated trades. The row on line N has the `platform_sequence` N.
pub(crate) struct Load {
    env: TestEnv,
    topic: String,
    rows: Vec<String>,
    next: usize,
    pub child: Child,
    /// Rows for the thread that writes them; it never makes the test wait.
    feeder: Option<Sender<String>>,
}

/// A load that ended.
pub(crate) struct Ended {
    env: TestEnv,
    topic: String,
    rows: Vec<String>,
    pub status: Option<i32>,
    pub stderr: String,
    pub summary: Value,
}

impl Load {
    /// Starts a load of up to `rows` rows with a new topic, and feeds it none.
    pub(crate) fn start(stack: &Stack, rows: u64, partitions: u32, options: &[&str]) -> Load {
        let topic = stack.topic("faults", partitions, "schemas/trade_v2.avsc");
        Load::start_on(stack, topic, rows, options)
    }

    /// The same with an existing topic.
    pub(crate) fn start_on(stack: &Stack, topic: String, rows: u64, options: &[&str]) -> Load {
        let env = TestEnv::new();
        env.generate("trades.jsonl", "trade_v2", "jsonl", rows);
        let rows = env.read("trades.jsonl").lines().map(str::to_owned).collect();
        let mut command = env.command_on(stack);
        command.args(["--topic", &topic, "--format", "jsonl", "--summary", "json"]);
        command.args(["--rejects", "bad.jsonl"]).args(options).arg("-");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // A file, because nobody reads a pipe before the end.
        let log = std::fs::File::create(env.path("stderr")).unwrap();
        let mut child = command.stderr(log).spawn().unwrap();
        let (feeder, queue) = channel::<String>();
        let mut input = child.stdin.take().unwrap();
        std::thread::spawn(move || {
            for text in queue {
                if input.write_all(text.as_bytes()).is_err() {
                    // The load has ended.
                    return;
                }
            }
        });
        Load {
            env,
            topic,
            rows,
            next: 0,
            child,
            feeder: Some(feeder),
        }
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// Feeds the next rows.
    pub(crate) fn feed(&mut self, rows: usize) {
        let text = self.rows[self.next..self.next + rows].join("\n") + "\n";
        self.next += rows;
        self.feeder
            .as_ref()
            .expect("it has not ended")
            .send(text)
            .unwrap();
    }

    /// Feeds the next rows, and waits until they are on the topic.
    #[track_caller]
    pub(crate) fn feed_and_await(&mut self, rows: usize, stack: &Stack) {
        self.feed(rows);
        stack.await_records(&self.topic, self.next as u64);
        // The client receives the acknowledgements soon after.
        std::thread::sleep(Duration::from_millis(300));
    }

    /// Ends the input and waits for the end of the load.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        drop(self.feeder.take());
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("the load did not end: {}", self.env.read("stderr"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = self.child.wait_with_output().unwrap();
        let stderr = self.env.read("stderr");
        let summary = serde_json::from_slice(&output.stdout);
        Ended {
            status: output.status.code(),
            summary: summary.unwrap_or_else(|error| panic!("{error}: {stderr}")),
            env: self.env,
            topic: self.topic,
            rows: self.rows[..self.next].to_vec(),
            stderr,
        }
    }
}

impl Ended {
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// Asserts that every row is on the topic once and unchanged, in the order of the file, as Java reads it.
    #[track_caller]
    pub(crate) fn expect_every_row_once(&self, stack: &Stack) {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        self.env.write("fed.jsonl", self.rows.join("\n") + "\n");
        let file = self.env.path("fed.jsonl");
        let file = file.to_str().unwrap();
        let compare = [
            "compare",
            "--topic",
            &self.topic,
            "--file",
            file,
            "--key",
            "symbol",
        ];
        let verdict = &stack.witness(&compare)[0];
        assert_eq!(verdict["records"], self.rows.len(), "{verdict}");
        assert_eq!(verdict["mismatches"], 0, "{verdict}");
        assert_eq!(self.count("delivered"), self.rows.len() as u64);
        self.expect_true_counts(stack);
    }

    /// Asserts that the topic has what the load reports: each delivered row once, each unknown row at most once, and no
    /// other. The rows of a key are in the order of the file, and without gaps from its first row.
    #[track_caller]
    pub(crate) fn expect_true_counts(&self, stack: &Stack) {
        assert_eq!(self.summary["balanced"], true, "{}", self.summary);
        let fates = self.fates();
        let mut on_topic = HashSet::new();
        let mut of_keys: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for record in stack.dump(&self.topic) {
            let line = record["value"]["platform_sequence"].as_u64().unwrap();
            assert!(on_topic.insert(line), "line {line} is on the topic twice");
            let key = record["key"].as_str().unwrap().to_owned();
            of_keys.entry(key).or_default().push(line);
        }
        let read = self.count("read");
        for line in 1..=self.rows.len() as u64 {
            let fate = fates.get(&line).map_or("delivered", String::as_str);
            let expected = match fate {
                "delivered" => line <= read,
                "unknown" => continue,
                _ => false,
            };
            assert_eq!(
                on_topic.contains(&line),
                expected,
                "line {line}, {fate}: {}",
                self.stderr
            );
        }
        assert!(on_topic.iter().all(|line| *line <= self.rows.len() as u64));
        for fate in ["failed", "unknown", "unsent"] {
            let kept = fates.values().filter(|kept| *kept == fate).count() as u64;
            assert_eq!(kept, self.count(fate), "{fate}: {}", self.summary);
        }
        assert_eq!(
            read - fates.len() as u64,
            self.count("delivered"),
            "{}",
            self.summary
        );
        for (key, lines) in of_keys {
            let in_file = self.lines_of(&key);
            assert_eq!(lines, in_file[..lines.len()], "the rows of {key}");
        }
    }

    /// The number of rows with this fate.
    pub(crate) fn count(&self, fate: &str) -> u64 {
        self.summary["rows"][fate].as_u64().unwrap()
    }

    /// The fates of the rows that were kept, by line.
    fn fates(&self) -> HashMap<u64, String> {
        let path = self.env.path("bad.jsonl.errors.jsonl");
        let reasons = std::fs::read_to_string(path).unwrap_or_default();
        let reasons = reasons
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        reasons
            .map(|reason| {
                let line = reason["line"].as_u64().unwrap();
                (line, reason["fate"].as_str().unwrap().to_owned())
            })
            .collect()
    }

    fn lines_of(&self, key: &str) -> Vec<u64> {
        let sought = format!("\"symbol\":\"{key}\"");
        let lines = self.rows.iter().zip(1..);
        lines
            .filter(|(row, _)| row.contains(&sought))
            .map(|(_, line)| line)
            .collect()
    }
}
