//! A message, and the batch in which messages of one block come.

use std::num::NonZeroI64;
use std::ops::Range;

/// One message of a batch; its bytes are ranges of the batch's arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The index of its row within its block.
    pub row: u32,
    /// Its partition; -1 leaves the choice to librdkafka.
    pub partition: i32,
    /// Its key, if it has one; any bytes.
    pub key: Option<Range<u32>>,
    /// Its value.
    pub payload: Range<u32>,
    /// Its time in milliseconds since 1970; none is the time at which librdkafka takes it.
    ///
    /// Not 0, because librdkafka takes 0 for none.
    pub timestamp: Option<NonZeroI64>,
}

impl Message {
    /// The message of a row, whose value and key are these ranges of the arena. Its partition is left to librdkafka,
    /// and its time is the one at which it is taken.
    ///
    /// # Panics
    /// A range ends beyond 4 GiB.
    pub fn new(row: u32, value: Range<usize>, key: Option<Range<usize>>) -> Message {
        let in_arena = |range: Range<usize>| {
            let end = u32::try_from(range.end).expect("an arena has less than 4 GiB");
            range.start as u32..end
        };
        Message {
            row,
            partition: -1,
            key: key.map(in_arena),
            payload: in_arena(value),
            timestamp: None,
        }
    }
}

/// Messages of one block, in the order of its rows.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The block's number; it must not get smaller from batch to batch by much, since it indexes a window.
    pub block: u64,
    /// The bytes of all keys, values and headers.
    pub arena: &'a [u8],
    /// The messages.
    pub messages: &'a [Message],
    /// The values of the headers named in [`ProducerSettings::headers`](super::ProducerSettings::headers), in their
    /// order: all of the first message, all of the second, and so on. None is null.
    pub headers: &'a [Option<Range<u32>>],
}

impl<'a> Batch<'a> {
    /// The values of `count` headers that the message at `index` has.
    pub(super) fn headers_of(&self, index: usize, count: usize) -> impl Iterator<Item = Option<&'a [u8]>> {
        let arena = self.arena;
        self.headers[index * count..(index + 1) * count]
            .iter()
            .map(move |range| {
                range
                    .as_ref()
                    .map(|range| &arena[range.start as usize..range.end as usize])
            })
    }
}
