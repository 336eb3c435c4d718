//! Unions from JSON, in both of their JSON forms.

use super::value::{JsonValue, name_of, only_member};
use super::{scalar_of, unescaped};
use crate::encode::avro_json;
use crate::encode::codec::{Codec, CodecId};
use crate::encode::error::{Encoded, Fault, RowErrorKind};
use crate::encode::hint::Hint;
use crate::encode::offsets::TrackedField;
use crate::encode::scratch::{Reading, Scratch};
use crate::encode::union::{Union, short_name};
use crate::encode::wire::put_long;
use crate::escape::printable;
use crate::mapping::rules::JsonEncoding;
use crate::record::json::Kind;

/// Maximum number of readings tried for one value, including the values within it, to find out its form.
const MAX_TRIALS: u32 = 1_000;

impl Scratch {
    /// The other branch of a union with null; its index is already written.
    pub(super) fn put_other(
        &mut self,
        reading: Reading<'_>,
        codec: CodecId,
        branch: &str,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let json_encoding = reading.rules.json_encoding;
        let inner = match json_encoding {
            JsonEncoding::Plain => None,
            _ => self.wrapped(value, branch),
        };
        self.begin_trials();
        match (inner, json_encoding) {
            (None, JsonEncoding::Avro) => Err(value.blame(wrapper_wanted(branch))),
            (None, _) => self.put_json(reading, codec, tracked, value, out),
            (Some(inner), JsonEncoding::Auto) if may_be_bare(&reading.codecs[codec], branch) => {
                let start = out.len();
                let wrapped = self.trial(tracked, out, |scratch, out| {
                    scratch.put_json(reading, codec, tracked, inner, out)
                });
                let bare = self.trial(tracked, out, |scratch, out| {
                    scratch.put_json(reading, codec, tracked, value, out)
                });
                self.only_reading(wrapped, bare, branch, value, start, out)
            }
            (Some(inner), _) => {
                self.narrow(tracked, inner);
                self.put_within_wrapper(reading, codec, tracked, inner, out)
            }
        }
    }

    /// Tries to append a value; if it does not fit, everything is left unchanged.
    ///
    /// A fault of kind `SeveralBranches` means that the value fits in more than one way.
    fn trial(
        &mut self,
        tracked: Option<&TrackedField>,
        out: &mut Vec<u8>,
        put: impl Fn(&mut Scratch, &mut Vec<u8>) -> Encoded,
    ) -> Encoded {
        match self.trial_once(tracked, out, &put) {
            // Encoding stopped at the tie; what follows may not fit.
            Err(tie) if is_tie(&tie) && !self.are_trials_over() => {
                self.trials.overlooks_ties = true;
                let tied = self.trial_once(tracked, out, |scratch, out| put(scratch, out).and(Err(tie)));
                self.trials.overlooks_ties = false;
                tied
            }
            ended => ended,
        }
    }

    fn trial_once(
        &mut self,
        tracked: Option<&TrackedField>,
        out: &mut Vec<u8>,
        put: impl FnOnce(&mut Scratch, &mut Vec<u8>) -> Encoded,
    ) -> Encoded {
        self.trials.done += 1;
        if self.are_trials_over() {
            let reason = "its unions can be read in too many ways to try them all";
            return Err(Fault::new(RowErrorKind::SeveralBranches, reason).with_hint(Hint::NameBranches));
        }
        let start = out.len();
        let dropped = self.dropped_keys;
        let offsets = tracked.map(|_| self.offsets.clone());
        self.trials.depth += 1;
        let result = put(self, out);
        self.trials.depth -= 1;
        if result.is_err() {
            out.truncate(start);
            self.dropped_keys = dropped;
            if let Some(offsets) = offsets {
                self.offsets = offsets;
            }
        }
        result
    }

    /// Resets the count, unless the value is within one that is being tried.
    fn begin_trials(&mut self) {
        if self.trials.depth == 0 {
            self.trials.done = 0;
        }
    }

    /// The result for a value that can be read in several ways: its fault, unless the caller only asks whether there is
    /// one.
    #[cold]
    fn tie(&self, fault: Box<Fault>) -> Encoded {
        match self.trials.overlooks_ties {
            true => Ok(()),
            false => Err(fault),
        }
    }

    fn are_trials_over(&self) -> bool {
        self.trials.done > MAX_TRIALS
    }

