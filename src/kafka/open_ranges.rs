//! How far ranges of the offsets of a partition have been read.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

/// Offsets between two ranges that are read and dropped. Of more, reading begins anew at the second range, for which what
/// librdkafka has read ahead is lost.
const NEAR: i64 = 20_000;

/// The ranges of a partition that are being read.
#[derive(Debug)]
pub(super) struct OpenRanges {
    pub(super) topic: usize,
    pub(super) partition: i32,
    /// The next offset that librdkafka returns.
    pub(super) next: i64,
    /// Those that are not over, in their order.
    ranges: VecDeque<Range<i64>>,
    pub(super) is_started: bool,
    /// Since when the caller has been waiting in vain.
    pub(super) waiting: Option<Instant>,
    /// Whether the end of what can be read now is before the end of the last range.
    pub(super) is_hidden: bool,
}

impl OpenRanges {
    pub(super) fn new(
        topic: usize,
        partition: i32,
        ranges: impl IntoIterator<Item = Range<i64>>,
    ) -> OpenRanges {
        let ranges = ranges.into_iter().filter(|range| !range.is_empty());
        let mut open = OpenRanges {
            topic,
            partition,
            next: 0,
            ranges: ranges.collect(),
            is_started: false,
            waiting: None,
            is_hidden: false,
        };
        open.next = open.first().unwrap_or_default();
        open
    }

    /// The start of the next range.
    pub(super) fn first(&self) -> Option<i64> {
        self.ranges.front().map(|range| range.start)
    }

    /// Goes on to an offset, unless it is passed already.
    pub(super) fn reach(&mut self, next: i64) {
        self.next = self.next.max(next);
        while self.ranges.front().is_some_and(|range| range.end <= self.next) {
            self.ranges.pop_front();
        }
    }

    /// Whether the offset that was reached is in a range.
    pub(super) fn has(&self, offset: i64) -> bool {
        self.ranges.front().is_some_and(|range| range.contains(&offset))
    }

    /// The start of the next range, if it is far away and can be read now.
    pub(super) fn far(&self) -> Option<i64> {
        let start = self.first()?;
        (start - self.next > NEAR && !self.is_hidden).then_some(start)
    }

    pub(super) fn is_over(&self) -> bool {
        self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_a_range_is_wanted_whatever_offsets_are_there() {
        let mut open = OpenRanges::new(0, 0, [3..5, 5..5, 8..10, 50_000..50_001]);
        assert_eq!(open.next, 3);
        let mut wanted = Vec::new();
        for offset in [3, 4, 5, 7, 9, 12] {
            open.reach(offset);
            wanted.extend(open.has(offset).then_some(offset));
            open.reach(offset + 1);
        }
        assert_eq!(wanted, [3, 4, 9]);
        assert_eq!(open.far(), Some(50_000));
        open.is_hidden = true;
        assert_eq!(open.far(), None, "more may arrive at the end of what can be read");
        open.reach(40_000);
        open.is_hidden = false;
        assert_eq!((open.far(), open.is_over()), (None, false));
        open.reach(50_001);
        assert!(open.is_over());
    }

    #[test]
    fn empty_ranges_are_over() {
        assert!(OpenRanges::new(0, 0, None).is_over());
        assert!(OpenRanges::new(0, 0, Some(7..7)).is_over());
    }
}
