//! The parts of a message that a mapping computes from the row: key, headers, timestamp, partition, topic.

use std::ops::Range;
use std::sync::Arc;

use super::error::{Fault, PlanError, RowError, RowErrorKind};
use super::timestamp::{Clock, timestamp};
use crate::mapping::Derivation;
use crate::mapping::rules::Rules;
use crate::record::Row;
use crate::record::csv::Cell;
use crate::schema::TimeUnit;

/// A part of the message that is a column of derived rows.
#[derive(Debug)]
pub(crate) struct MappedPart {
    /// The column.
    pub(super) column: usize,
    /// Its name for people: `message.key`.
    pub(super) name: String,
}

impl MappedPart {
    /// Its text; none if it is missing.
    #[inline]
    fn text<'r>(&self, row: &Row<'r>, cells: &[Cell]) -> Option<&'r [u8]> {
        let cell = &cells[self.column];
        // A computed text is quoted, an absent one is not.
        cell.quoted.then(|| cell.raw(row.bytes))
    }

    /// Appends its text; returns the range, or none if it is missing.
    #[inline]
    pub(super) fn put(&self, row: &Row<'_>, cells: &[Cell], out: &mut Vec<u8>) -> Option<Range<usize>> {
        let text = self.text(row, cells)?;
        let start = out.len();
        out.extend_from_slice(text);
        Some(start..out.len())
    }

    /// Appends the text of a key.
    ///
    /// # Errors
    /// It is missing or empty.
    #[inline]
    pub(super) fn put_key(
        &self,
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> Result<Range<usize>, Box<RowError>> {
        match self.put(row, cells, out) {
            Some(range) if !range.is_empty() => Ok(range),
            _ => Err(self.refused(empty_key(), b"")),
        }
    }

    /// The partition.
    ///
    /// # Errors
    /// It is missing, or not the number of a partition. Whether the topic has it is not checked here.
    pub(super) fn partition(&self, row: &Row<'_>, cells: &[Cell]) -> Result<i32, Box<RowError>> {
        let text = self.text(row, cells);
        partition_of(text).map_err(|fault| self.refused(fault, text.unwrap_or_default()))
    }

    /// Checks a value that the mapping gives every row with `check`, to which a missing value is none.
    ///
    /// # Errors
    /// It does not fit.
    pub(super) fn check_constant(
        &self,
        derivation: Option<&Arc<Derivation>>,
        check: impl FnOnce(Option<&[u8]>) -> Result<(), Box<Fault>>,
    ) -> Result<(), PlanError> {
        let Some(constant) = derivation.and_then(|derivation| derivation.constant(self.column)) else {
            return Ok(());
        };
        check(constant.text).map_err(|fault| PlanError::unfit_constant(&constant, &fault.reason, fault.hint))
    }

    #[cold]
    pub(super) fn refused(&self, fault: Box<Fault>, text: &[u8]) -> Box<RowError> {
        fault
            .within(self.name.as_str())
            .of_value(text, None)
            .into_row_error(Some(self.column + 1))
    }
}

/// The topic that a mapping chooses.
#[derive(Debug)]
pub(super) struct MappedTopic {
    part: MappedPart,
    /// The topics of the run in alphabetical order, each with its index in the order of the run.
    topics: Vec<(Box<[u8]>, u16)>,
}

impl MappedTopic {
    /// # Panics
    /// There are more than 65,536 topics.
    pub(super) fn new(part: MappedPart, topics: &[String]) -> MappedTopic {
        let numbered = topics.iter().enumerate().map(|(index, name)| {
            let index = u16::try_from(index).expect("a run has far fewer topics");
            (name.as_bytes().into(), index)
        });
        let mut topics: Vec<(Box<[u8]>, u16)> = numbered.collect();
        topics.sort();
        MappedTopic { part, topics }
    }

    /// The index of the topic among those of the run.
    ///
    /// # Errors
    /// It is missing, or none of these.
    #[inline]
    pub(super) fn read(&self, row: &Row<'_>, cells: &[Cell]) -> Result<u16, Box<RowError>> {
        let text = self.part.text(row, cells).unwrap_or_default();
        match self.topics.binary_search_by(|(name, _)| (**name).cmp(text)) {
            Ok(found) => Ok(self.topics[found].1),
            Err(_) => Err(self.unknown(text)),
        }
    }

