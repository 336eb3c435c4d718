//! A block of rows -> a batch of messages: the work of an encoder thread.

use std::num::NonZeroI64;
use std::ops::Range;
use std::sync::Arc;

use super::headers::{Header, HeaderWriter};
use super::times::{self, FitTime, TimeRule};
use crate::encode::{self, Encoder, Plan, RowError, RowErrorKind};
use crate::publish::{Message, Partitioner};
use crate::record::csv::{Cell, Split, split};
use crate::record::json::{self, Node};
use crate::record::{Format, Parts, Position, Row};
use crate::source::Block;

/// Where a row stands in its block.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowMark {
    /// First byte within the block.
    start: u32,
    /// One past the row's last byte, without its line terminator.
    content_end: u32,
    /// Where the next row starts.
    end: u32,
    /// Lines between the block's first and the row's first.
    line: u32,
}

/// A block and what became of its rows.
pub(super) struct EncodedBlock {
    pub(super) input: usize,
    pub(super) block: Block,
    /// One for each row; a row's index here is its number in messages, errors and delivery reports.
    pub(super) rows: Vec<RowMark>,
    pub(super) arena: Vec<u8>,
    /// Messages in the order of their rows.
    pub(super) messages: Vec<Message>,
    /// The values of the messages' headers, those of the first message first.
    pub(super) headers: Vec<Option<Range<u32>>>,
    /// Rows that are sent though they are older than the topic keeps.
    pub(super) expired: Vec<u32>,
    /// Bad rows in the order of their rows.
    pub(super) errors: Vec<(u32, Box<RowError>)>,
    pub(super) blank_lines: u64,
    /// The line on which the row behind the block starts.
    pub(super) next_line: u64,
}

impl EncodedBlock {
    pub(super) fn position(&self, row: u32) -> Position {
        position(&self.block, &self.rows, row)
    }
}

/// Where a row of `block` starts.
pub(super) fn position(block: &Block, rows: &[RowMark], row: u32) -> Position {
    let mark = &rows[row as usize];
    Position {
        file: Arc::clone(&block.position.file),
        line: block.position.line + u64::from(mark.line),
        byte: block.position.byte + u64::from(mark.start),
    }
}

/// A row's bytes with its line terminator.
pub(super) fn whole_row<'a>(block: &'a Block, rows: &[RowMark], row: u32) -> &'a [u8] {
    let mark = &rows[row as usize];
    &block.bytes[mark.start as usize..mark.end as usize]
}

/// What the encoder threads need to know besides the plan.
#[derive(Debug, Clone)]
pub(super) struct BatchSettings {
    /// None in a dry run.
    pub(super) partitioner: Option<Partitioner>,
    /// The most bytes that key, value and headers may have together.
    pub(super) max_row_bytes: usize,
    /// The headers of every message.
    pub(super) headers: Arc<[Header]>,
    /// Where the times of messages come from, if not from the clock.
    pub(super) times: Option<Arc<TimeRule>>,
}

/// Encodes block after block of inputs that share a plan.
pub(super) struct BatchEncoder {
    encoder: Encoder,
    settings: BatchSettings,
    headers: HeaderWriter,
    /// The column that holds the messages' times, if one does.
    time_column: Option<usize>,
    /// The clock's time at the start of the block.
    now: i64,
    cells: Vec<Cell>,
    nodes: Vec<Node>,
}

