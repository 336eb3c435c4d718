//! Flags for where the fields come from.

use std::path::PathBuf;

use clap::Args;

use super::first_given;

/// Where the fields come from, if not from the columns or JSON keys with their names.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct MappingArguments {
    /// Mapping file (TOML) that says which columns, JSON paths or expressions the fields come from
    #[arg(long, value_name = "FILE", help_heading = "Mapping")]
    pub(in crate::cli) map: Option<PathBuf>,
    /// Make a field from an expression; repeatable. Wins over the mapping file
    ///
    /// Example: --set 'exchange="ASX"' --set 'price=Price * 100'
    #[arg(
        long,
        value_name = "FIELD=EXPRESSION",
        hide_short_help = true,
        help_heading = "Mapping"
    )]
    pub(in crate::cli) set: Vec<String>,
    /// Topics that `topic` in the mapping file may choose; rows for others are rejected
    ///
    /// Needed unless they follow from the mapping: from constants, translations and lookups.
    #[arg(
        long,
        value_name = "TOPIC,...",
        value_delimiter = ',',
        conflicts_with = "topic",
        hide_short_help = true,
        help_heading = "Mapping"
    )]
    pub(in crate::cli) topics: Vec<String>,
}

impl MappingArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: MappingArguments) -> MappingArguments {
        MappingArguments {
            map: self.map.or(lower.map),
            set: first_given(self.set, lower.set),
            topics: first_given(self.topics, lower.topics),
        }
    }
}
