//! The defaults that the help shows.
//!
//! The parser does not know them, because a flag that is not given leaves the choice to the lower layers. They are
//! added only to print the help.

use std::time::Duration;

use clap::{Arg, Command};

use crate::kafka::DEFAULT_CHECKPOINT_TOPIC;

/// The brokers that are tried by default.
pub(in crate::cli) const DEFAULT_BOOTSTRAP_SERVERS: &str = "localhost:9092";
/// The registry that is tried by default.
pub(in crate::cli) const DEFAULT_REGISTRY_URL: &str = "http://localhost:8081";
/// The number of rows after which a transaction is committed.
pub(in crate::cli) const DEFAULT_COMMIT_ROWS: u64 = 2_500_000;
/// The time after which a transaction is committed.
pub(in crate::cli) const DEFAULT_COMMIT_INTERVAL: Duration = Duration::from_secs(10);
/// How many deliveries may fail.
pub(in crate::cli) const DEFAULT_MAX_FAILURES: u64 = 0;

fn default_of(argument: &Arg) -> Option<&'static str> {
    Some(match argument.get_id().as_str() {
        "bootstrap_servers" => DEFAULT_BOOTSTRAP_SERVERS,
        "url" => DEFAULT_REGISTRY_URL,
        "subject_strategy" => "topic",
        "schema_version" => "latest",
        "json_encoding" => "auto",
        "epoch_years" => "1990-2100",
        "max_failures" => "0",
        "checkpoint_topic" => DEFAULT_CHECKPOINT_TOPIC,
        "commit_rows" => "2500000",
        "commit_interval" => "10s",
        _ => return None,
    })
}

/// The command whose help shows the defaults.
pub(in crate::cli) fn shown_defaults(command: Command) -> Command {
    let with_default = |argument: Arg| match default_of(&argument) {
        Some(default) => argument.default_value(default),
        None => argument,
    };
    command.mut_args(with_default).mut_subcommands(shown_defaults)
}
