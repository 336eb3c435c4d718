//! A message, and the batch of messages from one block.

use std::num::NonZeroI64;
use std::ops::Range;

/// One message of a batch. Its key and value are ranges of the batch's arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The index of its row within its block.
    pub row: u32,
    /// Its partition; with -1 librdkafka chooses one.
    pub partition: i32,
    /// Its key, if it has one; any bytes.
    pub key: Option<Range<u32>>,
    /// Its value; none if it is null, as that of a tombstone.
    pub payload: Option<Range<u32>>,
    /// Its timestamp in milliseconds since 1970; without one it gets the time when librdkafka takes it.
    ///
    /// Never 0, because librdkafka treats 0 as no timestamp.
    pub timestamp: Option<NonZeroI64>,
}

impl Message {
    /// A message for a row, with these ranges of the arena as value and key. It has no timestamp, and librdkafka
    /// chooses its partition.
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
            payload: Some(in_arena(value)),
            timestamp: None,
        }
    }
}

/// Messages of one block, in the order of its rows.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The block's number. It must never fall far below that of earlier batches, since it indexes a window.
    pub block: u64,
    /// The bytes of all keys, values and headers.
    pub arena: &'a [u8],
    /// The messages.
    pub messages: &'a [Message],
    /// The values of the headers named in [`ProducerSettings::headers`](super::ProducerSettings::headers), in that
    /// order: all values of the first message, then all of the second, and so on. `None` is null. If messages have
    /// [headers of their own](super::ProducerSettings::own_headers), these come first, packed.
    pub headers: &'a [Option<Range<u32>>],
    /// For each row of the block, the index of its topic in
    /// [`ProducerSettings::topics`](super::ProducerSettings::topics). Rows that have none go to the first topic.
    pub topics: &'a [u16],
}

impl<'a> Batch<'a> {
    /// The index of the topic of a row.
    #[inline]
    pub(super) fn topic_of(&self, row: u32) -> usize {
        self.topics
            .get(row as usize)
            .map_or(0, |topic| usize::from(*topic))
    }

    /// The values of the `count` headers of the message at `index`.
    pub(super) fn headers_of(
        &self,
        index: usize,
        count: usize,
    ) -> impl Iterator<Item = Option<&'a [u8]>> + Clone {
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
