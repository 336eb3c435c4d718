//! The values around the rows, and the rows that wait for one that may still follow.
//!
//! A row is complete when each value that it needs was found, or the object that would contain it has ended. Until then
//! it waits, and so do the rows after it. What waits is limited, so a long array needs its values before its rows.

use std::collections::VecDeque;
use std::sync::Arc;

use super::FoundRows;
use crate::record::{Document, EnclosingStep, JsonShape, Origin};

/// The values around the rows.
#[derive(Debug)]
pub(super) struct Around {
    shape: Arc<JsonShape>,
    /// Those at the current place, as [`JsonShape::members`] lists them.
    members: Vec<Option<Vec<u8>>>,
    waiting: VecDeque<WaitingRow>,
    waiting_bytes: usize,
    max_waiting_bytes: usize,
}

/// A row that waits for a value around it.
#[derive(Debug)]
pub(super) struct WaitingRow {
    origin: Origin,
    keys: Vec<Vec<u8>>,
    row: Vec<u8>,
    is_itself: bool,
    members: Vec<Option<Vec<u8>>>,
    /// The values at this level of the path and below have ended. It is not lower than that of the rows before.
    ended: usize,
}

impl WaitingRow {
    pub(super) fn new(origin: Origin, keys: &[Vec<u8>], row: &[u8], is_itself: bool) -> WaitingRow {
        WaitingRow {
            origin,
            keys: keys.to_vec(),
            row: row.to_vec(),
            is_itself,
            members: Vec::new(),
            ended: usize::MAX,
        }
    }
}

impl Around {
    pub(super) fn new(shape: Arc<JsonShape>, max_waiting_bytes: usize) -> Around {
        Around {
            members: vec![None; shape.members().len()],
            shape,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            max_waiting_bytes,
        }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.members.fill(None);
        self.waiting.clear();
        self.waiting_bytes = 0;
    }

    /// Whether everything that the next row needs is known, and no row waits.
    pub(super) fn is_known(&self) -> bool {
        self.waiting.is_empty() && self.members.iter().all(Option::is_some)
    }

    pub(super) fn members(&self) -> &[Option<Vec<u8>>] {
        &self.members
    }

    /// Keeps a row until it is complete.
    ///
    /// # Errors
    /// The rows that wait are too long; the name of what they wait for.
    pub(super) fn wait(&mut self, mut row: WaitingRow) -> Result<(), String> {
        row.members.clone_from(&self.members);
        self.waiting_bytes += row.row.len();
        if self.waiting_bytes > self.max_waiting_bytes {
            let absent = |(member, value): (_, &Option<_>)| value.is_none().then_some(member);
            let first = self.waiting.front().unwrap_or(&row);
            let mut missing = self.shape.members().iter().zip(&first.members).filter_map(absent);
            return Err(match missing.next().map(|member| &member.step) {
                Some(EnclosingStep::Name(name)) => name.clone(),
                Some(EnclosingStep::Index(index)) => format!("[{index}]"),
                None => unreachable!("a row waits for a value"),
            });
        }
        self.waiting.push_back(row);
        Ok(())
    }

    /// The value with this index was found.
    pub(super) fn found(&mut self, index: usize, value: &[u8], rows: &mut FoundRows) {
        let level = self.shape.members()[index].level;
        for row in self.waiting.iter_mut().rev().take_while(|row| level < row.ended) {
            row.members[index].get_or_insert_with(|| value.to_vec());
        }
        let member = &mut self.members[index];
        match member {
            Some(known) => {
                known.clear();
                known.extend_from_slice(value);
            }
            None => *member = Some(value.to_vec()),
        }
        self.release(rows);
    }

    /// The value at this level of the path has ended.
    pub(super) fn end_of_level(&mut self, level: usize, rows: &mut FoundRows) {
        for (member, value) in self.shape.members().iter().zip(&mut self.members) {
            if member.level >= level {
                *value = None;
            }
        }
        for row in self.waiting.iter_mut().rev().take_while(|row| level < row.ended) {
            row.ended = level;
        }
        self.release(rows);
    }

    /// Adds the complete rows at the front to `rows`.
    fn release(&mut self, rows: &mut FoundRows) {
        while let Some(row) = self.waiting.front() {
            let mut members = self.shape.members().iter().zip(&row.members);
            if members.any(|(member, value)| value.is_none() && member.level < row.ended) {
                return;
            }
            let document = Document {
                keys: &row.keys,
                members: &row.members,
                row: &row.row,
                is_itself: row.is_itself,
            };
            document.append_to(&mut rows.bytes, &self.shape);
            rows.origins.push(row.origin);
            self.waiting_bytes -= row.row.len();
            self.waiting.pop_front();
        }
    }
}