    /// The value that a wrapper holds. If the form is not declared, a text may be in either form.
    fn put_within_wrapper(
        &mut self,
        reading: Reading<'_>,
        codec: CodecId,
        tracked: Option<&TrackedField>,
        inner: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        self.put_json(reading, codec, tracked, inner, out)?;
        let is_text = matches!(inner.kind(), Kind::String | Kind::EscapedString);
        if is_text && reading.rules.json_encoding == JsonEncoding::Auto {
            let text = unescaped(inner, &mut self.text);
            if let Some(fault) = avro_json::other_reading(&reading.codecs[codec], text) {
                out.truncate(start);
                return self.tie(inner.blame(fault));
            }
        }
        Ok(())
    }

    /// The result of two trials; a failed one has left nothing after `start`.
    fn only_reading(
        &self,
        wrapped: Encoded,
        bare: Encoded,
        branch: &str,
        value: JsonValue<'_>,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let fault = match (wrapped, bare) {
            // A reading that was not tried may fit as well.
            (_, Err(fault)) if self.are_trials_over() => fault,
            (Err(tie), Err(fault)) | (Err(fault), Err(tie)) if is_tie(&tie) && !is_tie(&fault) => tie,
            (Ok(()), Err(fault)) | (Err(fault), Ok(())) if !is_tie(&fault) => return Ok(()),
            (Err(fault), Err(_)) if !is_tie(&fault) => fault,
            // Each reading fits in one way or several.
            _ => {
                out.truncate(start);
                return self.tie(value.blame(two_readings(branch)));
            }
        };
        out.truncate(start);
        Err(fault)
    }

    /// A union of more than null and one other type.
    pub(super) fn put_union(
        &mut self,
        reading: Reading<'_>,
        union: &Union,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if value.kind() == Kind::Null {
            let Some(null) = union.null else {
                let reason = format!("the union does not allow null: {}", union.describe());
                return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
            };
            put_long(null as i64, out);
            return Ok(());
        }
        let json_encoding = reading.rules.json_encoding;
        let wrapped = match json_encoding {
            JsonEncoding::Plain => None,
            _ => self.named_branch(union, value),
        };
        self.begin_trials();
        match (wrapped, json_encoding) {
            (Some((branch, inner)), JsonEncoding::Auto) if union.has_complex() => {
                let wrapped = WrappedValue { branch, inner };
                self.put_wrapped_or_bare(reading, union, wrapped, tracked, value, out)
            }
            (Some((branch, inner)), _) => {
                self.narrow(tracked, inner);
                put_long(branch as i64, out);
                let within = TrackedField::branch(tracked, branch);
                self.put_within_wrapper(reading, union.codec_of(branch), within, inner, out)
            }
            (None, JsonEncoding::Avro) => Err(value.blame(wrapper_wanted("BRANCH"))),
            (None, _) => self.put_bare(reading, union, tracked, value, out),
        }
    }

    /// An object that may be a wrapper, or else a map or a record with a single key named like a branch.
    fn put_wrapped_or_bare(
        &mut self,
        reading: Reading<'_>,
        union: &Union,
        WrappedValue { branch, inner }: WrappedValue<'_>,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        let within = TrackedField::branch(tracked, branch);
        let wrapped = self.trial(within, out, |scratch, out| {
            put_long(branch as i64, out);
            scratch.put_within_wrapper(reading, union.codec_of(branch), within, inner, out)
        });
        let bare = self.trial(tracked, out, |scratch, out| {
            scratch.put_bare(reading, union, tracked, value, out)
        });
        self.only_reading(wrapped, bare, &union.branches[branch].name, value, start, out)
    }

    /// A bare value: it goes to the branch that the rules name, or else to the branch of its own type.
    fn put_bare(
        &mut self,
        reading: Reading<'_>,
        union: &Union,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if let Some(branch) = union.chosen(reading.rules) {
            put_long(branch as i64, out);
            let within = TrackedField::branch(tracked, branch);
            return self.put_json(reading, union.codec_of(branch), within, value, out);
        }
        match (value.kind(), union.array) {
            (Kind::Array, Some(array)) => {
                put_long(array as i64, out);
                self.put_json(reading, union.codec_of(array), None, value, out)
            }
            (Kind::Object, _) => self.put_object(reading, union, tracked, value, out),
            _ => {
                let scalar = scalar_of(value, &mut self.text);
                match union.put_scalar(reading, scalar, out) {
                    Err(fault) if is_tie(&fault) => self.tie(value.blame(fault)),
                    put => put.map_err(|fault| value.blame(fault)),
                }
            }
        }
    }

    /// An object: the one record or map that matches it. Only branches that its keys allow are tried.
    fn put_object(
        &mut self,
        reading: Reading<'_>,
        union: &Union,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let mut candidates = union.records.with_keys(value, reading.rules, &mut self.text);
        candidates.extend(union.map);
        // If there is only one record, its own fault describes best what is wrong with the keys.
        if let ([], Some(only)) = (&candidates[..], union.records.only()) {
            candidates.push(only);
        }
        if let [branch] = candidates[..] {
            put_long(branch as i64, out);
            let within = TrackedField::branch(tracked, branch);
            return self.put_json(reading, union.codec_of(branch), within, value, out);
        }
        let start = out.len();
        let mut taken = Vec::new();
        let mut tied = None;
        let mut end = start;
        for branch in candidates {
            let within = TrackedField::branch(tracked, branch);
            let put = self.trial(within, out, |scratch, out| {
                put_long(branch as i64, out);
                scratch.put_json(reading, union.codec_of(branch), within, value, out)
            });
            match put {
                Ok(()) => {
                    if taken.is_empty() {
                        end = out.len();
                    }
                    taken.push(branch);
                }
                // Not a fault of this branch: the limit of trials is reached.
                Err(fault) if self.are_trials_over() => {
                    out.truncate(start);
                    return Err(fault);
                }
                // The value matches the branch in several ways.
                Err(fault) if is_tie(&fault) => {
                    taken.push(branch);
                    tied.get_or_insert(fault);
                }
                Err(_) => {}
            }
        }
        match (&taken[..], tied) {
            ([_], None) => {
                out.truncate(end);
                Ok(())
            }
            ([_], Some(tie)) => Err(tie),
            ([], _) => {
                out.truncate(start);
                Err(value.blame(wrong_branch(union, value)))
            }
            _ => {
                out.truncate(start);
                self.tie(value.blame(union.several(taken.into_iter())))
            }
        }
    }

    /// Records that the value of a tracked field is the one inside a wrapper.
    #[inline]
    fn narrow(&mut self, tracked: Option<&TrackedField>, inner: JsonValue<'_>) {
        if let Some(tracked) = tracked {
            self.offsets.narrow(tracked, Some(inner.place()));
        }
    }

    /// The branch named by an object's only key, and the value of that key.
    fn named_branch<'a>(&mut self, union: &Union, value: JsonValue<'a>) -> Option<(usize, JsonValue<'a>)> {
        let (key, inner) = only_member(value)?;
        let name = unescaped(key, &mut self.text);
        Some((union.named(name)?, inner))
    }

    /// The value within Avro-JSON's wrapper `{"branch": value}`.
    fn wrapped<'a>(&mut self, value: JsonValue<'a>, branch: &str) -> Option<JsonValue<'a>> {
        let (key, inner) = only_member(value)?;
        let name = unescaped(key, &mut self.text);
        (name == branch.as_bytes() || short_name(branch).is_some_and(|short| short.as_bytes() == name))
            .then_some(inner)
    }
}

