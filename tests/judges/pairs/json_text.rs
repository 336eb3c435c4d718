//! Writes a value as JSON, plain or with Avro's own wrappers around the values of unions.
//!
//! A value of a union is written plain only if docs/semantics.md leaves a single branch for it; otherwise it is
//! `{"branch": value}`. If both are possible, one is chosen at random.

use serde_json::Value as Json;

use super::manner::JsonForm;
use super::schema::{FixedLogical, Shape, Type};
use super::spell::{Place, Speller};
use super::value::Value;

/// The outermost kind of a JSON text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    Null,
    Boolean,
    Number,
    Text,
    Array,
    /// With its key, if it has only one.
    Object(Option<String>),
}

impl Speller<'_> {
    /// The value as one line of JSON.
    pub(crate) fn json(&mut self, kind: &Type, value: &Value) -> String {
        self.json_and_outside(kind, value).0
    }

    fn json_and_outside(&mut self, kind: &Type, value: &Value) -> (String, Outside) {
        match (kind, value) {
            (Type::Unknown { base, .. }, value) => self.json_and_outside(base, value),
            (_, Value::Null) => ("null".to_owned(), Outside::Null),
            (_, Value::Boolean(boolean)) if !self.random.one_in(4) => (boolean.to_string(), Outside::Boolean),
            (Type::Array(items), Value::Array(values)) => {
                let values: Vec<_> = values.iter().map(|value| self.json(items, value)).collect();
                (self.joined('[', &values, ']'), Outside::Array)
            }
            (Type::Map(kind), Value::Map(entries)) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| (key.as_str(), self.json(kind, value)))
                    .collect();
                self.object(&entries)
            }
            (Type::Union(branches), Value::Union(branch, value)) => self.union(branches, *branch, value),
            (Type::Named(id), Value::Record(values)) => {
                let schema = self.schema;
                let mut entries: Vec<_> = schema
                    .fields(*id)
                    .iter()
                    .zip(values)
                    .filter_map(|(field, value)| Some((field, value.as_ref()?)))
                    .map(|(field, value)| (field.name.as_str(), self.json(&field.kind, value)))
                    .collect();
                if self.random.one_in(4) {
                    self.random.shuffle(&mut entries);
                }
                self.object(&entries)
            }
            _ => self.scalar(kind, value),
        }
    }

    fn scalar(&mut self, kind: &Type, value: &Value) -> (String, Outside) {
        if self.manner.form == JsonForm::Avro {
            return self.base_scalar(kind, value);
        }
        if !self.random.one_in(4)
            && let Some(number) = self.spell(kind, value, Place::JsonNumber)
        {
            return (number, Outside::Number);
        }
        if let Value::Duration(numbers) = value
            && self.random.one_in(4)
        {
            let numbers = numbers.map(|number| number.to_string());
            return (self.joined('[', &numbers, ']'), Outside::Array);
        }
        let text = self
            .spell(kind, value, Place::Text)
            .expect("every scalar can be text");
        (self.quoted(&text), Outside::Text)
    }

    fn union(&mut self, branches: &[Type], branch: usize, value: &Value) -> (String, Outside) {
        if *value == Value::Null {
            return ("null".to_owned(), Outside::Null);
        }
        let chosen = &branches[branch];
        let (text, outside) = self.json_and_outside(chosen, value);
        let may_be_plain = self.manner.form != JsonForm::Avro;
        if may_be_plain && self.is_unambiguous(branches, chosen, &outside) && !self.random.one_in(3) {
            return (text, outside);
        }
        let name = self.schema.branch_name(chosen);
        self.wrappers += 1;
        // A wrapper may look like an entry of a map or a field of a record.
        self.may_be_ambiguous |=
            may_be_plain && branches.iter().any(|branch| self.accepts_key(branch, &name));
        // A text within a wrapper may also be bytes in Avro's own form.
        self.may_be_ambiguous |= may_be_plain
            && outside == Outside::Text
            && matches!(value, Value::Unscaled(_) | Value::Scaled(..) | Value::Duration(_));
        self.object(&[(&name, text)])
    }

    fn accepts_key(&self, kind: &Type, key: &str) -> bool {
        match kind {
            Type::Map(_) => true,
            Type::Named(id) => match &self.schema.named[*id].shape {
                Shape::Record(fields) => fields.iter().any(|field| field.name == key),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a plain value of this kind can belong only to the chosen branch.
    fn is_unambiguous(&self, branches: &[Type], chosen: &Type, outside: &Outside) -> bool {
        if let Outside::Object(Some(key)) = outside
            && branches
                .iter()
                .any(|branch| self.schema.branch_name(branch) == *key)
        {
            return false;
        }
        let possible = branches
            .iter()
            .filter(|branch| self.may_accept(branch, outside))
            .count();
        let is_string = |kind: &Type| match kind {
            Type::Unknown { base, .. } => **base == Type::String,
            kind => *kind == Type::String,
        };
        possible == 1 || (*outside == Outside::Text && is_string(chosen))
    }

    fn may_accept(&self, kind: &Type, outside: &Outside) -> bool {
        match kind {
            Type::Null => *outside == Outside::Null,
            Type::Boolean => matches!(outside, Outside::Boolean | Outside::Text),
            Type::Bytes | Type::String | Type::Uuid => *outside == Outside::Text,
            Type::Int | Type::Long | Type::Float | Type::Double | Type::Decimal { .. } | Type::BigDecimal => {
                matches!(outside, Outside::Number | Outside::Text)
            }
            Type::Date
            | Type::TimeMillis
            | Type::TimeMicros
            | Type::Timestamp(_)
            | Type::LocalTimestamp(_) => {
                matches!(outside, Outside::Number | Outside::Text)
            }
            Type::Unknown { base, .. } => self.may_accept(base, outside),
            Type::Array(_) => *outside == Outside::Array,
            Type::Map(_) => matches!(outside, Outside::Object(_)),
            Type::Union(_) => unreachable!("a union cannot contain a union"),
            Type::Named(id) => match &self.schema.named[*id].shape {
                Shape::Record(_) => matches!(outside, Outside::Object(_)),
                Shape::Enum(_) => *outside == Outside::Text,
                Shape::Fixed { logical, .. } => match logical {
                    FixedLogical::Decimal { .. } => matches!(outside, Outside::Number | Outside::Text),
                    // An array of three numbers may be read as a duration.
                    FixedLogical::Duration => matches!(outside, Outside::Text | Outside::Array),
                    _ => *outside == Outside::Text,
                },
            },
        }
    }

    fn object(&mut self, entries: &[(&str, String)]) -> (String, Outside) {
        let key = match entries {
            [(key, _)] => Some((*key).to_owned()),
            _ => None,
        };
        let entries: Vec<_> = entries
            .iter()
            .map(|(key, value)| {
                let blank = self.blank();
                format!("{}{blank}:{blank}{value}", self.quoted(key))
            })
            .collect();
        (self.joined('{', &entries, '}'), Outside::Object(key))
    }

    fn joined(&mut self, open: char, values: &[String], close: char) -> String {
        let blank = self.blank();
        let comma = format!("{blank},{}", self.blank());
        format!("{open}{blank}{}{blank}{close}", values.join(&comma))
    }

    fn blank(&mut self) -> &'static str {
        if self.random.one_in(10) {
            self.random.one_of(&[" ", "\t", "  "])
        } else {
            ""
        }
    }

    /// A JSON string, with the required escapes and some that are not required.
    pub(super) fn quoted(&mut self, text: &str) -> String {
        let escape_more = self.random.one_in(4);
        if !escape_more {
            return Json::from(text).to_string();
        }
        let mut quoted = "\"".to_owned();
        for character in text.chars() {
            match character {
                '/' => quoted.push_str("\\/"),
                '\n' => quoted.push_str("\\n"),
                _ if character < ' ' || matches!(character, '"' | '\\') || self.random.bool() => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        quoted.push_str(&if self.random.bool() {
                            format!("\\u{unit:04x}")
                        } else {
                            format!("\\u{unit:04X}")
                        });
                    }
                }
                _ => quoted.push(character),
            }
        }
        quoted.push('"');
        quoted
    }
}
