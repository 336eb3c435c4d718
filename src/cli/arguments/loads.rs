//! The arguments of `k2-produce loads`.

use clap::{Args, Subcommand};

use super::kafka::ConnectionArguments;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct LoadsArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<LoadsCommand>,
    #[command(flatten)]
    pub(in crate::cli) list: ListLoadsArguments,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LoadsCommand {
    /// List all loads: how far they are, and when they were last committed; the default
    ///
    /// Example: k2-produce loads list --json
    List(ListLoadsArguments),
    /// Show everything that is recorded of a load
    ///
    /// Example: k2-produce loads show trades/trades.csv
    Show(ShowLoadArguments),
    /// Remove what is recorded of a load, so that the next run begins with its first row
    ///
    /// The rows stay on the topic. A run of the load that is at work ends. Without a terminal, --yes is needed.
    ///
    /// Example: k2-produce loads forget --yes trades/trades.csv
    Forget(ForgetLoadArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListLoadsArguments {
    /// Print JSON, one object per line
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) checkpoints: CheckpointArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowLoadArguments {
    /// Name of the load
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print the offsets before which brokers can delete everything to remove the rows of the load, as the file that
    /// kafka-delete-records.sh reads, if there are no records of others; nothing is deleted
    #[arg(long, conflicts_with = "json")]
    pub(in crate::cli) undo: bool,
    #[command(flatten)]
    pub(in crate::cli) checkpoints: CheckpointArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ForgetLoadArguments {
    /// Name of the load
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(in crate::cli) yes: bool,
    #[command(flatten)]
    pub(in crate::cli) checkpoints: CheckpointArguments,
}

/// Where the checkpoints are.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct CheckpointArguments {
    /// Topic of the checkpoints
    #[arg(long, value_name = "TOPIC", help_heading = "Exactly once")]
    pub(in crate::cli) checkpoint_topic: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionArguments,
}
