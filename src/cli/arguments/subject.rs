//! Flags that choose the schema.

use clap::{Args, ValueEnum};

use crate::schema::{SchemaReference, SchemaVersion, SubjectNameStrategy};

/// The choice of the schema.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct SubjectArguments {
    /// Subject of the schema; default: TOPIC-value
    ///
    /// A subject in a context is written :.CONTEXT:SUBJECT; with a context alone, :.CONTEXT:, the subject within it is
    /// derived by --subject-strategy.
    #[arg(long, value_name = "SUBJECT", help_heading = "Schema")]
    pub(in crate::cli) subject: Option<String>,
    /// How the subject is derived without --subject: from the topic, the record, or both
    #[arg(
        long,
        value_enum,
        value_name = "STRATEGY",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) subject_strategy: Option<StrategyArgument>,
    /// Version of the subject: a number, or `latest`
    #[arg(
        long,
        value_name = "N|latest",
        conflicts_with_all = ["schema_id", "schema_file"],
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) schema_version: Option<SchemaVersion>,
    /// Id of the schema in the registry; with --subject it must belong to that subject
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "schema_file",
        // Registries use 31-bit ids, and some treat a larger number as an unknown path.
        value_parser = clap::value_parser!(u32).range(..=i64::from(i32::MAX)),
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) schema_id: Option<u32>,
    /// A reference of the schema file; repeatable. Example: --schema-reference com.k2.Price=price-value:3
    #[arg(
        long = "schema-reference",
        value_name = "NAME=SUBJECT:VERSION",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) schema_references: Vec<SchemaReference>,
}

impl SubjectArguments {
    /// Whether any of these was chosen.
    pub(in crate::cli) fn is_chosen(&self) -> bool {
        self.subject.is_some()
            || self.subject_strategy.is_some()
            || self.schema_version.is_some()
            || self.schema_id.is_some()
            || !self.schema_references.is_empty()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum StrategyArgument {
    /// TOPIC-value
    #[default]
    Topic,
    /// The record's full name
    Record,
    /// TOPIC- and the record's full name
    TopicRecord,
}

impl From<StrategyArgument> for SubjectNameStrategy {
    fn from(argument: StrategyArgument) -> SubjectNameStrategy {
        match argument {
            StrategyArgument::Topic => SubjectNameStrategy::Topic,
            StrategyArgument::Record => SubjectNameStrategy::Record,
            StrategyArgument::TopicRecord => SubjectNameStrategy::TopicRecord,
        }
    }
}
