//! What can be typed after `k2-produce sandbox`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// A sandbox.
#[derive(Debug, Args)]
pub(in crate::cli) struct SandboxArguments {
    /// Topic to make
    #[arg(short, long, value_name = "TOPIC")]
    pub(in crate::cli) topic: String,
    /// Schema to register under TOPIC-value
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) schema_file: PathBuf,
    /// Partitions of the topic
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(in crate::cli) partitions: i32,
    /// Records to show at the end
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(in crate::cli) show: usize,
    /// Command to run with K2_KAFKA_BOOTSTRAP_SERVERS and K2_KAFKA_SCHEMA_REGISTRY_URL set; without one the
    /// sandbox stays up until Ctrl-C
    #[arg(last = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<OsString>,
}
