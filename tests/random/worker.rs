//! Makes runs, one after the other, and counts what came of them.

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

/// A run that takes longer hangs; they take some ten milliseconds, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(60);
/// The most that a command may print, in bytes: what this process holds counts as its children's memory too, for they
/// begin as copies of it.
const MOST_PRINTED: u64 = 4 << 20;

/// Makes one run after the other, those that publish in a sandbox of its own.
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

    /// Makes the run of this number.
    pub(crate) fn run(&mut self, number: u64) {
        // Each run has a seed of its own, so it is the same whichever worker makes it.
        let mut random = Random::with_seed(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("random/{}-{number}", self.seed));
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the target folder takes folders");
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
            // Nothing answers there.
            Task::DryRun | Task::Check => ["127.0.0.1:1".to_owned(), "http://127.0.0.1:1".to_owned()],
            Task::Publish | Task::Show => Sandbox::of(&mut self.sandbox).addresses.clone(),
        };
        for (index, arguments) in run.commands.iter().enumerate() {
            let (ended, printed) = self.carry_out(run, &index.to_string(), arguments, &addresses)?;
            if run.task != Task::Show {
                verdict::of_run(run, &ended, &printed)?;
            }
            if let process::End::Status(status @ (0 | 1)) = ended.end {
                self.tally.statuses[status as usize] += 1;
            }
        }
        if let Some(arguments) = run.reload.as_ref().filter(|_| run.folder.join(REJECTS).exists()) {
            let (_, printed) = self.carry_out(run, "reload", arguments, &addresses)?;
            verdict::of_reload(run, &printed)?;
        }
        Ok(())
    }

    fn carry_out(
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
            .map_err(|error| format!("it does not start: {error}"))?;
        self.tally.count(&ended);
        let printed = Printed {
            out: printed(&out)?,
            err: printed(&err)?,
        };
        verdict::of_command(run, &ended, &printed)?;
        Ok((ended, printed))
    }
}

/// The binary with nothing of the caller's environment but the addresses of a broker and a registry.
fn command(run: &Run, arguments: &[String], [broker, registry]: &[String; 2]) -> Command {
    let stdin = match &run.stdin {
        Some(name) => File::open(run.folder.join(name)),
        None => File::open("/dev/null"),
    };
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .current_dir(&run.folder)
        .stdin(stdin.expect("it is there"))
        .env_clear()
        .env("K2_KAFKA_BOOTSTRAP_SERVERS", broker)
        .env("K2_KAFKA_SCHEMA_REGISTRY_URL", registry);
    command
}

/// What is in a file that a command wrote to; more than a few megabytes is a finding of its own.
fn printed(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MOST_PRINTED + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    match bytes.len() as u64 > MOST_PRINTED {
        true => Err("prints without end".to_owned()),
        false => Ok(bytes),
    }
}

/// The command as a person would repeat it, in the run's folder.
fn script(command: &Command, run: &Run) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    let stdin = run.stdin.as_deref().unwrap_or("/dev/null");
    format!("{} <{}\n", words.join(" "), quoted(stdin))
}

/// What came of many runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many runs ended with the status 0, and with 1.
    pub statuses: [u64; 2],
    pub peak_kib: u64,
    pub longest: Duration,
    /// The folders of the runs that failed, and why.
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
