//! Rows and messages that are left over -> pairs with equal content, and what has no counterpart.

use std::collections::HashMap;
use std::io;

use super::findings::{Findings, Kind};
use super::neighbours::Neighbours;
use super::order::{self, IN_STEP, MOVED, MOVED_ANYWHERE, place};
use super::{ANY_LANE, EXPECTED, FOUND, NO_KEY, check, of_row, pair_of};
use crate::load::interrupt::Interrupts;
use crate::load::verify::ComparisonError;
use crate::load::verify::filter::{Filter, Rows};
use crate::load::verify::lane::{Side, Skipped, Unit};
use crate::load::verify::record::{ROOM, Record, Tape};
use crate::load::verify::sorter::{Sorted, Sorter};

/// What rows and messages that are joined have in common, the hash of their content, and then their lane and place.
type ByContent = (u128, u32, u64);

/// Everything that is left over after the partitions were compared.
pub(in crate::load::verify) struct LeftOver {
    rows: Sorter<ByContent>,
    messages: Sorter<ByContent>,
    /// The rows among them that have a lane.
    of_lanes: Rows,
    /// The most records of each step in memory.
    room: usize,
}

impl Default for LeftOver {
    fn default() -> LeftOver {
        LeftOver::with_room_for(ROOM)
    }
}

impl LeftOver {
    pub(super) fn with_room_for(room: usize) -> LeftOver {
        let sorter = || Sorter::new(room, |record| (record.hash, record.lane, record.at));
        LeftOver {
            rows: sorter(),
            messages: sorter(),
            of_lanes: Rows::default(),
            room,
        }
    }

    /// # Errors
    /// A temporary file cannot be written.
    pub(in crate::load::verify) fn add(&mut self, lane: u32, skipped: Skipped) -> io::Result<()> {
        let (side, kind) = match skipped.side {
            Side::Found => (&mut self.messages, FOUND),
            Side::Expected => {
                if lane != ANY_LANE {
                    self.of_lanes.insert(skipped.unit.at);
                }
                (&mut self.rows, EXPECTED)
            }
        };
        side.push(Record {
            hash: skipped.unit.hash,
            key: skipped.unit.key,
            gap: skipped.gap,
            at: skipped.unit.at,
            content: skipped.unit.hash as u64,
            lane,
            kind,
        })
    }

    /// Joins rows and messages by their content.
    ///
    /// # Errors
    /// A temporary file cannot be read or written, or a signal has arrived.
    pub(in crate::load::verify) fn join(
        self,
        pairs: Vec<u64>,
        most: usize,
        interrupts: &Interrupts,
    ) -> Result<Joined, ComparisonError> {
        let lanes = pairs.len();
        let (of_rows, found) = (self.rows.len(), self.messages.len());
        let mut joined = Joined {
            findings: Findings::new(pairs.iter().sum(), most),
            most,
            room: self.room,
            pairs,
            moved: Tape::new(self.room),
            marks: Filter::for_numbers(4 * of_rows.min(found)),
            alike: Filter::for_numbers(of_rows.min(found) / 4),
            epochs: vec![0; lanes],
            last_epochs: HashMap::new(),
            extra: Sorter::new(self.room, |record| {
                (record.hash, record.kind, record.lane, record.at)
            }),
            extra_hashes: Filter::for_numbers(found),
            alone: Neighbours::new(self.room),
            of_lanes: self.of_lanes,
            in_step: vec![0; lanes],
        };
        let mut sides = Sides {
            rows: self.rows.sorted()?,
            messages: self.messages.sorted()?,
            rest_of_rows: Tape::new(self.room),
            rest_of_messages: Tape::new(self.room),
        };
        while let Some(hash) = sides.next_hash() {
            joined.pair(hash, &mut sides, interrupts)?;
        }
        Ok(joined)
    }
}

/// Rows and messages, sorted by content, lane and place.
struct Sides {
    rows: Sorted<ByContent>,
    messages: Sorted<ByContent>,
    /// Those of one content without a counterpart in their lane.
    rest_of_rows: Tape,
    rest_of_messages: Tape,
}

impl Sides {
    fn next_hash(&self) -> Option<u128> {
        let both = [self.rows.peek(), self.messages.peek()];
        both.into_iter().flatten().map(|record| record.hash).min()
    }
}