    #[cold]
    fn unknown(&self, text: &[u8]) -> Box<RowError> {
        let reason = match text.is_empty() {
            true => "the message has no topic".to_owned(),
            false => {
                const SHOWN: usize = 5;
                let names = self.topics.iter().take(SHOWN);
                let names: Vec<_> = names.map(|(name, _)| String::from_utf8_lossy(name)).collect();
                let more = match self.topics.len() > SHOWN {
                    true => ", ...",
                    false => "",
                };
                format!(
                    "not a topic of this run; its topics are {}{more}",
                    names.join(", ")
                )
            }
        };
        let mut error = self.part.refused(Fault::new(RowErrorKind::NoTopic, reason), text);
        let advice = "add it to the listed topics, or leave such rows out with `where` in `[rows]`";
        error.hint = Some(advice.into());
        error
    }
}

/// The number of a partition; whether the topic has it is not checked here.
///
/// # Errors
/// The text is missing or not such a number.
#[inline]
pub(super) fn partition_of(text: Option<&[u8]>) -> Result<i32, Box<Fault>> {
    let text = text.and_then(|text| str::from_utf8(text).ok());
    let number = text.and_then(|text| text.parse().ok());
    number.filter(|number| *number >= 0).ok_or_else(|| {
        let reason = "expected the number of a partition, from 0";
        Fault::new(RowErrorKind::NoPartition, reason)
    })
}

/// The fault of a partition that the topic does not have.
#[cold]
pub(super) fn no_partition(partition: i32, partitions: u32) -> Box<Fault> {
    let reason = format!(
        "the topic has no partition {partition}; it has {partitions}, from 0 to {}",
        partitions - 1
    );
    Fault::new(RowErrorKind::NoPartition, reason)
}

/// # Errors
/// The text of a key is missing or empty.
pub(super) fn check_key(text: Option<&[u8]>) -> Result<(), Box<Fault>> {
    match text {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(empty_key()),
    }
}

#[cold]
fn empty_key() -> Box<Fault> {
    Fault::new(RowErrorKind::EmptyKey, "the message's key would be empty")
}

/// A timestamp that a mapping computes.
#[derive(Debug)]
pub(super) struct MappedTimestamp {
    pub(super) part: MappedPart,
    pub(super) rules: Arc<Rules>,
}

impl MappedTimestamp {
    /// Digits after the millisecond, the unit of messages, are cut off.
    pub(super) fn new(part: MappedPart, rules: &Rules) -> MappedTimestamp {
        let rules = Rules {
            time_truncate: true,
            ..rules.clone()
        };
        MappedTimestamp {
            part,
            rules: Arc::new(rules),
        }
    }

    /// Checks a time that the mapping gives every message. Whether the topic accepts it is not checked here.
    ///
    /// # Errors
    /// It is missing, not a time, or not after 1970-01-01T00:00:00Z.
    pub(super) fn check_constant(&self, derivation: Option<&Arc<Derivation>>) -> Result<(), PlanError> {
        self.part.check_constant(derivation, |text| {
            let refused = |reason: &str| Fault::new(RowErrorKind::NoTimestamp, reason);
            let Some(text) = text else {
                return Err(refused("it is null, but the message needs its timestamp"));
            };
            match timestamp(text, Clock::Zoned, TimeUnit::Millis, &self.rules)? {
                1.. => Ok(()),
                _ => Err(refused("a message timestamp must be after 1970-01-01T00:00:00Z")),
            }
        })
    }

    /// The timestamp in milliseconds; none if it is missing.
    ///
    /// # Errors
    /// The text is not a timestamp.
    #[inline]
    pub(super) fn read(&self, row: &Row<'_>, cells: &[Cell]) -> Result<Option<i64>, Box<RowError>> {
        let Some(text) = self.part.text(row, cells) else {
            return Ok(None);
        };
        match timestamp(text, Clock::Zoned, TimeUnit::Millis, &self.rules) {
            Ok(millis) => Ok(Some(millis)),
            Err(fault) => Err(self.part.refused(fault, text)),
        }
    }
}
