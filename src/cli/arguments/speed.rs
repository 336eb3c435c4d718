//! Flags for the speed of a run.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};

use crate::kafka::Preset;

/// What a run trades for speed, and how many threads it uses.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct SpeedArguments {
    /// Properties of the producer for a purpose: standard, throughput or latency
    ///
    /// standard: batches of 32 KiB, sent after 10 ms at the latest. throughput: batches of up to 512 KiB, for
    /// fewer requests and less work in all; a row can wait up to 50 ms before it is sent. latency: rows are sent at once, in
    /// smaller batches. -X and properties files take precedence.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(Preset::NAMES).map(|name| Preset::named(&name)),
        hide_possible_values = true,
        help_heading = "Speed"
    )]
    pub(in crate::cli) preset: Option<Preset>,
    /// Use at most so many threads to encode rows; by default one for each core
    ///
    /// They are started only when rows are read and sent faster than encoded.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        value_parser = value_parser!(u16).range(1..=1024),
        help_heading = "Speed"
    )]
    pub(in crate::cli) threads: Option<u16>,
}

impl SpeedArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: SpeedArguments) -> SpeedArguments {
        SpeedArguments {
            preset: self.preset.or(lower.preset),
            threads: self.threads.or(lower.threads),
        }
    }
}
