//! The row loop for plain messages: what is the same for all rows of a run is asked once for a block.

use super::{BatchEncoder, EncodedBlock, MAX_BATCH_BYTES, Next};
use crate::encode::{PlainRow, RowEncoder};
use crate::kafka::Message;
use crate::load::marked_block::RowMark;
use crate::record::RowFormat;

impl BatchEncoder {
    /// Whether rows of this format may become plain messages.
    pub(super) fn takes_plain_rows(&self, format: &RowFormat) -> bool {
        let has_key = self.encoder.has_plain_key();
        self.encoder.is_plain()
            && matches!(format, RowFormat::Csv(_) | RowFormat::Jsonl)
            && self.settings.times.is_none()
            && self
                .settings
                .topics
                .iter()
                .all(|topic| has_key || !topic.needs_keys)
    }

    /// Encodes rows until one is uncommon, the batch is full, or `bytes` end, which are UTF-8 and hold whole rows.
    pub(super) fn plain_rows(
        &mut self,
        format: &RowFormat,
        bytes: &[u8],
        next: Next,
        encoded: &mut EncodedBlock,
    ) -> Next {
        match format {
            RowFormat::Csv(delimiters) => {
                let encode = |encoder: &mut RowEncoder, text: &[u8], arena: &mut Vec<u8>| {
                    encoder.encode_plain_cells(*delimiters, text, arena)
                };
                self.plain_rows_by(bytes, next, encoded, encode)
            }
            RowFormat::Jsonl => self.plain_rows_by(bytes, next, encoded, RowEncoder::encode_plain_line),
            RowFormat::Other(_) | RowFormat::Json(..) => next,
        }
    }

    #[inline(always)]
    fn plain_rows_by(
        &mut self,
        bytes: &[u8],
        next: Next,
        encoded: &mut EncodedBlock,
        encode: impl Fn(&mut RowEncoder, &[u8], &mut Vec<u8>) -> Option<PlainRow>,
    ) -> Next {
        let Next { mut at, mut line } = next;
        let to = self.settings.topics.first();
        let Some(header_size) = self.headers.shared_size() else {
            return next;
        };
        while at < bytes.len() && encoded.size() <= MAX_BATCH_BYTES {
            let Some(row) = encode(&mut self.encoder, &bytes[at..], &mut encoded.arena) else {
                break;
            };
            let content = &bytes[at..at + row.content];
            let key_size = row.key.as_ref().map_or(0, ExactSizeIterator::len);
            let size = row.value.len() + key_size + header_size;
            let fits = to.is_none_or(|to| to.size_limit.always_fits(size));
            if self.starts_a_file(content)
                || !fits
                || content.is_empty()
                || encoded.arena.len() > u32::MAX as usize
            {
                encoded.arena.truncate(row.value.start);
                break;
            }
            let index = encoded.marked.rows.len() as u32;
            encoded.marked.rows.push(RowMark {
                start: at as u32,
                content_end: (at + row.content) as u32,
                end: (at + row.next) as u32,
                line: line as u32,
            });
            let partition = match (to, &row.key) {
                (Some(to), Some(key)) => to.partitioner.partition(Some(&encoded.arena[key.clone()])),
                _ => -1,
            };
            self.headers.put_shared(&mut encoded.headers);
            encoded.messages.push(Message {
                partition,
                ..Message::new(index, row.value, row.key)
            });
            at += row.next;
            line += 1;
        }
        Next { at, line }
    }
}

#[cfg(test)]
mod tests;
