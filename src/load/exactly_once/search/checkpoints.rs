//! The partition of the checkpoints, and its readers.

use crate::load::exactly_once::protocol::{Attempt, Checkpoint, Seen};

/// How many processes there are at the same time.
pub(super) const SLOTS: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Entry {
    /// A checkpoint in a transaction without a control marker.
    Open(Checkpoint<u8>),
    Committed(Checkpoint<u8>),
    /// A record in an open transaction of another load.
    Foreign,
}

/// The log, without the entries that no reader returns: those of aborted transactions, and those of another load once
/// its transaction has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Checkpoints {
    entries: Vec<Entry>,
    /// The high watermark that each process has taken as the end of its reading.
    ends: [Option<usize>; SLOTS],
}

impl Checkpoints {
    pub(super) fn append(&mut self, checkpoint: Checkpoint<u8>) {
        self.entries.push(Entry::Open(checkpoint));
    }

    /// Another load writes a checkpoint of its own, and does not commit yet.
    pub(super) fn hide(&mut self) {
        self.entries.push(Entry::Foreign);
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.entries.contains(&Entry::Foreign)
    }

    /// The other load's transaction ends.
    pub(super) fn reveal(&mut self) {
        self.remove(|entry| *entry == Entry::Foreign);
    }

    pub(super) fn mark_committed(&mut self) {
        for entry in &mut self.entries {
            if let Entry::Open(checkpoint) = entry {
                *entry = Entry::Committed(checkpoint.clone());
            }
        }
    }

    pub(super) fn mark_aborted(&mut self) {
        self.remove(|entry| matches!(entry, Entry::Open(_)));
    }

    pub(super) fn begin_reading(&mut self, slot: usize) {
        self.ends[slot] = Some(self.entries.len());
    }

    pub(super) fn stop_reading(&mut self, slot: usize) {
        self.ends[slot] = None;
    }

    /// The second process becomes the first one.
    pub(super) fn move_reader(&mut self) {
        self.ends[0] = self.ends[1].take();
    }

    /// Whether a read_committed reader gets to the high watermark that it has taken.
    pub(super) fn reaches_end(&self, slot: usize) -> bool {
        self.ends[slot].is_some_and(|end| end <= self.last_stable_offset())
    }

    /// What the reader finds up to the high watermark that it has taken.
    pub(super) fn seen(&self, slot: usize, attempted: Option<&Checkpoint<u8>>) -> Seen<u8> {
        self.seen_before(self.ends[slot].unwrap_or(0), attempted)
    }

    /// What a reader finds that returns everything it gets.
    pub(super) fn seen_now(&self, attempted: Option<&Checkpoint<u8>>) -> Seen<u8> {
        self.seen_before(self.last_stable_offset(), attempted)
    }

    fn seen_before(&self, end: usize, attempted: Option<&Checkpoint<u8>>) -> Seen<u8> {
        let mut committed = self.entries[..end].iter().filter_map(|entry| match entry {
            Entry::Committed(checkpoint) => Some(checkpoint),
            Entry::Open(_) | Entry::Foreign => None,
        });
        Seen {
            last: committed.clone().next_back().cloned(),
            attempt: match committed.find(|checkpoint| is_numbered(checkpoint, attempted)) {
                Some(found) if Some(found) == attempted => Attempt::Committed,
                Some(_) => Attempt::Replaced,
                None => Attempt::NotFound,
            },
        }
    }

    fn last_stable_offset(&self) -> usize {
        let is_open = |entry: &Entry| !matches!(entry, Entry::Committed(_));
        self.entries
            .iter()
            .position(is_open)
            .unwrap_or(self.entries.len())
    }

    /// The last checkpoint, committed or about to be committed.
    pub(super) fn last(&self, with_open: bool) -> Option<&Checkpoint<u8>> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Committed(checkpoint) => Some(checkpoint),
            Entry::Open(checkpoint) if with_open => Some(checkpoint),
            Entry::Open(_) | Entry::Foreign => None,
        })
    }

    /// The log cleaner removes each committed checkpoint that is followed by another one. A reader that has not found it
    /// yet gets the one that is left, perhaps after the end that it has taken.
    pub(super) fn compact(&mut self, is_later_kept: bool) {
        let Some(left) = self.last_stable_offset().checked_sub(1) else {
            return;
        };
        for end in self.ends.iter_mut().flatten() {
            if is_later_kept && *end > 0 {
                *end = left.max(*end - 1) + 1;
            }
        }
        (0..left).rev().for_each(|number| self.remove_at(number));
    }

    /// Removes checkpoints that no reader can tell from removed ones: another one follows for each of them, and no run
    /// looks for them, unlike those in `attempted`.
    pub(super) fn simplify(&mut self, attempted: &[&Checkpoint<u8>]) {
        for number in (1..self.entries.len()).rev() {
            if let [Entry::Committed(earlier), Entry::Committed(_)] = &self.entries[number - 1..=number]
                && !self.ends.contains(&Some(number))
                && !attempted
                    .iter()
                    .any(|attempted| is_numbered(earlier, Some(*attempted)))
            {
                self.remove_at(number - 1);
            }
        }
    }

    fn remove(&mut self, is_removed: impl Fn(&Entry) -> bool) {
        for number in (0..self.entries.len()).rev() {
            if is_removed(&self.entries[number]) {
                self.remove_at(number);
            }
        }
    }

    fn remove_at(&mut self, number: usize) {
        self.entries.remove(number);
        for end in self.ends.iter_mut().flatten() {
            *end -= usize::from(*end > number);
        }
    }
}

/// Whether a checkpoint has the number of the attempted one.
fn is_numbered(checkpoint: &Checkpoint<u8>, attempted: Option<&Checkpoint<u8>>) -> bool {
    attempted.is_some_and(|attempted| attempted.number == checkpoint.number)
}
