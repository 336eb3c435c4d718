//! What is left over -> what is different, and how.
//!
//! First everything is joined by its content: a row and a message that are equal are a pair, wherever they are. Only what
//! then remains is missing, foreign, doubled or different. Each step reads one bucket at a time, so the memory does not
//! depend on how much differs.

use std::collections::HashMap;
use std::io;

use super::lane::{Side, Skipped, Unit};
use super::record::{Buckets, Filter, Record, Rows};

/// The lane of rows whose partition is not known: librdkafka chooses it.
pub(super) const ANY_LANE: u32 = u32::MAX;
/// The hash of a null key. Messages without a key have no order.
pub(super) const NO_KEY: u64 = 0;

const EXPECTED: u32 = 0;
const FOUND: u32 = 1;

const MOVED: u32 = 0;
const IN_STEP: u32 = 1;
const MOVED_ANYWHERE: u32 = 2;

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
pub(super) struct Found {
    pub(super) row: Option<u64>,
    pub(super) lane: u32,
    pub(super) offset: Option<u64>,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Rows with an equal message in their partition and in the order of their key.
    pub(super) equal: u64,
    counts: [u64; Kind::ALL.len()],
    shown: [Vec<Found>; Kind::ALL.len()],
    most: usize,
}

impl Findings {
    fn new(equal: u64, most: usize) -> Findings {
        Findings {
            equal,
            most,
            ..Findings::default()
        }
    }

    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    /// The first of a kind.
    pub(super) fn first(&self, kind: Kind) -> &[Found] {
        &self.shown[kind as usize]
    }

    fn add(&mut self, kind: Kind, found: Found) {
        self.counts[kind as usize] += 1;
        let (shown, most) = (&mut self.shown[kind as usize], self.most);
        shown.push(found);
        if shown.len() > 4 * most + 64 {
            keep_first(shown, most);
        }
    }

