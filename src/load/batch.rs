//! A block of rows -> a batch of messages: the work of an encoder thread.

mod fault;
mod message;
mod plain;

use std::sync::Arc;

use fault::{no_key, start_of_a_file, undecodable};

use super::InputNumber;
use super::encoded_block::EncodedBlock;
use super::headers::HeaderWriter;
use super::marked_block::RowMark;
use super::stop::NoStart;
use super::times::{self, FitTime, TimeRule};
use crate::encode::{MessagePlan, RowEncoder, RowError, parse_json, parse_shaped, stray_text};
use crate::input::{Block, Encoding};
use crate::kafka::{Partitioner, SizeLimit};
use crate::record::csv::{Cell, RowEnd, Split};
use crate::record::json::Node;
use crate::record::{BYTE_ORDER_MARK, Extent, LineColumn, LineStart, Parts, Row, RowFormat, RowMemory};

/// The approximate memory limit of a batch, however large its encoded rows are: a default may be ten thousand times as
/// large as the row that needs it.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// What the encoder threads need besides the plan.
#[derive(Debug, Clone)]
pub(super) struct BatchSettings {
    /// The topics that messages go to; none in a dry run.
    pub(super) topics: Arc<[BatchTopic]>,
    /// Which message timestamps are sent, if they come from the rows instead of the clock.
    pub(super) times: Option<Arc<TimeRule>>,
}

/// What the encoder threads know of a topic.
#[derive(Debug, Clone)]
pub(super) struct BatchTopic {
    pub(super) name: Arc<str>,
    pub(super) partitioner: Partitioner,
    /// The size limit of messages.
    pub(super) size_limit: SizeLimit,
    /// Whether its brokers refuse messages without a key, and the rest of their batch.
    pub(super) needs_keys: bool,
}

/// Where the loop over the rows of a block is.
#[derive(Debug, Clone, Copy)]
struct Next {
    /// The byte at which the next row starts.
    at: usize,
    /// The number of lines before it.
    line: u64,
}

/// Encodes block after block of inputs that share a plan.
pub(super) struct BatchEncoder {
    /// The name of the inputs for people.
    name: Arc<str>,
    encoder: RowEncoder,
    settings: BatchSettings,
    headers: HeaderWriter,
    /// The clock's time at the start of the block.
    now: i64,
    /// The lines that repeat the header, as UTF-8 and without their line ends.
    header_lines: Arc<[Box<[u8]>]>,
    cells: Vec<Cell>,
    nodes: Vec<Node>,
    /// The parts of a row that is only a part of its line.
    shaped: RowMemory,
    /// A row that is not UTF-8, as UTF-8.
    text: Vec<u8>,
}

impl BatchEncoder {
    pub(super) fn new(
        name: Arc<str>,
        plan: Arc<MessagePlan>,
        header_lines: Arc<[Box<[u8]>]>,
        settings: BatchSettings,
    ) -> BatchEncoder {
        BatchEncoder {
            name,
            headers: HeaderWriter::new(Arc::clone(&plan)),
            encoder: RowEncoder::new(plan),
            settings,
            header_lines,
            now: 0,
            cells: Vec::new(),
            nodes: Vec::new(),
            shaped: RowMemory::default(),
            text: Vec::new(),
        }
    }

