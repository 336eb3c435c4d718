//! Turns a row's fields into Avro's bytes, straight from the bytes of the file: no value is built in between.
//!
//! A [`Plan`] is the schema compiled once; an [`Encoder`] is a plan and its scratch space. What a cell means is
//! decided here and in the files beside this one, and nowhere else: `cell` and `json` find the parts of a row,
//! `union` the branch, `scalar` and one file for each family of types the value.

mod bytes;
mod calendar;
mod cell;
mod date;
mod decimal;
mod default;
mod duration;
mod error;
mod json;
mod key;
mod number;
mod plan;
pub mod rules;
mod scalar;
mod text;
mod timestamp;
mod union;
mod watch;
pub mod wire;

use std::sync::Arc;

pub use error::{RowError, RowErrorKind};
pub use plan::{KeyChoice, Plan, PlanError, PlanSettings};
pub use rules::Rules;

use crate::record::json::Node;
use crate::record::{Parts, Row};
use error::Fault;
use key::KeyPlan;
use plan::Codec;
use watch::{NOWHERE, Watch};
use wire::take_long;

/// Encodes rows after one plan.
///
/// ```
/// use std::sync::Arc;
/// use k2_produce::encode::{Encoder, KeyChoice, Plan, PlanSettings};
/// use k2_produce::mapping::binding::Binding;
/// use k2_produce::record::{Parts, Row, json};
/// use k2_produce::schema::RegisteredSchema;
///
/// let text = r#"{"type": "record", "name": "Trade", "fields": [
///     {"name": "symbol", "type": "string"}, {"name": "volume", "type": "long"}]}"#;
/// let schema = RegisteredSchema::from_text("trades-value", text)?;
/// let plan = Plan::compile(&schema, &Binding::default(), &PlanSettings::new(KeyChoice::Default))?;
/// let mut encoder = Encoder::new(Arc::new(plan));
///
/// let line = br#"{"symbol": "BHP", "volume": 744}"#;
/// let mut nodes = Vec::new();
/// json::parse(line, &mut nodes).expect("it is JSON");
/// let row = Row { bytes: line, utf8: true, parts: Parts::Json(&nodes) };
/// let mut out = Vec::new();
/// let message = encoder.encode(&row, &mut out)?;
/// assert_eq!(out[..message.payload_end], [6, b'B', b'H', b'P', 0xd0, 0x0b]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Encoder {
    plan: Arc<Plan>,
    state: State,
}

/// What is used again for each row.
#[derive(Default)]
struct State {
    /// The text of a JSON string with escapes.
    text: Vec<u8>,
    /// The text of a cell with doubled quotes.
    cell: Vec<u8>,
    /// The nodes of a cell that holds JSON.
    nodes: Vec<Node>,
    /// Where the watched fields start in the output.
    places: Vec<usize>,
    headers: Vec<Option<(usize, usize)>>,
    /// Faults of a JSON row behind its first.
    more: Vec<Fault>,
    /// Values of this row that were read to see whether they can be.
    trials: u32,
    dropped_keys: u64,
    /// For a key that is a datum of its own.
    key: Option<Box<State>>,
}

/// What [`Encoder::encode`] appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Where the message's value ends in the output; it starts where the output ended before.
    pub payload_end: usize,
    /// Where the message's key lies in the output.
    pub key: Option<(usize, usize)>,
    /// The message's timestamp in milliseconds since the epoch, where the plan takes one from the row and its field
    /// is not null. Whether a message can have it is not judged here.
    pub timestamp: Option<i64>,
}

impl Encoder {
    /// An encoder after `plan`.
    pub fn new(plan: Arc<Plan>) -> Encoder {
        Encoder {
            plan,
            state: State::default(),
        }
    }

    /// Appends the message of `row` to `out`: the registry's header where the schema has an id, the datum, and
    /// behind it the texts of key and headers where the datum does not hold them already.
    ///
    /// # Errors
    /// What is wrong with the row. `out` is then as it was before, so that the caller can go on.
    #[inline]
    pub fn encode(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<Message, Box<RowError>> {
        let start = out.len();
        let result = self.state.message(&self.plan, row, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    /// Where the header texts of the row that was encoded last lie in the output, in the order of
    /// [`PlanSettings::headers`]; none for a text of which a field is null.
    pub fn headers(&self) -> &[Option<(usize, usize)>] {
        &self.state.headers
    }

    /// JSON keys that no field has and that were left out so far, as [`rules::UnknownKeys::Drop`] allows.
    pub fn dropped_keys(&self) -> u64 {
        self.state.dropped_keys
    }
}

impl State {
    #[inline]
    fn message(&mut self, plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) -> Result<Message, Box<RowError>> {
        self.datum(plan, row, out)?;
        let payload_end = out.len();
        let key = match &plan.key {
            KeyPlan::None => None,
            KeyPlan::Text(template) => {
                let key = template.put_key(&plan.codecs, &self.places, out);
                Some(key.map_err(|fault| fault.into_row_error(None))?)
            }
            KeyPlan::Avro(key, _) => {
                let state = self.key.get_or_insert_with(Box::default);
                state.datum(key, row, out)?;
                Some((payload_end, out.len()))
            }
        };
        self.headers.clear();
        for header in &plan.headers {
            let text = header.put(&plan.codecs, &self.places, out);
            self.headers.push(text);
        }
        let timestamp = plan
            .timestamp
            .and_then(|slot| timestamp_at(plan, slot, self.places[slot.slot], out));
        Ok(Message {
            payload_end,
            key,
            timestamp,
        })
    }

    #[inline]
    fn datum(&mut self, plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Box<RowError>> {
        if let Some(header) = plan.header {
            out.extend_from_slice(&header);
        }
        self.trials = 0;
        self.places.clear();
        self.places.resize(plan.slots, NOWHERE);
        match row.parts {
            Parts::Csv(cells) => self.encode_cells(plan, row, cells, out),
            Parts::Json(nodes) => self.encode_value(plan, row, nodes, out),
        }
    }

    /// Notes where a field starts, if anybody wants to know; gives what is wanted of the record that it holds.
    #[inline]
    fn note<'a>(&mut self, watch: &'a [Watch], field: usize, place: usize) -> &'a [Watch] {
        for watched in watch {
            if watched.field == field {
                if let Some(slot) = watched.slot {
                    self.places[slot] = place;
                }
                return &watched.inner;
            }
        }
        &[]
    }
}

/// The message's timestamp, from the datum of its field; none where it is null.
fn timestamp_at(plan: &Plan, slot: watch::Slot, place: usize, out: &[u8]) -> Option<i64> {
    if place == NOWHERE {
        return None;
    }
    let (mut codec, mut at) = (&plan.codecs[slot.codec], place);
    if let Codec::Nullable {
        null, codec: other, ..
    } = codec
    {
        let (branch, length) = take_long(&out[at..]);
        if branch == *null {
            return None;
        }
        (codec, at) = (&plan.codecs[*other], at + length);
    }
    let Codec::Timestamp(unit) = codec else {
        unreachable!("the plan takes timestamps only")
    };
    Some(timestamp::to_millis(take_long(&out[at..]).0, *unit))
}

#[cfg(test)]
mod tests;
