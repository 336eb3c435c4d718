//! Options for configuration files, and the arguments of `k2-produce config`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{
    BadRowArguments, ConnectionArguments, InputArguments, MappingArguments, MessageArguments,
    OutputArguments, PaceArguments, RegistryArguments, SpeedArguments, SubjectArguments, ValueArguments,
};

/// Which choices of configuration files apply. Every command has these options.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ConfigFileArguments {
    /// Use the table [profiles.NAME] of the configuration files [env: K2_KAFKA_PROFILE]
    ///
    /// The files are k2-produce.toml in the working directory and ~/.config/k2-produce/k2-produce.toml, or
    /// $XDG_CONFIG_HOME/k2-produce/k2-produce.toml. Options and environment variables win over them.
    #[arg(
        long,
        value_name = "NAME",
        global = true,
        hide_short_help = true,
        help_heading = "Configuration"
    )]
    pub(in crate::cli) profile: Option<String>,
    /// Ignore the configuration files [env: K2_KAFKA_NO_CONFIG]
    #[arg(
        long,
        global = true,
        conflicts_with = "profile",
        hide_short_help = true,
        help_heading = "Configuration"
    )]
    pub(in crate::cli) no_config: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ConfigArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Print the settings that a load would have, and where each comes from; secrets are not shown
    ///
    /// Accepts the options of a load. Nothing is contacted. The exit status is 0, or 2 if a load with these settings
    /// would be refused.
    ///
    /// Example: k2-produce config show --profile prod --topic trades
    Show(Box<ConfigShowArguments>),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ConfigShowArguments {
    /// Topic; its table [topics.TOPIC] applies
    #[arg(short, long, value_name = "TOPIC")]
    pub(in crate::cli) topic: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) input: InputArguments,
    #[command(flatten)]
    pub(in crate::cli) mapping: MappingArguments,
    #[command(flatten)]
    pub(in crate::cli) values: ValueArguments,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    #[command(flatten)]
    pub(in crate::cli) subject: SubjectArguments,
    /// Use the schema in this file
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(in crate::cli) schema_file: Option<PathBuf>,
    /// Publish without applying the write rules of a data contract
    #[arg(long, help_heading = "Schema")]
    pub(in crate::cli) ignore_rules: bool,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionArguments,
    #[command(flatten)]
    pub(in crate::cli) message: MessageArguments,
    #[command(flatten)]
    pub(in crate::cli) pace: PaceArguments,
    #[command(flatten)]
    pub(in crate::cli) speed: SpeedArguments,
    #[command(flatten)]
    pub(in crate::cli) bad_rows: BadRowArguments,
    /// Deliveries that may fail before the run stops
    #[arg(long, value_name = "N", help_heading = "Errors", display_order = 3)]
    pub(in crate::cli) max_failures: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}
