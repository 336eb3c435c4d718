//! The settings of a load in transactions.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::cli::arguments::{DEFAULT_COMMIT_INTERVAL, DEFAULT_COMMIT_ROWS, ExactlyOnceArguments, Layer};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::escape::printable;
use crate::kafka::DEFAULT_CHECKPOINT_TOPIC;
use crate::load::{Commit, EarlierRuns, mapping_digest};
use crate::mapping::MapFile;

/// The settings of a load in transactions: an exactly-once load, an atomic one, or both.
pub(in crate::cli) struct ExactlyOnceSettings {
    /// The name of the load; by default it follows from topic and file.
    pub(in crate::cli) name: Option<String>,
    pub(in crate::cli) checkpoint_topic: String,
    pub(in crate::cli) commit: Commit,
    pub(in crate::cli) earlier_runs: EarlierRuns,
    /// Whether the mapping and the schema may have changed.
    pub(in crate::cli) accept_change: bool,
    /// A hash of everything that decides what a row becomes, the schema excepted.
    pub(in crate::cli) mapping: String,
}

impl ExactlyOnceSettings {
    /// The settings, if rows are sent in transactions.
    ///
    /// # Errors
    /// The topic of the checkpoints is one of those of the load.
    pub(super) fn decide(
        once: ExactlyOnceArguments,
        mapping: String,
        topics: &[String],
        contradiction: Option<&str>,
        files: &[OsString],
    ) -> Result<Option<ExactlyOnceSettings>, Failure> {
        if !once.exactly_once {
            refuse_without_effect(&once)?;
            if !once.atomic {
                return Ok(None);
            }
        }
        if let Some(name) = &once.load_name {
            check_load_name(name, once.exactly_once)?;
        }
        if let Some(flag) = contradiction {
            let mode = match once.exactly_once {
                true => "--exactly-once",
                false => "--atomic",
            };
            let message = format!("`{flag}` cannot be used with `{mode}`");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit one of them")));
        }
        if once.exactly_once && files.iter().any(|file| file == "-") {
            let message = "standard input can be read only once, so a load of it cannot be continued";
            let hint = match once.atomic {
                true => {
                    "write it to a file first, or omit `--exactly-once`: `--atomic` alone reads standard input"
                }
                false => {
                    "write it to a file first, omit `--exactly-once`, or use `--atomic` instead if all rows fit into one \
                     transaction"
                }
            };
            return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
        }
        let checkpoint_topic = once
            .checkpoint_topic
            .as_deref()
            .unwrap_or(DEFAULT_CHECKPOINT_TOPIC);
        if topics.iter().any(|topic| topic == checkpoint_topic) {
            let message =
                format!("`{checkpoint_topic}` is the topic of the checkpoints, and cannot have rows");
            return Err(Failure::new(Exit::Usage, message)
                .with_hint(Some("name another topic with `--checkpoint-topic`")));
        }
        Ok(Some(ExactlyOnceSettings {
            checkpoint_topic: checkpoint_topic.to_owned(),
            name: once.load_name,
            commit: match once.atomic {
                true => Commit::Once,
                false => Commit::Often {
                    rows: once.commit_rows.map_or(DEFAULT_COMMIT_ROWS, u64::from),
                    interval: once.commit_interval.unwrap_or(DEFAULT_COMMIT_INTERVAL),
                },
            },
            earlier_runs: match (once.exactly_once, once.restart) {
                (true, false) => EarlierRuns::Continue,
                (true, true) => EarlierRuns::Restart,
                (false, _) => EarlierRuns::Ignore,
            },
            accept_change: once.accept_change,
            mapping,
        }))
    }
}

/// The longest name of a load, in bytes. It is part of the transactional id, and of the key of each checkpoint.
const MAX_NAME_BYTES: usize = 10_000;

/// Refuses a name that a load cannot have.
///
/// # Errors
/// It is empty or too long, or is that of a load with `--atomic` alone.
pub(in crate::cli) fn check_load_name(name: &str, is_exactly_once: bool) -> Result<(), Failure> {
    let message = match name.len() {
        0 => "the name of the load is empty".to_owned(),
        long if long > MAX_NAME_BYTES => {
            format!("the name of the load has {long} bytes, and may have {MAX_NAME_BYTES}")
        }
        _ if is_exactly_once && name.starts_with("atomic/") => format!(
            "the name of the load, `{}`, begins with `atomic/`, as those of loads with `--atomic` alone do",
            printable(name.as_bytes(), 200)
        ),
        _ => return Ok(()),
    };
    Err(Failure::new(Exit::Usage, message).with_hint(Some("give another name with `--load-name`")))
}

/// Options on the command line that have no effect on some loads. In a configuration file they are defaults for others.
pub(super) struct TypedWithoutEffect {
    of_transactions: Option<&'static str>,
    of_commits: Option<&'static str>,
}

impl TypedWithoutEffect {
    pub(super) fn of(typed: &ExactlyOnceArguments) -> TypedWithoutEffect {
        TypedWithoutEffect {
            of_transactions: typed.of_transactions(),
            of_commits: typed.of_commits(),
        }
    }

