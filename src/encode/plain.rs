//! Plain messages: those that have nothing besides a flat value, the text of one of its strings as the key, and headers
//! that are the same for all rows of a file.
//!
//! Most runs send such messages only. What they need is known for the whole run, so the row loop asks nothing about a
//! message that has the same answer for all of them. Whatever is not common in a row is left to the general code, as in
//! [`flat`](super::flat).

use std::ops::Range;

use super::encoder::RowEncoder;
use super::header::{HeaderPlan, HeaderValue};
use super::key::KeyPlan;
use super::message_plan::MessagePlan;
use crate::record::Delimiters;
use crate::record::csv::split_bare;

/// A plan whose messages are plain.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainPlan {
    /// The step of the value's plan that writes the string which is the key; none without a key.
    key: Option<usize>,
}

impl PlainPlan {
    /// None if the messages of `plan` can have anything else.
    pub(super) fn of(plan: &MessagePlan) -> Option<PlainPlan> {
        let MessagePlan {
            value,
            key,
            headers,
            timestamp,
            recorded,
            partition,
            topic,
            tombstone,
            envelope,
            derivation,
            takes_known_lines: _,
            plain: _,
        } = plan;
        let has_more = timestamp.is_some()
            || recorded.is_some()
            || partition.is_some()
            || topic.is_some()
            || tombstone.is_some()
            || envelope.is_some()
            || derivation.is_some();
        let are_shared =
            |header: &HeaderPlan| matches!(header.value, HeaderValue::Constant(_) | HeaderValue::File);
        if has_more || !headers.iter().all(are_shared) {
            return None;
        }
        let flat = value.flat.as_ref()?;
        let key = match key {
            KeyPlan::None => None,
            KeyPlan::Text(text) => Some(flat.string_step(text.field()?)?),
            KeyPlan::Mapped { .. } | KeyPlan::Avro { .. } => return None,
        };
        Some(PlainPlan { key })
    }
}

#[cfg(test)]
impl MessagePlan {
    /// The same plan, whose messages take the way of all others.
    pub(crate) fn without_plain(self) -> MessagePlan {
        MessagePlan { plain: None, ..self }
    }
}

/// A row that became a plain message.
#[derive(Debug)]
pub(crate) struct PlainRow {
    /// Its length without its terminator.
    pub(crate) content: usize,
    /// Its length with its terminator.
    pub(crate) next: usize,
    /// The message's value, a range of the output.
    pub(crate) value: Range<usize>,
    /// The message's key, which lies within the value.
    pub(crate) key: Option<Range<usize>>,
}

impl RowEncoder {
    /// Whether messages are plain.
    pub(crate) fn is_plain(&self) -> bool {
        self.plan.plain.is_some()
    }

    /// Whether they have a key.
    pub(crate) fn has_plain_key(&self) -> bool {
        self.plan.plain.is_some_and(|plain| plain.key.is_some())
    }

    /// Appends the message of the row of CSV that `text` starts with; none if the row is uncommon, and `out` is then
    /// unchanged. `text` is UTF-8 and ends with the end of a row.
    #[inline(always)]
    pub(crate) fn encode_plain_cells(
        &mut self,
        delimiters: Delimiters,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<PlainRow> {
        let plain = self.plan.plain?;
        let plan = &self.plan.value;
        let columns = plan.columns?;
        if self.cell_ends.len() != columns + 1 {
            self.cell_ends.resize(columns + 1, 0);
        }
        let (content, next) = split_bare(delimiters, text, &mut self.cell_ends)?;
        let start = out.len();
        let row = (text, content);
        let key = self
            .value
            .put_bare_cells(plan, row, &self.cell_ends, plain.key, out)?;
        plain.row((content, next), start, key, out)
    }

    /// Appends the message of the line of JSON that `text` starts with; none if the line is uncommon, and `out` is then
    /// unchanged. `text` is UTF-8.
    #[inline(always)]
    pub(crate) fn encode_plain_line(&mut self, text: &[u8], out: &mut Vec<u8>) -> Option<PlainRow> {
        let plain = self.plan.plain?;
        let plan = &self.plan.value;
        let start = out.len();
        let (lengths, key) = self.value.put_bare_line(plan, text, plain.key, out)?;
        plain.row(lengths, start, key, out)
    }
}

impl PlainPlan {
    /// The row whose message was appended after `start`, with its lengths and the text of its key; none if that is empty,
    /// and `out` has then what it had before.
    #[inline(always)]
    fn row(
        self,
        (content, next): (usize, usize),
        start: usize,
        key: Range<usize>,
        out: &mut Vec<u8>,
    ) -> Option<PlainRow> {
        if self.key.is_some() && key.is_empty() {
            out.truncate(start);
            return None;
        }
        Some(PlainRow {
            content,
            next,
            value: start..out.len(),
            key: self.key.is_some().then_some(key),
        })
    }
}