    /// Encodes the rows of `block` that fit in a batch, skipping those that start before `first`.
    pub(super) fn encode(
        &mut self,
        input: InputNumber,
        block: Block,
        first: impl Into<LineColumn>,
    ) -> EncodedBlock {
        let utf8 = match block.encoding {
            Encoding::AsciiCompatible(_) => block.bytes.is_ascii(),
            Encoding::Utf8 | Encoding::Utf16(_) => std::str::from_utf8(&block.bytes).is_ok(),
        };
        let mut encoded = EncodedBlock::new(input, block, self.headers.count());
        let block = &mut encoded.marked.block;
        let format = block.format.clone();
        let compressed_bytes = block.compressed_bytes;
        let (start, encoding, rows_before) = (block.start, block.encoding, block.rows_before);
        let mut bytes = std::mem::take(&mut block.bytes);
        if self.settings.times.is_some() {
            self.now = times::now();
        }
        self.headers.begin(&self.name, &mut encoded.arena);
        let before = block.lines_before(first.into());
        let tries_plain = utf8 && self.takes_plain_rows(&format);
        let mut next = Next { at: 0, line: 0 };
        while next.at < bytes.len() {
            if tries_plain && next.line >= before {
                next = self.plain_rows(&format, &bytes, next, &mut encoded);
            }
            // Each batch has a row, even if the headers that all rows share are larger than the limit.
            let has_room = encoded.marked.rows.is_empty() || encoded.size() <= MAX_BATCH_BYTES;
            if next.at < bytes.len() && has_room {
                next = self.any_row(&format, (&bytes, utf8), next, before, &mut encoded);
            }
            let Next { at, line } = next;
            if encoded.size() > MAX_BATCH_BYTES && at < bytes.len() {
                let front = bytes[..at].to_vec();
                bytes.drain(..at);
                let origins = encoded.marked.block.split_origins(line as usize);
                encoded.rest = Some(Block {
                    start: match &origins {
                        Some((start, _)) => start.start,
                        None => LineStart {
                            line: encoded.marked.block.line(line),
                            decoded_byte: start.decoded_byte + at as u64,
                            raw_byte: start.raw_byte.map(|byte| byte + encoding.raw_length(&front)),
                        },
                    },
                    origins: origins.map(|(_, rest)| rest),
                    rows_before: rows_before + encoded.skipped_rows + encoded.marked.rows.len() as u64,
                    format: format.clone(),
                    encoding,
                    compressed_bytes,
                    bytes,
                });
                bytes = front;
                break;
            }
        }
        let line = next.line;
        encoded.next_line = match &encoded.marked.block.origins {
            None => encoded.marked.block.line(line),
            Some(origins) => origins.end.start.line + u64::from(origins.end.column > 1),
        };
        encoded.marked.block.bytes = bytes;
        encoded
    }

    /// Encodes the row at `next` of `bytes`, which may not be a row, or start before the line `before` of the block;
    /// `utf8` is set if all of them are UTF-8.
    #[inline]
    fn any_row(
        &mut self,
        format: &RowFormat,
        (bytes, utf8): (&[u8], bool),
        Next { at, line }: Next,
        before: u64,
        encoded: &mut EncodedBlock,
    ) -> Next {
        let (end, is_row) = match format.split(&bytes[at..], Extent::Whole, &mut self.cells) {
            Split::Row(end) => (end, true),
            Split::Skipped(end) => (end, false),
            Split::Incomplete { .. } => unreachable!("a block holds whole rows"),
        };
        let RowEnd {
            content,
            next,
            lines,
            stray,
        } = end;
        let content_bytes = &bytes[at..at + content];
        if !is_row {
            if line >= before {
                let before = encoded.marked.rows.len() as u32;
                encoded
                    .skipped_lines
                    .extend(std::iter::repeat_n(before, lines as usize));
            }
        } else if format.is_blank(content_bytes) {
            encoded.blank_lines += u64::from(line >= before);
        } else if line >= before {
            let index = encoded.marked.rows.len() as u32;
            encoded.marked.rows.push(RowMark {
                start: at as u32,
                content_end: (at + content) as u32,
                end: (at + next) as u32,
                line: line as u32,
            });
            let block = &encoded.marked.block;
            let number = block.rows_before + encoded.skipped_rows + u64::from(index) + 1;
            self.encoder.set_place(block.line(line), number);
            let done = if utf8 || block.encoding == Encoding::Utf8 {
                self.row(content_bytes, utf8, stray, index, encoded)
            } else if content_bytes.is_ascii() {
                self.row(content_bytes, true, stray, index, encoded)
            } else {
                self.foreign_row(content_bytes, index, encoded)
            };
            if let Err(error) = done {
                encoded.error_bytes += error.size();
                encoded.errors.push((index, error));
            }
        } else {
            encoded.skipped_rows += 1;
            if line + lines > before {
                let block = &encoded.marked.block;
                encoded.no_start = Some(NoStart::WithinRow {
                    row: block.line(line),
                    next: block.line(line + lines),
                });
            }
        }
        Next {
            at: at + next,
            line: line + lines,
        }
    }

    /// A row that must be decoded before it is split. Its errors refer to the decoded text.
    fn foreign_row(
        &mut self,
        bytes: &[u8],
        index: u32,
        encoded: &mut EncodedBlock,
    ) -> Result<(), Box<RowError>> {
        let encoding = encoded.marked.block.encoding;
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let done = match encoding.decode(bytes, &mut text) {
            Err(malformed) => {
                let decoded = text.len();
                Err(undecodable(encoding, bytes, malformed, decoded, &self.cells))
            }
            Ok(()) => {
                let format = &encoded.marked.block.format;
                let Split::Row(end) = format.split_row(&text, Extent::Whole, &mut self.cells) else {
                    unreachable!("decoding keeps the bytes that separate rows and cells")
                };
                self.row(&text, true, end.stray, index, encoded)
            }
        };
        self.text = text;
        done
    }

