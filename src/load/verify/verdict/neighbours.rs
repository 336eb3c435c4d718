//! Rows without a message, and messages without a row: those between the same neighbours, with the same key, differ.

use super::findings::{Findings, Kind};
use super::gap::Gap;
use super::{check, of_message, of_row, pair_of};
use crate::load::interrupt::Interrupts;
use crate::load::verify::ComparisonError;
use crate::load::verify::record::Record;
use crate::load::verify::sorter::Sorter;

/// Between which neighbours, and of which key: the lane, the number of pairs before, and the key.
type Place = (u32, u64, u64);

fn place(record: &Record) -> Place {
    (record.lane, record.gap, record.key)
}

/// Rows and messages, by their place.
pub(super) struct Neighbours {
    pub(super) rows: Sorter<(Place, u64)>,
    pub(super) messages: Sorter<(Place, u64)>,
}

impl Neighbours {
    pub(super) fn new(room: usize) -> Neighbours {
        let sorter = || Sorter::new(room, |record| (place(record), record.at));
        Neighbours {
            rows: sorter(),
            messages: sorter(),
        }
    }

    /// Compares the rows of each place with its messages, in their order; `pairs` has the number of those of each lane.
    pub(super) fn compare(
        self,
        pairs: &[u64],
        most: usize,
        interrupts: &Interrupts,
        findings: &mut Findings,
    ) -> Result<(), ComparisonError> {
        let (mut rows, mut messages) = (self.rows.sorted()?, self.messages.sorted()?);
        let (mut of_place, mut gap) = (Findings::new(0, most), Gap::default());
        loop {
            let (row, message) = (rows.peek().map(place), messages.peek().map(place));
            let Some(here) = row.into_iter().chain(message).min() else {
                return Ok(());
            };
            let (lane, ..) = here;
            gap.begin(lane);
            let is_here = |record: &Record| place(record) == here;
            loop {
                check(interrupts)?;
                let (row, message) = (rows.next_if(is_here)?, messages.next_if(is_here)?);
                gap.put(row.map(|row| row.at), message.map(|message| message.at));
                match (row, message) {
                    (Some(row), Some(message)) => of_place.add(Kind::Different, pair_of(&row, &message)),
                    (Some(row), None) => of_place.add(Kind::Missing, of_row(&row)),
                    (None, Some(message)) => of_place.add(Kind::Foreign, of_message(&message)),
                    (None, None) => break,
                }
            }
            let is_uneven = of_place.count(Kind::Missing) + of_place.count(Kind::Foreign) > 0;
            let is_related = pairs[lane as usize] > 0;
            if !is_related && is_uneven {
                // Nothing is equal in the whole lane: the messages have nothing to do with the rows.
                of_place.separate();
            }
            findings.take(&mut of_place);
            if is_related {
                findings.note(&gap);
            }
        }
    }
}
