//! Unions of more than null and one other type: the branch that a value goes to.
//!
//! A value goes to the branch of its own type. If several branches match equally, the row is rejected instead of
//! guessing. The order of comparison is computed once, when the schema is compiled.

use super::codec::{CodecId, Codecs, null_of};
use super::error::{Encoded, Fault, RowErrorKind};
use super::json::RecordBranches;
use super::scalar::{Origin, Scalar, is_canonical_text, put_scalar};
use super::scratch::Reading;
use super::wire::put_long;
use crate::mapping::rules::Rules;
use crate::schema::{AvroSchema, Base, Logical, TypeId};

/// A union, compiled.
#[derive(Debug)]
pub(crate) struct Union {
    id: CodecId,
    pub(super) branches: Vec<Branch>,
    /// The index of null.
    pub(super) null: Option<usize>,
    /// The index of a plain string, without a logical type.
    pub(super) string: Option<usize>,
    pub(super) array: Option<usize>,
    pub(super) map: Option<usize>,
    pub(super) records: RecordBranches,
    /// The scalar branches except null, in the order in which a text is offered to them; branches with equal ranks
    /// conflict.
    scalars: Vec<(Rank, usize)>,
    /// A description of its branches.
    described: String,
}

/// A branch of a union.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) codec: CodecId,
    /// Its name in Avro's JSON encoding.
    pub(super) name: String,
    /// Whether no other branch has the same name without the namespace.
    has_unique_short_name: bool,
}

/// The order in which scalars are offered a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
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

impl Union {
    pub(super) fn new(schema: &AvroSchema, id: CodecId, branches: &[TypeId]) -> Union {
        let find = |wanted: fn(&Base) -> bool| {
            branches
                .iter()
                .position(|branch| wanted(&schema.get(*branch).base))
        };
        let mut scalars: Vec<(Rank, usize)> = branches
            .iter()
            .enumerate()
            .filter_map(|(index, branch)| {
                let found = schema.get(*branch);
                Some((rank(&found.base, found.logical)?, index))
            })
            .collect();
        scalars.sort_unstable();
        let names: Vec<&str> = branches
            .iter()
            .map(|branch| schema.branch_name(*branch))
            .collect();
        Union {
            id,
            null: null_of(schema, branches).map(|index| index as usize),
            string: scalars
                .iter()
                .find(|(rank, _)| *rank == Rank::String)
                .map(|(_, index)| *index),
            array: find(|base| matches!(base, Base::Array(_))),
            map: find(|base| matches!(base, Base::Map(_))),
            records: RecordBranches::new(schema, branches),
            branches: branches
                .iter()
                .enumerate()
                .map(|(index, branch)| Branch {
                    codec: branch.index(),
                    name: names[index].to_owned(),
                    has_unique_short_name: has_unique_short_name(index, &names),
                })
                .collect(),
            scalars,
            described: describe(schema, branches),
        }
    }