/// Rows and messages after those with equal content were joined.
pub(in crate::load::verify) struct Joined {
    findings: Findings,
    /// The most of each kind that are shown.
    most: usize,
    room: usize,
    /// The pairs in step of each lane.
    pairs: Vec<u64>,
    /// Pairs that were not in step. In such a record `hash` is the place of the message, `gap` and `at` that of the row.
    moved: Tape,
    /// The keys, the contents and the gaps of these pairs.
    marks: Filter,
    /// Their contents that rows in step have too.
    alike: Filter,
    /// Messages without a row, and rows that may be equal to one of them.
    extra: Sorter<(u128, u32, u32, u64)>,
    extra_hashes: Filter,
    /// Rows without a message, and later messages without a row.
    alone: Neighbours,
    of_lanes: Rows,
    /// Those that were seen again so far.
    in_step: Vec<u64>,
    /// The stretch of each lane without a gap of a moved pair, and for each key the last stretch with a row that is kept:
    /// one row of each is enough to know whether a pair was moved across it.
    epochs: Vec<u64>,
    last_epochs: HashMap<u64, u64>,
}

/// Keys whose last stretch is remembered. If there are more, more rows than necessary are kept.
const REMEMBERED_KEYS: usize = 400_000;

impl Joined {
    /// Pairs rows and messages with the same content: within a partition in their order, and the others wherever they are.
    fn pair(
        &mut self,
        hash: u128,
        sides: &mut Sides,
        interrupts: &Interrupts,
    ) -> Result<(), ComparisonError> {
        let Sides {
            rows,
            messages,
            rest_of_rows,
            rest_of_messages,
        } = sides;
        let is_equal = |record: &Record| record.hash == hash;
        loop {
            check(interrupts)?;
            let row = rows.peek().filter(|row| is_equal(row)).map(|row| row.lane);
            let message = messages.peek().filter(|message| is_equal(message));
            match (row, message.map(|message| message.lane)) {
                (None, None) => break,
                (Some(one), Some(other)) if one == other => {
                    if let (Some(row), Some(message)) = (rows.next()?, messages.next()?) {
                        self.moved(&row, &message, MOVED)?;
                    }
                }
                (Some(one), Some(other)) if one > other => push_next(rest_of_messages, messages)?,
                (Some(_), _) => push_next(rest_of_rows, rows)?,
                (None, Some(_)) => push_next(rest_of_messages, messages)?,
            }
        }
        self.pair_rest(rest_of_rows, rest_of_messages, interrupts)?;
        rest_of_rows.clear();
        rest_of_messages.clear();
        Ok(())
    }

    /// Pairs those of one content that have no counterpart in their lane.
    fn pair_rest(
        &mut self,
        rows: &Tape,
        messages: &Tape,
        interrupts: &Interrupts,
    ) -> Result<(), ComparisonError> {
        let pairs = rows.len().min(messages.len());
        let (mut rows_read, mut messages_read) = (rows.reader(), messages.reader());
        for index in 0..rows.len() {
            check(interrupts)?;
            let row = rows_read.get(index)?;
            // Rows of any lane are the last ones.
            match (index < pairs, row.lane) {
                (true, ANY_LANE) => self.moved(&row, &messages_read.get(index)?, MOVED_ANYWHERE)?,
                (true, _) => {
                    let message = messages_read.get(index)?;
                    self.findings.add(Kind::Elsewhere, pair_of(&row, &message));
                }
                (false, ANY_LANE) => self.findings.add(Kind::Missing, of_row(&row)),
                (false, _) => self.alone.rows.push(row)?,
            }
        }
        for index in pairs..messages.len() {
            check(interrupts)?;
            let message = messages_read.get(index)?;
            self.extra_hashes.add(message.hash as u64);
            self.extra.push(message)?;
        }
        Ok(())
    }

    fn moved(&mut self, row: &Record, message: &Record, kind: u32) -> io::Result<()> {
        if row.key == NO_KEY {
            self.findings.equal += 1;
            return Ok(());
        }
        if kind == MOVED {
            self.marks.add(mark(Mark::Key, row.lane, row.key));
            self.marks.add(mark(Mark::Content, row.lane, row.content));
            self.marks.add(mark(Mark::Gap, row.lane, row.gap));
            self.marks.add(mark(Mark::Gap, row.lane, message.gap));
        }
        self.moved.push(Record {
            hash: place(message.gap, message.at),
            lane: message.lane,
            kind,
            ..*row
        })
    }

