//! A JSON text of a row, and the values in it.

use crate::encode::error::Fault;
use crate::encode::offsets::RowPlace;
use crate::record::json::{self as json_text, Kind, Node};

/// A JSON text and its nodes.
pub(in crate::encode) struct JsonText<'a> {
    pub(in crate::encode) bytes: &'a [u8],
    pub(in crate::encode) nodes: &'a [Node],
    /// Whether the bytes are known to be valid UTF-8.
    pub(in crate::encode) utf8: bool,
    pub(in crate::encode) within: Within,
    /// Keys of the top-level object that are used by another part of the message.
    pub(in crate::encode) keys_elsewhere: &'a [String],
}

/// A value of a JSON text. It is passed for each value of a row, so it is only two words.
#[derive(Clone, Copy)]
pub(in crate::encode) struct JsonValue<'a> {
    pub(super) text: &'a JsonText<'a>,
    pub(super) at: usize,
}

/// Where the JSON text is: it is a whole row, so its places are the row's, or the content of this cell.
#[derive(Clone, Copy)]
pub(in crate::encode) enum Within {
    Row,
    Cell(RowPlace),
}

impl<'a> JsonText<'a> {
    /// The text's top-level value.
    pub(in crate::encode) fn value(&'a self) -> JsonValue<'a> {
        JsonValue { text: self, at: 0 }
    }
}

impl<'a> JsonValue<'a> {
    pub(super) fn node(&self) -> &'a Node {
        &self.text.nodes[self.at]
    }

    pub(super) fn kind(&self) -> Kind {
        self.node().kind
    }

    pub(super) fn raw(&self) -> &'a [u8] {
        let node = self.node();
        &self.text.bytes[node.start as usize..node.end as usize]
    }

    pub(super) fn with(&self, at: usize) -> JsonValue<'a> {
        JsonValue { text: self.text, at }
    }

    /// The values of an array, or the keys of an object.
    pub(super) fn children(&self) -> Children<'a> {
        let step = if self.kind() == Kind::Object { 1 } else { 0 };
        Children {
            of: *self,
            at: self.at + 1,
            end: self.node().next as usize,
            step,
        }
    }

    /// The value of a key.
    pub(super) fn value_of_key(&self) -> JsonValue<'a> {
        self.with(self.at + 1)
    }

    /// The keys of an object that are used by another part of the message: only a row's top-level object has such keys.
    pub(super) fn keys_elsewhere(&self) -> &'a [String] {
        match self.at {
            0 => self.text.keys_elsewhere,
            _ => &[],
        }
    }

    /// Its place in the row; a value within a cell has the place of the cell.
    #[inline]
    pub(super) fn place(&self) -> RowPlace {
        match self.text.within {
            Within::Row => {
                let node = self.node();
                RowPlace {
                    start: node.start,
                    end: node.end,
                    column: None,
                }
            }
            Within::Cell(cell) => cell,
        }
    }

    #[cold]
    pub(super) fn blame(&self, fault: Box<Fault>) -> Box<Fault> {
        let span = match self.text.within {
            Within::Row => Some(self.place().span()),
            // The caller that knows the cell sets its place.
            Within::Cell(_) => None,
        };
        fault.of_value(self.raw(), span)
    }
}

pub(super) struct Children<'a> {
    of: JsonValue<'a>,
    at: usize,
    end: usize,
    step: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = JsonValue<'a>;

    #[inline]
    fn next(&mut self) -> Option<JsonValue<'a>> {
        if self.at >= self.end {
            return None;
        }
        let child = self.of.with(self.at);
        self.at = self.of.text.nodes[self.at + self.step].next as usize;
        Some(child)
    }
}

/// The key and the value of an object with a single member.
pub(super) fn only_member(value: JsonValue<'_>) -> Option<(JsonValue<'_>, JsonValue<'_>)> {
    if value.kind() != Kind::Object {
        return None;
    }
    let mut keys = value.children();
    let key = keys.next()?;
    keys.next().is_none().then(|| (key, key.value_of_key()))
}

pub(super) fn name_of(key: JsonValue<'_>) -> Vec<u8> {
    let mut name = Vec::new();
    json_text::unescape(key.raw(), &mut name);
    name
}
