//! The offsets that brokers acknowledged, and how many of those messages a partition has lost.

use std::ops::RangeInclusive;

/// The acknowledged messages of a run on one partition.
///
/// Three numbers are enough, without a list: if no other producer writes to the partition the offsets are consecutive,
/// and the result is exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Acknowledged {
    messages: u64,
    first: i64,
    last: i64,
}

impl Acknowledged {
    /// Adds an acknowledged message.
    #[inline]
    pub fn note(&mut self, offset: i64) {
        if self.messages == 0 {
            (self.first, self.last) = (offset, offset);
        }
        self.messages += 1;
        self.first = self.first.min(offset);
        self.last = self.last.max(offset);
    }

    /// So many messages with offsets from `first` to `last`.
    pub fn of(messages: u64, first: i64, last: i64) -> Acknowledged {
        Acknowledged {
            messages,
            first,
            last,
        }
    }

    /// Adds those of `other`, on the same partition.
    pub fn add(&mut self, other: &Acknowledged) {
        if self.messages == 0 {
            *self = *other;
        } else if other.messages > 0 {
            self.messages += other.messages;
            self.first = self.first.min(other.first);
            self.last = self.last.max(other.last);
        }
    }

    /// How many messages were acknowledged.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// The lowest and the highest of their offsets; none if there are no messages.
    pub fn offsets(&self) -> Option<RangeInclusive<i64>> {
        (self.messages > 0).then_some(self.first..=self.last)
    }

    /// How many of them are missing from a partition that now holds the offsets from `begin` up to but not including
    /// `end`: the lowest and the highest possible number.
    ///
    /// Messages of other producers may lie between ours. So if only some of the offsets are held, the number is a
    /// range.
    pub fn missing(&self, begin: i64, end: i64) -> RangeInclusive<u64> {
        if self.messages == 0 {
            return 0..=0;
        }
        let offsets = |from: i64, to: i64| u64::try_from(to.saturating_sub(from)).unwrap_or(0);
        let below = offsets(self.first, begin.min(self.last + 1));
        let beyond = offsets(end.max(self.first), self.last + 1);
        let held = offsets(begin.max(self.first), end.min(self.last + 1));
        // The first and the last offset are certainly ours.
        let ends = u64::from(below > 0) + u64::from(beyond > 0);
        let fewest = self.messages.saturating_sub(held).max(ends.min(self.messages));
        fewest..=self.messages.min(below + beyond).max(fewest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledged(offsets: impl IntoIterator<Item = i64>) -> Acknowledged {
        let mut acknowledged = Acknowledged::default();
        offsets.into_iter().for_each(|offset| acknowledged.note(offset));
        acknowledged
    }

    #[test]
    fn consecutive_offsets_are_counted_exactly() {
        let all = acknowledged(100..200);
        for (begin, end, missing) in [
            (0, 200, 0),
            (100, 500, 0),
            (101, 500, 1),
            (199, 200, 99),
            (200, 200, 100),
            (900, 950, 100),
            (0, 150, 50),
            (0, 0, 100),
            (110, 190, 20),
        ] {
            assert_eq!(all.missing(begin, end), missing..=missing, "{begin} to {end}");
        }
        assert_eq!(Acknowledged::default().missing(5, 9), 0..=0);
    }

    #[test]
    fn those_of_several_runs_are_added() {
        let mut sum = Acknowledged::default();
        for range in [0..0, 30..40, 10..15, 50..50] {
            sum.add(&acknowledged(range));
        }
        assert_eq!(sum, Acknowledged::of(15, 10, 39));
        assert_eq!(sum.offsets(), Some(10..=39));
        assert_eq!(Acknowledged::default().offsets(), None);
    }

    #[test]
    fn among_messages_of_other_producers_the_number_is_a_range() {
        // 10, 20, 30, 40 are ours.
        let ours = acknowledged([20, 10, 40, 30]);
        assert_eq!(ours.missing(5, 50), 0..=0);
        assert_eq!(ours.missing(11, 50), 1..=1);
        assert_eq!(ours.missing(25, 50), 1..=4);
        assert_eq!(ours.missing(39, 50), 2..=4);
        assert_eq!(ours.missing(41, 50), 4..=4);
        assert_eq!(ours.missing(15, 35), 2..=4);
    }
}