impl BatchEncoder {
    /// `header` are the names of the inputs' columns, where they have any.
    pub(super) fn new(plan: Arc<Plan>, header: &[String], settings: BatchSettings) -> BatchEncoder {
        let time_field = settings.times.as_ref().map(|times| times.field.as_str());
        BatchEncoder {
            time_column: header.iter().position(|name| Some(name.as_str()) == time_field),
            now: 0,
            encoder: Encoder::new(plan),
            headers: HeaderWriter::new(Arc::clone(&settings.headers)),
            settings,
            cells: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Encodes the rows of `block`, leaving out those that start before `first_line`.
    pub(super) fn encode(&mut self, input: usize, block: Block, first_line: u64) -> EncodedBlock {
        let utf8 = std::str::from_utf8(&block.bytes).is_ok();
        let mut encoded = EncodedBlock {
            input,
            rows: Vec::new(),
            arena: Vec::with_capacity(block.bytes.len()),
            messages: Vec::new(),
            headers: Vec::new(),
            expired: Vec::new(),
            errors: Vec::new(),
            blank_lines: 0,
            next_line: 0,
            block,
        };
        let bytes = std::mem::take(&mut encoded.block.bytes);
        if self.settings.times.is_some() {
            self.now = times::now();
        }
        self.headers
            .begin(&encoded.block.position.file, &mut encoded.arena);
        let before = first_line.saturating_sub(encoded.block.position.line);
        let mut at = 0;
        let mut line = 0;
        while at < bytes.len() {
            let (content, next, lines, stray) = match encoded.block.format {
                Format::Csv => match split(&bytes[at..], true, &mut self.cells) {
                    Split::Row(end) => (end.content, end.next, end.lines, end.stray),
                    Split::Incomplete { .. } => unreachable!("a block holds whole rows"),
                },
                Format::Jsonl => {
                    let feed = memchr::memchr(b'\n', &bytes[at..]);
                    let next = feed.map_or(bytes.len() - at, |feed| feed + 1);
                    let line = &bytes[at..at + feed.unwrap_or(next)];
                    (line.strip_suffix(b"\r").unwrap_or(line).len(), next, 1, None)
                }
            };
            let content_bytes = &bytes[at..at + content];
            if is_blank(encoded.block.format, content_bytes) {
                encoded.blank_lines += u64::from(line >= before);
            } else if line >= before {
                let index = encoded.rows.len() as u32;
                let end = (at + next) as u32;
                let (start, content_end) = (at as u32, (at + content) as u32);
                encoded.rows.push(RowMark {
                    start,
                    content_end,
                    end,
                    line: line as u32,
                });
                if let Err(error) = self.row(content_bytes, utf8, stray, index, &mut encoded) {
                    encoded.errors.push((index, error));
                }
            }
            at += next;
            line += lines;
        }
        encoded.next_line = encoded.block.position.line + line;
        encoded.block.bytes = bytes;
        encoded
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
        let parts = match encoded.block.format {
            Format::Csv => {
                if let Some(stray) = stray {
                    return Err(stray_text(bytes, stray));
                }
                Parts::Csv(&self.cells)
            }
            Format::Jsonl => {
                parse_json(bytes, utf8, &mut self.nodes)?;
                Parts::Json(&self.nodes)
            }
        };
        let start = (encoded.arena.len(), encoded.headers.len());
        let row = Row { bytes, utf8, parts };
        let message = self.encoder.encode(&row, &mut encoded.arena)?;
        let time = match &self.settings.times {
            Some(times) => times.judge(message.timestamp, self.now, &row, self.time_column),
            None => Ok(FitTime::CLOCK),
        };
        let made = time.and_then(|time| {
            let message = self.message(&message, time.timestamp, index, start.0, encoded)?;
            Ok((message, time.expired))
        });
        match made {
            Ok((message, expired)) => {
                encoded.messages.push(message);
                if expired {
                    encoded.expired.push(index);
                }
                Ok(())
            }
            Err(error) => {
                encoded.arena.truncate(start.0);
                encoded.headers.truncate(start.1);
                Err(error)
            }
        }
    }

    /// The message of a row whose value starts at `start`; its headers are put down.
    #[inline]
    fn message(
        &self,
        message: &encode::Message,
        timestamp: Option<NonZeroI64>,
        index: u32,
        start: usize,
        encoded: &mut EncodedBlock,
    ) -> Result<Message, Box<RowError>> {
        let key = message.key.map(|(from, to)| from as u32..to as u32);
        let payload = start as u32..message.payload_end as u32;
        let line = encoded.block.position.line + u64::from(encoded.rows[index as usize].line);
        let size = payload.len()
            + key.as_ref().map_or(0, ExactSizeIterator::len)
            + self.headers.put(
                line,
                self.encoder.headers(),
                &mut encoded.arena,
                &mut encoded.headers,
            );
        // Ranges of the arena have 32 bits; no sensible block comes near, but a default of megabytes can.
        if size > self.settings.max_row_bytes || encoded.arena.len() > u32::MAX as usize {
            return Err(too_large(size, self.settings.max_row_bytes));
        }
        let partition = match (&self.settings.partitioner, &key) {
            (Some(partitioner), Some(key)) => {
                partitioner.partition(Some(&encoded.arena[key.start as usize..key.end as usize]))
            }
            _ => -1,
        };
        Ok(Message {
            row: index,
            partition,
            key,
            payload,
            timestamp,
        })
    }
}

fn is_blank(format: Format, row: &[u8]) -> bool {
    row.is_empty() || (format == Format::Jsonl && row.trim_ascii().is_empty())
}

#[cold]
fn stray_text(row: &[u8], at: usize) -> Box<RowError> {
    let reason = format!(
        "text stands between a closing quote and the next comma, at the row's byte {}",
        at + 1
    );
    let mut error = RowError::whole(RowErrorKind::Quote, reason);
    error.span = Some(at..(at + 1).min(row.len()));
    error.hint = Some("within a quoted cell a quote is written twice".to_owned());
    error
}

#[cold]
fn too_large(size: usize, limit: usize) -> Box<RowError> {
    let reason = format!(
        "the encoded row has {size} bytes, key and headers included, and the topic takes {limit} (its `max.message.bytes`)"
    );
    RowError::whole(RowErrorKind::TooLarge, reason)
}

fn parse_json(bytes: &[u8], utf8: bool, nodes: &mut Vec<Node>) -> Result<(), Box<RowError>> {
    if let Err(fault) = json::parse(bytes, nodes) {
        let mut error = RowError::whole(RowErrorKind::Json, format!("not JSON: {}", fault.what));
        error.span = Some(fault.offset.min(bytes.len())..(fault.offset + 1).min(bytes.len()));
        if bytes.first() == Some(&b'[') {
            error.hint =
                Some("JSONL has one object a line; take the array's brackets and commas away".to_owned());
        }
        return Err(error);
    }
    if !utf8 && let Err(wrong) = std::str::from_utf8(bytes) {
        let at = wrong.valid_up_to();
        let reason = format!("JSON is UTF-8, and the row's byte {} is not", at + 1);
        let mut error = RowError::whole(RowErrorKind::NotUtf8, reason);
        error.span = Some(at..at + 1);
        error.hint = Some("convert the file to UTF-8".to_owned());
        return Err(error);
    }
    Ok(())
}

/// A row's bytes without its line terminator.
pub(super) fn row_content<'a>(block: &'a Block, rows: &[RowMark], row: u32) -> &'a [u8] {
    let mark = &rows[row as usize];
    &block.bytes[mark.start as usize..mark.content_end as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{KeyChoice, PlanSettings};
    use crate::record::binding::{Binding, BindingRules, bind};
    use crate::schema::RegisteredSchema;

    fn encoder(header: Option<&str>) -> BatchEncoder {
        encoder_with(header, 4, [])
    }

    fn encoder_with<const N: usize>(
        header: Option<&str>,
        max_row_bytes: usize,
        headers: [Header; N],
    ) -> BatchEncoder {
        let text = r#"{"type":"record","name":"R","fields":[{"name":"f","type":"long"}]}"#;
        let schema = RegisteredSchema::from_text("t-value", text).unwrap();
        let binding = match header {
            Some(name) => bind(&[name.to_owned()], &schema.avro, BindingRules::default()).unwrap(),
            None => Binding::default(),
        };
        let plan = Plan::compile(&schema, &binding, &PlanSettings::new(KeyChoice::None)).unwrap();
        BatchEncoder::new(
            Arc::new(plan),
            &[],
            BatchSettings {
                partitioner: None,
                max_row_bytes,
                headers: headers.into(),
                times: None,
            },
        )
    }

    fn block(format: Format, bytes: &str) -> Block {
        let position = Position {
            file: "t".into(),
            line: 2,
            byte: 2,
        };
        Block {
            position,
            format,
            bytes: bytes.into(),
        }
    }

    #[test]
    fn blank_lines_are_no_rows() {
        let encoded = encoder(Some("f")).encode(0, block(Format::Csv, "1\n\n\r\n2\r3"), 1);
        assert_eq!(
            (encoded.rows.len(), encoded.blank_lines, encoded.next_line),
            (3, 2, 7)
        );
        assert_eq!(encoded.position(1).line, 5);
        let encoded = encoder(None).encode(0, block(Format::Jsonl, "\n {\"f\":1} \n  \n"), 1);
        assert_eq!(
            (encoded.rows.len(), encoded.blank_lines, encoded.position(0).line),
            (1, 2, 3)
        );
    }

    #[test]
    fn a_bad_row_leaves_its_neighbours_as_they_are() {
        let encoded =
            encoder(Some("f")).encode(0, block(Format::Csv, "1\nx\n\"2\"y\n3\n123456789012345\n"), 1);
        let rows: Vec<u32> = encoded.messages.iter().map(|message| message.row).collect();
        assert_eq!(rows, [0, 3]);
        let kinds: Vec<_> = encoded
            .errors
            .iter()
            .map(|(row, error)| (*row, error.kind))
            .collect();
        let expected = [
            (1, RowErrorKind::NotANumber),
            (2, RowErrorKind::Quote),
            (4, RowErrorKind::TooLarge),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(
            encoded.arena,
            [2, 6],
            "nothing of the bad rows is left in the arena"
        );
    }

    #[test]
    fn headers_count_for_the_size_and_a_bad_row_has_none() {
        use crate::pipeline::headers::HeaderValue;
        let line = Header {
            name: "line".to_owned(),
            value: HeaderValue::Line,
        };
        // A byte of value, 14 of the header beside its own value, and lines of up to two digits.
        let mut encoder = encoder_with(Some("f"), 1 + 14 + 2, [line]);
        let lines = "\n".repeat(96);
        let encoded = encoder.encode(0, block(Format::Csv, &format!("1\nx\n2{lines}3\n4\n")), 1);
        assert_eq!(
            encoded
                .messages
                .iter()
                .map(|message| message.row)
                .collect::<Vec<_>>(),
            [0, 2]
        );
        let values: Vec<&[u8]> = encoded
            .headers
            .iter()
            .map(|range| {
                let range = range.clone().unwrap();
                &encoded.arena[range.start as usize..range.end as usize]
            })
            .collect();
        assert_eq!(values, [b"2", b"4"]);
        let kinds: Vec<_> = encoded
            .errors
            .iter()
            .map(|(row, error)| (*row, error.kind))
            .collect();
        let expected = [
            (1, RowErrorKind::NotANumber),
            (3, RowErrorKind::TooLarge),
            (4, RowErrorKind::TooLarge),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn rows_before_the_first_line_are_left_out() {
        let encoded = encoder(Some("f")).encode(0, block(Format::Csv, "1\nx\n3\n"), 4);
        assert_eq!((encoded.rows.len(), encoded.errors.len()), (1, 0));
        assert_eq!(
            encoded.position(0),
            Position {
                file: "t".into(),
                line: 4,
                byte: 6
            }
        );
    }
}
