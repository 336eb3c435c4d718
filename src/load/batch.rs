//! A block of rows -> a batch of messages: the work of an encoder thread.

use std::num::NonZeroI64;
use std::ops::Range;
use std::sync::Arc;

use super::InputNumber;
use super::headers::HeaderWriter;
use super::marked_block::{MarkedBlock, RowMark};
use super::stop::NoStart;
use super::times::{self, FitTime, TimeRule};
use crate::encode::{
    DroppedKey, EncodedMessage, Hint, MessagePlan, RowEncoder, RowError, RowErrorKind, parse_json,
    text_after_quote,
};
use crate::input::{Block, Encoding, Malformed};
use crate::kafka::{Message, MessageBytes, Partitioner, SizeLimit};
use crate::record::csv::{Cell, RowEnd, Split};
use crate::record::json::Node;
use crate::record::{Extent, LineStart, Parts, Row, RowFormat};

/// A block and what became of its rows.
pub(super) struct EncodedBlock {
    pub(super) input: InputNumber,
    pub(super) marked: MarkedBlock,
    pub(super) arena: Vec<u8>,
    /// Messages in the order of their rows.
    pub(super) messages: Vec<Message>,
    /// How many headers each message has.
    pub(super) header_count: usize,
    /// The values of the messages' headers, those of the first message first.
    pub(super) headers: Vec<Option<Range<u32>>>,
    /// Rows that are sent though they are older than the topic keeps.
    pub(super) expired: Vec<u32>,
    /// Bad rows in the order of their rows.
    pub(super) errors: Vec<(u32, Box<RowError>)>,
    /// Good rows with JSON keys that were left out, and how many.
    pub(super) dropped_keys: Vec<(u32, u64)>,
    /// The names of such keys that were not met before, with the row of each.
    pub(super) dropped_names: Vec<(u32, DroppedKey)>,
    pub(super) blank_lines: u64,
    /// Rows that were left out because they start before the first line that is wanted.
    pub(super) skipped_rows: u64,
    /// The row before the first line that is wanted which goes on beyond it, so that no row starts there.
    pub(super) no_start: Option<NoStart>,
    /// The line on which the row after the block starts.
    pub(super) next_line: u64,
    /// The rows that have no room in this batch: a block of its own, which comes next.
    pub(super) rest: Option<Block>,
    /// What the errors take up, about.
    error_bytes: usize,
}

/// How much memory a batch may take up, about, whatever its rows become: a default may be ten thousand times as large as
/// the row that needs it.
const MAX_BATCH_BYTES: usize = 4 << 20;

impl EncodedBlock {
    /// How much memory it takes up beside its rows, about.
    #[inline]
    fn size(&self) -> usize {
        self.arena.len() + size_of_val(&self.messages[..]) + size_of_val(&self.headers[..]) + self.error_bytes
    }
}

/// What the encoder threads need to know besides the plan.
#[derive(Debug, Clone)]
pub(super) struct BatchSettings {
    /// None in a dry run.
    pub(super) partitioner: Option<Partitioner>,
    /// How large messages may be.
    pub(super) size_limit: SizeLimit,
    /// Which times of messages are sent, where they come from the rows and not from the clock.
    pub(super) times: Option<Arc<TimeRule>>,
}

/// Encodes block after block of inputs that share a plan.
pub(super) struct BatchEncoder {
    /// The inputs' name for people.
    name: Arc<str>,
    encoder: RowEncoder,
    settings: BatchSettings,
    headers: HeaderWriter,
    /// The clock's time at the start of the block.
    now: i64,
    /// The header's line as UTF-8, without what ended it.
    header: Option<Arc<[u8]>>,
    cells: Vec<Cell>,
    nodes: Vec<Node>,
    /// A row that is not UTF-8, as UTF-8.
    text: Vec<u8>,
}

impl BatchEncoder {
    pub(super) fn new(
        name: Arc<str>,
        plan: Arc<MessagePlan>,
        header: Option<Arc<[u8]>>,
        settings: BatchSettings,
    ) -> BatchEncoder {
        BatchEncoder {
            name,
            headers: HeaderWriter::new(Arc::clone(&plan)),
            encoder: RowEncoder::new(plan),
            settings,
            header,
            now: 0,
            cells: Vec::new(),
            nodes: Vec::new(),
            text: Vec::new(),
        }
    }

