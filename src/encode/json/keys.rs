//! Looks up the keys of an object; each is usually found right after the previous one.

use std::collections::HashMap;

use super::unescaped;
use super::value::{JsonValue, name_of};
use crate::record::json::Kind;

/// An object, and the state of the look-ups of its keys.
pub(super) struct KeyCursor<'a> {
    object: JsonValue<'a>,
    first: usize,
    end: usize,
    /// The key after the last one found: keys are usually in the schema's order.
    cursor: usize,
    found: usize,
    /// Whether every key was found at the cursor, so that the keys before it belong to other fields.
    in_order: bool,
    /// Whether each key is looked up at most once.
    distinct: bool,
    /// Number of keys skipped while searching.
    passed: usize,
    /// The keys by name, built after so many keys were skipped that an index is faster.
    index: Option<HashMap<Vec<u8>, usize>>,
}

/// Number of skipped keys after which an index is built; below this, searching is faster in any order of keys.
const MAX_PASSED: usize = 2_000;

impl<'a> KeyCursor<'a> {
    /// `distinct` says that no key is looked up twice.
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
            passed: 0,
            index: None,
        }
    }

    /// The value of the key `name`; `text` is a buffer for keys with escapes.
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
        // If every key was found in order up to the last, there are no others.
        (self.in_order && self.cursor >= self.end)
            || (self.distinct && self.object.children().count() == self.found)
    }

    #[inline]
    fn is_at_cursor(&self, name: &str) -> bool {
        let key = self.object.with(self.cursor);
        key.kind() == Kind::String && key.raw() == name.as_bytes()
    }

    /// The node of the key `name`, searched from the cursor to the end and then from the first key to the cursor.
    fn search(&mut self, name: &str, text: &mut Vec<u8>) -> Option<usize> {
        if self.passed > MAX_PASSED {
            let object = self.object;
            let by_name = || object.children().map(|key| (name_of(key), key.at)).collect();
            let index = self.index.get_or_insert_with(by_name);
            return index.get(name.as_bytes()).copied();
        }
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
            self.passed += 1;
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

#[cfg(test)]
mod tests {
    use super::super::{JsonText, Within};
    use super::*;
    use crate::record::json::parse;

    /// Looks `wanted` up in an object with these keys; returns the values found and the number of keys skipped.
    fn found(keys: &[String], wanted: &[String]) -> (Vec<Option<String>>, usize) {
        let members: Vec<String> = keys.iter().map(|key| format!("{key:?}:{key:?}")).collect();
        let bytes = format!("{{{}}}", members.join(",")).into_bytes();
        let mut nodes = Vec::new();
        parse(&bytes, &mut nodes).unwrap();
        let text = JsonText {
            bytes: &bytes,
            nodes: &nodes,
            utf8: true,
            within: Within::Row,
            keys_elsewhere: &[],
        };
        let mut keys = KeyCursor::new(text.value(), true);
        let mut buffer = Vec::new();
        let found = wanted
            .iter()
            .map(|name| {
                let value = keys.find(name, &mut buffer)?;
                Some(String::from_utf8(value.raw().to_vec()).unwrap())
            })
            .collect();
        (found, keys.passed)
    }

    fn names(prefix: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| format!("{prefix}{number}")).collect()
    }

    #[test]
    fn keys_are_found_in_any_order() {
        for count in [1, 2, 40, 500] {
            let wanted = names("f", count);
            let all: Vec<_> = wanted.iter().cloned().map(Some).collect();
            let mut keys = wanted.clone();
            assert_eq!(found(&keys, &wanted), (all.clone(), 0));
            keys.reverse();
            assert_eq!(found(&keys, &wanted).0, all, "{count}");
            fastrand::Rng::with_seed(7).shuffle(&mut keys);
            assert_eq!(found(&keys, &wanted).0, all, "{count}");
        }
    }

    /// Ten thousand fields times ten thousand other keys took more than a second per row.
    #[test]
    fn the_time_does_not_grow_with_fields_times_keys() {
        let (found, passed) = found(&names("x", 10_000), &names("f", 10_000));
        assert!(found.iter().all(Option::is_none));
        assert!(passed <= MAX_PASSED + 10_000, "{passed}");
    }
}
