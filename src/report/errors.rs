//! Errors counted by kind, each with the first positions at which it occurred.
//!
//! Memory does not grow with the number of bad rows: a group keeps three positions, and after
//! a thousand groups all others are counted together.

use crate::encode::RowError;
use crate::load::{DeliveryError, Fate};
use crate::record::Place;

/// The number of positions that a group keeps.
const FIRST_POSITIONS: usize = 3;

/// The maximum number of separate groups.
const MAX_GROUPS: usize = 1_000;

/// The kind, or code, of the group for everything without a separate group.
pub const OTHER: &str = "other";

/// Rejected rows with the same kind of fault in the same field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowErrorGroup {
    /// A word that does not change from version to version.
    pub kind: &'static str,
    /// The same, in words.
    pub title: String,
    /// The Avro field, if the error is about one.
    pub field: Option<String>,
    /// Rows with this fault; they may have others.
    pub count: u64,
    /// Rows with this as their first fault; the sum over all groups is the number of rejected rows.
    pub leading: u64,
    /// The first three positions, as `file:line`, or `file:line:column` if the input is JSON that is not read by lines.
    pub first: Vec<String>,
}

/// Rows with the same delivery error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryErrorGroup {
    /// The client's name for the error, such as `MSG_TIMED_OUT`.
    pub code: String,
    /// The same, in words.
    pub message: String,
    /// Rows known not to be on the topic.
    pub failed: u64,
    /// Rows that may be on the topic.
    pub unknown: u64,
    /// The first three positions, as `file:line`, or `file:line:column` if the input is JSON that is not read by lines.
    pub first: Vec<String>,
}

impl DeliveryErrorGroup {
    /// The number of rows.
    pub fn count(&self) -> u64 {
        self.failed + self.unknown
    }
}

/// Collects rejected rows into groups.
#[derive(Debug, Clone, Default)]
pub struct RowErrors {
    groups: Vec<RowErrorGroup>,
    /// Groups in which the current row was counted.
    touched: Vec<usize>,
}

impl RowErrors {
    /// Counts one row in the group of each of its faults, once.
    ///
    /// Rows must be added in the order of the files, so that the positions kept are the first ones.
    pub fn add(&mut self, place: Place<'_>, error: &RowError) {
        self.touched.clear();
        for fault in error.all() {
            let field = fault.field_of_group();
            let index = self
                .find(fault.kind.name(), field.as_deref())
                .unwrap_or_else(|| self.new_group(fault, field.as_deref()));
            if self.touched.contains(&index) {
                continue;
            }
            let group = &mut self.groups[index];
            group.count += 1;
            group.leading += u64::from(self.touched.is_empty());
            remember(&mut group.first, place);
            self.touched.push(index);
        }
    }

    /// The groups so far, the largest first.
    pub fn groups(&self) -> Vec<RowErrorGroup> {
        let mut groups = self.groups.clone();
        // The sort is stable: among equals, the first to occur stays first.
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    // A run has a handful of groups, and a linear search is faster than a map with a key that must be built.
    fn find(&self, kind: &'static str, field: Option<&str>) -> Option<usize> {
        self.groups
            .iter()
            .position(|group| group.kind == kind && group.field.as_deref() == field)
    }

    /// The index of a new group, or of the group for all others.
    fn new_group(&mut self, fault: &RowError, field: Option<&str>) -> usize {
        let group = if self.groups.len() < MAX_GROUPS {
            RowErrorGroup {
                kind: fault.kind.name(),
                title: fault.title(),
                field: field.map(str::to_owned),
                ..RowErrorGroup::default()
            }
        } else if let Some(index) = self.find(OTHER, None) {
            return index;
        } else {
            RowErrorGroup {
                kind: OTHER,
                title: "other errors".to_owned(),
                ..RowErrorGroup::default()
            }
        };
        self.groups.push(group);
        self.groups.len() - 1
    }
}

/// Collects rows that were not, or may not have been, delivered into groups.
#[derive(Debug, Default)]
pub struct DeliveryErrors {
    groups: Vec<DeliveryErrorGroup>,
}

impl DeliveryErrors {
    /// Counts one row with the fate failed or unknown.
    pub fn add(&mut self, place: Place<'_>, fate: Fate, error: &DeliveryError) {
        let group = self.group(&error.code, &error.message, place);
        match fate {
            Fate::Unknown => group.unknown += 1,
            _ => group.failed += 1,
        }
    }

    /// The groups so far, the largest first.
    pub fn groups(&self) -> Vec<DeliveryErrorGroup> {
        let mut groups = self.groups.clone();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count()));
        groups
    }

    fn group(&mut self, code: &str, message: &str, place: Place<'_>) -> &mut DeliveryErrorGroup {
        let index = self
            .groups
            .iter()
            .position(|group| group.code == code)
            .unwrap_or_else(|| {
                self.groups.push(DeliveryErrorGroup {
                    code: code.to_owned(),
                    message: message.to_owned(),
                    failed: 0,
                    unknown: 0,
                    first: Vec::new(),
                });
                self.groups.len() - 1
            });
        let group = &mut self.groups[index];
        remember(&mut group.first, place);
        group
    }
}

