//! The message of an encoded row: its headers, its size, its partition.

use std::num::NonZeroI64;
use std::ops::Range;

use super::{BatchEncoder, BatchTopic, EncodedBlock};
use crate::encode::{EncodedMessage, RowError, RowErrorKind};
use crate::kafka::{Message, MessageBytes};

impl BatchEncoder {
    /// Appends the message of a row, and its headers.
    ///
    /// On error no part of the row remains.
    #[inline(always)]
    pub(super) fn put_message(
        &self,
        message: EncodedMessage,
        timestamp: Option<NonZeroI64>,
        index: u32,
        encoded: &mut EncodedBlock,
    ) -> Result<(), Box<RowError>> {
        let EncodedMessage {
            value,
            key,
            is_tombstone,
            partition,
            topic,
            ..
        } = message;
        let to = self.settings.topics.get(usize::from(topic.unwrap_or(0)));
        let mut size = value.len() + key.as_ref().map_or(0, ExactSizeIterator::len);
        let values = encoded.headers.len();
        if self.headers.count() > 0 {
            let line = encoded.marked.line(index);
            let texts = self.encoder.headers();
            size += self.headers.put(
                line,
                texts,
                self.encoder.own_headers(),
                &mut encoded.arena,
                &mut encoded.headers,
            );
        }
        let fits = if encoded.arena.len() > u32::MAX as usize {
            // Ranges of the arena have 32 bits. No sensible block comes near that limit, but a default of megabytes
            // can.
            Err("the block that the row belongs to has more than 4 GiB of encoded rows".to_owned())
        } else if to.is_none_or(|to| to.size_limit.always_fits(size)) {
            Ok(())
        } else {
            self.judge_size(to, &value, key.as_ref(), values, encoded)
        };
        if let Err(reason) = fits {
            encoded.arena.truncate(value.start);
            encoded.headers.truncate(values);
            return Err(RowError::whole(RowErrorKind::TooLarge, reason));
        }
        let partition = match (partition, to, &key) {
            (Some(partition), ..) => partition,
            (None, Some(to), Some(key)) => to.partitioner.partition(Some(&encoded.arena[key.clone()])),
            _ => -1,
        };
        let mut message = Message {
            partition,
            timestamp,
            ..Message::new(index, value, key)
        };
        if is_tombstone {
            message.payload = None;
            encoded.marked.tombstones.push(index);
        }
        if let Some(topic) = topic {
            encoded.marked.topics.resize(index as usize, 0);
            encoded.marked.topics.push(topic);
        }
        encoded.messages.push(message);
        Ok(())
    }

    /// Checks the size of a large message from its bytes; its headers start at `values`.
    #[cold]
    fn judge_size(
        &self,
        to: Option<&BatchTopic>,
        value: &Range<usize>,
        key: Option<&Range<usize>>,
        values: usize,
        encoded: &EncodedBlock,
    ) -> Result<(), String> {
        let arena = &encoded.arena;
        let texts = encoded.headers[values..].iter().map(|range| {
            let range = range.as_ref()?;
            Some(&arena[range.start as usize..range.end as usize])
        });
        let message = MessageBytes {
            key: key.map(|key| &arena[key.clone()]),
            value: &arena[value.clone()],
            headers: self.headers.of(texts),
        };
        match to {
            Some(to) => to.size_limit.judge(&message).map_err(|fault| fault.to_string()),
            None => Ok(()),
        }
    }
}
