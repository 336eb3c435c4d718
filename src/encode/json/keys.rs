//! Looks the keys of an object up, each mostly found right after the one before.

use super::unescaped;
use super::value::JsonValue;
use crate::record::json::Kind;

/// An object, and how far its keys have been looked up.
pub(super) struct KeyCursor<'a> {
    object: JsonValue<'a>,
    first: usize,
    end: usize,
    /// The key after the one that was found last: keys are mostly in the schema's order.
    cursor: usize,
    found: usize,
    /// Whether every key was found at the cursor, so that those before it are other fields'.
    in_order: bool,
    /// Whether no key is looked up twice.
    distinct: bool,
}

impl<'a> KeyCursor<'a> {
    /// `distinct` says that no key will be looked up twice.
    pub(super) fn new(object: JsonValue<'a>, distinct: bool) -> KeyCursor<'a> {
        let first = object.at + 1;
        KeyCursor {
            object,
            first,
            end: object.node().next as usize,
            cursor: first,
            found: 0,
            in_order: distinct,
            distinct,
        }
    }

    /// The value of the key `name`; `text` is for keys with escapes.
    #[inline]
    pub(super) fn find(&mut self, name: &str, text: &mut Vec<u8>) -> Option<JsonValue<'a>> {
        let key = if self.cursor < self.end && self.is_at_cursor(name) {
            self.cursor
        } else {
            let key = self.search(name, text)?;
            self.in_order &= key == self.cursor;
            key
        };
        self.found += 1;
        let value = self.object.with(key + 1);
        self.cursor = value.node().next as usize;
        Some(value)
    }

    /// Whether every key of the object was found.
    pub(super) fn is_complete(&self) -> bool {
        // Keys that were found one after the other up to the last are all there are.
        (self.in_order && self.cursor >= self.end)
            || (self.distinct && self.object.children().count() == self.found)
    }

    #[inline]
    fn is_at_cursor(&self, name: &str) -> bool {
        let key = self.object.with(self.cursor);
        key.kind() == Kind::String && key.raw() == name.as_bytes()
    }

    /// The node of the key `name`, looked for from the cursor to the end and then from the first key to the cursor.
    fn search(&self, name: &str, text: &mut Vec<u8>) -> Option<usize> {
        let first = if self.in_order { self.cursor } else { self.first };
        if first >= self.end {
            return None;
        }
        let mut at = if self.cursor < self.end {
            self.cursor
        } else {
            first
        };
        let begun = at;
        loop {
            if unescaped(self.object.with(at), text) == name.as_bytes() {
                return Some(at);
            }
            at = self.object.text.nodes[at + 1].next as usize;
            if at >= self.end {
                at = first;
            }
            if at == begun {
                return None;
            }
        }
    }
}
