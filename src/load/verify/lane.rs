//! The rows that are expected in one partition and the messages found there, compared in step.
//!
//! Where the two sequences differ, the nearest place is searched at which they are equal again: the pair of equal units
//! for which the fewest units are skipped, in windows that grow up to [`WINDOW`]. What is skipped is left over, with the
//! number of pairs before it. The result depends on the search only in what is left over; whoever joins what is left over
//! by its content finds every pair.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// The most units of each side that are searched for the next pair.
pub(super) const WINDOW: usize = 4096;
/// The first window; each next one is four times as large.
const FIRST_WINDOW: usize = 16;

/// A row or a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// The hash of everything that is compared.
    pub(super) hash: u128,
    /// The hash of the key.
    pub(super) key: u64,
    /// The number of the row, or the offset of the message.
    pub(super) at: u64,
}

/// A side of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Expected,
    Found,
}

/// A unit without a counterpart at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) side: Side,
    pub(super) unit: Unit,
    /// The number of pairs of the partition before it.
    pub(super) gap: u64,
}

/// Both sequences of one partition.
#[derive(Debug, Default)]
pub(super) struct Lane {
    expected: VecDeque<Unit>,
    found: VecDeque<Unit>,
    /// Whether nothing more is expected, and whether nothing more will be found.
    pub(super) expected_ended: bool,
    pub(super) found_ended: bool,
    pairs: u64,
}

/// How far both sequences go on before they are equal again.
enum Resynchronised {
    /// So many units are skipped.
    Skip { expected: usize, found: usize },
    /// More units are needed to say.
    Undecided,
}

impl Lane {
    pub(super) fn push(&mut self, side: Side, unit: Unit) {
        match side {
            Side::Expected => self.expected.push_back(unit),
            Side::Found => self.found.push_back(unit),
        }
    }

    /// The units of a side that wait for those of the other one.
    pub(super) fn waiting(&self, side: Side) -> usize {
        match side {
            Side::Expected => self.expected.len(),
            Side::Found => self.found.len(),
        }
    }

    /// The pairs so far.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Whether both sequences have ended and are compared.
    pub(super) fn is_over(&self) -> bool {
        self.expected_ended && self.found_ended && self.expected.is_empty() && self.found.is_empty()
    }

    /// Compares what has arrived, and passes what is left over to `skip`.
    pub(super) fn settle(&mut self, skip: &mut impl FnMut(Skipped)) {
        loop {
            while let (Some(expected), Some(found)) = (self.expected.front(), self.found.front())
                && expected.hash == found.hash
            {
                self.expected.pop_front();
                self.found.pop_front();
                self.pairs += 1;
            }
            let (expected, found) = match (self.expected.len(), self.found.len()) {
                (0, found) if self.expected_ended => (0, found),
                (expected, 0) if self.found_ended => (expected, 0),
                (0, _) | (_, 0) => return,
                _ => match self.resynchronise() {
                    Resynchronised::Undecided => return,
                    Resynchronised::Skip { expected, found } => (expected, found),
                },
            };
            if expected + found == 0 {
                return;
            }
            let gap = self.pairs;
            for (side, units, count) in [
                (Side::Expected, &mut self.expected, expected),
                (Side::Found, &mut self.found, found),
            ] {
                units
                    .drain(..count)
                    .for_each(|unit| skip(Skipped { side, unit, gap }));
            }
        }
    }

    /// Searches the nearest pair; the first units differ.
    fn resynchronise(&self) -> Resynchronised {
        let mut window = FIRST_WINDOW;
        loop {
            let is_full = |length: usize, ended: bool| length >= window || ended;
            if !is_full(self.expected.len(), self.expected_ended)
                || !is_full(self.found.len(), self.found_ended)
            {
                return Resynchronised::Undecided;
            }
            let expected = self.expected.len().min(window);
            let found = self.found.len().min(window);
            if let Some((expected, found)) = self.nearest(expected, found)
                // A pair outside of the windows skips at least as many units.
                && (expected + found <= window || window >= WINDOW)
            {
                return Resynchronised::Skip { expected, found };
            }
            if window >= WINDOW {
                // Messages of others are more likely than so many missing rows, so the rows wait as long as there are
                // more messages.
                return match self.found.len() > found || !self.found_ended {
                    true => Resynchronised::Skip { expected: 0, found },
                    false => Resynchronised::Skip { expected, found: 0 },
                };
            }
            window *= 4;
        }
    }

