//! The settings of an exactly-once load.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::cli::arguments::{DEFAULT_COMMIT_INTERVAL, DEFAULT_COMMIT_ROWS, ExactlyOnceArguments, Layer};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::kafka::DEFAULT_CHECKPOINT_TOPIC;
use crate::load::mapping_digest;
use crate::mapping::MapFile;

/// The settings of an exactly-once load.
pub(in crate::cli) struct ExactlyOnceSettings {
    /// The name of the load; by default it follows from topic and file.
    pub(in crate::cli) name: Option<String>,
    pub(in crate::cli) checkpoint_topic: String,
    pub(in crate::cli) commit_rows: u64,
    pub(in crate::cli) commit_interval: Duration,
    /// Whether all rows are sent again.
    pub(in crate::cli) restart: bool,
    /// Whether the mapping and the schema may have changed.
    pub(in crate::cli) accept_change: bool,
    /// A hash of everything that decides what a row becomes, the schema excepted.
    pub(in crate::cli) mapping: String,
}

impl ExactlyOnceSettings {
    /// The settings, if the load is an exactly-once load.
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
            let given = [
                ("--load-name", once.load_name.is_some()),
                ("--restart", once.restart),
                ("--accept-change", once.accept_change),
            ];
            return match given.iter().find(|(_, is_given)| *is_given) {
                None => Ok(None),
                Some((flag, _)) => {
                    let message = format!("`{flag}` has an effect only with `--exactly-once`");
                    Err(Failure::new(Exit::Usage, message).with_hint(Some("add it, or omit the option")))
                }
            };
        }
        if let Some(flag) = contradiction {
            let message = format!("`{flag}` cannot be used with `--exactly-once`");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit one of them")));
        }
        if files.iter().any(|file| file == "-") {
            let message = "standard input can be read only once, so a load of it cannot be continued";
            return Err(Failure::new(Exit::Usage, message)
                .with_hint(Some("write it to a file first, or omit `--exactly-once`")));
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
            commit_rows: once.commit_rows.map_or(DEFAULT_COMMIT_ROWS, u64::from),
            commit_interval: once.commit_interval.unwrap_or(DEFAULT_COMMIT_INTERVAL),
            restart: once.restart,
            accept_change: once.accept_change,
            mapping,
        }))
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
