//! How rows lie in JSON that is not one object per line: in arrays, in objects around them, as arrays of values.
//!
//! `input` copies each row with what is needed of the values around it into a line of its own, a [document](Document)
//! in the form of the input: `{"result":{"XBTUSD":[["30243.4","0.34"]]}}`. So a rejected row can be loaded again with
//! the same options. `parts` finds the row in such a line, and gives an array of values its names.

mod document;
mod enclosing;
mod parts;
mod path;

pub(crate) use document::Document;
pub(crate) use enclosing::Member;
pub use enclosing::{Enclosing, EnclosingStep, EnclosingValue};
use enclosing::{key_number, member, parent_level};
pub(crate) use parts::{RowMemory, ShapeFault};
pub use path::RowPath;
pub(crate) use path::RowStep;

/// What separates JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The ends of lines: JSONL.
    Lines,
    /// White space of any kind or nothing: the values may span lines.
    Values,
}

/// How rows lie in JSON values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonShape {
    path: Option<RowPath>,
    /// The names of the values of rows that are arrays; empty names are those of values to ignore.
    columns: Vec<String>,
    /// Values around the rows that are used, and where they begin.
    enclosing: Vec<(EnclosingValue, Start)>,
    /// The parts of the values around the rows that are kept.
    members: Vec<Member>,
    /// The names of `enclosing` and `columns` one after the other.
    names: Vec<u8>,
}

/// Where a value around the rows begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// In the value at this level of the path.
    Level(usize),
    /// It is the key for the `*` with this number.
    Key(usize),
}

impl JsonShape {
    /// Rows at `path`. Rows that are arrays have `columns`, if any are given.
    ///
    /// # Errors
    /// A value around the rows that is not available with this path.
    pub fn new(
        path: Option<RowPath>,
        columns: Vec<String>,
        enclosing: Vec<EnclosingValue>,
    ) -> Result<JsonShape, String> {
        let steps = path.as_ref().map_or(&[][..], |path| &path.steps);
        let mut members: Vec<Member> = Vec::new();
        let mut placed = Vec::new();
        for value in enclosing {
            if path.is_none() {
                let message = format!(
                    "`{}` is a value around the rows, but without `json-root` there is none",
                    value.name
                );
                return Err(message);
            }
            let level = match value.of {
                Enclosing::Key => {
                    let number = key_number(&value, steps)?;
                    placed.push((value, Start::Key(number)));
                    continue;
                }
                Enclosing::Root => 0,
                Enclosing::Parent => parent_level(steps),
            };
            let member = member(&value, level, steps)?;
            if !members.contains(&member) {
                members.push(member);
            }
            placed.push((value, Start::Level(level)));
        }
        let enclosed = placed.iter().map(|(value, _)| value.name.as_bytes());
        let names = enclosed.chain(columns.iter().map(String::as_bytes));
        Ok(JsonShape {
            names: names.flatten().copied().collect(),
            path,
            columns,
            enclosing: placed,
            members,
        })
    }

    /// Whether each line is a row as it is.
    pub(crate) fn is_plain(&self) -> bool {
        self.path.is_none() && self.columns.is_empty()
    }

    /// The path to the rows, if there is one.
    pub fn path(&self) -> Option<&RowPath> {
        self.path.as_ref()
    }

    /// The steps to the rows. Without a path the items of an array are rows, and every other value is one.
    pub(crate) fn steps(&self) -> &[RowStep] {
        match &self.path {
            Some(path) => &path.steps,
            None => &[RowStep::Rows],
        }
    }

    /// The parts of the values around the rows that are kept.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }
}
