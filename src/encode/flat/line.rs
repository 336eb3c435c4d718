//! Lines of JSON whose keys are those of an earlier line, in the same order and with the same blanks: the text between
//! the values is compared and not parsed.

use super::FlatPlan;
use crate::record::json::{Kind, Node, bare_string_end, number_end};

/// The text of a line around its values.
#[derive(Debug, Default)]
pub(super) struct LineForm {
    /// The text before each value, and the index of the step that the value is for.
    values: Vec<(Front, usize)>,
    /// The text after the last value.
    end: Box<[u8]>,
}

/// A text before a value.
#[derive(Debug)]
struct Front {
    text: Box<[u8]>,
    /// A text of up to 32 bytes in words, with zeros after it.
    words: [u64; WORDS],
    /// The bits of the words that belong to it; none of a longer text.
    masks: [u64; WORDS],
}

/// The number of words in which a text before a value is compared.
const WORDS: usize = 4;

impl Front {
    fn new(text: &[u8]) -> Front {
        let (mut bytes, mut mask) = ([0; 8 * WORDS], [0; 8 * WORDS]);
        if text.len() <= bytes.len() {
            bytes[..text.len()].copy_from_slice(text);
            mask[..text.len()].fill(0xff);
        }
        Front {
            text: text.into(),
            words: in_words(&bytes),
            masks: in_words(&mask),
        }
    }

    /// Whether `rest` starts with it.
    #[inline(always)]
    fn starts(&self, rest: &[u8]) -> bool {
        match rest.first_chunk() {
            Some(bytes) if self.text.len() <= 8 * WORDS => {
                let words = in_words(bytes);
                let differs = |index: usize| (words[index] ^ self.words[index]) & self.masks[index];
                differs(0) | differs(1) | differs(2) | differs(3) == 0
            }
            _ => rest.starts_with(&self.text),
        }
    }
}

#[inline(always)]
fn in_words(bytes: &[u8; 8 * WORDS]) -> [u64; WORDS] {
    let words = bytes.as_chunks().0;
    [words[0], words[1], words[2], words[3]].map(u64::from_le_bytes)
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
            form.values.push((Front::new(&line[at..start]), step));
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
            if !before.starts(&line[at..]) {
                return false;
            }
            at += before.text.len();
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