    /// Whether a row without its terminator is the beginning of another file.
    #[inline(always)]
    fn starts_a_file(&self, row: &[u8]) -> bool {
        row.starts_with(BYTE_ORDER_MARK) || self.header_lines.iter().any(|line| **line == *row)
    }

    #[inline]
    fn row(
        &mut self,
        bytes: &[u8],
        utf8: bool,
        stray: Option<usize>,
        index: u32,
        encoded: &mut EncodedBlock,
    ) -> Result<(), Box<RowError>> {
        if self.starts_a_file(bytes) {
            return Err(start_of_a_file(bytes));
        }
        let start = encoded.arena.len();
        let dropped_before = self.encoder.dropped_keys();
        let is_line = utf8 && matches!(encoded.marked.block.format, RowFormat::Jsonl);
        let known = match is_line {
            true => self.encoder.encode_known_line(bytes, &mut encoded.arena),
            false => None,
        };
        let (bytes, parts) = match &encoded.marked.block.format {
            format @ (RowFormat::Csv(_) | RowFormat::Other(_)) => {
                if let Some(stray) = stray {
                    return Err(stray_text(format, bytes, stray, &self.cells));
                }
                (bytes, Parts::Csv(&self.cells))
            }
            RowFormat::Jsonl if known.is_some() => (bytes, Parts::Json(&[])),
            RowFormat::Jsonl => {
                parse_json(bytes, utf8, &mut self.nodes)?;
                (bytes, Parts::Json(&self.nodes))
            }
            RowFormat::Json(framing, shape) => {
                let (bytes, nodes) = parse_shaped(bytes, utf8, (*framing, shape), &mut self.shaped)?;
                (bytes, Parts::Json(nodes))
            }
        };
        let row = Row { bytes, utf8, parts };
        let message = match known {
            Some(message) => message,
            None => {
                if !self.encoder.admits(&row)? {
                    encoded.filtered.push(index);
                    return Ok(());
                }
                let message = self.encoder.encode(&row, &mut encoded.arena)?;
                if is_line {
                    self.encoder.learn_line(&row);
                }
                message
            }
        };
        let mut time = FitTime::CLOCK;
        let topic = usize::from(message.topic.unwrap_or(0));
        let has_time = message.timestamp.is_some() || !self.encoder.may_lack_timestamp();
        if let Some(times) = self.settings.times.as_ref().filter(|_| has_time) {
            match times.judge(topic, message.timestamp, self.now) {
                Ok(fit) => time = fit,
                Err(error) => {
                    encoded.arena.truncate(start);
                    return Err(self
                        .settings
                        .at_topic(self.encoder.at_timestamp(error, &row), message.topic));
                }
            }
        }
        if let (Some(partition), Some(topic)) = (message.partition, self.settings.topics.get(topic)) {
            let partitions = topic.partitioner.partitions();
            if partition as u32 >= partitions {
                encoded.arena.truncate(start);
                return Err(self.settings.at_topic(
                    self.encoder.no_partition(partition, partitions, &row),
                    message.topic,
                ));
            }
        }
        let recorded = match self.encoder.keeps_times() {
            true => Some(self.encoder.recorded_time(&message, &encoded.arena)),
            false => None,
        };
        let to = message.topic;
        if message.key.is_none()
            && self
                .settings
                .topics
                .get(topic)
                .is_some_and(|topic| topic.needs_keys)
        {
            encoded.arena.truncate(start);
            return Err(self.settings.at_topic(no_key(), to));
        }
        self.put_message(message, time.timestamp, index, encoded)
            .map_err(|error| self.settings.at_topic(error, to))?;
        encoded.times.extend(recorded);
        if time.expired {
            encoded.expired.push(index);
        }
        let dropped = self.encoder.dropped_keys() - dropped_before;
        if dropped > 0 {
            encoded.dropped_keys.push((index, dropped));
            let names = self.encoder.new_dropped_names();
            encoded
                .dropped_names
                .extend(names.into_iter().map(|key| (index, key)));
        }
        Ok(())
    }
}

impl BatchSettings {
    /// Names the topic of the row, if the mapping chose it.
    #[cold]
    fn at_topic(&self, mut error: Box<RowError>, topic: Option<u16>) -> Box<RowError> {
        if let Some(topic) = topic.and_then(|topic| self.topics.get(usize::from(topic))) {
            error.reason.push_str(&format!("; the topic is `{}`", topic.name));
        }
        error
    }
}

#[cfg(test)]
mod filtered_rows;
#[cfg(test)]
mod tests;