    /// Encodes the rows of `block` that have room in a batch, leaving out those that start before `first_line`.
    pub(super) fn encode(&mut self, input: InputNumber, block: Block, first_line: u64) -> EncodedBlock {
        let utf8 = match block.encoding {
            Encoding::AsciiCompatible(_) => block.bytes.is_ascii(),
            Encoding::Utf8 | Encoding::Utf16(_) => std::str::from_utf8(&block.bytes).is_ok(),
        };
        let as_it_is = utf8 || block.encoding == Encoding::Utf8;
        let mut encoded = EncodedBlock {
            input,
            arena: Vec::with_capacity(block.bytes.len()),
            messages: Vec::new(),
            header_count: self.headers.count(),
            headers: Vec::new(),
            expired: Vec::new(),
            errors: Vec::new(),
            dropped_keys: Vec::new(),
            dropped_names: Vec::new(),
            blank_lines: 0,
            skipped_rows: 0,
            no_start: None,
            next_line: 0,
            rest: None,
            error_bytes: 0,
            marked: MarkedBlock::new(block),
        };
        let block = &mut encoded.marked.block;
        let (format, start_line) = (block.format, block.start.line);
        let (start, encoding) = (block.start, block.encoding);
        let mut bytes = std::mem::take(&mut block.bytes);
        if self.settings.times.is_some() {
            self.now = times::now();
        }
        self.headers.begin(&self.name, &mut encoded.arena);
        let before = first_line.saturating_sub(start_line);
        let mut at = 0;
        let mut line = 0;
        while at < bytes.len() {
            let Split::Row(end) = format.split(&bytes[at..], Extent::Whole, &mut self.cells) else {
                unreachable!("a block holds whole rows")
            };
            let RowEnd {
                content,
                next,
                lines,
                stray,
            } = end;
            let content_bytes = &bytes[at..at + content];
            if format.is_blank(content_bytes) {
                encoded.blank_lines += u64::from(line >= before);
            } else if line >= before {
                let index = encoded.marked.rows.len() as u32;
                let end = (at + next) as u32;
                let (start, content_end) = (at as u32, (at + content) as u32);
                encoded.marked.rows.push(RowMark {
                    start,
                    content_end,
                    end,
                    line: line as u32,
                });
                let done = if as_it_is {
                    self.row(content_bytes, utf8, stray, index, &mut encoded)
                } else if content_bytes.is_ascii() {
                    self.row(content_bytes, true, stray, index, &mut encoded)
                } else {
                    self.foreign_row(content_bytes, index, &mut encoded)
                };
                if let Err(error) = done {
                    encoded.error_bytes += error.size();
                    encoded.errors.push((index, error));
                }
            } else {
                encoded.skipped_rows += 1;
                if line + lines > before {
                    encoded.no_start = Some(NoStart::WithinRow {
                        row: start_line + line,
                        next: start_line + line + lines,
                    });
                }
            }
            at += next;
            line += lines;
            if encoded.size() > MAX_BATCH_BYTES && at < bytes.len() {
                let front = bytes[..at].to_vec();
                bytes.drain(..at);
                encoded.rest = Some(Block {
                    start: LineStart {
                        line: start_line + line,
                        decoded_byte: start.decoded_byte + at as u64,
                        raw_byte: start.raw_byte.map(|byte| byte + encoding.raw_length(&front)),
                    },
                    format,
                    encoding,
                    bytes,
                });
                bytes = front;
                break;
            }
        }
        encoded.next_line = start_line + line;
        encoded.marked.block.bytes = bytes;
        encoded
    }

