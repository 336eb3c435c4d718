//! Writes a record as a CSV header and row: a column for each leaf, dotted paths for nested records, and JSON cells for
//! arrays, maps and everything else that has no other text.

use super::schema::{NamedId, Shape, Type};
use super::spell::{Place, Speller};
use super::value::Value;

/// A header and one row as they are in a file, without line ends.
#[derive(Debug)]
pub(crate) struct CsvText {
    pub header: String,
    pub row: String,
}

#[derive(Default)]
struct Columns {
    names: Vec<String>,
    cells: Vec<String>,
}

impl Speller<'_> {
    /// The record as CSV, if its values can be written as cells.
    pub(crate) fn csv(&mut self, value: &Value) -> Option<CsvText> {
        let mut columns = Columns::default();
        self.columns(0, value, "", &mut columns)?;
        // A row with a single empty cell is a blank line, which is not a row.
        if columns.names.is_empty() || columns.cells == [""] {
            return None;
        }
        let mut order: Vec<usize> = (0..columns.names.len()).collect();
        if self.random.one_in(3) {
            self.random.shuffle(&mut order);
        }
        let joined = |texts: &[String]| {
            let texts: Vec<_> = order.iter().map(|&index| texts[index].as_str()).collect();
            texts.join(",")
        };
        Some(CsvText {
            header: joined(&columns.names),
            row: joined(&columns.cells),
        })
    }

    fn columns(&mut self, record: NamedId, value: &Value, path: &str, columns: &mut Columns) -> Option<()> {
        let Value::Record(values) = value else {
            unreachable!("a record's value")
        };
        let schema = self.schema;
        for (field, value) in schema.fields(record).iter().zip(values) {
            let path = if path.is_empty() {
                field.name.clone()
            } else {
                format!("{path}.{}", field.name)
            };
            let Some(value) = value else {
                // No column, or an empty cell if it means the default.
                if !allows_null(&field.kind) && self.random.bool() {
                    columns.names.push(path);
                    columns.cells.push(String::new());
                }
                continue;
            };
            match &field.kind {
                Type::Named(id) if self.has_own_columns(*id, value) => {
                    self.columns(*id, value, &path, columns)?;
                }
                Type::Union(branches) if self.write_nullable_columns(branches, value, &path, columns) => {}
                kind => {
                    let cell = self.cell(kind, value)?;
                    columns.names.push(path);
                    columns.cells.push(cell);
                }
            }
        }
        Some(())
    }

    /// Whether a nested record is written as separate columns or as JSON in one cell.
    ///
    /// A record without any fields would have no columns, and so would be absent itself.
    fn has_own_columns(&mut self, id: NamedId, value: &Value) -> bool {
        let filled = |value: &Value| match value {
            Value::Record(values) => values.iter().any(Option::is_some),
            _ => false,
        };
        matches!(self.schema.named[id].shape, Shape::Record(_)) && filled(value) && self.random.bool()
    }

    /// Writes a nullable record as columns, all empty if it is null. Returns false if it is not written in this way.
    fn write_nullable_columns(
        &mut self,
        branches: &[Type],
        value: &Value,
        path: &str,
        columns: &mut Columns,
    ) -> bool {
        let ([Type::Named(id), Type::Null] | [Type::Null, Type::Named(id)], Value::Union(_, value)) =
            (branches, value)
        else {
            return false;
        };
        if !self.random.bool() || !matches!(self.schema.named[*id].shape, Shape::Record(_)) {
            return false;
        }
        let mut own = Columns::default();
        let written = match &**value {
            Value::Null => {
                let fields = self.schema.fields(*id);
                own.names = fields
                    .iter()
                    .map(|field| format!("{path}.{}", field.name))
                    .collect();
                own.cells = vec![String::new(); own.names.len()];
                !own.names.is_empty()
            }
            value => {
                // A record with only empty cells would be null.
                let is_filled = self.columns(*id, value, path, &mut own).is_some();
                is_filled && own.cells.iter().any(|cell| !matches!(cell.as_str(), "" | "\"\""))
            }
        };
        if written {
            columns.names.append(&mut own.names);
            columns.cells.append(&mut own.cells);
        }
        written
    }

    fn cell(&mut self, kind: &Type, value: &Value) -> Option<String> {
        Some(match (kind, value) {
            (Type::Unknown { base, .. }, value) => return self.cell(base, value),
            (_, Value::Null) => String::new(),
            (Type::Union(branches), Value::Union(branch, value)) => {
                if **value == Value::Null {
                    return Some(String::new());
                }
                if branches.len() > 1 + usize::from(branches.contains(&Type::Null)) {
                    return self.union_cell(branches, *branch, value);
                }
                if matches!(**value, Value::Array(_) | Value::Map(_) | Value::Record(_)) {
                    let union = Value::Union(*branch, value.clone());
                    let json = self.json(kind, &union);
                    return Some(self.quoted_cell(&json, false));
                }
                return self.cell(&branches[*branch], value);
            }
            (Type::Array(_) | Type::Map(_), value) | (Type::Named(_), value @ Value::Record(_)) => {
                let json = self.json(kind, value);
                self.quoted_cell(&json, false)
            }
            _ => {
                let text = self.spell(kind, value, Place::Text)?;
                if text.is_empty() && !matches!(kind, Type::String) {
                    return None;
                }
                self.quoted_cell(&text, text.is_empty())
            }
        })
    }

    /// The cell, quoted if necessary or by chance.
    pub(super) fn quoted_cell(&mut self, text: &str, must: bool) -> String {
        let special = text.contains([',', '"', '\n', '\r']);
        if must || special || self.random.one_in(5) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    }
}

/// Whether an empty cell means null.
fn allows_null(kind: &Type) -> bool {
    match kind {
        Type::Null => true,
        Type::Union(branches) => branches.contains(&Type::Null),
        _ => false,
    }
}
