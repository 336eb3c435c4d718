//! Lines of JSON whose keys are those of an earlier line, in the same order and with the same blanks: the text between
//! the values is compared and not parsed.

use super::FlatPlan;
use crate::record::json::{Kind, Node, bare_string_end, number_end};

/// The text of a line around its values.
#[derive(Debug, Default)]
pub(super) struct LineForm {
    /// The text before each value, and the index of the step that the value is for.
    values: Vec<(Box<[u8]>, usize)>,
    /// The text after the last value.
    end: Box<[u8]>,
}

/// A value of the line that is being encoded, by the index of its step.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlatValue {
    pub(super) kind: Kind,
    /// As in [`Node`]: strings are without their quotes.
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What the row loop keeps to recognise lines.
#[derive(Debug, Default)]
pub(super) struct LineMemory {
    /// The form of an earlier line; without values, if none is known.
    form: LineForm,
    pub(super) values: Vec<Option<FlatValue>>,
    /// How many lines had the form that was known then, and how many had another.
    fits: u32,
    misses: u32,
}

/// If most lines have another form than the last one, only one of so many is learnt in the end.
const SELDOM: u32 = 1_000;

impl LineMemory {
    /// Finds the values of a line of UTF-8; false if it has another form.
    #[inline]
    pub(super) fn scan(&mut self, line: &[u8]) -> bool {
        let scanned = !self.form.values.is_empty() && self.form.scan(line, &mut self.values);
        match scanned {
            true => self.fits = self.fits.saturating_add(1),
            false => self.misses = self.misses.saturating_add(1),
        }
        scanned
    }

    /// Learns the form of a line that the general code has accepted.
    ///
    /// Lines that keep changing their form are learnt more and more seldom.
    pub(super) fn learn(&mut self, plan: &FlatPlan, line: &[u8], nodes: &[Node]) {
        let often = self.fits >= self.misses || self.misses.is_power_of_two();
        if !often && !self.misses.is_multiple_of(SELDOM) {
            return;
        }
        if let Some(form) = LineForm::of(plan, line, nodes) {
            self.form = form;
            self.values.clear();
            self.values.resize(plan.steps.len(), None);
        }
    }
}

impl LineForm {
    /// The form of a line with only scalars, each for a different field; none for any other line.
    fn of(plan: &FlatPlan, line: &[u8], nodes: &[Node]) -> Option<LineForm> {
        let (object, members) = nodes.split_first()?;
        if object.kind != Kind::Object {
            return None;
        }
        let mut form = LineForm::default();
        let mut at = 0;
        let mut is_taken = vec![false; plan.steps.len()];
        for [key, value] in members.as_chunks().0 {
            if key.kind != Kind::String || matches!(value.kind, Kind::Array | Kind::Object) {
                return None;
            }
            let name = &line[key.start as usize..key.end as usize];
            let step = plan.keys.iter().position(|key| key.as_bytes() == name)?;
            if std::mem::replace(&mut is_taken[step], true) {
                return None;
            }
            let quote = usize::from(matches!(value.kind, Kind::String | Kind::EscapedString));
            let (start, end) = (value.start as usize - quote, value.end as usize + quote);
            form.values.push((line[at..start].into(), step));
            at = end;
        }
        form.end = line[at..].into();
        Some(form)
    }

    /// Finds the values of a line by their steps; false if it has another form.
    #[inline]
    fn scan(&self, line: &[u8], values: &mut [Option<FlatValue>]) -> bool {
        let mut at = 0;
        for (before, step) in &self.values {
            if !line[at..].starts_with(before) {
                return false;
            }
            at += before.len();
            let (kind, end) = match line.get(at) {
                Some(b'"') => {
                    at += 1;
                    match bare_string_end(line, at) {
                        Some(end) => (Kind::String, end),
                        None => return false,
                    }
                }
                Some(b'-' | b'0'..=b'9') => match number_end(line, at) {
                    Ok(end) => (Kind::Number, end),
                    Err(_) => return false,
                },
                Some(b'n') if line[at..].starts_with(b"null") => (Kind::Null, at + 4),
                Some(b't') if line[at..].starts_with(b"true") => (Kind::True, at + 4),
                Some(b'f') if line[at..].starts_with(b"false") => (Kind::False, at + 5),
                _ => return false,
            };
            values[*step] = Some(FlatValue {
                kind,
                start: at as u32,
                end: end as u32,
            });
            at = end + usize::from(kind == Kind::String);
        }
        line[at..] == *self.end
    }
}
