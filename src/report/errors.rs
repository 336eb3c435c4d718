//! Errors counted by kind, each with the first positions it was met at.
//!
//! Memory does not grow with the number of bad rows: a group keeps three positions, and from
//! a thousand groups on the rest is counted together.

use std::borrow::Cow;

/// Positions that a group keeps.
const FIRST_POSITIONS: usize = 3;

/// Groups that are told apart.
const MOST_GROUPS: usize = 1_000;

/// The kind, or code, of the group that holds what was not told apart.
pub const OTHER: &str = "other";

/// Rejected rows that have the same thing wrong with the same field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowErrorGroup {
    /// A word that does not change from version to version.
    pub kind: &'static str,
    /// The same in words for people.
    pub title: String,
    /// The Avro field, where the error is about one.
    pub field: Option<String>,
    /// Rows that have it, among other faults maybe.
    pub count: u64,
    /// Rows of which it is the first fault: over all groups, these are the rejected rows.
    pub leading: u64,
    /// The first three positions, as `file:line`.
    pub first: Vec<String>,
}

/// Rows whose delivery ended with the same error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryErrorGroup {
    /// The client's name for the error, such as `MSG_TIMED_OUT`.
    pub code: String,
    /// The same in words for people.
    pub message: String,
    /// Rows known not to be on the topic.
    pub failed: u64,
    /// Rows that may be on the topic.
    pub unknown: u64,
    /// The first three positions, as `file:line`.
    pub first: Vec<String>,
}

impl DeliveryErrorGroup {
    /// Rows.
    pub fn count(&self) -> u64 {
        self.failed + self.unknown
    }
}

/// One thing that is wrong with a row.
#[derive(Clone, Debug)]
pub struct RowFault<'a> {
    /// A word that does not change from version to version.
    pub kind: &'static str,
    /// The Avro field, where the fault is about one.
    pub field: Option<Cow<'a, str>>,
}

/// Collects rejected rows into groups.
#[derive(Debug, Default)]
pub struct RowErrors {
    groups: Vec<RowErrorGroup>,
    /// Groups that the row at hand was counted in.
    touched: Vec<usize>,
}