    /// A row that has to be decoded before it is split. Its errors speak of the decoded text.
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
                let format = encoded.marked.block.format;
                let Split::Row(end) = format.split(&text, Extent::Whole, &mut self.cells) else {
                    unreachable!("decoding keeps the bytes that separate rows and cells")
                };
                self.row(&text, true, end.stray, index, encoded)
            }
        };
        self.text = text;
        done
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
        if bytes.starts_with(BYTE_ORDER_MARK) || self.header.as_deref() == Some(bytes) {
            return Err(start_of_a_file(bytes));
        }
        let parts = match encoded.marked.block.format {
            RowFormat::Csv(_) => {
                if let Some(stray) = stray {
                    return Err(text_after_quote(bytes, stray, &self.cells));
                }
                Parts::Csv(&self.cells)
            }
            RowFormat::Jsonl => {
                parse_json(bytes, utf8, &mut self.nodes)?;
                Parts::Json(&self.nodes)
            }
        };
        let start = encoded.arena.len();
        let dropped_before = self.encoder.dropped_keys();
        let row = Row { bytes, utf8, parts };
        let message = self.encoder.encode(&row, &mut encoded.arena)?;
        let mut time = FitTime::CLOCK;
        if let Some(times) = &self.settings.times {
            match times.judge(message.timestamp, self.now) {
                Ok(fit) => time = fit,
                Err(error) => {
                    encoded.arena.truncate(start);
                    return Err(self.encoder.at_timestamp(error, &row));
                }
            }
        }
        self.put_message(message, time.timestamp, index, encoded)?;
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

    /// Puts down the message of a row, and its headers.
    ///
    /// On error nothing of the row is left.
    #[inline]
    fn put_message(
        &self,
        message: EncodedMessage,
        timestamp: Option<NonZeroI64>,
        index: u32,
        encoded: &mut EncodedBlock,
    ) -> Result<(), Box<RowError>> {
        let EncodedMessage { value, key, .. } = message;
        let mut size = value.len() + key.as_ref().map_or(0, ExactSizeIterator::len);
        let values = encoded.headers.len();
        if self.headers.count() > 0 {
            let line = encoded.marked.block.start.line + u64::from(encoded.marked.rows[index as usize].line);
            let texts = self.encoder.headers();
            size += self
                .headers
                .put(line, texts, &mut encoded.arena, &mut encoded.headers);
        }
        let fits = if encoded.arena.len() > u32::MAX as usize {
            // Ranges of the arena have 32 bits; no sensible block comes near, but a default of megabytes can.
            Err("the block that the row belongs to has more than 4 GiB of encoded rows".to_owned())
        } else if self.settings.size_limit.always_fits(size) {
            Ok(())
        } else {
            self.judge_size(&value, key.as_ref(), values, encoded)
        };
        if let Err(reason) = fits {
            encoded.arena.truncate(value.start);
            encoded.headers.truncate(values);
            return Err(RowError::whole(RowErrorKind::TooLarge, reason));
        }
        let partition = match (&self.settings.partitioner, &key) {
            (Some(partitioner), Some(key)) => partitioner.partition(Some(&encoded.arena[key.clone()])),
            _ => -1,
        };
        encoded.messages.push(Message {
            partition,
            timestamp,
            ..Message::new(index, value, key)
        });
        Ok(())
    }

    /// Judges a large message by its bytes; its headers are those from `values` on.
    #[cold]
    fn judge_size(
        &self,
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
            headers: self.headers.names().zip(texts).collect(),
        };
        let judged = self.settings.size_limit.judge(&message);
        judged.map_err(|fault| fault.to_string())
    }
}

/// U+FEFF, which may be before the first row and nowhere else.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The error of a row that is how another file begins.
#[cold]
fn start_of_a_file(row: &[u8]) -> Box<RowError> {
    let mut error = if row.starts_with(BYTE_ORDER_MARK) {
        let reason = "the row begins with a byte order mark, which only a file may";
        RowError::whole(RowErrorKind::ByteOrderMark, reason)
    } else {
        RowError::whole(RowErrorKind::HeaderAgain, "the row is the header again")
    };
    error.span = Some(0..0);
    error.hint = Some("it looks like several files in one; give them one by one, or take this out".into());
    error
}