    pub(super) fn codecs(&self) -> impl Iterator<Item = CodecId> + '_ {
        self.branches.iter().map(|branch| branch.codec)
    }

    pub(super) fn codec_of(&self, branch: usize) -> CodecId {
        self.branches[branch].codec
    }

    /// The branch of this name in Avro's JSON encoding; for a named type, the name without its namespace is accepted if
    /// it is unambiguous.
    pub(super) fn named(&self, name: &[u8]) -> Option<usize> {
        let is_short = |branch: &Branch| {
            branch.has_unique_short_name
                && short_name(&branch.name).is_some_and(|short| short.as_bytes() == name)
        };
        self.branches
            .iter()
            .position(|branch| branch.name.as_bytes() == name || is_short(branch))
    }

    /// The branch that the rules name for all values of this union.
    #[inline]
    pub(super) fn chosen(&self, rules: &Rules) -> Option<usize> {
        let chosen = rules.union_branch?;
        (chosen.union.index() == self.id).then_some(chosen.branch)
    }

    /// Whether the text of a cell is JSON. If the union has a string branch, text that looks like JSON is still text.
    pub(super) fn reads_json(&self, reading: Reading<'_>, text: &[u8]) -> bool {
        match self.chosen(reading.rules) {
            Some(branch) if !reading.codecs[self.codec_of(branch)].is_scalar() => true,
            _ => self.string.is_none() && self.has_complex() && looks_like_json(text),
        }
    }

    /// Whether any branch is written as JSON and not as plain text.
    pub(super) fn has_complex(&self) -> bool {
        self.array.is_some() || self.map.is_some() || !self.records.is_empty()
    }

    /// Appends a text, a number or a boolean as the branch of its own type.
    pub(super) fn put_scalar(&self, reading: Reading<'_>, scalar: Scalar<'_>, out: &mut Vec<u8>) -> Encoded {
        if let Some(branch) = self.chosen(reading.rules) {
            return self.put_branch(reading, branch, scalar, out);
        }
        match scalar.origin {
            // JSON marks text as such. If the union has a string branch, a JSON string is text.
            Origin::JsonString if self.string.is_some() => {
                let string = self.string.expect("it was checked above");
                self.put_branch(reading, string, scalar, out)
            }
            Origin::CsvCell | Origin::JsonString => {
                match self.canonical_branch(reading.codecs, scalar.text)? {
                    Some(branch) => self.put_branch(reading, branch, scalar, out),
                    None => self.put_first(reading, self.scalars.iter().copied(), scalar, out),
                }
            }
            Origin::JsonNumber => {
                let is_whole = |rank: &Rank| matches!(rank, Rank::Int | Rank::Long);
                let integral = !scalar.text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
                // A number with a decimal point or an exponent is an integer only if no other branch accepts it.
                let first = self
                    .scalars
                    .iter()
                    .filter(|(rank, _)| integral || !is_whole(rank));
                let last = self
                    .scalars
                    .iter()
                    .filter(|(rank, _)| !integral && is_whole(rank));
                self.put_first(reading, first.chain(last).copied(), scalar, out)
            }
            Origin::JsonBoolean | Origin::JsonNumbers => {
                self.put_first(reading, self.scalars.iter().copied(), scalar, out)
            }
        }
    }

    fn put_branch(
        &self,
        reading: Reading<'_>,
        branch: usize,
        scalar: Scalar<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        put_long(branch as i64, out);
        put_scalar(reading, self.codec_of(branch), scalar, out)
    }

    /// The branch that has this as its canonical text.
    fn canonical_branch(&self, codecs: &Codecs, text: &[u8]) -> Encoded<Option<usize>> {
        let mut own = self
            .scalars
            .iter()
            .filter(|(_, branch)| is_canonical_text(&codecs[self.codec_of(*branch)], text));
        let Some((rank, first)) = own.next() else {
            return Ok(None);
        };
        let rivals: Vec<usize> = own
            .filter(|(other, _)| other == rank)
            .map(|(_, branch)| *branch)
            .collect();
        if rivals.is_empty() {
            return Ok(Some(*first));
        }
        Err(self.several(std::iter::once(*first).chain(rivals)))
    }

    /// Appends the value as the first branch that accepts it.
    fn put_first(
        &self,
        reading: Reading<'_>,
        ranked: impl Iterator<Item = (Rank, usize)>,
        scalar: Scalar<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        let mut taken: Option<(Rank, usize, usize)> = None;
        let mut rivals = Vec::new();
        let mut faults = Vec::new();
        for (rank, branch) in ranked {
            if let Some((best, _, _)) = taken
                && best != rank
            {
                break;
            }
            let end = out.len();
            match (self.put_branch(reading, branch, scalar, out), &taken) {
                (Ok(()), None) => taken = Some((rank, branch, out.len())),
                (Ok(()), Some(_)) => rivals.push(branch),
                (Err(fault), _) => {
                    out.truncate(end);
                    faults.push(fault);
                }
            }
        }
        match taken {
            Some((_, _, end)) if rivals.is_empty() => {
                out.truncate(end);
                Ok(())
            }
            Some((_, first, _)) => {
                out.truncate(start);
                Err(self.several(std::iter::once(first).chain(rivals)))
            }
            // If only one branch is possible, its own fault says more.
            None if faults.len() == 1 && !self.has_complex() => {
                out.truncate(start);
                Err(faults.remove(0))
            }
            None => {
                out.truncate(start);
                Err(telling(faults).unwrap_or_else(|| self.no_branch()))
            }
        }
    }

    #[cold]
    pub(super) fn no_branch(&self) -> Box<Fault> {
        let reason = format!("it matches no branch of the union: {}", self.described);
        Fault::new(RowErrorKind::NoBranch, reason)
    }

    #[cold]
    pub(super) fn several(&self, branches: impl Iterator<Item = usize>) -> Box<Fault> {
        let names: Vec<&str> = branches
            .map(|branch| self.branches[branch].name.as_str())
            .collect();
        let reason = format!(
            "it matches several branches of the union: `{}`",
            names.join("`, `")
        );
        let wrappers: Vec<String> = names
            .iter()
            .map(|name| format!("`{{\"{name}\": ...}}`"))
            .collect();
        let hint = format!("in JSON, name the branch: {}", wrappers.join(" or "));
        Fault::new(RowErrorKind::SeveralBranches, reason).with_hint(hint)
    }

    /// The description of the branches.
    pub(super) fn describe(&self) -> &str {
        &self.described
    }
}

