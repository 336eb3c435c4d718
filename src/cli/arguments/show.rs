//! The arguments of `k2-produce show`.

use std::num::NonZeroU64;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::kafka::ConnectionArguments;
use super::registry::RegistryArguments;

/// The arguments of `show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowTopicArguments {
    /// Topic to read
    #[arg(short, long, value_name = "TOPIC")]
    pub(in crate::cli) topic: String,
    /// Only the last N messages
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub(in crate::cli) last: Option<NonZeroU64>,
    /// Start at the first message of each partition with this time or a later one. Example: 2026-03-10T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) from: Option<u64>,
    /// Only messages with this key: its text, or the JSON of an Avro key
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) key: Option<String>,
    /// Only this partition, from this offset if one is given. Example: 0:1042
    #[arg(long, value_name = "P[:OFFSET]")]
    pub(in crate::cli) partition: Option<PartitionStart>,
    /// Stop after N messages
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<u64>,
    /// What to print: a table for people, lines of JSON with all details, or lines that can be loaded again
    #[arg(long, value_enum, default_value_t = ShownForm::Table)]
    pub(in crate::cli) format: ShownForm,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionArguments,
}

/// How messages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ShownForm {
    Table,
    Json,
    Envelope,
}

/// A partition, and the offset to start at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct PartitionStart {
    pub(in crate::cli) partition: i32,
    pub(in crate::cli) offset: Option<i64>,
}

impl FromStr for PartitionStart {
    type Err = String;

    fn from_str(text: &str) -> Result<PartitionStart, String> {
        let (partition, offset) = match text.split_once(':') {
            Some((partition, offset)) => (partition, Some(offset)),
            None => (text, None),
        };
        let expected =
            || "expected the number of a partition, such as `0`, or with an offset, `0:1042`".to_owned();
        let partition = partition.parse().ok().filter(|partition| *partition >= 0);
        let offset = match offset {
            Some(offset) => Some(
                offset
                    .parse()
                    .ok()
                    .filter(|offset| *offset >= 0)
                    .ok_or_else(expected)?,
            ),
            None => None,
        };
        Ok(PartitionStart {
            partition: partition.ok_or_else(expected)?,
            offset,
        })
    }
}

/// A time in milliseconds since 1970. Finer digits are rounded up: only messages with this time or a later one count.
pub(super) fn time(text: &str) -> Result<u64, String> {
    let time: Timestamp = text
        .parse()
        .map_err(|_| "expected a time with a zone, such as `2026-03-10T10:00:00Z`".to_owned())?;
    let nanoseconds =
        u128::try_from(time.as_nanosecond()).map_err(|_| "expected a time after 1970".to_owned())?;
    Ok(nanoseconds.div_ceil(1_000_000) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_may_have_an_offset() {
        let start = |partition, offset| Ok(PartitionStart { partition, offset });
        assert_eq!("3".parse(), start(3, None));
        assert_eq!("0:1042".parse(), start(0, Some(1042)));
        for text in ["", ":", "0:", "-1", "0:-1", "a", "0:1:2"] {
            assert!(text.parse::<PartitionStart>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_has_a_zone_and_is_rounded_up_to_milliseconds() {
        assert_eq!(time("1970-01-01T00:00:01.0005Z"), Ok(1001));
        assert_eq!(time("2014-03-10T11:00:05.516+01:00"), Ok(1_394_445_605_516));
        for text in ["2014-03-10T10:00:05", "1969-12-31T23:59:59Z", "yesterday"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