    /// The pair among the first units of each side that skips the fewest.
    fn nearest(&self, expected: usize, found: usize) -> Option<(usize, usize)> {
        let mut places: HashMap<u64, usize, BuildHasherDefault<Hashed>> =
            HashMap::with_capacity_and_hasher(expected, BuildHasherDefault::default());
        for (place, unit) in self.expected.iter().take(expected).enumerate() {
            places.entry(unit.hash as u64).or_insert(place);
        }
        let mut nearest: Option<(usize, usize)> = None;
        for (place, unit) in self.found.iter().take(found).enumerate() {
            let best = nearest.map_or(usize::MAX, |(expected, found)| expected + found);
            if place >= best {
                break;
            }
            if let Some(&at) = places.get(&(unit.hash as u64))
                && self.expected[at].hash == unit.hash
                && at + place < best
            {
                nearest = Some((at, place));
            }
        }
        nearest
    }
}

/// Uses a number that is a hash already.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(hashes: &[u128]) -> Vec<Unit> {
        let numbered = hashes.iter().zip(0..);
        numbered
            .map(|(hash, at)| Unit {
                hash: *hash,
                key: 0,
                at,
            })
            .collect()
    }

    type Skips = Vec<(u128, u64)>;

    /// The pairs, and what is left over of each side with the pairs before it.
    fn compared(expected: &[u128], found: &[u128]) -> (u64, Skips, Skips) {
        let mut lane = Lane::default();
        let (mut of_rows, mut of_messages) = (Vec::new(), Vec::new());
        let mut skip = |skipped: Skipped| match skipped.side {
            Side::Expected => of_rows.push((skipped.unit.hash, skipped.gap)),
            Side::Found => of_messages.push((skipped.unit.hash, skipped.gap)),
        };
        for unit in units(expected) {
            lane.push(Side::Expected, unit);
            lane.settle(&mut skip);
        }
        lane.expected_ended = true;
        for unit in units(found) {
            lane.push(Side::Found, unit);
            lane.settle(&mut skip);
        }
        lane.found_ended = true;
        lane.settle(&mut skip);
        assert!(lane.is_over());
        (lane.pairs(), of_rows, of_messages)
    }

    #[test]
    fn what_differs_is_left_over_at_its_place() {
        assert_eq!(compared(&[1, 2, 3], &[1, 2, 3]), (3, vec![], vec![]));
        assert_eq!(compared(&[1, 2, 3], &[1, 3]), (2, vec![(2, 1)], vec![]));
        assert_eq!(compared(&[1, 3], &[1, 2, 3]), (2, vec![], vec![(2, 1)]));
        assert_eq!(compared(&[1, 2, 3], &[1, 9, 3]), (2, vec![(2, 1)], vec![(9, 1)]));
        assert_eq!(compared(&[1, 2], &[]), (0, vec![(1, 0), (2, 0)], vec![]));
        assert_eq!(compared(&[], &[1, 2]), (0, vec![], vec![(1, 0), (2, 0)]));
        assert_eq!(compared(&[1, 1, 2], &[1, 2]), (2, vec![(1, 1)], vec![]));
    }

    #[test]
    fn rows_wait_while_messages_of_others_are_skipped() {
        let others: Vec<u128> = (1_000_000..1_000_000 + 5 * WINDOW as u128).collect();
        let rows: Vec<u128> = (0..10_000).collect();
        let found = [&others[..], &rows].concat();
        let (pairs, of_rows, of_messages) = compared(&rows, &found);
        assert_eq!(
            (pairs, of_rows.len(), of_messages.len()),
            (10_000, 0, others.len())
        );
    }
}
