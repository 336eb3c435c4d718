//! Unions from JSON, in both of the forms that they have there.

use super::scalar_text;
use super::value::{JsonValue, name_of, only_member};
use crate::encode::State;
use crate::encode::error::{Encoded, Fault, RowErrorKind};
use crate::encode::plan::{Codec, Plan};
use crate::encode::rules::JsonEncoding;
use crate::encode::scalar::Scalar;
use crate::encode::union::Union;
use crate::encode::wire::put_long;
use crate::escape::printable;
use crate::record::json::{self as json_text, Kind};

/// A value's form may have to be found out by trying; so often, and no more, for one row.
const MOST_TRIALS: u32 = 1_000;

impl State {
    /// The value itself, or the one within its wrapper.
    pub(super) fn unwrapped<'a>(
        &mut self,
        plan: &Plan,
        branch: &str,
        value: JsonValue<'a>,
    ) -> Encoded<JsonValue<'a>> {
        match (self.wrapped(value, branch), plan.rules.json_encoding) {
            (Some(inner), JsonEncoding::Auto | JsonEncoding::Avro) => Ok(inner),
            (None, JsonEncoding::Avro) => Err(value.blame(wrapper_wanted(branch))),
            _ => Ok(value),
        }
    }

    /// The other branch of a union with null; its index is written already.
    pub(super) fn put_other(
        &mut self,
        plan: &Plan,
        codec: &Codec,
        branch: &str,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let inner = match plan.rules.json_encoding {
            JsonEncoding::Plain => None,
            _ => self.wrapped(value, branch),
        };
        match inner {
            None if plan.rules.json_encoding == JsonEncoding::Avro => {
                Err(value.blame(wrapper_wanted(branch)))
            }
            None => self.put_json(plan, codec, value, out),
            Some(inner) if plan.rules.json_encoding == JsonEncoding::Auto && may_be_plain(codec, branch) => {
                let start = out.len();
                let wrapped = self.trial(plan, codec, inner, out);
                let wrapped_end = out.len();
                // Only the wrapper's key is looked at by the other reading, so it is tried too.
                let plain = self.trial(plan, codec, value, out);
                out.truncate(wrapped_end);
                match (wrapped, plain) {
                    (Ok(()), Err(_)) => Ok(()),
                    (Ok(()), Ok(())) => {
                        out.truncate(start);
                        Err(value.blame(two_readings(branch)))
                    }
                    (Err(_), Ok(())) => self.put_json(plan, codec, value, out),
                    (Err(fault), Err(_)) => Err(fault),
                }
            }
            Some(inner) => self.put_json(plan, codec, inner, out),
        }
    }

    /// Appends a value, or leaves `out` as it was.
    fn trial(&mut self, plan: &Plan, codec: &Codec, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        self.trials += 1;
        if self.trials > MOST_TRIALS {
            let reason = "its unions can be read in more ways than are tried";
            return Err(Fault::new(RowErrorKind::SeveralBranches, reason)
                .with_hint("name the branches, and say `--json-encoding avro`"));
        }
        let start = out.len();
        let dropped = self.dropped_keys;
        let more = self.more.len();
        let put = self.put_json(plan, codec, value, out);
        if put.is_err() {
            out.truncate(start);
            self.dropped_keys = dropped;
            self.more.truncate(more);
        }
        put
    }

    /// A union of more than null and one other type.
    pub(super) fn put_union(
        &mut self,
        plan: &Plan,
        union: &Union,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if value.kind() == Kind::Null {
            let Some(null) = union.null else {
                let reason = format!("the union does not allow null: {}", union.words());
                return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
            };
            put_long(null as i64, out);
            return Ok(());
        }
        let wrapped = match plan.rules.json_encoding {
            JsonEncoding::Plain => None,
            _ => self.named_branch(union, value),
        };
        match (wrapped, plan.rules.json_encoding) {
            (Some((branch, inner)), JsonEncoding::Auto) if union.has_complex() => {
                self.put_wrapped_or_plain(plan, union, branch, inner, value, out)
            }
            (Some((branch, inner)), _) => {
                put_long(branch as i64, out);
                self.put_json(plan, &plan.codecs[union.codec_of(branch)], inner, out)
            }
            (None, JsonEncoding::Avro) => Err(value.blame(wrapper_wanted("BRANCH"))),
            (None, _) => self.put_plain(plan, union, value, out),
        }
    }

    /// An object that may be a wrapper, or a map or a record whose one key is called like a branch.
    fn put_wrapped_or_plain(
        &mut self,
        plan: &Plan,
        union: &Union,
        branch: usize,
        inner: JsonValue<'_>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        put_long(branch as i64, out);
        let wrapped = self.trial(plan, &plan.codecs[union.codec_of(branch)], inner, out);
        let mut plain_out = Vec::new();
        let plain = self.put_plain(plan, union, value, &mut plain_out);
        match (wrapped, plain) {
            (Ok(()), Err(_)) => Ok(()),
            (Ok(()), Ok(())) => {
                out.truncate(start);
                Err(value.blame(two_readings(&union.branches[branch].name)))
            }
            (Err(_), Ok(())) => {
                out.truncate(start);
                out.extend_from_slice(&plain_out);
                Ok(())
            }
            (Err(fault), Err(_)) => Err(fault),
        }
    }

    /// A bare value: it goes to the branch whose own it is.
    fn put_plain(&mut self, plan: &Plan, union: &Union, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        match (value.kind(), union.array) {
            (Kind::Array, Some(array)) => {
                put_long(array as i64, out);
                self.put_json(plan, &plan.codecs[union.codec_of(array)], value, out)
            }
            (Kind::Object, _) => self.put_object(plan, union, value, out),
            _ => {
                let (text, origin) = scalar_text(value, &mut self.text);
                let scalar = Scalar {
                    text,
                    origin,
                    utf8: value.text.utf8,
                };
                union
                    .put_scalar(&plan.codecs, scalar, &plan.rules, out)
                    .map_err(|fault| value.blame(fault))
            }
        }
    }

    /// An object: the one record or map that takes it.
    fn put_object(&mut self, plan: &Plan, union: &Union, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        let mut taken = Vec::new();
        let mut faults = Vec::new();
        let mut end = start;
        for branch in union.records.iter().copied().chain(union.map) {
            let from = out.len();
            put_long(branch as i64, out);
            match self.trial(plan, &plan.codecs[union.codec_of(branch)], value, out) {
                Ok(()) if taken.is_empty() => {
                    taken.push(branch);
                    end = out.len();
                }
                Ok(()) => taken.push(branch),
                // Not this branch's fault, but the end of all trials.
                Err(fault) if self.trials > MOST_TRIALS => {
                    out.truncate(start);
                    return Err(fault);
                }
                Err(fault) => {
                    out.truncate(from);
                    faults.push(fault);
                }
            }
        }
        match (&taken[..], faults.len()) {
            ([_], _) => {
                out.truncate(end);
                Ok(())
            }
            ([], 1) => {
                out.truncate(start);
                Err(faults.remove(0))
            }
            ([], _) => {
                out.truncate(start);
                Err(value.blame(wrong_branch(union, value)))
            }
            _ => {
                out.truncate(start);
                Err(value.blame(union.several(taken.into_iter())))
            }
        }
    }

    /// The branch that the one key of an object names, and the value behind it.
    fn named_branch<'a>(&mut self, union: &Union, value: JsonValue<'a>) -> Option<(usize, JsonValue<'a>)> {
        let (key, inner) = only_member(value)?;
        let name = match key.kind() {
            Kind::String => key.raw(),
            _ => {
                self.text.clear();
                json_text::unescape(key.raw(), &mut self.text);
                &self.text
            }
        };
        Some((union.named(|branch| branch.as_bytes() == name)?, inner))
    }

    /// The value within Avro-JSON's wrapper `{"branch": value}`.
    fn wrapped<'a>(&mut self, value: JsonValue<'a>, branch: &str) -> Option<JsonValue<'a>> {
        let (key, inner) = only_member(value)?;
        self.key_is(&key, branch).then_some(inner)
    }
}

/// Whether an object that looks like a wrapper may be a value of this type as it stands.
fn may_be_plain(codec: &Codec, branch: &str) -> bool {
    match codec {
        Codec::Map(_) => true,
        Codec::Record(fields) => fields.iter().any(|field| field.name == branch),
        _ => false,
    }
}

/// No branch takes an object; one with a single key was most likely meant to name its branch.
#[cold]
fn wrong_branch(union: &Union, value: JsonValue<'_>) -> Box<Fault> {
    let fault = union.no_branch();
    match only_member(value) {
        Some((key, _)) if !union.has_complex() => {
            let names: Vec<&str> = union.branches.iter().map(|branch| branch.name.as_str()).collect();
            fault.with_hint(format!(
                "`{}` is no branch's name; they are `{}`",
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
    Fault::new(RowErrorKind::NoBranch, reason).with_hint("`--json-encoding auto` takes bare values too")
}

#[cold]
fn two_readings(branch: &str) -> Box<Fault> {
    let reason = format!(
        "it is a value of the union as it stands, and also one of its branch `{branch}` in Avro's JSON encoding"
    );
    Fault::new(RowErrorKind::SeveralBranches, reason)
        .with_hint("say which is meant with `--json-encoding plain` or `--json-encoding avro`")
}