    /// Whether every row must be shown again to [`Joined::see`].
    pub(in crate::load::verify) fn needs_rows(&self) -> bool {
        self.moved.len() + self.extra.len() > 0
    }

    /// Looks at a row once more, in the order of the rows.
    ///
    /// # Errors
    /// A temporary file cannot be written.
    #[inline]
    pub(in crate::load::verify) fn see(&mut self, lane: u32, unit: Unit) -> io::Result<()> {
        if self.extra_hashes.may_have(unit.hash as u64) {
            self.extra.push(Record {
                hash: unit.hash,
                key: unit.key,
                gap: 0,
                at: unit.at,
                content: 0,
                lane,
                kind: EXPECTED,
            })?;
        }
        if lane == ANY_LANE || self.of_lanes.contains(unit.at) {
            return Ok(());
        }
        let number = self.in_step[lane as usize];
        self.in_step[lane as usize] += 1;
        if self.marks.may_have(mark(Mark::Gap, lane, number)) {
            self.epochs[lane as usize] += 1;
        }
        if unit.key == NO_KEY || !self.marks.may_have(mark(Mark::Key, lane, unit.key)) {
            return Ok(());
        }
        // A row with the content of a moved one may be its counterpart as well, so its place is a gap too.
        let is_alike = self.marks.may_have(mark(Mark::Content, lane, unit.hash as u64));
        if is_alike {
            self.alike.add(unit.hash as u64);
            self.epochs[lane as usize] += 1;
        }
        if !self.is_first_of_epoch(lane, unit.key) {
            return Ok(());
        }
        self.epochs[lane as usize] += u64::from(is_alike);
        self.moved.push(Record {
            hash: place(number, u64::MAX),
            key: unit.key,
            gap: number,
            at: u64::MAX,
            content: unit.hash as u64,
            lane,
            kind: IN_STEP,
        })
    }

    fn is_first_of_epoch(&mut self, lane: u32, key: u64) -> bool {
        if self.last_epochs.len() > REMEMBERED_KEYS {
            self.last_epochs.clear();
        }
        let epoch = self.epochs[lane as usize];
        self.last_epochs.insert(mark(Mark::Key, lane, key), epoch) != Some(epoch)
    }

    /// What is different, after all rows were seen if they are needed.
    ///
    /// # Errors
    /// A temporary file cannot be read or written, or a signal has arrived.
    pub(in crate::load::verify) fn finish(
        self,
        interrupts: &Interrupts,
    ) -> Result<Findings, ComparisonError> {
        let Joined {
            mut findings,
            most,
            room,
            pairs,
            moved,
            alike,
            extra,
            mut alone,
            ..
        } = self;
        copies(extra, interrupts, &mut findings, &mut alone)?;
        order::compare(moved, &alike, room, interrupts, &mut findings)?;
        drop(alike);
        alone.compare(&pairs, most, interrupts, &mut findings)?;
        Ok(findings.finish())
    }
}

fn push_next(rest: &mut Tape, records: &mut Sorted<ByContent>) -> io::Result<()> {
    match records.next()? {
        Some(record) => rest.push(record),
        None => Ok(()),
    }
}

/// Messages without a row are copies of rows, or stand alone. Of each content, the rows come first.
fn copies(
    extra: Sorter<(u128, u32, u32, u64)>,
    interrupts: &Interrupts,
    findings: &mut Findings,
    alone: &mut Neighbours,
) -> Result<(), ComparisonError> {
    let mut extra = extra.sorted()?;
    let mut row: Option<Record> = None;
    while let Some(record) = extra.next()? {
        check(interrupts)?;
        row = row.filter(|row| row.hash == record.hash);
        match (record.kind, &row) {
            (EXPECTED, _) => row = row.or(Some(record)),
            (_, Some(row)) => findings.add(Kind::Doubled, pair_of(row, &record)),
            (_, None) => alone.messages.push(record)?,
        }
    }
    Ok(())
}

/// What a number in the filter of moved pairs is.
#[derive(Clone, Copy)]
enum Mark {
    Key,
    Content,
    Gap,
}

fn mark(what: Mark, lane: u32, number: u64) -> u64 {
    let salt = (what as u64 + 1) | (u64::from(lane) << 8);
    (number ^ salt.wrapping_mul(0xa076_1d64_78bd_642f)).wrapping_mul(0xe703_7ed1_a0b4_28db)
}