/// The fault that says more than that no branch fits: that of the float or double branch that would accept the number
/// if no digits were lost (with both, the double's, which is offered the number first), or that of the only branch that
/// would accept the text as a date or a time with a declared meaning.
#[cold]
fn telling(faults: impl IntoIterator<Item = Box<Fault>>) -> Option<Box<Fault>> {
    use RowErrorKind::{FloatPrecision, NoZone, TimePrecision, TimeUnit, UndeclaredInteger};
    let mut of_times = Vec::new();
    for fault in faults {
        match fault.kind {
            FloatPrecision => return Some(fault),
            NoZone | TimePrecision | TimeUnit | UndeclaredInteger => of_times.push(fault),
            _ => {}
        }
    }
    of_times.pop().filter(|_| of_times.is_empty())
}

fn looks_like_json(text: &[u8]) -> bool {
    text == b"null" || matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// A full name without its namespace; none if it has no namespace.
pub(super) fn short_name(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, short)| short)
}

fn has_unique_short_name(index: usize, names: &[&str]) -> bool {
    let Some(own) = short_name(names[index]) else {
        return false;
    };
    let is_other = |(other, name): (usize, &&str)| other != index && short_name(name).unwrap_or(name) == own;
    !names.iter().enumerate().any(is_other)
}

fn describe(schema: &AvroSchema, branches: &[TypeId]) -> String {
    let described = branches.iter().map(|branch| schema.describe(*branch).to_string());
    described.collect::<Vec<_>>().join(", ")
}

fn rank(base: &Base, logical: Option<Logical>) -> Option<Rank> {
    Some(match (logical, base) {
        (Some(Logical::Decimal { .. }), _) => Rank::Decimal,
        (Some(Logical::BigDecimal), _) => Rank::BigDecimal,
        (Some(Logical::Uuid), _) => Rank::Uuid,
        (Some(Logical::Date), _) => Rank::Date,
        (Some(Logical::TimeOfDay(_)), _) => Rank::TimeOfDay,
        (Some(Logical::Timestamp(_) | Logical::LocalTimestamp(_)), _) => Rank::Timestamp,
        (Some(Logical::Duration), _) => Rank::Duration,
        (None, Base::Boolean) => Rank::Boolean,
        (None, Base::Int) => Rank::Int,
        (None, Base::Long) => Rank::Long,
        (None, Base::Float) => Rank::Float,
        (None, Base::Double) => Rank::Double,
        (None, Base::String) => Rank::String,
        (None, Base::Bytes | Base::Fixed { .. }) => Rank::Bytes,
        (None, Base::Enum { .. }) => Rank::Enum,
        (None, Base::Null | Base::Array(_) | Base::Map(_) | Base::Union(_) | Base::Record { .. }) => {
            return None;
        }
    })
}
