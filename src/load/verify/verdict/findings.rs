//! What was found: how much of each kind, and the first of each.

use std::collections::HashSet;

use super::gap::Gap;

/// How a row and the topic differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The row is not on the topic.
    Missing,
    /// Between the same neighbours there is another message with the key of the row.
    Different,
    /// Rows of one key are in another order.
    OutOfOrder,
    /// The row is in another partition.
    Elsewhere,
    /// The message is one more copy of a row.
    Doubled,
    /// The message belongs to no row.
    Foreign,
}

impl Kind {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Kind; 6] = [
        Kind::Missing,
        Kind::Different,
        Kind::OutOfOrder,
        Kind::Elsewhere,
        Kind::Doubled,
        Kind::Foreign,
    ];
}

/// What rows and messages of gaps are.
const IN_GAPS: [Kind; 3] = [Kind::Missing, Kind::Different, Kind::Foreign];

/// A difference, by the numbers of its row and its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::load::verify) struct Found {
    pub(in crate::load::verify) row: Option<u64>,
    pub(in crate::load::verify) lane: u32,
    pub(in crate::load::verify) offset: Option<u64>,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::load::verify) struct Findings {
    /// Rows with an equal message in their partition and in the order of their key.
    pub(in crate::load::verify) equal: u64,
    counts: [u64; Kind::ALL.len()],
    shown: [Vec<Found>; Kind::ALL.len()],
    most: usize,
    /// Those whose rows and messages may be paired in another way, if one of them is shown.
    gaps: Vec<Gap>,
}

impl Findings {
    pub(super) fn new(equal: u64, most: usize) -> Findings {
        Findings {
            equal,
            most,
            ..Findings::default()
        }
    }

    pub(in crate::load::verify) fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    /// The first of a kind.
    pub(in crate::load::verify) fn first(&self, kind: Kind) -> &[Found] {
        &self.shown[kind as usize]
    }

    pub(super) fn add(&mut self, kind: Kind, found: Found) {
        self.counts[kind as usize] += 1;
        self.show(kind, found);
    }

    fn show(&mut self, kind: Kind, found: Found) {
        let (shown, most) = (&mut self.shown[kind as usize], self.most);
        shown.push(found);
        if shown.len() > 4 * most + 64 {
            keep_first(shown, most);
        }
    }

    /// Takes what `others` found, which then has found nothing.
    pub(super) fn take(&mut self, others: &mut Findings) {
        for kind in Kind::ALL {
            self.counts[kind as usize] += std::mem::take(&mut others.counts[kind as usize]);
            let mut shown = std::mem::take(&mut others.shown[kind as usize]);
            shown.drain(..).for_each(|found| self.show(kind, found));
            others.shown[kind as usize] = shown;
        }
    }

    /// Makes of each row that is different, and of its message, a missing row and a foreign message.
    pub(super) fn separate(&mut self) {
        let different = Kind::Different as usize;
        let count = std::mem::take(&mut self.counts[different]);
        self.counts[Kind::Missing as usize] += count;
        self.counts[Kind::Foreign as usize] += count;
        for found in std::mem::take(&mut self.shown[different]) {
            self.show(
                Kind::Missing,
                Found {
                    offset: None,
                    ..found
                },
            );
            self.show(Kind::Foreign, Found { row: None, ..found });
        }
    }

    /// Remembers a gap whose rows and messages were added by position, if they can be paired in another way.
    pub(super) fn note(&mut self, gap: &Gap) {
        if gap.is_open() {
            self.gaps.push(gap.clone());
            if self.gaps.len() > 4 * self.most + 64 {
                self.drop_gaps();
            }
        }
    }

    /// Drops gaps of which nothing is shown.
    fn drop_gaps(&mut self) {
        let most = self.most;
        self.shown.iter_mut().for_each(|shown| keep_first(shown, most));
        let (mut rows, mut messages) = (HashSet::new(), HashSet::new());
        for found in IN_GAPS.iter().flat_map(|kind| &self.shown[*kind as usize]) {
            rows.extend(found.row);
            messages.extend(found.offset.map(|offset| (found.lane, offset)));
        }
        self.gaps.retain(|gap| {
            gap.rows.iter().any(|row| rows.contains(row))
                || gap
                    .messages
                    .iter()
                    .any(|offset| messages.contains(&(gap.lane, *offset)))
        });
    }

    /// Takes out the gaps of which something is shown. What is shown of them is forgotten until they are settled.
    pub(in crate::load::verify) fn take_gaps(&mut self) -> Vec<Gap> {
        self.drop_gaps();
        let gaps = std::mem::take(&mut self.gaps);
        let rows: HashSet<u64> = gaps.iter().flat_map(|gap| &gap.rows).copied().collect();
        let messages = gaps
            .iter()
            .flat_map(|gap| gap.messages.iter().map(|offset| (gap.lane, *offset)));
        let messages: HashSet<(u32, u64)> = messages.collect();
        for kind in IN_GAPS {
            self.shown[kind as usize].retain(|found| {
                let is_row = found.row.is_some_and(|row| rows.contains(&row));
                let offset = found.offset.map(|offset| (found.lane, offset));
                !is_row && !offset.is_some_and(|offset| messages.contains(&offset))
            });
        }
        gaps
    }

    /// Shows the rows and messages of a gap, paired by their indexes. It does not change how many there are of each kind.
    pub(in crate::load::verify) fn settle(&mut self, gap: &Gap, pairs: &[(usize, usize)]) {
        for (row, message) in pairs {
            self.show(Kind::Different, gap.found(Some(*row), Some(*message)));
        }
        for row in 0..gap.rows.len() {
            if pairs.iter().all(|(paired, _)| *paired != row) {
                self.show(Kind::Missing, gap.found(Some(row), None));
            }
        }
        for message in 0..gap.messages.len() {
            if pairs.iter().all(|(_, paired)| *paired != message) {
                self.show(Kind::Foreign, gap.found(None, Some(message)));
            }
        }
    }

    pub(in crate::load::verify) fn finish(mut self) -> Findings {
        let most = self.most;
        self.shown.iter_mut().for_each(|shown| keep_first(shown, most));
        self
    }
}

fn keep_first(shown: &mut Vec<Found>, most: usize) {
    // Messages without a row come last.
    shown.sort_unstable_by_key(|found| (found.row.is_none(), *found));
    shown.truncate(most);
}
