//! Writes a value of a union as a CSV cell. A cell belongs to the first branch, in a fixed order of types, that has its
//! text as a value's own text.
//!
//! So a value's own text is written only if no type before it in this order could have the same text.

use super::expected::default_json;
use super::schema::{FixedLogical, Shape, Type};
use super::spell::{Place, Speller, with_point};
use super::value::{FIRST_DAY, LAST_DAY, Value};

impl Speller<'_> {
    /// The cell for a value of a union with several types besides null, if there is one.
    pub(super) fn union_cell(&mut self, branches: &[Type], branch: usize, value: &Value) -> Option<String> {
        let chosen = &branches[branch];
        let is_complex = |kind: &Type| self.rank(kind).is_none();
        let has_string = branches.iter().any(|kind| self.rank(kind) == Some(Rank::String));
        if branches.iter().any(is_complex) {
            // A cell is read as JSON only if all branches besides null need JSON.
            let only_complex = branches
                .iter()
                .all(|kind| *kind == Type::Null || is_complex(kind));
            if !is_complex(chosen) || has_string || !only_complex {
                return None;
            }
            let union = Type::Union(branches.to_vec());
            let json = self.json(&union, &Value::Union(branch, Box::new(value.clone())));
            return Some(self.quoted_cell(&json, false));
        }
        let text = self.own_text(chosen, value)?;
        let own = self.rank(chosen)?;
        let is_unambiguous = branches
            .iter()
            .enumerate()
            .filter(|(index, kind)| *index != branch && **kind != Type::Null)
            .all(|(_, kind)| self.rank(kind).is_some_and(|rank| rank > own) || !self.may_own(kind, &text));
        is_unambiguous.then(|| self.quoted_cell(&text, text.is_empty()))
    }

    /// The value's own text; bytes have none.
    fn own_text(&mut self, kind: &Type, value: &Value) -> Option<String> {
        Some(match (kind, value) {
            (Type::Unknown { base, .. }, value) => return self.own_text(base, value),
            (_, Value::Boolean(boolean)) => boolean.to_string(),
            (Type::Int | Type::Long, Value::Integer(integer)) => integer.to_string(),
            (Type::Float | Type::Double, value) => match default_json(self.schema, kind, value) {
                // JSON has no number for NaN and the infinities.
                serde_json::Value::Null => return self.spell(kind, value, Place::Text),
                _ => match value {
                    Value::Float(float) => format!("{float:?}"),
                    Value::Double(double) => format!("{double:?}"),
                    _ => unreachable!("a float is a float"),
                },
            },
            (Type::Decimal { scale, .. }, Value::Unscaled(number)) => with_point(number, *scale as i64),
            (_, Value::Scaled(number, scale)) => with_point(number, i64::from(*scale)),
            (Type::Date, Value::Integer(days)) if !(FIRST_DAY..=LAST_DAY).contains(days) => return None,
            // Of the texts of a time, only those that are not numbers are its own.
            (
                Type::Date
                | Type::TimeMillis
                | Type::TimeMicros
                | Type::Timestamp(_)
                | Type::LocalTimestamp(_),
                value,
            ) => self
                .spell(kind, value, Place::Text)
                .filter(|text| text.contains([':', '-']) && !text.starts_with('-'))?,
            (Type::String | Type::Uuid, Value::String(text)) => text.clone(),
            (Type::Named(id), value) => match (&self.schema.named[*id].shape, value) {
                (
                    Shape::Fixed {
                        logical: FixedLogical::Decimal { scale, .. },
                        ..
                    },
                    Value::Unscaled(number),
                ) => with_point(number, *scale as i64),
                (Shape::Fixed { logical, .. }, value) => match logical {
                    FixedLogical::Uuid => self.spell(kind, value, Place::Text)?,
                    // Three numbers are not its own text.
                    FixedLogical::Duration => self
                        .spell(kind, value, Place::Text)
                        .filter(|text| text.starts_with('P'))?,
                    _ => return None,
                },
                (Shape::Enum(symbols), Value::Symbol(index)) => symbols[*index].clone(),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Whether the text could be this type's own; when in doubt, true.
    fn may_own(&self, kind: &Type, text: &str) -> bool {
        let is_numeric = text.parse::<f64>().is_ok() || text.contains("Infinity");
        let is_integer = text.parse::<i64>().is_ok();
        let is_like_a_time =
            text.contains([':', '-']) && text.starts_with(|first: char| first.is_ascii_digit());
        match self.rank(kind) {
            None => true,
            Some(Rank::Null | Rank::Bytes) => false,
            Some(Rank::Boolean) => matches!(text, "true" | "false"),
            Some(Rank::Int | Rank::Long) => is_integer,
            Some(Rank::Decimal | Rank::BigDecimal | Rank::Double | Rank::Float) => is_numeric,
            Some(Rank::Date | Rank::TimeOfDay | Rank::Timestamp | Rank::Uuid) => {
                is_like_a_time || text.len() == 36
            }
            Some(Rank::Duration) => text.starts_with('P') || text.contains(','),
            Some(Rank::Enum) => match kind {
                Type::Named(id) => match &self.schema.named[*id].shape {
                    Shape::Enum(symbols) => symbols.iter().any(|symbol| symbol == text),
                    _ => true,
                },
                _ => true,
            },
            Some(Rank::String) => true,
        }
    }

    /// The position of a type in this order; none for types without text.
    fn rank(&self, kind: &Type) -> Option<Rank> {
        Some(match kind {
            Type::Null => Rank::Null,
            Type::Boolean => Rank::Boolean,
            Type::Int => Rank::Int,
            Type::Long => Rank::Long,
            Type::Float => Rank::Float,
            Type::Double => Rank::Double,
            Type::Bytes => Rank::Bytes,
            Type::String => Rank::String,
            Type::Decimal { .. } => Rank::Decimal,
            Type::BigDecimal => Rank::BigDecimal,
            Type::Uuid => Rank::Uuid,
            Type::Date => Rank::Date,
            Type::TimeMillis | Type::TimeMicros => Rank::TimeOfDay,
            Type::Timestamp(_) | Type::LocalTimestamp(_) => Rank::Timestamp,
            Type::Unknown { base, .. } => return self.rank(base),
            Type::Array(_) | Type::Map(_) | Type::Union(_) => return None,
            Type::Named(id) => match &self.schema.named[*id].shape {
                Shape::Record(_) => return None,
                Shape::Enum(_) => Rank::Enum,
                Shape::Fixed { logical, .. } => match logical {
                    FixedLogical::None | FixedLogical::Unknown => Rank::Bytes,
                    FixedLogical::Decimal { .. } => Rank::Decimal,
                    FixedLogical::Uuid => Rank::Uuid,
                    FixedLogical::Duration => Rank::Duration,
                },
            },
        })
    }
}

/// The types in the order in which they are tried for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Null,
    Boolean,
    Int,
    Long,
    Decimal,
    BigDecimal,
    Double,
    Float,
    Date,
    TimeOfDay,
    Timestamp,
    Uuid,
    Duration,
    Enum,
    String,
    Bytes,
}
