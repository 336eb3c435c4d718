//! Random pairs of a schema and a value, each with the value's text in a file and the expected answers of the judges.
//!
//! No code here uses k2-produce's encoder: expectations come from the value that was drawn.

mod csv_text;
mod csv_union;
mod draw;
mod expected;
mod json_base;
mod json_text;
mod manner;
mod print;
pub(crate) mod schema;
mod spell;
mod value;

use std::collections::BTreeSet;

use crate::random::Random;
use serde_json::Value as Json;

pub(crate) use csv_text::CsvText;
pub(crate) use expected::hex;
pub(crate) use manner::{BytesEncoding, EpochUnit, JsonForm, Manner};
pub(crate) use spell::base64;

use schema::{Schema, Shape, Type};
use spell::Speller;
use value::{Value, Values};

/// A schema with its JSON.
pub(crate) struct Case {
    pub schema: Schema,
    pub text: String,
}

/// A value with its text.
pub(crate) struct Pair {
    value: Value,
    pub input: Input,
    pub manner: Manner,
    /// Whether it may be rejected because it is ambiguous.
    pub may_be_ambiguous: bool,
}

/// A row of a file.
#[derive(Debug)]
pub(crate) enum Input {
    Jsonl(String),
    Csv(CsvText),
}

impl Case {
    /// Draws a schema.
    pub(crate) fn draw(random: &mut Random) -> Case {
        let schema = draw::draw(random);
        let text = print::print(&schema, random);
        Case { schema, text }
    }

    /// Draws a value of the schema in any manner, as JSON or, if possible, as CSV.
    pub(crate) fn pair(&self, random: &mut Random) -> Pair {
        let manner = Manner {
            bytes: random.one_of(&BytesEncoding::ALL),
            form: if random.one_in(4) {
                JsonForm::Avro
            } else {
                JsonForm::Either
            },
            epoch: random.one_in(4).then(|| random.one_of(&EpochUnit::ALL)),
        };
        self.pair_in(manner, random)
    }

    /// Draws a value of the schema in this manner.
    pub(crate) fn pair_in(&self, mut manner: Manner, random: &mut Random) -> Pair {
        let value = Values {
            random,
            schema: &self.schema,
            bytes_are_text: manner.bytes == BytesEncoding::Utf8,
            for_default: false,
            budget: 150,
        }
        .draw(&Type::Named(0), 0);
        let as_csv = random.bool();
        let mut speller = Speller {
            random,
            schema: &self.schema,
            manner,
            wrappers: 0,
            may_be_ambiguous: false,
        };
        let csv = if as_csv { speller.csv(&value) } else { None };
        let input = match csv {
            Some(csv) => Input::Csv(csv),
            None => Input::Jsonl(speller.json(&Type::Named(0), &value)),
        };
        let may_be_ambiguous = speller.may_be_ambiguous;
        if speller.wrappers == 0 && manner.form == JsonForm::Either && random.bool() {
            manner.form = JsonForm::Plain;
        }
        Pair {
            value,
            input,
            manner,
            may_be_ambiguous,
        }
    }

    /// The value that every judge must decode at the level of base types.
    pub(crate) fn base(&self, pair: &Pair) -> Json {
        expected::base(&self.schema, &pair.value)
    }

    /// The meaning that a judge with these logical types must give.
    pub(crate) fn meaning(&self, knows: &dyn Fn(&str) -> bool, pair: &Pair) -> Json {
        expected::meaning(&self.schema, knows, &pair.value)
    }

    /// Whether two types have the same short name, one with and one without a namespace.
    pub(crate) fn has_a_name_with_and_without_namespace(&self) -> bool {
        let named = &self.schema.named;
        let (without, within): (Vec<_>, Vec<_>) = named.iter().partition(|named| named.namespace.is_empty());
        within
            .iter()
            .any(|one| without.iter().any(|other| one.name == other.name))
    }

    /// The types of the schema, as rows in the table of judges.
    pub(crate) fn types(&self) -> BTreeSet<String> {
        let mut rows = BTreeSet::new();
        for (id, named) in self.schema.named.iter().enumerate() {
            rows.insert(self.schema.row_of_the_table(&Type::Named(id)));
            if let Shape::Record(fields) = &named.shape {
                for field in fields {
                    self.types_of(&field.kind, &mut rows);
                }
            }
        }
        rows
    }

    fn types_of(&self, kind: &Type, rows: &mut BTreeSet<String>) {
        rows.insert(self.schema.row_of_the_table(kind));
        match kind {
            Type::Array(inner) | Type::Map(inner) => self.types_of(inner, rows),
            Type::Union(branches) => branches.iter().for_each(|branch| self.types_of(branch, rows)),
            _ => {}
        }
    }
}

impl Pair {
    pub(crate) fn is_csv(&self) -> bool {
        matches!(self.input, Input::Csv(_))
    }
}
