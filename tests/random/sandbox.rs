//! An embedded broker and registry, shared by many runs: `k2-produce sandbox` with a command that waits.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{TOPIC, binary, repository};

/// The number of runs per sandbox. It is limited because its registry keeps the schema of each run.
const RUNS: u32 = 200;

/// A running sandbox. Dropping it closes its standard input, which ends the process.
pub(crate) struct Sandbox {
    /// The addresses of the broker and the registry.
    pub addresses: [String; 2],
    process: Child,
    served: u32,
}

impl Sandbox {
    /// Returns the sandbox in `place` for another run; starts one if there is none or it has served enough runs.
    pub(crate) fn of(place: &mut Option<Sandbox>) -> &Sandbox {
        if place.as_ref().is_some_and(|sandbox| sandbox.served == RUNS) {
            *place = None;
        }
        let sandbox = place.get_or_insert_with(Sandbox::start);
        sandbox.served += 1;
        sandbox
    }

    fn start() -> Sandbox {
        let addresses = "echo \"$K2_KAFKA_BOOTSTRAP_SERVERS\" \"$K2_KAFKA_SCHEMA_REGISTRY_URL\"; read -r _";
        let mut process = Command::new(binary())
            .args(["sandbox", "--topic", TOPIC, "--schema-file"])
            .arg(repository("fixtures/schemas/trade.avsc"))
            .args(["--", "sh", "-c", addresses])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("text");
        let (bootstrap_servers, registry_url) = line.trim().split_once(' ').expect("two addresses");
        Sandbox {
            addresses: [bootstrap_servers.to_owned(), registry_url.to_owned()],
            process,
            served: 0,
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        _ = self.process.wait();
    }
}
