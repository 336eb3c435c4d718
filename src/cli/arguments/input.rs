//! Flags that say how files are read.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::first_given;
use crate::input::Encoding;
use crate::record::Format;

/// How files are read.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct InputArguments {
    /// Format of the files, csv or jsonl; without it, their names tell: .csv, .jsonl, .ndjson
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Input"
    )]
    pub(in crate::cli) format: Option<FormatArgument>,
    /// Encoding of the files, such as windows-1252, gbk or utf-16le
    ///
    /// Any label that encodings have on the web; without it the files are UTF-8 and nothing else. A row with bytes that do not form a character is rejected. As on the web, iso-8859-1 is another label of
    /// windows-1252.
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(in crate::cli) encoding: Option<Encoding>,
    /// Refuse a CSV file with columns that feed no field; without it they are warned of and left out
    #[arg(long, hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) strict_columns: bool,
    /// Ignore this column of CSV files; repeatable. Example: --ignore-column Fee
    ///
    /// It feeds no field, even if it has a field's name. Needed where a column's name nearly is that of a field without
    /// a column: such a file is refused otherwise.
    #[arg(
        long = "ignore-column",
        value_name = "NAME",
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(in crate::cli) ignore_columns: Vec<String>,
    /// End with status 3 where an input has no rows; without it that is warned of
    #[arg(long, hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) fail_on_empty: bool,
    /// Stop with an error at a row with more than N bytes [default: 1048576]
    ///
    /// The bytes are those of the row without its line terminator, header included. A quote that is never closed makes one
    /// row of the rest of a file.
    #[arg(long, value_name = "N", value_parser = row_bytes(), hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) max_row_bytes: Option<u64>,
    /// Stop after N rows
    ///
    /// A load that ends so prints the --from that loads the rest.
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub(in crate::cli) limit: Option<u64>,
    /// Begin at this line of this file, leaving out the files and rows before it
    ///
    /// Goes on after a run that was stopped, which prints the place: --from trades.csv:1042
    // `-:501` is line 501 of standard input.
    #[arg(
        long,
        value_name = "FILE:LINE",
        allow_hyphen_values = true,
        help_heading = "Input"
    )]
    pub(in crate::cli) from: Option<OsString>,
}

impl InputArguments {
    /// These choices, and those of `lower` where there are none.
    pub(in crate::cli) fn over(self, lower: InputArguments) -> InputArguments {
        InputArguments {
            format: self.format.or(lower.format),
            encoding: self.encoding.or(lower.encoding),
            strict_columns: self.strict_columns || lower.strict_columns,
            ignore_columns: first_given(self.ignore_columns, lower.ignore_columns),
            fail_on_empty: self.fail_on_empty || lower.fail_on_empty,
            max_row_bytes: self.max_row_bytes.or(lower.max_row_bytes),
            limit: self.limit.or(lower.limit),
            from: self.from.or(lower.from),
        }
    }
}

/// Within a block, offsets have 32 bits.
fn row_bytes() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=1 << 30)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatArgument {
    Csv,
    Jsonl,
}

impl From<FormatArgument> for Format {
    fn from(argument: FormatArgument) -> Format {
        match argument {
            FormatArgument::Csv => Format::Csv,
            FormatArgument::Jsonl => Format::Jsonl,
        }
    }
}