fn remember(first: &mut Vec<String>, place: Place<'_>) {
    if first.len() < FIRST_POSITIONS {
        first.push(place.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::RowErrorKind::{self, DecimalScale, Empty, Missing, NotANumber};

    fn at(input: &str, line: u64) -> Place<'_> {
        Place {
            input,
            line,
            column: None,
        }
    }

    fn fault(kind: RowErrorKind, field: &str, wanted: Option<&str>) -> RowError {
        RowError {
            field: Some(field.to_owned()),
            wanted: wanted.map(str::to_owned),
            ..*RowError::whole(kind, "")
        }
    }

    #[test]
    fn rows_are_grouped_by_kind_and_field_with_their_first_positions() {
        let mut errors = RowErrors::default();
        let mut add = |file: &str, line: u64, kind, field: &str| {
            // The title is that of the first row of the group.
            errors.add(
                at(file, line),
                &fault(kind, field, Some(&format!("{file}:{line}"))),
            );
        };
        add("a.csv", 2, NotANumber, "buyer_id");
        for line in [3, 5, 8, 13] {
            add("a.csv", line, DecimalScale, "price");
        }
        add("a.csv", 9, DecimalScale, "quantity");
        add("b.csv", 2, DecimalScale, "price");

        let groups = errors.groups();
        assert_eq!(groups.len(), 3);
        assert_eq!(
            groups[0],
            RowErrorGroup {
                kind: "decimal_scale",
                title: "more digits after the decimal point than a.csv:3 allows".to_owned(),
                field: Some("price".to_owned()),
                count: 5,
                leading: 5,
                first: vec!["a.csv:3".to_owned(), "a.csv:5".to_owned(), "a.csv:8".to_owned()],
            }
        );
        assert_eq!(
            groups[1].field.as_deref(),
            Some("buyer_id"),
            "among equals, the first to occur is first"
        );
    }

    #[test]
    fn a_row_counts_once_in_each_group_of_its_faults_and_leads_in_one() {
        let mut errors = RowErrors::default();
        let empty = fault(Empty, "venue", Some("string"));
        let error = RowError {
            also: vec![
                fault(DecimalScale, "legs[1].price", Some("another")),
                empty.clone(),
            ],
            ..fault(DecimalScale, "legs[0].price", Some("decimal(4, 2)"))
        };
        errors.add(at("a.csv", 2), &error);
        errors.add(at("a.csv", 3), &empty);
        let groups = errors.groups();
        let figures: Vec<_> = groups
            .iter()
            .map(|group| (group.title.as_str(), group.count, group.leading))
            .collect();
        assert_eq!(
            figures,
            [
                ("empty or null where string is required", 2, 1),
                (
                    "more digits after the decimal point than decimal(4, 2) allows",
                    1,
                    1
                )
            ]
        );
        assert_eq!(groups[0].first, ["a.csv:2", "a.csv:3"]);
    }

    #[test]
    fn groups_are_bounded_and_no_row_is_left_out() {
        let mut errors = RowErrors::default();
        for line in 0..3_000 {
            errors.add(at("a.csv", line), &fault(Missing, &format!("field{line}"), None));
        }
        let groups = errors.groups();
        assert_eq!(groups.len(), MAX_GROUPS + 1);
        assert_eq!(
            (groups[0].kind, groups[0].count, &groups[0].field),
            (OTHER, 2_000, &None)
        );
        assert_eq!(groups[0].first, ["a.csv:1000", "a.csv:1001", "a.csv:1002"]);
        assert_eq!(groups.iter().map(|group| group.leading).sum::<u64>(), 3_000);
    }

    #[test]
    fn failed_and_unknown_rows_of_one_error_are_counted_separately() {
        let mut errors = DeliveryErrors::default();
        let mut add = |line, fate, code: &str, message: &str| {
            let (code, message) = (code.to_owned(), message.to_owned());
            errors.add(at("a.csv", line), fate, &DeliveryError { code, message });
        };
        add(2, Fate::Failed, "MSG_SIZE_TOO_LARGE", "too large");
        add(3, Fate::Failed, "MSG_TIMED_OUT", "timed out");
        add(4, Fate::Unknown, "MSG_TIMED_OUT", "timed out");
        let groups = errors.groups();
        assert_eq!(groups.len(), 2);
        assert_eq!(
            (groups[0].code.as_str(), groups[0].failed, groups[0].unknown),
            ("MSG_TIMED_OUT", 1, 1)
        );
        assert_eq!(groups[0].first, ["a.csv:3", "a.csv:4"]);
    }
}