/// The content of an object that may be a wrapper.
struct WrappedValue<'a> {
    branch: usize,
    inner: JsonValue<'a>,
}

/// Whether a value fits, even if in several ways.
fn is_tie(fault: &Fault) -> bool {
    fault.kind == RowErrorKind::SeveralBranches
}

/// Whether an object that looks like a wrapper may be a bare value of this type.
fn may_be_bare(codec: &Codec, branch: &str) -> bool {
    match codec {
        Codec::Map(_) => true,
        Codec::Record(fields) => {
            let is_wrapper = |name: &str| name == branch || short_name(branch) == Some(name);
            fields.iter().any(|field| is_wrapper(&field.name))
        }
        _ => false,
    }
}

/// The fault of an object that matches no branch; a single key was most likely meant to name the branch.
#[cold]
fn wrong_branch(union: &Union, value: JsonValue<'_>) -> Box<Fault> {
    let fault = union.no_branch();
    match only_member(value) {
        Some((key, _)) if !union.has_complex() => {
            let names: Vec<&str> = union.branches.iter().map(|branch| branch.name.as_str()).collect();
            fault.with_hint(format!(
                "no branch is named `{}`; the branches are `{}`",
                printable(&name_of(key), 60),
                names.join("`, `")
            ))
        }
        _ => fault,
    }
}

#[cold]
fn wrapper_wanted(branch: &str) -> Box<Fault> {
    let reason = format!("Avro's JSON encoding names the branch of a union: `{{\"{branch}\": ...}}`");
    Fault::new(RowErrorKind::NoBranch, reason).with_hint(Hint::BareValues)
}

#[cold]
fn two_readings(branch: &str) -> Box<Fault> {
    let reason = format!(
        "it is a plain value of the union, and also one of its branch `{branch}` in Avro's JSON encoding"
    );
    Fault::new(RowErrorKind::SeveralBranches, reason).with_hint(Hint::DeclareJsonForm)
}
