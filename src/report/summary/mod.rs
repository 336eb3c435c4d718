//! The figures of a run: `load` fills them in, `text` formats them for people, `json` for machines.

mod json;
mod rejects;
mod text;

pub use text::SECONDS_OF_A_LONGER_RUN;

use super::errors::{DeliveryErrorGroup, RowErrorGroup};
use crate::kafka::FoundRecord;
use crate::load::{Counts, Imbalance, LoadReport, ReadExtent, TimeShares};
use crate::record::Format;

/// Everything to report about a run that has ended, however it ended.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The status that the process exits with.
    pub exit_status: u8,
    /// The printed errors, each with its causes; the first one made the run fail.
    pub errors: Vec<String>,
    /// Why the run ended before the end of its inputs, what is on the topic, and how to resume.
    pub stopped: Option<String>,
    /// Further notes for people; the other formats have them as figures.
    pub notes: Vec<String>,
    /// What the run was for.
    pub kind: RunKind,
    /// From the first byte read to the last delivery report.
    pub seconds: f64,
    /// Rows by fate over all inputs.
    pub counts: Counts,
    /// The imbalance, if the counts do not add up.
    pub imbalance: Option<Imbalance>,
    /// Each input, in the order read.
    pub files: Vec<FileSummary>,
    /// Rejected rows by fault.
    pub row_errors: Vec<RowErrorGroup>,
    /// Failed and unknown rows by the error of their delivery.
    pub delivery_errors: Vec<DeliveryErrorGroup>,
    /// Rows that were read and are neither certainly on the topic nor kept, in the order of the inputs.
    pub undelivered: Vec<UndeliveredSummary>,
    /// The place of the kept rows, if any were kept.
    pub rejects: Option<RejectsSummary>,
    /// Bytes read from the inputs.
    pub bytes_read: u64,
    /// Bytes of message values, before compression.
    pub bytes_encoded: u64,
    /// Blank lines, which are not rows.
    pub blank_lines: u64,
    /// Lines that the dialect skips, such as comments.
    pub skipped_lines: u64,
    /// Columns that match no field.
    pub ignored_columns: Vec<String>,
    /// Fields without a CSV column that took their default.
    pub defaulted_fields: Vec<String>,
    /// Fields without a CSV column that were null.
    pub nulled_fields: Vec<String>,
    /// Fields of an Avro key without a CSV column that took their default.
    pub key_defaulted_fields: Vec<String>,
    /// Fields of an Avro key without a CSV column that were null.
    pub key_nulled_fields: Vec<String>,
    /// JSON keys without a field, which were dropped.
    pub dropped_keys: u64,
    /// The topics of the run, in their order.
    pub topics: Vec<TopicSummary>,
    /// The schema of the rows; absent if the run ended before it was known.
    pub schema: Option<SchemaSummary>,
    /// The field used as the message key; absent if keys are null.
    pub key: Option<String>,
    /// What the time was spent on.
    pub time: TimeShares,
    /// The option that would shorten such a run most, with what it can gain.
    pub advice: Option<String>,
    /// How often the run waited because the client's queue was full.
    pub queue_full_waits: u64,
    /// Requests or messages that were sent again.
    pub retries: u64,
    /// The record on the topic because of which nothing was sent.
    pub found_record: Option<FoundRecord>,
    /// The exactly-once load that the run belongs to.
    pub load: Option<LoadReport>,
    /// The labels of `--label`.
    pub labels: Vec<(String, String)>,
}

/// What a run does with the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunKind {
    /// It sends them.
    #[default]
    Load,
    /// It sends nothing; the rows that a load would send are counted as unsent.
    DryRun,
    /// The same, for `schema check`.
    Check,
}

impl RunKind {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            RunKind::Load => "load",
            RunKind::DryRun => "dry run",
            RunKind::Check => "check",
        }
    }
}

/// What the rows of an input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Values of messages.
    Values(Format),
    /// Whole messages, in lines of JSON.
    Envelopes,
}

impl FileFormat {
    /// The name of the format on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FileFormat::Values(format) => format.name(),
            FileFormat::Envelopes => "envelope",
        }
    }
}

/// One input.
#[derive(Clone, Debug, Default)]
pub struct FileSummary {
    /// As it was given, `-` for standard input.
    pub path: String,
    /// Its format; absent if the run ended before the input was examined.
    pub format: Option<FileFormat>,
    /// How far it was read.
    pub read: ReadExtent,
    /// Bytes read from it.
    pub bytes: u64,
    /// Physical lines read from it, including the header and blank lines.
    pub lines: u64,
    /// Blank lines.
    pub blank_lines: u64,
    /// Lines that the dialect skips.
    pub skipped_lines: u64,
    /// Rows by fate.
    pub counts: Counts,
}

/// A topic, its messages, and the offsets of its partitions.
#[derive(Clone, Debug, Default)]
pub struct TopicSummary {
    /// Its name.
    pub name: String,
    /// Its id, if the broker reports one.
    pub id: Option<String>,
    /// The messages for it, by fate; those of a dry run are unsent.
    pub counts: Counts,
    /// Its partitions in order; none in a dry run.
    pub partitions: Vec<PartitionSummary>,
}

/// A partition before and after the run. Other writers' messages move its end offset too.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartitionSummary {
    /// Its number.
    pub partition: i32,
    /// The end offset before the first row.
    pub offset_before: Option<i64>,
    /// The end offset after the last delivery report.
    pub offset_after: Option<i64>,
    /// Whether it has had another leader in between; none if that is not known.
    pub leader_changed: Option<bool>,
}

/// The schema, and where it came from.
#[derive(Clone, Debug, Default)]
pub struct SchemaSummary {
    /// The full name of the record.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The version of the subject; absent if the schema came from a file.
    pub version: Option<u32>,
    /// The id in every message; absent if the schema came from a file.
    pub id: Option<u32>,
}

/// Consecutive rows of an input that are not certainly on the topic.
#[derive(Clone, Debug, Default)]
pub struct UndeliveredSummary {
    /// The input, as it was given.
    pub file: String,
    /// The line on which the first of them starts.
    pub first_line: u64,
    /// The column at which it starts, if the input is JSON that is not read by lines.
    pub first_column: Option<u64>,
    /// The line on which the last of them starts.
    pub last_line: u64,
    /// How many there are.
    pub rows: u64,
    /// `failed`, `unknown` or `unsent`.
    pub fate: &'static str,
}

/// Where rejected rows are kept.
#[derive(Clone, Debug, Default)]
pub struct RejectsSummary {
    /// The file with the rows of all inputs, or the folder with a file for each.
    pub path: String,
    /// The reasons, for a file.
    pub errors_path: Option<String>,
    /// Rows kept.
    pub rows: u64,
    /// The files with rows.
    pub files: Vec<KeptFileSummary>,
}

/// A file of rejected rows.
#[derive(Clone, Debug, Default)]
pub struct KeptFileSummary {
    /// The unchanged rows.
    pub path: String,
    /// The reasons.
    pub errors_path: String,
    /// Rows kept.
    pub rows: u64,
}

impl Summary {
    /// Rows read per second.
    pub fn rows_per_second(&self) -> f64 {
        self.per_second(self.counts.read)
    }

    fn per_second(&self, number: u64) -> f64 {
        if self.seconds.is_finite() && self.seconds > 0.0 {
            number as f64 / self.seconds
        } else {
            0.0
        }
    }
}