impl RowErrors {
    /// Counts one row in the group of each of its `faults`, once; `title` is asked for only where a group is new.
    ///
    /// Rows are to be added in the order of the files, so that the first positions are the first.
    pub fn add<'a>(
        &mut self,
        file: &str,
        line: u64,
        faults: impl IntoIterator<Item = RowFault<'a>>,
        title: impl Fn(usize) -> String,
    ) {
        self.touched.clear();
        for (number, fault) in faults.into_iter().enumerate() {
            let field = fault.field.as_deref();
            let index = self
                .find(fault.kind, field)
                .unwrap_or_else(|| self.new_group(fault.kind, field, || title(number)));
            if self.touched.contains(&index) {
                continue;
            }
            let group = &mut self.groups[index];
            group.count += 1;
            group.leading += u64::from(self.touched.is_empty());
            remember(&mut group.first, file, line);
            self.touched.push(index);
        }
    }

    /// The groups so far, the largest first.
    pub fn groups(&self) -> Vec<RowErrorGroup> {
        let mut groups = self.groups.clone();
        // The sort is stable: among equals the one met first stays first.
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    // A run has a handful of groups, and walking over them beats a map whose key would have to be built.
    fn find(&self, kind: &'static str, field: Option<&str>) -> Option<usize> {
        self.groups
            .iter()
            .position(|group| group.kind == kind && group.field.as_deref() == field)
    }

    /// The index of a group made now, or of the one that holds the rest.
    fn new_group(
        &mut self,
        kind: &'static str,
        field: Option<&str>,
        title: impl FnOnce() -> String,
    ) -> usize {
        let group = if self.groups.len() < MOST_GROUPS {
            RowErrorGroup {
                kind,
                title: title(),
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
    /// Counts one row that was known not to be written.
    pub fn add_failed(&mut self, code: &str, message: &str, file: &str, line: u64) {
        self.group(code, message, file, line).failed += 1;
    }

    /// Counts one row that may be on the topic.
    pub fn add_unknown(&mut self, code: &str, message: &str, file: &str, line: u64) {
        self.group(code, message, file, line).unknown += 1;
    }

    /// The groups so far, the largest first.
    pub fn groups(&self) -> Vec<DeliveryErrorGroup> {
        let mut groups = self.groups.clone();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count()));
        groups
    }

    fn group(&mut self, code: &str, message: &str, file: &str, line: u64) -> &mut DeliveryErrorGroup {
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
        remember(&mut group.first, file, line);
        group
    }
}

fn remember(first: &mut Vec<String>, file: &str, line: u64) {
    if first.len() < FIRST_POSITIONS {
        first.push(format!("{file}:{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: &'static str, field: &str) -> RowFault<'static> {
        RowFault {
            kind,
            field: Some(Cow::Owned(field.to_owned())),
        }
    }

    #[test]
    fn rows_are_grouped_by_kind_and_field_with_their_first_positions() {
        let mut errors = RowErrors::default();
        let mut add = |file: &str, line: u64, kind: &'static str, field: &str| {
            errors.add(file, line, [fault(kind, field)], |_| format!("{file}:{line}"));
        };
        add("a.csv", 2, "not_a_number", "buyer_id");
        for line in [3, 5, 8, 13] {
            add("a.csv", line, "decimal_scale", "price");
        }
        add("a.csv", 9, "decimal_scale", "quantity");
        add("b.csv", 2, "decimal_scale", "price");

        let groups = errors.groups();
        assert_eq!(groups.len(), 3);
        assert_eq!(
            groups[0],
            RowErrorGroup {
                kind: "decimal_scale",
                title: "a.csv:3".to_owned(),
                field: Some("price".to_owned()),
                count: 5,
                leading: 5,
                first: vec!["a.csv:3".to_owned(), "a.csv:5".to_owned(), "a.csv:8".to_owned()],
            }
        );
        assert_eq!(
            groups[1].field.as_deref(),
            Some("buyer_id"),
            "among equals the first met is first"
        );
    }

    #[test]
    fn a_row_counts_once_in_each_group_of_its_faults_and_leads_in_one() {
        let mut errors = RowErrors::default();
        let faults = [
            fault("decimal_scale", "legs[].price"),
            fault("decimal_scale", "legs[].price"),
            fault("empty", "venue"),
        ];
        errors.add("a.csv", 2, faults.clone(), |number| format!("fault {number}"));
        errors.add("a.csv", 3, faults[2..].to_vec(), |_| {
            unreachable!("the group is there")
        });
        let groups = errors.groups();
        let figures: Vec<_> = groups
            .iter()
            .map(|group| (group.title.as_str(), group.count, group.leading))
            .collect();
        assert_eq!(figures, [("fault 2", 2, 1), ("fault 0", 1, 1)]);
        assert_eq!(groups[0].first, ["a.csv:2", "a.csv:3"]);
    }

    #[test]
    fn groups_are_bounded_and_no_row_is_left_out() {
        let mut errors = RowErrors::default();
        for line in 0..3_000 {
            let faults = [fault("missing", &format!("field{line}"))];
            errors.add("a.csv", line, faults, |_| "missing".to_owned());
        }
        let groups = errors.groups();
        assert_eq!(groups.len(), MOST_GROUPS + 1);
        assert_eq!(
            (groups[0].kind, groups[0].count, &groups[0].field),
            (OTHER, 2_000, &None)
        );
        assert_eq!(groups[0].first, ["a.csv:1000", "a.csv:1001", "a.csv:1002"]);
        assert_eq!(groups.iter().map(|group| group.leading).sum::<u64>(), 3_000);
    }

    #[test]
    fn failed_and_unknown_rows_of_one_error_are_told_apart() {
        let mut errors = DeliveryErrors::default();
        errors.add_failed("MSG_SIZE_TOO_LARGE", "too large", "a.csv", 2);
        errors.add_failed("MSG_TIMED_OUT", "timed out", "a.csv", 3);
        errors.add_unknown("MSG_TIMED_OUT", "timed out", "a.csv", 4);
        let groups = errors.groups();
        assert_eq!(groups.len(), 2);
        assert_eq!(
            (groups[0].code.as_str(), groups[0].failed, groups[0].unknown),
            ("MSG_TIMED_OUT", 1, 1)
        );
        assert_eq!(groups[0].first, ["a.csv:3", "a.csv:4"]);
    }
}
