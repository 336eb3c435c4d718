//! The settings of a load in transactions.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::cli::arguments::{DEFAULT_COMMIT_INTERVAL, DEFAULT_COMMIT_ROWS, ExactlyOnceArguments, Layer};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
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
    /// Whether all rows are sent again.
    pub(in crate::cli) restart: bool,
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
            earlier_runs: match once.exactly_once {
                true => EarlierRuns::Continue,
                false => EarlierRuns::Ignore,
            },
            restart: once.restart,
            accept_change: once.accept_change,
            mapping,
        }))
    }
}

/// Refuses options that have no effect on a load that is no exactly-once load.
fn refuse_without_effect(once: &ExactlyOnceArguments) -> Result<(), Failure> {
    let given = [
        ("--load-name", once.load_name.is_some() && !once.atomic),
        ("--restart", once.restart),
        ("--accept-change", once.accept_change),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((flag, _)) => {
            let message = format!("`{flag}` has an effect only with `--exactly-once`");
            Err(Failure::new(Exit::Usage, message).with_hint(Some("add it, or omit the option")))
        }
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
