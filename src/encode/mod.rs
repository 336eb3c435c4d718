//! Turns a row's fields into Avro's bytes, straight from the bytes of the file, without building values in between.
//!
//! A [`MessagePlan`] is compiled once from a schema whose fields are bound to the parts of rows; an [`Encoder`] is a
//! plan and its scratch space. The meaning of a cell is decided in this folder and nowhere else: `cell` and `json` find
//! the parts of a row, `union` the branch, `scalar` and one file for each family of types the value.

mod avro_json;
mod bytes;
mod calendar;
mod cell;
mod codec;
mod date;
mod datum_plan;
mod decimal;
mod default;
mod derived;
mod dropped_names;
mod duration;
mod empty_cell;
mod encoder;
mod envelope;
mod error;
mod explain;
mod flat;
mod float;
mod header;
mod hint;
mod human_time;
mod json;
mod key;
mod likely;
mod line;
mod mapped_part;
mod message_plan;
mod message_text;
mod number;
mod offsets;
mod plain;
mod possible;
mod scalar;
mod scratch;
mod template;
mod text;
mod timestamp;
mod tombstone;
mod union;
mod wire;

pub use default::{FieldWithUnfitDefault, unfit_defaults};
pub use dropped_names::DroppedKey;
pub(crate) use encoder::RowEncoder;
pub use encoder::{EncodedMessage, Encoder};
pub(crate) use envelope::OwnHeader;
pub use envelope::{PartitionSource, RowContent};
pub use error::{PlanError, RowError, RowErrorKind};
pub(crate) use explain::{ExplainedRow, Explainer};
pub(crate) use header::HeaderValue;
pub use header::{HeaderSource, MessageHeader};
pub use hint::Hint;
pub use key::KeyChoice;
pub(crate) use line::{parse_json, parse_shaped, stray_text};
pub use message_plan::{MessagePlan, PlanSettings, TimestampSource};
pub(crate) use plain::PlainRow;
pub(crate) use possible::{PossibleType, PossibleTypes, decimal_digits, is_integer};
pub use template::{Template, TemplateError};

#[cfg(test)]
mod tests;