    fn finish(mut self) -> Findings {
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

/// Everything that is left over after the partitions were compared.
pub(super) struct LeftOver {
    records: Buckets,
    found: u64,
    /// The rows among them that have a lane.
    rows: Rows,
}

impl Default for LeftOver {
    fn default() -> LeftOver {
        LeftOver {
            records: Buckets::new(|record| record.hash as u64),
            found: 0,
            rows: Rows::default(),
        }
    }
}

impl LeftOver {
    /// # Errors
    /// A temporary file cannot be written.
    pub(super) fn add(&mut self, lane: u32, skipped: Skipped) -> io::Result<()> {
        let kind = match skipped.side {
            Side::Found => {
                self.found += 1;
                FOUND
            }
            Side::Expected => {
                if lane != ANY_LANE {
                    self.rows.insert(skipped.unit.at);
                }
                EXPECTED
            }
        };
        self.records.push(Record {
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
    /// A temporary file cannot be read or written.
    pub(super) fn join(self, pairs: Vec<u64>, most: usize) -> io::Result<Joined> {
        let lanes = pairs.len();
        let of_row = self.records.len() - self.found;
        let mut joined = Joined {
            findings: Findings::new(pairs.iter().sum(), most),
            pairs,
            moved: Buckets::new(|record| record.key ^ (u64::from(record.lane) << 32)),
            marks: Filter::for_numbers(4 * of_row.min(self.found)),
            epochs: vec![0; lanes],
            last_epochs: HashMap::new(),
            extra: Buckets::new(|record| record.hash as u64),
            extra_hashes: Filter::for_numbers(self.found),
            places: Buckets::new(|record| {
                record.key ^ record.gap.rotate_left(32) ^ (u64::from(record.lane) << 48)
            }),
            rows: self.rows,
            in_step: vec![0; lanes],
        };
        self.records.each(&mut |mut records| {
            records.sort_unstable_by_key(|record| (record.hash, record.kind, record.lane, record.at));
            for group in records.chunk_by(|one, other| one.hash == other.hash) {
                let (rows, messages) =
                    group.split_at(group.partition_point(|record| record.kind == EXPECTED));
                joined.pair(rows, messages)?;
            }
            Ok(())
        })?;
        Ok(joined)
    }
}

/// Rows and messages after those with equal content were joined.
pub(super) struct Joined {
    findings: Findings,
    /// The pairs in step of each lane.
    pairs: Vec<u64>,
    /// Pairs that were not in step. In such a record `hash` is the place of the message, `gap` and `at` that of the row.
    moved: Buckets,
    /// The keys, the contents and the gaps of these pairs.
    marks: Filter,
    /// Messages without a row.
    extra: Buckets,
    extra_hashes: Filter,
    /// Rows without a message, and later messages without a row, by their place.
    places: Buckets,
    rows: Rows,
    /// Those that were seen again so far.
    in_step: Vec<u64>,
    /// The stretch of each lane without a gap of a moved pair, and for each key the last stretch with a row that is kept:
    /// one row of each is enough to know whether a pair was moved across it.
    epochs: Vec<u64>,
    last_epochs: HashMap<u64, u64>,
}

/// Keys whose last stretch is remembered. If there are more, more rows than necessary are kept.
const REMEMBERED_KEYS: usize = 500_000;

impl Joined {
    /// Pairs rows and messages with the same content, sorted by lane and place: within a partition in their order, and
    /// the others wherever they are.
    fn pair(&mut self, rows: &[Record], messages: &[Record]) -> io::Result<()> {
        let (mut rest_of_rows, mut rest_of_messages) = (Vec::new(), Vec::new());
        let (mut row, mut message) = (0, 0);
        while row < rows.len() || message < messages.len() {
            match (rows.get(row), messages.get(message)) {
                (Some(one), Some(other)) if one.lane == other.lane => {
                    self.moved(one, other, MOVED)?;
                    (row, message) = (row + 1, message + 1);
                }
                (Some(one), Some(other)) if one.lane > other.lane => {
                    rest_of_messages.push(other);
                    message += 1;
                }
                (Some(one), _) => {
                    rest_of_rows.push(one);
                    row += 1;
                }
                (None, Some(other)) => {
                    rest_of_messages.push(other);
                    message += 1;
                }
                (None, None) => break,
            }
        }
        let pairs = rest_of_rows.len().min(rest_of_messages.len());
        // Rows of any lane are the last ones.
        for (row, message) in rest_of_rows.iter().zip(&rest_of_messages) {
            match row.lane {
                ANY_LANE => self.moved(row, message, MOVED_ANYWHERE)?,
                _ => self.findings.add(Kind::Elsewhere, pair_of(row, message)),
            }
        }
        for row in &rest_of_rows[pairs..] {
            match row.lane {
                ANY_LANE => self.findings.add(Kind::Missing, of_row(row)),
                _ => self.places.push(**row)?,
            }
        }
        for message in &rest_of_messages[pairs..] {
            self.extra_hashes.add(message.hash as u64);
            self.extra.push(**message)?;
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
    pub(super) fn needs_rows(&self) -> bool {
        self.moved.len() + self.extra.len() > 0
    }

    /// Looks at a row once more, in the order of the rows.
    ///
    /// # Errors
    /// A temporary file cannot be written.
    #[inline]
    pub(super) fn see(&mut self, lane: u32, unit: Unit) -> io::Result<()> {
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
        if lane == ANY_LANE || self.rows.contains(unit.at) {
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
        self.epochs[lane as usize] += u64::from(is_alike);
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
    /// A temporary file cannot be read or written.
    pub(super) fn finish(self) -> io::Result<Findings> {
        let Joined {
            mut findings,
            pairs: pairs_of_lanes,
            moved,
            extra,
            mut places,
            ..
        } = self;
        extra.each(&mut |mut records| {
            records.sort_unstable_by_key(|record| (record.hash, record.kind, record.lane, record.at));
            for group in records.chunk_by(|one, other| one.hash == other.hash) {
                let (rows, messages) =
                    group.split_at(group.partition_point(|record| record.kind == EXPECTED));
                for message in messages {
                    match rows.first() {
                        Some(row) => findings.add(Kind::Doubled, pair_of(row, message)),
                        None => places.push(*message)?,
                    }
                }
            }
            Ok(())
        })?;
        moved.each(&mut |mut records| {
            let common = |record: &Record| (record.key, record.lane, record.kind == MOVED_ANYWHERE);
            records.sort_unstable_by_key(|record| (common(record), record.gap, record.at));
            for group in records.chunk_by_mut(|one, other| common(one) == common(other)) {
                order(group, &mut findings);
            }
            Ok(())
        })?;
        places.each(&mut |mut records| {
            let common = |record: &Record| (record.lane, record.gap, record.key);
            records.sort_unstable_by_key(|record| (common(record), record.kind, record.at));
            for group in records.chunk_by(|one, other| common(one) == common(other)) {
                let (rows, messages) =
                    group.split_at(group.partition_point(|record| record.kind == EXPECTED));
                let has_neighbours = pairs_of_lanes[group[0].lane as usize] > 0;
                let pairs = match has_neighbours || rows.len() == messages.len() {
                    true => rows.len().min(messages.len()),
                    // The messages have nothing to do with the rows.
                    false => 0,
                };
                for (row, message) in rows[..pairs].iter().zip(messages) {
                    findings.add(Kind::Different, pair_of(row, message));
                }
                rows[pairs..]
                    .iter()
                    .for_each(|row| findings.add(Kind::Missing, of_row(row)));
                for message in &messages[pairs..] {
                    findings.add(Kind::Foreign, of_message(message));
                }
            }
            Ok(())
        })?;
        Ok(findings.finish())
    }
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

/// Finds out which pairs of one key are in another order; they are sorted by the places of their rows.
///
/// Rows with the same content are interchangeable, so among them the first row belongs to the first message.
fn order(pairs: &mut [Record], findings: &mut Findings) {
    let mut rows: Vec<usize> = (0..pairs.len()).collect();
    rows.sort_by_key(|index| pairs[*index].content);
    let mut messages: Vec<(u64, u128)> = pairs.iter().map(|pair| (pair.content, pair.hash)).collect();
    messages.sort_unstable();
    let mut anchors = vec![false; pairs.len()];
    for (index, (_, place)) in rows.into_iter().zip(messages) {
        anchors[index] = pairs[index].kind == IN_STEP && pairs[index].hash == place;
        pairs[index].hash = place;
    }
    // The places of messages: the earliest after each pair, and the latest before it.
    let mut earliest_after = vec![u128::MAX; pairs.len()];
    for index in (1..pairs.len()).rev() {
        earliest_after[index - 1] = earliest_after[index].min(pairs[index].hash);
    }
    let mut latest_before = 0;
    for ((pair, earliest_after), is_anchor) in pairs.iter().zip(earliest_after).zip(anchors) {
        // Pairs that remained in step are in order among themselves.
        if !is_anchor {
            let is_moved = latest_before > pair.hash || earliest_after < pair.hash;
            let number = |number: u64| Some(number).filter(|number| *number != u64::MAX);
            match (is_moved, pair.kind) {
                (true, kind) => {
                    findings.equal -= u64::from(kind == IN_STEP);
                    findings.add(
                        Kind::OutOfOrder,
                        Found {
                            row: number(pair.at),
                            lane: pair.lane,
                            offset: number(pair.hash as u64),
                        },
                    );
                }
                (false, IN_STEP) => {}
                (false, _) => findings.equal += 1,
            }
        }
        latest_before = latest_before.max(pair.hash);
    }
}

/// A place among the messages of a lane: after so many pairs in step, and then by its offset.
fn place(gap: u64, at: u64) -> u128 {
    (u128::from(gap) << 64) | u128::from(at)
}

fn pair_of(row: &Record, message: &Record) -> Found {
    Found {
        row: Some(row.at),
        lane: message.lane,
        offset: Some(message.at),
    }
}

fn of_row(row: &Record) -> Found {
    Found {
        row: Some(row.at),
        lane: row.lane,
        offset: None,
    }
}

fn of_message(message: &Record) -> Found {
    Found {
        row: None,
        lane: message.lane,
        offset: Some(message.at),
    }
}

#[cfg(test)]
mod tests;
