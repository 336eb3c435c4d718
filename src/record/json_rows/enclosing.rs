//! Values around the rows: fields of enclosing objects, and keys on the way to the rows.

use super::path::RowStep;

/// A value around the rows that a mapping uses, such as `$root.time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnclosingValue {
    /// What it is part of.
    pub of: Enclosing,
    /// The way from there to the value.
    pub steps: Vec<EnclosingStep>,
    /// The value as it is written: the key under which the row has it.
    pub name: String,
}

/// What is around a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enclosing {
    /// `$root`: the whole JSON value.
    Root,
    /// `$parent`: the innermost object around the array with the rows.
    Parent,
    /// `$key`: the key that the last `*` stands for, or with `[0]` the one for the first.
    Key,
}

/// A step from an enclosing value to a value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnclosingStep {
    /// The value of a key.
    Name(String),
    /// An item of an array.
    Index(usize),
}

impl Enclosing {
    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Enclosing::Root => "$root",
            Enclosing::Parent => "$parent",
            Enclosing::Key => "$key",
        }
    }

    /// What a name stands for.
    pub fn of_name(name: &str) -> Option<Enclosing> {
        match name {
            "$root" => Some(Enclosing::Root),
            "$parent" => Some(Enclosing::Parent),
            "$key" => Some(Enclosing::Key),
            _ => None,
        }
    }
}

/// A part of a value around the rows that is kept while the rows are read: what an [`EnclosingValue`] begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// The number of steps of the row's path before the value that it is part of.
    pub(crate) level: usize,
    pub(crate) step: EnclosingStep,
}

/// The level of the innermost object around the rows; the whole value if there is none.
pub(super) fn parent_level(steps: &[RowStep]) -> usize {
    let around = steps.len().saturating_sub(1);
    let is_key = |step: &RowStep| matches!(step, RowStep::Key(_) | RowStep::AnyKey);
    steps[..around].iter().rposition(is_key).unwrap_or(0)
}

/// Which of the keys on the way `value` is, by its number among the `*` of the path.
pub(super) fn key_number(value: &EnclosingValue, steps: &[RowStep]) -> Result<usize, String> {
    let keys = steps.iter().filter(|step| **step == RowStep::AnyKey).count();
    let number = match value.steps[..] {
        [] => keys.checked_sub(1),
        [EnclosingStep::Index(number)] => Some(number),
        _ => return Err(format!("`{}`: a key has no parts", value.name)),
    };
    number.filter(|number| *number < keys).ok_or_else(|| {
        format!(
            "`{}` is a key that a `*` in `json-root` stands for, but the path has {keys} such keys",
            value.name
        )
    })
}

/// The part to keep for `value`, whose first step is in the value at `level`.
pub(super) fn member(value: &EnclosingValue, level: usize, steps: &[RowStep]) -> Result<Member, String> {
    let name = &value.name;
    let Some(step) = value.steps.first() else {
        return Err(format!(
            "`{name}` is everything around the rows: name one of its fields, such as `{name}.time`"
        ));
    };
    let fault = match (&steps[level], step) {
        (RowStep::Key(key), EnclosingStep::Name(name)) if key != name => None,
        (RowStep::AnyKey, EnclosingStep::Name(_)) => None,
        (RowStep::Item(item), EnclosingStep::Index(index)) if item != index => None,
        (RowStep::Key(_), EnclosingStep::Name(_)) | (RowStep::Item(_), EnclosingStep::Index(_)) => {
            Some("contains the rows: `$parent` is the innermost object around them")
        }
        (RowStep::Key(_) | RowStep::AnyKey, EnclosingStep::Index(_)) => {
            Some("is an item of an array, but `json-root` has an object there")
        }
        _ => Some("is not available, because `json-root` has an array there"),
    };
    match fault {
        Some(fault) => Err(format!("`{name}` {fault}")),
        None => Ok(Member {
            level,
            step: step.clone(),
        }),
    }
}
