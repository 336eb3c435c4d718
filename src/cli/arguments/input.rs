//! Flags for reading files.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::first_given;
use crate::input::Encoding;
use crate::record::{Delimiter, Format, RowPath};

/// Which files are read.
#[derive(Debug, Default, Clone, Args)]
pub(in crate::cli) struct NamedInputs {
    /// Files to read, in this order; `-` is standard input. They may be compressed with gzip, zstd or xz
    ///
    /// A directory stands for its .csv, .jsonl, .ndjson and .json files, compressed or not. A pattern in quotes, such as
    /// 'day/*.csv.gz' or '**/trades_*.jsonl', stands for the files that match it. Both are in natural order:
    /// trades_2.csv comes before trades_10.csv. 'day.zip:trades/*.csv' stands for files in a zip archive.
    #[arg(value_name = "FILE", required_unless_present = "files_from")]
    pub(in crate::cli) files: Vec<OsString>,
    /// File with more names of files to read, one per line, or ended by NUL bytes; `-` is standard input
    ///
    /// Example: find . -name '*.csv' -print0 | sort -z | k2-produce --topic t --files-from -
    #[arg(long, value_name = "LIST", hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) files_from: Option<PathBuf>,
}

/// How files are read.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct InputArguments {
    /// Format of the files: csv, jsonl, json or envelope; by default it follows from the extension: .csv, .jsonl, .ndjson,
    /// .json
    ///
    /// JSONL has one object per line. JSON has any number of values with any white space: the items of an array are rows,
    /// and every other value is one. In an envelope, each line of JSON is a whole message: key, value, headers, timestamp,
    /// partition. `k2-produce show --format envelope` writes them, and kcat's -J for topics with JSON.
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
    /// Any WHATWG label is accepted; the default is UTF-8, validated. A row with bytes that do not form a
    /// character is rejected. As in web browsers, `iso-8859-1` means windows-1252.
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(in crate::cli) encoding: Option<Encoding>,
    /// Character or characters that separate the columns of CSV files, or `tab`; by default a comma
    ///
    /// Example: --delimiter ';' or --delimiter '||'
    #[arg(
        long,
        value_name = "CHARACTERS",
        allow_hyphen_values = true,
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(in crate::cli) delimiter: Option<Delimiter>,
    /// Path to the rows in JSON, such as result.trades or 'events[*].trades[*]'
    ///
    /// `*` stands for every key of an object, `[*]` for every item of an array. Without a wildcard at the end, the items
    /// of the array there are the rows. Example: --json-root 'result.*[*]'
    #[arg(long, value_name = "PATH", hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) json_root: Option<RowPath>,
    /// Names of the columns of CSV files that have no header, separated by commas
    ///
    /// The first line is then a row. In JSON, the names of the values of rows that are arrays; a value without a name is
    /// ignored. Example: --columns symbol,price,volume
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(in crate::cli) columns: Vec<String>,
    /// Reject a CSV file with columns that match no field; by default they are ignored with a warning
    #[arg(long, hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) strict_columns: bool,
    /// Ignore this column of CSV files; repeatable. Example: --ignore-column Fee
    ///
    /// The column is ignored even if it has the name of a field. The option is required if the name of the column is
    /// close to that of a field without a column; otherwise such a file is refused.
    #[arg(
        long = "ignore-column",
        value_name = "NAME",
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(in crate::cli) ignore_columns: Vec<String>,
    /// End with status 3 if an input has no rows; by default that is a warning
    #[arg(long, hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) fail_on_empty: bool,
    /// Stop with an error at a row of more than N bytes [default: 1048576]
    ///
    /// The line terminator is not counted; the limit applies to the header too. An unclosed quote turns the rest of a
    /// file into one row.
    #[arg(long, value_name = "N", value_parser = row_bytes(), hide_short_help = true, help_heading = "Input")]
    pub(in crate::cli) max_row_bytes: Option<u64>,
    /// Stop after N rows
    ///
    /// Such a load prints the --from option that loads the rest.
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub(in crate::cli) limit: Option<u64>,
    /// Start at this line of this file, skipping the files and rows before it; in JSON at FILE:LINE:COLUMN
    ///
    /// Resumes a run that was stopped, with the value that the run printed. Example: --from trades.csv:1042
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
    /// The choices that decide what the rows are.
    pub(in crate::cli) fn of_rows(&self) -> impl std::fmt::Debug {
        (
            &self.format,
            &self.encoding,
            &self.delimiter,
            &self.columns,
            &self.json_root,
        )
    }

    /// Whether rows are whole messages.
    pub(in crate::cli) fn has_envelopes(&self) -> bool {
        self.format == Some(FormatArgument::Envelope)
    }

    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: InputArguments) -> InputArguments {
        InputArguments {
            format: self.format.or(lower.format),
            encoding: self.encoding.or(lower.encoding),
            delimiter: self.delimiter.or(lower.delimiter),
            json_root: self.json_root.or(lower.json_root),
            columns: first_given(self.columns, lower.columns),
            strict_columns: self.strict_columns || lower.strict_columns,
            ignore_columns: first_given(self.ignore_columns, lower.ignore_columns),
            fail_on_empty: self.fail_on_empty || lower.fail_on_empty,
            max_row_bytes: self.max_row_bytes.or(lower.max_row_bytes),
            limit: self.limit.or(lower.limit),
            from: self.from.or(lower.from),
        }
    }
}

/// Offsets within a block have 32 bits.
fn row_bytes() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=1 << 30)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatArgument {
    Csv,
    Jsonl,
    Json,
    Envelope,
}

impl From<FormatArgument> for Format {
    fn from(argument: FormatArgument) -> Format {
        match argument {
            FormatArgument::Csv => Format::Csv,
            FormatArgument::Jsonl | FormatArgument::Envelope => Format::Jsonl,
            FormatArgument::Json => Format::Json,
        }
    }
}
