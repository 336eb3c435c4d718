//! Lines of JSON whose keys are those of an earlier line, in the same order and with the same blanks: the text between
//! the values is compared and not parsed.

use super::FlatPlan;
use crate::record::json::{Kind, Node, bare_string_end, number_end, short_number_end};
use wide::u8x16;

/// The text of a line around its values.
#[derive(Debug, Default)]
pub(super) struct LineForm {
    /// The text before each value, and the index of the step that the value is for.
    values: Vec<(Front, usize)>,
    /// The text after the last value.
    end: Box<[u8]>,
    /// Whether there is a value for each step, in their order.
    is_in_order: bool,
}

/// A text before a value.
#[derive(Debug)]
struct Front {
    text: Box<[u8]>,
    /// A text of up to 32 bytes, with zeros after it.
    bytes: [u8x16; 2],
    /// The bits that belong to it; none of a longer text.
    mask: [u8x16; 2],
}

/// The length of the longest text that is compared as a whole.
const LONGEST: usize = 2 * 16;

impl Front {
    fn new(text: &[u8]) -> Front {
        let (mut bytes, mut mask) = ([0; LONGEST], [0; LONGEST]);
        if text.len() <= LONGEST {
            bytes[..text.len()].copy_from_slice(text);
            mask[..text.len()].fill(0xff);
        }
        Front {
            text: text.into(),
            bytes: halves(&bytes),
            mask: halves(&mask),
        }
    }

    /// Whether `rest` starts with it.
    #[inline(always)]
    fn starts(&self, rest: &[u8]) -> bool {
        match rest.first_chunk() {
            Some(bytes) if self.text.len() <= LONGEST => {
                let found = halves(bytes);
                let differs = |index: usize| (found[index] ^ self.bytes[index]) & self.mask[index];
                (differs(0) | differs(1)).simd_eq(u8x16::ZERO).to_bitmask() == 0xffff
            }
            _ => rest.starts_with(&self.text),
        }
    }
}

#[inline(always)]
fn halves(bytes: &[u8; LONGEST]) -> [u8x16; 2] {
    let halves = bytes.as_chunks().0;
    [u8x16::from(halves[0]), u8x16::from(halves[1])]
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
        let values = &mut self.values;
        let end = self.form.scan(line, |step, value| {
            values[step] = Some(value);
            Some(())
        });
        let fits = end == Some(line.len());
        match fits {
            true => self.fits = self.fits.saturating_add(1),
            false => self.misses = self.misses.saturating_add(1),
        }
        fits
    }

    /// Passes the values of the line that `text` starts with, which is UTF-8, to `take`, with the indexes of their steps,
    /// if it has a value for each step, in their order. Returns where its known form ends; what comes after that may
    /// belong to the line too. None if it has another form, or `take` returns none.
    ///
    /// Such a line does not count as one of another form, since [`LineMemory::scan`] follows.
    #[inline(always)]
    pub(super) fn scan_in_order(
        &mut self,
        text: &[u8],
        take: impl FnMut(usize, FlatValue) -> Option<()>,
    ) -> Option<usize> {
        if !self.form.is_in_order {
            return None;
        }
        let end = self.form.scan(text, take)?;
        self.fits = self.fits.saturating_add(1);
        Some(end)
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
            form.values.push((Front::new(&line[at..start]), step));
            at = end;
        }
        form.end = line[at..].into();
        let steps = form.values.iter().map(|(_, step)| *step);
        // A CR at the end may be half of the line terminator of another line.
        form.is_in_order = steps.eq(0..plan.steps.len()) && !form.end.ends_with(b"\r");
        Some(form)
    }

    /// Passes the values of a line to `take`, with the indexes of their steps, and returns its end; none if the line has
    /// another form, or `take` returns none.
    #[inline(always)]
    fn scan(&self, text: &[u8], mut take: impl FnMut(usize, FlatValue) -> Option<()>) -> Option<usize> {
        if self.values.is_empty() {
            return None;
        }
        let mut at = 0;
        for (before, step) in &self.values {
            if !before.starts(&text[at..]) {
                return None;
            }
            at += before.text.len();
            let (kind, end) = match text.get(at) {
                Some(b'"') => {
                    at += 1;
                    (Kind::String, bare_string_end(text, at)?)
                }
                Some(b'-' | b'0'..=b'9') => {
                    let end = short_number_end(text, at).or_else(|| number_end(text, at).ok());
                    (Kind::Number, end?)
                }
                Some(b'n') if text[at..].starts_with(b"null") => (Kind::Null, at + 4),
                Some(b't') if text[at..].starts_with(b"true") => (Kind::True, at + 4),
                Some(b'f') if text[at..].starts_with(b"false") => (Kind::False, at + 5),
                _ => return None,
            };
            let value = FlatValue {
                kind,
                start: at as u32,
                end: end as u32,
            };
            take(*step, value)?;
            at = end + usize::from(kind == Kind::String);
        }
        text[at..].starts_with(&self.end).then_some(at + self.end.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_starts_the_lines_that_start_with_it(
            text in "[ab]{0,40}",
            more in "[ab]{0,40}",
            other in proptest::option::of((0usize..80, 0u8..8)),
        ) {
            let front = Front::new(text.as_bytes());
            let mut line = format!("{text}{more}").into_bytes();
            if let Some((at, bit)) = other
                && let Some(byte) = line.get_mut(at)
            {
                *byte ^= 1 << bit;
            }
            prop_assert_eq!(front.starts(&line), line.starts_with(text.as_bytes()));
            prop_assert_eq!(front.starts(&line[..line.len() / 2]), line[..line.len() / 2].starts_with(text.as_bytes()));
        }
    }
}
