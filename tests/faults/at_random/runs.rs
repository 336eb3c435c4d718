//! The runs of a load: processes, and what they report.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Violation;
use super::file::Rows;
use super::plan::{Mode, Plan};
use crate::kafka::Cluster;
use crate::support::TestEnv;

/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// A load: its files, its topic and the command that loads them.
pub(super) struct Load<'a> {
    pub env: TestEnv,
    pub cluster: &'a Cluster,
    pub plan: &'a Plan,
    pub rows: Rows,
    pub topic: String,
    /// How many runs were started.
    pub started: usize,
}

/// A run that has not ended, or that nobody has waited for.
pub(super) struct Run {
    pub number: usize,
    pub process: Child,
    /// It was killed, and how it was asked to stop.
    pub is_killed: bool,
    pub signal: Option<i32>,
    /// Rows that earlier runs reported as settled when it began.
    pub floor: u64,
}

/// A run that ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub number: usize,
    pub status: ExitStatus,
    pub stderr: String,
    /// None if it was killed.
    pub summary: Option<Value>,
    pub is_killed: bool,
    pub signal: Option<i32>,
    pub floor: u64,
}

impl Load<'_> {
    /// Starts a run of the command, which is always the same.
    pub(super) fn start(&mut self, floor: u64) -> Run {
        let number = self.started;
        self.started += 1;
        let mut command = self.env.command_on(self.cluster);
        command
            .env("K2_KAFKA_BOOTSTRAP_SERVERS", self.cluster.through_proxies())
            .args(["--topic", &self.topic, "--summary", "json"])
            .args(&self.plan.options)
            .args(&self.rows.files);
        if self.plan.keeps_rejects() {
            command.args(["--rejects", "bad"]);
        }
        if let Some(mapping) = self.rows.mapping {
            command.args(["--map", mapping]);
        }
        if self.plan.mode == Mode::ExactlyOnce {
            command.args(["--load-name", &self.topic]);
        }
        let output = |kind: &str| File::create(self.env.path(&format!("run-{number}.{kind}"))).unwrap();
        let process = command
            .stdin(Stdio::null())
            .stdout(output("json"))
            .stderr(output("log"))
            .spawn()
            .unwrap();
        Run {
            number,
            process,
            is_killed: false,
            signal: None,
            floor,
        }
    }

    /// Waits for the end of a run.
    pub(super) fn end(&self, mut run: Run) -> Result<Ended, Violation> {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = run.process.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                run.process.kill().unwrap();
                run.process.wait().unwrap();
                let problem = format!("run {} did not end within {PATIENCE:?}", run.number);
                return Err(Violation(problem));
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let read = |kind: &str| self.env.read(&format!("run-{}.{kind}", run.number));
        Ok(Ended {
            number: run.number,
            status,
            stderr: read("log"),
            summary: serde_json::from_str(&read("json")).ok(),
            is_killed: run.is_killed && status.signal() == Some(libc::SIGKILL),
            signal: run.signal,
            floor: run.floor,
        })
    }
}

impl Run {
    pub(super) fn is_alive(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Sends a signal; returns whether the process had not ended.
    pub(super) fn signal(&mut self, signal: i32) -> bool {
        // SAFETY: the process has not been waited for, so its id is still its own.
        self.is_alive() && unsafe { libc::kill(self.process.id() as i32, signal) } == 0
    }
}

impl Ended {
    /// A number in the summary; 0 if there is none.
    pub(super) fn count(&self, path: &str) -> u64 {
        let summary = self.summary.as_ref();
        summary
            .and_then(|summary| summary.pointer(path)?.as_u64())
            .unwrap_or(0)
    }

    /// Rows of the load that this run and those before it settled, as it reports.
    pub(super) fn settled(&self) -> u64 {
        ["delivered", "rejected", "filtered"]
            .iter()
            .map(|fate| {
                self.count(&format!("/rows/{fate}")) + self.count(&format!("/load/rows_before/{fate}"))
            })
            .sum()
    }

    /// Whether it ended because of another run of the load: that one took over, or uses the rejects file.
    pub(super) fn is_superseded(&self) -> bool {
        let words = ["another run of load", "another run is at work"];
        self.code() == Some(4) && words.iter().any(|words| self.stderr.contains(words))
    }

    pub(super) fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

impl Drop for Run {
    /// So that nothing goes on if the round ends early.
    fn drop(&mut self) {
        if self.is_alive() {
            _ = self.process.kill();
            _ = self.process.wait();
        }
    }
}