/// The error of a row that holds bytes which are no character. Where what is shown of it is decoded, these
/// bytes begin at `shown_at`; `cells` are those of the undecoded row, for CSV.
#[cold]
fn undecodable(
    encoding: Encoding,
    row: &[u8],
    malformed: Malformed,
    shown_at: usize,
    cells: &[Cell],
) -> Box<RowError> {
    let Malformed { at, length } = malformed;
    let what = match encoding {
        Encoding::Utf16(_) => "half a surrogate pair stands alone".to_owned(),
        _ => {
            let bytes: Vec<String> = row[at..at + length]
                .iter()
                .map(|byte| format!("0x{byte:02x}"))
                .collect();
            format!("{encoding} has no character for the bytes {}", bytes.join(" "))
        }
    };
    let at_byte = encoding.raw_length(&row[..at]) + 1;
    let column = cells.iter().position(|cell| at < cell.end as usize);
    let place = match column {
        Some(column) => format!("in column {}, at the row's byte {at_byte}", column + 1),
        None => format!("at the row's byte {at_byte}"),
    };
    let mut error = RowError::whole(RowErrorKind::Encoding, format!("{what}, {place}"));
    error.column = column.map(|column| column + 1);
    error.span = Some(shown_at..shown_at + length);
    error.hint = Some(Hint::OtherFileEncoding);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{HeaderSource, KeyChoice, MessageHeader, PlanSettings};
    use crate::mapping::Mapping;
    use crate::record::{Delimiters, Position};
    use crate::schema::RegisteredSchema;

    fn encoder(header: Option<&str>) -> BatchEncoder {
        encoder_with(header, 4, [])
    }

    fn encoder_with<const N: usize>(
        header: Option<&str>,
        max_row_bytes: usize,
        headers: [MessageHeader; N],
    ) -> BatchEncoder {
        let text = r#"{"type":"record","name":"R","fields":[{"name":"f","type":"long"}]}"#;
        let schema = RegisteredSchema::from_text("t-value", text).unwrap();
        let binding = match header {
            Some(name) => Mapping::default()
                .bind_columns(&[name.to_owned()], &schema)
                .unwrap(),
            None => Mapping::default().bind_keys(&schema).unwrap(),
        };
        let mut settings = PlanSettings::new(KeyChoice::None);
        settings.headers = headers.to_vec();
        let plan = MessagePlan::compile(&binding, &settings).unwrap();
        BatchEncoder::new(
            "t".into(),
            Arc::new(plan),
            header.map(|name| name.as_bytes().into()),
            BatchSettings {
                partitioner: None,
                size_limit: SizeLimit::of_bytes(max_row_bytes),
                times: None,
            },
        )
    }

    const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);
    const START: LineStart = LineStart {
        line: 2,
        decoded_byte: 2,
        raw_byte: Some(2),
    };
    const INPUT: InputNumber = InputNumber::new(0);

    fn block(format: RowFormat, bytes: impl AsRef<[u8]>) -> Block {
        Block {
            start: START,
            format,
            encoding: Encoding::Utf8,
            bytes: bytes.as_ref().to_vec(),
        }
    }

    fn block_in(encoding: &str, format: RowFormat, bytes: &[u8]) -> Block {
        Block {
            encoding: encoding.parse().unwrap(),
            ..block(format, bytes)
        }
    }

    #[test]
    fn a_batch_is_bounded_whatever_its_rows_become() {
        let default = "x".repeat(20_000);
        let schema = format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":"long"}},
            {{"name":"d","type":"string","default":"{default}"}}]}}"#
        );
        let schema = RegisteredSchema::from_text("t-value", &schema).unwrap();
        let binding = Mapping::default()
            .bind_columns(&["f".to_owned()], &schema)
            .unwrap();
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
        let settings = BatchSettings {
            partitioner: None,
            size_limit: SizeLimit::NONE,
            times: None,
        };
        let mut encoder = BatchEncoder::new("t".into(), Arc::new(plan), None, settings);
        let text = "1\n\n".repeat(500) + "x\n";
        let (mut next, mut rows, mut batches) = (Some(block(CSV, &text)), Vec::new(), 0);
        while let Some(block) = next {
            assert_eq!(
                block.start.decoded_byte,
                START.decoded_byte + (text.len() - block.bytes.len()) as u64
            );
            assert_eq!(block.start.raw_byte, Some(block.start.decoded_byte));
            let mut encoded = encoder.encode(INPUT, block, 1);
            assert!(
                encoded.arena.len() <= MAX_BATCH_BYTES + 20_100,
                "{}",
                encoded.arena.len()
            );
            let count = encoded.marked.rows.len() as u32;
            rows.extend((0..count).map(|row| encoded.marked.position(row).line));
            batches += 1;
            next = encoded.rest.take();
            assert_eq!(encoded.errors.len(), usize::from(next.is_none()));
        }
        assert_eq!(batches, 3);
        let lines: Vec<u64> = (0..=500).map(|row| START.line + 2 * row).collect();
        assert_eq!(rows, lines);
    }

    #[test]
    fn bad_rows_take_up_room_in_a_batch_too() {
        let text = "x\n".repeat(100_000);
        let encoded = encoder(Some("f")).encode(INPUT, block(CSV, &text), 1);
        assert!(encoded.errors.len() < 20_000, "{}", encoded.errors.len());
        assert_eq!(
            encoded.rest.unwrap().bytes.len(),
            text.len() - 2 * encoded.errors.len()
        );
    }

    #[test]
    fn blank_lines_are_no_rows() {
        let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\n\n\r\n2\r3"), 1);
        assert_eq!(
            (encoded.marked.rows.len(), encoded.blank_lines, encoded.next_line),
            (3, 2, 7)
        );
        assert_eq!(encoded.marked.position(1).line, 5);
        let encoded = encoder(None).encode(INPUT, block(RowFormat::Jsonl, "\n {\"f\":1} \n  \n"), 1);
        assert_eq!(
            (
                encoded.marked.rows.len(),
                encoded.blank_lines,
                encoded.marked.position(0).line
            ),
            (1, 2, 3)
        );
    }

    #[test]
    fn a_bad_row_leaves_its_neighbours_as_they_are() {
        let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\nx\n\"2\"y\n3\n123456789012345\n"), 1);
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
        let line = MessageHeader {
            name: "line".to_owned(),
            source: HeaderSource::Line,
        };
        // A byte of value, 14 of the header without its value, and lines of up to two digits.
        let mut encoder = encoder_with(Some("f"), 1 + 14 + 2, [line]);
        let lines = "\n".repeat(96);
        let encoded = encoder.encode(INPUT, block(CSV, format!("1\nx\n2{lines}3\n4\n")), 1);
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
        let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\nx\n3\n"), 4);
        assert_eq!((encoded.marked.rows.len(), encoded.errors.len()), (1, 0));
        assert_eq!(
            encoded.marked.position(0),
            Position {
                row: 0,
                line: 4,
                decoded_byte: 6,
                raw_byte: Some(6),
            }
        );
        assert_eq!(encoded.skipped_rows, 2, "so the input has two rows before it");
    }

    #[test]
    fn a_row_that_is_how_a_file_begins_is_no_row() {
        let encoded = encoder(Some("f")).encode(INPUT, block(CSV, "1\nf\n\u{feff}f\n2\n"), 1);
        let kinds: Vec<_> = encoded
            .errors
            .iter()
            .map(|(row, error)| (*row, error.kind))
            .collect();
        assert_eq!(
            kinds,
            [(1, RowErrorKind::HeaderAgain), (2, RowErrorKind::ByteOrderMark)]
        );
    }

    #[test]
    fn cells_are_split_and_quoted_as_the_dialect_says() {
        let dialect = RowFormat::Csv(Delimiters::new(b';', b'\'').unwrap());
        let rows = "1\n'2'\n\"3\"\n'it''s'\n4,5\n6;7\n";
        let encoded = encoder(Some("f")).encode(INPUT, block(dialect, rows), 1);
        assert_eq!(encoded.arena, [2, 4]);
        let values: Vec<_> = encoded
            .errors
            .iter()
            .map(|(row, error)| (*row, error.value.as_deref()))
            .collect();
        let expected = [
            (2, Some(&b"\"3\""[..])),
            (3, Some(&b"it''s"[..])),
            (4, Some(&b"4,5"[..])),
            (5, None),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn rows_in_another_encoding_are_decoded_one_by_one_and_split_after_it() {
        // A trail byte of Shift_JIS may be a backslash, which JSON would take for an escape.
        let mut encoder = encoder(None);
        let encoded = encoder.encode(
            INPUT,
            block_in(
                "shift_jis",
                RowFormat::Jsonl,
                b"{\"f\":1}\n{\"f\":\"\x83\x5c\"}\n{\"f\":\"\x83\"}\n",
            ),
            1,
        );
        assert_eq!(encoded.messages.len(), 1);
        let (ka, malformed) = (&encoded.errors[0].1, &encoded.errors[1].1);
        assert_eq!(ka.value.as_deref(), Some("ソ".as_bytes()));
        assert_eq!(malformed.kind, RowErrorKind::Encoding);
        assert_eq!(
            malformed.reason,
            "Shift_JIS has no character for the bytes 0x83, at the row's byte 7"
        );
        assert_eq!(malformed.span, Some(6..7));
    }
}