    /// Refuses those that have no effect on a load with these choices.
    pub(super) fn refuse(&self, chosen: &ExactlyOnceArguments) -> Result<(), Failure> {
        if let (Some(flag), true) = (self.of_commits, chosen.atomic) {
            let message = format!("`{flag}` has no effect with `--atomic`, which commits once");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit one of them")));
        }
        match self.of_transactions {
            Some(flag) if !chosen.exactly_once && !chosen.atomic => {
                let modes = match self.of_commits {
                    Some(_) => "`--exactly-once`",
                    None => "`--exactly-once` or `--atomic`",
                };
                Err(without_effect(flag, modes))
            }
            _ => Ok(()),
        }
    }
}

fn without_effect(flag: &str, modes: &str) -> Failure {
    let message = format!("`{flag}` has an effect only with {modes}");
    Failure::new(Exit::Usage, message).with_hint(Some("add it, or omit the option"))
}

/// Refuses options that have no effect on a load that is no exactly-once load.
fn refuse_without_effect(once: &ExactlyOnceArguments) -> Result<(), Failure> {
    let given = [
        (
            "--load-name",
            "`--exactly-once` or `--atomic`",
            once.load_name.is_some() && !once.atomic,
        ),
        ("--restart", "`--exactly-once`", once.restart),
        ("--accept-change", "`--exactly-once`", once.accept_change),
    ];
    match given.iter().find(|(.., is_given)| *is_given) {
        None => Ok(()),
        Some((flag, modes, _)) => Err(without_effect(flag, modes)),
    }
}

/// A hash of everything that decides what a row becomes: options, the mapping file, the files of its lookups.
pub(super) fn mapping(chosen: &Layer, map: &MapFile) -> String {
    let mut parts = vec![
        format!("{:?}", chosen.values).into_bytes(),
        format!("{:?}", chosen.message).into_bytes(),
        format!("{:?}", chosen.input.of_rows()).into_bytes(),
        format!("{:?}", chosen.mapping.set).into_bytes(),
    ];
    if let Some(path) = &chosen.mapping.map {
        let folder = path.parent().unwrap_or(Path::new(""));
        let lookups = map.lookup_files().map(|file| folder.join(file));
        for path in std::iter::once(path.clone()).chain(lookups) {
            // It has been read a moment ago.
            parts.push(fs::read(path).unwrap_or_default());
        }
    }
    mapping_digest(&parts)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Arguments;
    use crate::cli::environment::Environment;
    use crate::cli::settings::Settings;

    /// The message for a load with these options; none if they are accepted.
    fn refused(options: &[&str]) -> Option<String> {
        let typed = [&["k2-produce", "--topic", "t", "t.csv"], options].concat();
        let typed = Arguments::parse_from(typed).produce;
        let settings = Settings::of_run(typed, &Environment::default());
        settings.err().map(|failure| failure.to_string())
    }

    #[test]
    fn options_without_effect_are_refused() {
        for option in [
            ["--commit-rows", "5"],
            ["--commit-interval", "5s"],
            ["--checkpoint-topic", "c"],
            ["--load-name", "n"],
        ] {
            let message = refused(&option).unwrap();
            let expected = format!("`{}` has an effect only with `--exactly-once`", option[0]);
            assert!(message.starts_with(&expected), "{message}");
            assert_eq!(refused(&[&["--exactly-once"], &option[..]].concat()), None);
            // They may stay in a command that is only tried.
            assert_eq!(refused(&[&["--dry-run"], &option[..]].concat()), None);
        }
        for option in [["--checkpoint-topic", "c"], ["--load-name", "n"]] {
            assert_eq!(refused(&[&["--atomic"], &option[..]].concat()), None);
        }
        for flag in ["--restart", "--accept-change"] {
            let message = refused(&["--atomic", flag]).unwrap();
            assert!(message.ends_with("only with `--exactly-once`"), "{message}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_that_of_a_load_is_refused() {
        let name = |length| "n".repeat(length);
        for (load_name, mode, expected) in [
            (name(10_000), "--exactly-once", None),
            (
                name(10_001),
                "--exactly-once",
                Some("has 10001 bytes, and may have 10000"),
            ),
            (name(10_001), "--atomic", Some("has 10001 bytes")),
            (name(0), "--exactly-once", Some("is empty")),
            (
                "atomic/x".to_owned(),
                "--exactly-once",
                Some("begins with `atomic/`"),
            ),
            ("atomic/x".to_owned(), "--atomic", None),
            ("atomic".to_owned(), "--exactly-once", None),
        ] {
            let message = refused(&[mode, "--load-name", &load_name]);
            match expected {
                None => assert_eq!(message, None),
                Some(expected) => assert!(message.as_ref().unwrap().contains(expected), "{message:?}"),
            }
        }
        assert!(
            check_load_name("atomic/t.csv", true).is_err(),
            "the default for the topic `atomic`"
        );
    }
}
