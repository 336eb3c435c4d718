//! Draws a run: its folder with schema and files, its command, and what is known about it in advance.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::arguments::{Drawing, write};
use crate::pairs::Case;
use crate::process::Interruption;
use crate::random::Random;
use crate::{TOPIC, odd};

/// The task of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    DryRun,
    /// Publishes to the sandbox after registering the schema.
    Publish,
    /// `schema check`.
    Check,
    /// `schema show` of a schema that was registered before.
    Show,
}

/// A run and what is known about it.
#[derive(Debug)]
pub(crate) struct Run {
    pub folder: PathBuf,
    pub task: Task,
    /// The arguments of each command; the last command is the run itself.
    pub commands: Vec<Vec<String>>,
    /// The arguments that read the rejects file, if the run writes one.
    pub reload: Option<Vec<String>>,
    /// The file on standard input.
    pub stdin: Option<String>,
    pub interruption: Option<Interruption>,
    /// Whether a JSON summary is requested.
    pub has_summary: bool,
    /// The number of rows read if nothing stops the run, if it is certain.
    pub rows: Option<u64>,
    /// Whether every row must be accepted.
    pub all_good: bool,
}

impl Run {
    /// Draws a run and writes its files into `folder`, which must exist.
    pub(crate) fn draw(random: &mut Random, folder: &Path, number: u64) -> Run {
        let case = Case::draw(random);
        let is_odd = random.one_in(12);
        let schema = match is_odd {
            true => odd::schema(random, &case.text),
            false => case.text.clone().into_bytes(),
        };
        write(folder, "schema.avsc", &schema);
        let task = match random.u32(..16) {
            0 => Task::Show,
            1 => Task::Check,
            2..=4 => Task::Publish,
            _ => Task::DryRun,
        };
        let mut drawing = Drawing::new(random, folder, !is_odd);
        let subject = format!("run-{number}");
        let mut before = None;
        match task {
            Task::DryRun => drawing.read(&["--topic", TOPIC, "--dry-run", "--schema-file", "schema.avsc"]),
            Task::Check => drawing.read(&["schema", "check", "--schema-file", "schema.avsc"]),
            Task::Publish => {
                drawing.read(&["--topic", TOPIC, "--schema-file", "schema.avsc", "--register"]);
                drawing.read(&["--subject", &subject]);
            }
            Task::Show => {
                before = Some(["schema", "register", "--subject", &subject, "schema.avsc"]);
                drawing.read(&["schema", "show", "--subject", &subject]);
            }
        }
        if task != Task::Show {
            drawing.values_and_files(&case);
        }
        let arguments = drawing.arguments();
        let Drawing {
            is_good,
            reload,
            stdin,
            rows,
            ..
        } = drawing;
        let reload = reload.filter(|_| matches!(task, Task::DryRun | Task::Check));
        let interruption = (task == Task::Publish && random.one_in(10)).then(|| Interruption {
            signal: random.one_of(&[Signal::INT, Signal::TERM]),
            after: Duration::from_millis(random.u64(..120)),
        });
        let before = before.map(|arguments| arguments.map(str::to_owned).to_vec());
        Run {
            folder: folder.to_owned(),
            task,
            reload,
            stdin,
            interruption,
            has_summary: arguments.iter().any(|argument| argument == "--summary"),
            commands: before.into_iter().chain([arguments]).collect(),
            rows,
            all_good: is_good && task != Task::Show,
        }
    }

    /// The arguments of the run itself.
    pub(crate) fn arguments(&self) -> &[String] {
        self.commands.last().expect("at least one command")
    }
}
