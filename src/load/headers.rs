//! The header values of messages, as ranges of a batch's arena. Values that are the same for all rows of a block are
//! stored once.

use std::ops::Range;
use std::sync::Arc;

use crate::encode::{HeaderValue, MessagePlan, OwnHeader};
use crate::kafka::{pack_header, packed_headers};

/// Appends the values to the arena of one batch after the other.
pub(super) struct HeaderWriter {
    plan: Arc<MessagePlan>,
    /// The ranges of the values that all rows of the block share; None for the others.
    shared: Vec<Option<Range<u32>>>,
    /// The bytes that the headers add to each message, if the rows share all values.
    shared_size: Option<usize>,
    /// The memory for names and lengths of a message's headers while it is in flight.
    framing: usize,
}

impl HeaderWriter {
    pub(super) fn new(plan: Arc<MessagePlan>) -> HeaderWriter {
        HeaderWriter {
            framing: plan.headers().iter().map(|header| framing(&header.name)).sum(),
            plan,
            shared: Vec::new(),
            shared_size: None,
        }
    }

    /// How many headers each message has.
    pub(super) fn count(&self) -> usize {
        self.plan.headers().len()
    }

    /// The names and values of a message's headers, of which `values` are those in the batch.
    pub(super) fn of<'h>(
        &'h self,
        values: impl Iterator<Item = Option<&'h [u8]>>,
    ) -> Vec<(&'h str, Option<&'h [u8]>)> {
        let mut all = Vec::new();
        for (header, value) in self.plan.headers().iter().zip(values) {
            match header.value {
                HeaderValue::Own => {
                    all.extend(packed_headers(value.unwrap_or_default()).map(|(name, value)| {
                        let name = name.to_str().expect("the encoder reads names from JSON");
                        (name, value)
                    }))
                }
                _ => all.push((header.name.as_str(), value)),
            }
        }
        all
    }

    /// Appends the values that are the same for all rows of `file` to the arena of a new batch.
    pub(super) fn begin(&mut self, file: &str, arena: &mut Vec<u8>) {
        self.shared.clear();
        for header in self.plan.headers() {
            let text = match &header.value {
                HeaderValue::Constant(text) => Some(text.as_str()),
                HeaderValue::File => Some(file),
                HeaderValue::Row(_) | HeaderValue::Mapped(_) | HeaderValue::Line | HeaderValue::Own => None,
            };
            let range = text.map(|text| append(text.as_bytes(), arena));
            self.shared.push(range);
        }
        let lengths = self.shared.iter().map(|range| Some(range.as_ref()?.len()));
        self.shared_size = lengths.sum::<Option<usize>>().map(|sum| sum + self.framing);
    }

    /// The bytes that the headers add to each message, if they have the same values for all rows of the block.
    pub(super) fn shared_size(&self) -> Option<usize> {
        self.shared_size
    }

    /// Adds the ranges of the values of a message, if all rows of the block share them.
    #[inline(always)]
    pub(super) fn put_shared(&self, values: &mut Vec<Option<Range<u32>>>) {
        values.extend_from_slice(&self.shared);
    }

    /// Appends the values of a row to `arena` and their ranges to `values`; returns the number of bytes that they
    /// add to the message. `encoded` are the ranges of the texts that the encoder has built from the row, and `own` the
    /// headers that the row names itself.
    #[inline]
    pub(super) fn put(
        &self,
        line: u64,
        encoded: &[Option<Range<usize>>],
        own: &[OwnHeader],
        arena: &mut Vec<u8>,
        values: &mut Vec<Option<Range<u32>>>,
    ) -> usize {
        if let Some(size) = self.shared_size {
            self.put_shared(values);
            return size;
        }
        let before = values.len();
        let mut encoded = encoded.iter();
        for (header, shared) in self.plan.headers().iter().zip(&self.shared) {
            values.push(match header.value {
                HeaderValue::Constant(_) | HeaderValue::File => shared.clone(),
                HeaderValue::Row(_) | HeaderValue::Mapped(_) => encoded
                    .next()
                    .expect("the encoder uses the same plan")
                    .as_ref()
                    .map(|text| text.start as u32..text.end as u32),
                HeaderValue::Line => Some(append_number(line, arena)),
                HeaderValue::Own => Some(pack(own, arena)),
            });
        }
        let lengths = values[before..].iter().flatten().map(ExactSizeIterator::len);
        self.framing + lengths.sum::<usize>()
    }
}

/// The largest size of a header besides its value: its name, and both lengths as varints.
fn framing(name: &str) -> usize {
    const LONGEST_LENGTH: usize = 5;
    name.len() + 2 * LONGEST_LENGTH
}

/// Packs headers whose texts are already in the arena.
fn pack(own: &[OwnHeader], arena: &mut Vec<u8>) -> Range<u32> {
    let mut packed = Vec::new();
    for OwnHeader { name, value } in own {
        pack_header(
            &arena[name.clone()],
            value.clone().map(|value| &arena[value]),
            &mut packed,
        );
    }
    append(&packed, arena)
}

fn append(bytes: &[u8], arena: &mut Vec<u8>) -> Range<u32> {
    let start = arena.len();
    arena.extend_from_slice(bytes);
    start as u32..arena.len() as u32
}

/// Appends the decimal digits of the number without a formatter.
fn append_number(mut number: u64, arena: &mut Vec<u8>) -> Range<u32> {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return append(&digits[first..], arena);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{HeaderSource, KeyChoice, MessageHeader, PlanSettings};
    use crate::mapping::Mapping;
    use crate::schema::RegisteredSchema;

    #[test]
    fn values_that_the_rows_of_a_block_share_are_stored_once() {
        let header = |name: &str, source| MessageHeader {
            name: name.to_owned(),
            source,
        };
        let template = |written: &str| HeaderSource::Template(written.parse().unwrap());
        let mut settings = PlanSettings::new(KeyChoice::None);
        settings.headers = vec![
            header("source", template("feed 7")),
            header("file", HeaderSource::File),
            header("line", HeaderSource::Line),
            header("empty", template("")),
            header("field", template("{f}")),
        ];
        let schema = r#"{"type":"record","name":"R","fields":[{"name":"f","type":"string"}]}"#;
        let schema = RegisteredSchema::from_text("t-value", schema).unwrap();
        let binding = Mapping::default().bind_keys(&schema).unwrap();
        let plan = MessagePlan::compile(&binding, &settings).unwrap();
        let mut writer = HeaderWriter::new(Arc::new(plan));
        let (mut arena, mut values) = (b"before".to_vec(), Vec::new());
        writer.begin("a.csv", &mut arena);
        let size = writer.put(2, &[Some(1..3)], &[], &mut arena, &mut values);
        writer.put(1042, &[None], &[], &mut arena, &mut values);
        assert_eq!(arena, b"beforefeed 7a.csv21042");
        let texts: Vec<Option<&str>> = values
            .iter()
            .map(|range| {
                let range = range.clone()?;
                str::from_utf8(&arena[range.start as usize..range.end as usize]).ok()
            })
            .collect();
        let first = [Some("feed 7"), Some("a.csv"), Some("2"), Some(""), Some("ef")];
        let second = [Some("feed 7"), Some("a.csv"), Some("1042"), Some(""), None];
        assert_eq!(texts, [first, second].concat());
        assert_eq!(
            size,
            "sourcefilelineemptyfield".len() + 5 * 10 + "feed 7a.csv2ef".len()
        );
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for number in [0, 9, 10, 1042, u64::MAX] {
            let mut arena = Vec::new();
            append_number(number, &mut arena);
            assert_eq!(arena, number.to_string().as_bytes());
        }
    }
}
