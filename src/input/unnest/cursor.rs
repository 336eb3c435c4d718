//! The place in a JSON value: which arrays and objects on the path to the rows are open, and what must follow.

use std::sync::Arc;

use crate::escape::printable;
use crate::record::json;
use crate::record::{EnclosingStep, JsonExtent, JsonShape, RowStep};

/// How many keys of the first value are kept for a message.
const SHOWN_KEYS: usize = 8;

/// The place in a JSON value.
#[derive(Debug)]
pub(super) struct Cursor {
    shape: Arc<JsonShape>,
    open: Vec<Container>,
    /// The current keys of the open objects, as they are written.
    keys: Vec<Vec<u8>>,
    pub(super) expects: Expects,
    /// The value that is being read.
    pub(super) value: Option<OpenValue>,
    /// Memory for a key without escapes.
    name: Vec<u8>,
    /// JSON values that have ended.
    pub(super) values: u64,
    /// Whether the path led to an array or object of rows, or to a row.
    pub(super) reached: bool,
    /// The first keys of the first value.
    pub(super) first_keys: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Container {
    is_object: bool,
    /// The number of the current item of an array.
    item: usize,
}

/// What must follow, apart from white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    KeyOrEnd,
    Key,
    Colon,
    Value,
    ItemOrEnd,
    CommaOrEnd,
}

/// A value of which only the end is sought.
#[derive(Debug)]
pub(super) struct OpenValue {
    pub(super) extent: JsonExtent,
    /// How many of its bytes at hand have been looked at.
    pub(super) seen: usize,
    pub(super) purpose: Purpose,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Neither a row nor used by one.
    Skip,
    /// The value around the rows with this index.
    Member(usize),
    Row {
        /// Whether it is what the whole path names, instead of an item of it.
        is_itself: bool,
    },
}

impl Cursor {
    pub(super) fn new(shape: Arc<JsonShape>) -> Cursor {
        Cursor {
            shape,
            open: Vec::new(),
            keys: Vec::new(),
            expects: Expects::Value,
            value: None,
            name: Vec::new(),
            values: 0,
            reached: false,
            first_keys: Vec::new(),
        }
    }

    /// Forgets the value that was not read to its end.
    pub(super) fn reset(&mut self) {
        self.open.clear();
        self.keys.clear();
        self.value = None;
        self.expects = Expects::Value;
    }

    /// How many arrays and objects on the path are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The keys on the way to the place.
    pub(super) fn keys(&self) -> &[Vec<u8>] {
        &self.keys
    }

    /// Whether this byte closes the innermost array or object.
    pub(super) fn is_end(&self, byte: u8) -> bool {
        let end = self
            .open
            .last()
            .map(|open| if open.is_object { b'}' } else { b']' });
        end == Some(byte)
    }

    /// What a message says if something else is there.
    pub(super) fn expected(&self, expects: Expects) -> &'static str {
        let is_object = self.open.last().is_some_and(|open| open.is_object);
        match (expects, is_object) {
            (Expects::KeyOrEnd, _) => "expected a key in quotes or `}`",
            (Expects::Key, _) => "expected a key in quotes",
            (Expects::Colon, _) => "expected `:` after the key",
            (Expects::Value, _) => "expected a JSON value",
            (Expects::ItemOrEnd, _) => "expected a JSON value or `]`",
            (Expects::CommaOrEnd, true) => "expected `,` or `}`",
            (Expects::CommaOrEnd, false) => "expected `,` or `]`",
        }
    }

    /// The next value is that of this key, which is written in quotes.
    pub(super) fn set_key(&mut self, key: &[u8]) {
        let current = self.keys.last_mut().expect("an object is open");
        current.clear();
        current.extend_from_slice(key);
        self.name.clear();
        json::unescape(&key[1..key.len() - 1], &mut self.name);
        if self.values == 0 && self.open.len() == 1 && self.first_keys.len() < SHOWN_KEYS {
            self.first_keys.push(printable(&self.name, 60).into_owned());
        }
    }

    /// After a comma.
    pub(super) fn next_entry(&mut self) {
        let open = self
            .open
            .last_mut()
            .expect("a comma is within an array or object");
        open.item += 1;
        self.expects = match open.is_object {
            true => Expects::Key,
            false => Expects::Value,
        };
    }

    /// Begins the value that starts with `first`; returns whether it is an array or object on the path, which is entered.
    pub(super) fn begin_value(&mut self, first: u8) -> bool {
        let purpose = match self.enter_or_purpose(first) {
            Some(purpose) => purpose,
            None => {
                let is_object = first == b'{';
                self.open.push(Container { is_object, item: 0 });
                self.reached |= self.open.len() == self.shape.steps().len();
                if is_object {
                    self.keys.push(Vec::new());
                }
                self.expects = match is_object {
                    true => Expects::KeyOrEnd,
                    false => Expects::ItemOrEnd,
                };
                return true;
            }
        };
        self.reached |= matches!(purpose, Purpose::Row { .. });
        self.value = Some(OpenValue {
            extent: JsonExtent::starting_with(first),
            seen: 0,
            purpose,
        });
        false
    }

    /// What the value that starts with `first` is; none if the path leads into it.
    fn enter_or_purpose(&self, first: u8) -> Option<Purpose> {
        let steps = self.shape.steps();
        if let Some((open, level)) = self.open.last().zip(self.open.len().checked_sub(1)) {
            let is_here = |step: &EnclosingStep| match step {
                EnclosingStep::Name(name) => open.is_object && name.as_bytes() == self.name,
                EnclosingStep::Index(index) => !open.is_object && *index == open.item,
            };
            let mut members = self.shape.members().iter();
            if let Some(index) = members.position(|member| member.level == level && is_here(&member.step)) {
                return Some(Purpose::Member(index));
            }
            let is_on_path = match &steps[level] {
                RowStep::Key(name) => name.as_bytes() == self.name,
                RowStep::Item(item) => *item == open.item,
                RowStep::AnyKey | RowStep::AnyItem | RowStep::Rows => true,
            };
            if !is_on_path {
                return Some(Purpose::Skip);
            }
        }
        match (steps.get(self.open.len()), first) {
            (None, _) => Some(Purpose::Row { is_itself: false }),
            (Some(RowStep::Key(_) | RowStep::AnyKey), b'{') => None,
            (Some(RowStep::AnyItem | RowStep::Item(_) | RowStep::Rows), b'[') => None,
            (Some(RowStep::Rows), b'{') => Some(Purpose::Row { is_itself: true }),
            (Some(RowStep::Rows), _) if self.shape.path().is_none() => Some(Purpose::Row { is_itself: true }),
            _ => Some(Purpose::Skip),
        }
    }

    /// Leaves the innermost array or object.
    pub(super) fn close(&mut self) {
        let closed = self.open.pop().expect("something is open");
        if closed.is_object {
            self.keys.pop();
        }
    }

    /// A value has ended.
    pub(super) fn after_value(&mut self) {
        match self.open.is_empty() {
            true => {
                self.values += 1;
                self.expects = Expects::Value;
            }
            false => self.expects = Expects::CommaOrEnd,
        }
    }
}
