//! The rows of the inputs, read again, and what each of them becomes.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::ComparisonError;
use crate::kafka::packed_headers;
use crate::load::InputNumber;
use crate::load::batch::BatchSettings;
use crate::load::encoded_block::EncodedBlock;
use crate::load::interrupt::Interrupts;
use crate::load::stages::{self, InputPlan, PlannedInput, Stages, Unit};
use crate::load::waited::Waited;
use crate::record::Position;

/// Rows of an input that have a number; the number of the input comes before it.
const ROW_BITS: u32 = 40;

/// A message that a row becomes.
#[derive(Debug, Clone)]
pub struct ExpectedMessage {
    /// The input of the row.
    pub input: InputNumber,
    /// Where the row starts.
    pub position: Position,
    /// The topic, by its number among those of the run.
    pub topic: usize,
    /// The partition; none if librdkafka chooses it.
    pub partition: Option<i32>,
    /// The bytes of the key.
    pub key: Option<Vec<u8>>,
    /// The bytes of the value.
    pub value: Option<Vec<u8>>,
    /// The headers in their order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// The time in milliseconds since 1970, if the row sets it.
    pub time: Option<i64>,
}

/// The number of a row, in the order of the rows. Inputs and their rows are counted from 0.
pub(super) fn number(encoded: &EncodedBlock, row: u32) -> u64 {
    ((encoded.input.index() as u64) << ROW_BITS) | (encoded.marked.first_row + u64::from(row))
}

/// Passes the headers of a message of a block to `see`.
pub(super) fn headers(
    encoded: &EncodedBlock,
    index: usize,
    own: bool,
    names: &[String],
    mut see: impl FnMut(&[u8], Option<&[u8]>),
) {
    let count = encoded.header_count;
    let values = &encoded.headers[index * count..(index + 1) * count];
    let bytes = |range: &Option<Range<u32>>| {
        let range = range.as_ref()?;
        Some(&encoded.arena[range.start as usize..range.end as usize])
    };
    let (packed, values) = values.split_at(usize::from(own && count > 0));
    for packed in packed {
        for (name, value) in packed_headers(bytes(packed).unwrap_or_default()) {
            see(name.to_bytes(), value);
        }
    }
    for (name, value) in names.iter().zip(values) {
        see(name.as_bytes(), bytes(value));
    }
}

/// What the row of a message of a block becomes.
pub(super) fn expected(
    encoded: &EncodedBlock,
    index: usize,
    own_headers: bool,
    names: &[String],
) -> ExpectedMessage {
    let message = &encoded.messages[index];
    let bytes = |range: &Option<Range<u32>>| {
        let range = range.as_ref()?;
        Some(encoded.arena[range.start as usize..range.end as usize].to_vec())
    };
    let mut all = Vec::new();
    headers(encoded, index, own_headers, names, |name, value| {
        all.push((
            String::from_utf8_lossy(name).into_owned(),
            value.map(<[u8]>::to_vec),
        ));
    });
    ExpectedMessage {
        input: encoded.input,
        position: encoded.marked.position(message.row),
        topic: encoded.marked.topic_of(message.row),
        partition: Some(message.partition).filter(|partition| *partition >= 0),
        key: bytes(&message.key),
        value: bytes(&message.payload),
        headers: all,
        time: message.timestamp.map(Into::into),
    }
}

/// The inputs, to be read again.
pub(in crate::load) struct Repeated {
    inputs: Vec<PlannedInput>,
    settings: BatchSettings,
}

impl Repeated {
    pub(in crate::load) fn new(inputs: &mut [PlannedInput], settings: BatchSettings) -> Repeated {
        Repeated {
            inputs: inputs.iter_mut().map(PlannedInput::again).collect(),
            settings,
        }
    }

    /// Passes the blocks to `see` up to the one with the row `last`, or until `see` returns false. Their messages end
    /// with that row.
    ///
    /// # Errors
    /// An input cannot be read again, or a signal has arrived.
    pub(super) fn each(
        &mut self,
        last: Option<u64>,
        interrupts: &Interrupts,
        see: &mut dyn FnMut(&EncodedBlock) -> bool,
    ) -> Result<(), ComparisonError> {
        let Some(last) = last else {
            return Ok(());
        };
        let inputs: Vec<PlannedInput> = self.inputs.iter_mut().map(PlannedInput::again).collect();
        let plans: Arc<[InputPlan]> = inputs.iter().map(InputPlan::of).collect();
        let mut rows_seen = vec![0; inputs.len()];
        let mut stages = Stages::start(
            1,
            move |dealer| stages::read(inputs, dealer),
            || stages::encoder(Arc::clone(&plans), self.settings.clone()),
        )
        .map_err(ComparisonError::Worker)?;
        loop {
            if interrupts.count() > 0 {
                return Err(ComparisonError::Interrupted);
            }
            let mut encoded = match stages.next(Duration::from_millis(100), &mut Waited::default()) {
                None => continue,
                Some(Unit::Encoded { encoded, .. }) => encoded,
                Some(Unit::End) => return Ok(()),
                Some(Unit::Broken(broken)) => return Err(ComparisonError::Input(broken.error)),
                Some(Unit::Failed(failure)) => return Err(ComparisonError::Worker(failure)),
            };
            let seen = &mut rows_seen[encoded.input.index()];
            encoded.marked.first_row = *seen + encoded.skipped_rows;
            *seen = encoded.marked.first_row + encoded.marked.rows.len() as u64;
            let count = encoded
                .messages
                .partition_point(|message| number(&encoded, message.row) <= last);
            let is_last = count < encoded.messages.len();
            encoded.messages.truncate(count);
            if !see(&encoded) || is_last {
                return Ok(());
            }
        }
    }
}
