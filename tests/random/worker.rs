//! Executes runs one after the other and counts their results.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::arguments::REJECTS;
use crate::binary;
use crate::process::{self, Ended};
use crate::random::Random;
use crate::run::{Run, Task};
use crate::sandbox::Sandbox;
use crate::verdict::{self, Printed};

/// A run that takes longer hangs. Runs take about ten milliseconds, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// The limit for the output of a command, in bytes. It keeps this process small, because its memory also counts as that
/// of its children, which start as copies of it.
const MOST_PRINTED: u64 = 4 << 20;

/// Executes one run after the other. Runs that publish use the worker's own sandbox.
pub(crate) struct Worker {
    seed: u64,
    sandbox: Option<Sandbox>,
    tally: Tally,
}

impl Worker {
    pub(crate) fn new(seed: u64) -> Worker {
        Worker {
            seed,
            sandbox: None,
            tally: Tally::default(),
        }
    }

    /// Executes the run with this number.
    pub(crate) fn run(&mut self, number: u64) {
        // Each run has its own seed, so it does not depend on the worker.
        let mut random = Random::with_seed(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("random/{}-{number}", self.seed));
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the target folder is writable");
        let run = Run::draw(&mut random, &folder, number);
        match self.judge(&run) {
            Ok(()) => _ = fs::remove_dir_all(&folder),
            Err(why) => _ = self.tally.findings.insert(folder, why),
        }
    }

    pub(crate) fn tally(self) -> Tally {
        self.tally
    }

    fn judge(&mut self, run: &Run) -> Result<(), String> {
        let addresses = match run.task {
            // No server listens on these addresses.
            Task::DryRun | Task::Check => ["127.0.0.1:1".to_owned(), "http://127.0.0.1:1".to_owned()],
            Task::Publish | Task::Show => Sandbox::of(&mut self.sandbox).addresses.clone(),
        };
        for (index, arguments) in run.commands.iter().enumerate() {
            let (ended, printed) = self.execute(run, &index.to_string(), arguments, &addresses)?;
            if run.task != Task::Show {
                verdict::of_run(run, &ended, &printed)?;
            }
            if let process::End::Status(status @ (0 | 1)) = ended.end {
                self.tally.statuses[status as usize] += 1;
            }
        }
        if let Some(arguments) = run.reload.as_ref().filter(|_| run.folder.join(REJECTS).exists()) {
            let (_, printed) = self.execute(run, "reload", arguments, &addresses)?;
            verdict::of_reload(run, &printed)?;
        }
        Ok(())
    }

    fn execute(
        &mut self,
        run: &Run,
        name: &str,
        arguments: &[String],
        addresses: &[String; 2],
    ) -> Result<(Ended, Printed), String> {
        let mut command = command(run, arguments, addresses);
        let path = |what: &str| run.folder.join(format!("{what}.{name}"));
        fs::write(path("command"), script(&command, run)).map_err(|error| error.to_string())?;
        let (out, err) = (path("out"), path("err"));
        let ended = process::run(&mut command, (&out, &err), LIMIT, run.interruption)
            .map_err(|error| format!("cannot start: {error}"))?;
        self.tally.count(&ended);
        let printed = Printed {
            out: printed(&out)?,
            err: printed(&err)?,
        };
        verdict::of_command(run, &ended, &printed)?;
        Ok((ended, printed))
    }
}

/// The binary, with only the addresses of a broker and a registry in its environment.
fn command(run: &Run, arguments: &[String], [broker, registry]: &[String; 2]) -> Command {
    let stdin = match &run.stdin {
        Some(name) => File::open(run.folder.join(name)),
        None => File::open("/dev/null"),
    };
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .current_dir(&run.folder)
        .stdin(stdin.expect("the file exists"))
        .env_clear()
        .env("K2_KAFKA_BOOTSTRAP_SERVERS", broker)
        .env("K2_KAFKA_SCHEMA_REGISTRY_URL", registry);
    command
}

/// The output of a command, read from its file. Too much output is a finding.
fn printed(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MOST_PRINTED + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    match bytes.len() as u64 > MOST_PRINTED {
        true => Err("it prints too much".to_owned()),
        false => Ok(bytes),
    }
}

/// The shell command that repeats the run in its folder.
fn script(command: &Command, run: &Run) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    let stdin = run.stdin.as_deref().unwrap_or("/dev/null");
    format!("{} <{}\n", words.join(" "), quoted(stdin))
}

/// The results of many runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The number of runs with exit status 0 and with 1.
    pub statuses: [u64; 2],
    pub peak_kib: u64,
    pub longest: Duration,
    /// The folders of failed runs, and the reasons.
    pub findings: BTreeMap<PathBuf, String>,
}

impl Tally {
    fn count(&mut self, ended: &Ended) {
        self.peak_kib = self.peak_kib.max(ended.peak_kib);
        self.longest = self.longest.max(ended.took);
    }

    pub(crate) fn and(mut self, other: Tally) -> Tally {
        self.statuses = [
            self.statuses[0] + other.statuses[0],
            self.statuses[1] + other.statuses[1],
        ];
        self.peak_kib = self.peak_kib.max(other.peak_kib);
        self.longest = self.longest.max(other.longest);
        self.findings.extend(other.findings);
        self
    }
}
