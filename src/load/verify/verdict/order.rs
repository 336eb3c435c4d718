//! Pairs of equal rows and messages that are not in step -> which of them changed the order of their key.

use super::check;
use super::findings::{Findings, Found, Kind};
use crate::load::interrupt::Interrupts;
use crate::load::verify::ComparisonError;
use crate::load::verify::filter::Filter;
use crate::load::verify::record::{Record, Tape};
use crate::load::verify::sorter::Sorter;

/// A pair of which row and message are in the same lane.
pub(super) const MOVED: u32 = 0;
/// A row in step, which others may have passed.
pub(super) const IN_STEP: u32 = 1;
/// A pair whose row may be in any lane.
pub(super) const MOVED_ANYWHERE: u32 = 2;
/// A row in step of which the first message with its content is another one.
const CHANGED: u32 = 3;

/// Pairs whose order is compared: the key, the lane, and whether rows may be in any lane.
type Group = (u64, u32, bool);
/// The place of a row: after so many pairs in step, and then by its number.
type RowPlace = (u64, u64);

fn group(record: &Record) -> Group {
    (record.key, record.lane, record.kind == MOVED_ANYWHERE)
}

fn row_place(record: &Record) -> RowPlace {
    (record.gap, record.at)
}

/// A place among the messages of a lane: after so many pairs in step, and then by its offset.
pub(super) fn place(gap: u64, at: u64) -> u128 {
    (u128::from(gap) << 64) | u128::from(at)
}

/// Finds out which pairs of a key are in another order. In their records, `hash` is the place of the message, `gap` and `at`
/// that of the row; `alike` has the contents that rows in step have in common with moved pairs.
///
/// A pair has changed its order if one before it has a later message, or one after it an earlier message. What is before is
/// known when the pairs are read in the order of their rows, what is after when they are read backwards.
pub(super) fn compare(
    moved: Tape,
    alike: &Filter,
    room: usize,
    interrupts: &Interrupts,
    findings: &mut Findings,
) -> Result<(), ComparisonError> {
    let passed = passed_by_earlier(moved, alike, room, interrupts)?;
    let mut pairs = passed.reader();
    let (mut last, mut earliest) = (None, u128::MAX);
    for index in (0..passed.len()).rev() {
        check(interrupts)?;
        let pair = pairs.get(index)?;
        if last.replace(group(&pair)) != Some(group(&pair)) {
            earliest = u128::MAX;
        }
        let is_moved = pair.content == PASSED || earliest < pair.hash;
        earliest = earliest.min(pair.hash);
        match (pair.kind, is_moved) {
            // Those that remained in step are in order among themselves.
            (IN_STEP, _) | (CHANGED, false) => {}
            (_, false) => findings.equal += 1,
            (kind, true) => {
                findings.equal -= u64::from(kind == CHANGED);
                findings.add(Kind::OutOfOrder, of_pair(&pair));
            }
        }
    }
    Ok(())
}

/// The `content` of a pair that has a later message than one before it.
const PASSED: u64 = 1;
const NOT_PASSED: u64 = 0;

/// The pairs in the order of their rows; `content` is whether one before has a later message.
fn passed_by_earlier(
    moved: Tape,
    alike: &Filter,
    room: usize,
    interrupts: &Interrupts,
) -> Result<Tape, ComparisonError> {
    let mut pairs = in_order(moved, alike, room, interrupts)?.sorted()?;
    let mut passed = Tape::new(room);
    let (mut last, mut latest) = (None, 0);
    while let Some(pair) = pairs.next()? {
        check(interrupts)?;
        if last.replace(group(&pair)) != Some(group(&pair)) {
            latest = 0;
        }
        passed.push(Record {
            content: match latest > pair.hash {
                true => PASSED,
                false => NOT_PASSED,
            },
            ..pair
        })?;
        latest = latest.max(pair.hash);
    }
    Ok(passed)
}

/// The pairs by the places of their rows.
///
/// Rows with the same content are interchangeable, so among them the first row belongs to the first message. That is how
/// moved pairs were made; only where a row in step has the content of one of them, there is something to exchange.
fn in_order(
    moved: Tape,
    alike: &Filter,
    room: usize,
    interrupts: &Interrupts,
) -> Result<Sorter<(Group, RowPlace)>, ComparisonError> {
    let mut pairs = Sorter::new(room, |pair| (group(pair), row_place(pair)));
    let mut by_row = Sorter::new(room, |pair| (group(pair), pair.content, row_place(pair)));
    let mut by_message = Sorter::new(room, |pair| (group(pair), pair.content, pair.hash));
    let mut reader = moved.reader();
    for index in 0..moved.len() {
        check(interrupts)?;
        let pair = reader.get(index)?;
        match alike.may_have(pair.content) {
            true => {
                by_row.push(pair)?;
                by_message.push(pair)?;
            }
            false => pairs.push(pair)?,
        }
    }
    let (mut by_row, mut by_message) = (by_row.sorted()?, by_message.sorted()?);
    while let (Some(row), Some(message)) = (by_row.next()?, by_message.next()?) {
        check(interrupts)?;
        let kind = match row.kind {
            IN_STEP if row.hash != message.hash => CHANGED,
            kind => kind,
        };
        pairs.push(Record {
            hash: message.hash,
            kind,
            ..row
        })?;
    }
    Ok(pairs)
}

/// The number of a row in step is not known, nor the offset of its message.
fn of_pair(pair: &Record) -> Found {
    let known = |number: u64| Some(number).filter(|number| *number != u64::MAX);
    Found {
        row: known(pair.at),
        lane: pair.lane,
        offset: known(pair.hash as u64),
    }
}
