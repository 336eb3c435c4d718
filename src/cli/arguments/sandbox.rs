//! The arguments of `k2-produce sandbox`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// The arguments of a sandbox.
#[derive(Debug, Args)]
pub(in crate::cli) struct SandboxArguments {
    /// Topic to create; repeatable
    #[arg(short, long = "topic", value_name = "TOPIC", required = true)]
    pub(in crate::cli) topics: Vec<String>,
    /// Schema to register under TOPIC-value: one per topic, in the same order, or one for all
    #[arg(long = "schema-file", value_name = "FILE", required = true)]
    pub(in crate::cli) schema_files: Vec<PathBuf>,
    /// Partitions of each topic
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(in crate::cli) partitions: i32,
    /// How many records of each topic to print at the end
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(in crate::cli) show: usize,
    /// Command to run with K2_KAFKA_BOOTSTRAP_SERVERS and K2_KAFKA_SCHEMA_REGISTRY_URL set; without a command, the
    /// sandbox runs until Ctrl-C
    #[arg(last = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<OsString>,
}
