//! What was found: how much of each kind, and the first of each.

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

    pub(super) fn finish(mut self) -> Findings {
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
